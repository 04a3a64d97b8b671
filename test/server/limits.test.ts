/** What is too large, too much or too slow is refused, and the server goes on as if nothing had been (P37). */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { mostBodyBytes } from '../../src/server/body.ts';
import { eventStream, mostStreams } from '../../src/server/stream.ts';
import { converse, requestText } from './raw-http.ts';
import { openStudioServer } from './studio-server.ts';

const patienceMs = 500;
const times = Array.from({ length: 20 }, (_, index) => index);
const gone: boolean[] = [];
const studio = await openStudioServer(
  [
    (app) => {
      app.get('/api/large', (context) => context.body(new Uint8Array(64 * 2 ** 20)));
      app.get('/api/endless', (context) =>
        eventStream(context, async ({ send, signal }) => {
          const at = gone.push(false) - 1;
          while (!signal.aborted) await send({ type: 'event', data: 'x'.repeat(100_000) });
          gone[at] = true;
        }),
      );
    },
  ],
  patienceMs,
);
after(studio.close);

const { Host, Cookie } = studio.headers;
const good = [`Host: ${Host}`, `Cookie: ${Cookie}`];
const json = [...good, 'Content-Type: application/json'];
const closing = (lines: readonly string[]) => [...lines, 'Connection: close'];
const statusOf = async (text: string) => Number((await converse(studio.port, text)).split(' ')[1]);
const isAlive = async () => (await statusOf(requestText('GET', '/api/runs', closing(good)))) === 200;

async function opened(text: string): Promise<Socket> {
  const socket = connect(studio.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** Resolves when `holds` does; the test's own time limit ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('a body that is too long: 413, whether its length is told or not', async () => {
  const body = `"${'x'.repeat(mostBodyBytes)}"`;
  const chunked = [
    ...closing(json),
    'Transfer-Encoding: chunked',
    '',
    `${body.length.toString(16)}\r\n${body}\r\n0`,
    '',
    '',
  ];
  for (const _ of times) {
    assert.equal(await statusOf(requestText('POST', '/api/runs', closing(json), body)), 413);
    assert.equal(await statusOf(['POST /api/runs HTTP/1.1', ...chunked].join('\r\n')), 413);
  }
  const fits = `"${'x'.repeat(mostBodyBytes - 2)}"`;
  assert.equal(await statusOf(requestText('POST', '/api/runs', closing(json), fits)), 400, 'read, and no run');
  assert.ok(await isAlive());
});

test('headers that are too long: 431', async () => {
  for (const _ of times) {
    assert.equal(await statusOf(requestText('GET', '/', [...good, `X: ${'x'.repeat(20_000)}`])), 431);
    assert.equal(await statusOf(requestText('GET', `/?${'x'.repeat(20_000)}`, good)), 431);
  }
  assert.ok(await isAlive());
});

test('a request that does not end: 408', async () => {
  const unfinished = ['GET / HTTP/1.1\r\n', requestText('POST', '/api/runs', json, '{}').slice(0, -1)];
  const statuses = await Promise.all(times.map((time) => statusOf(unfinished[time % 2] ?? '')));
  assert.deepEqual([...new Set(statuses)], [408]);
  assert.ok(await isAlive());
});

test('a client that takes nothing is let go, and what it asked for with it', async () => {
  const large = await opened(requestText('GET', '/api/large', good));
  const endless = await opened(requestText('GET', '/api/endless', good));
  // Neither reads a byte: what has not gone out by now stays where it is.
  const isOpen = () => new Promise<number>((resolve) => studio.server.getConnections((_, count) => resolve(count)));
  assert.equal(await isOpen(), 2);
  while ((await isOpen()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(gone, [true], 'its producer has been told');
  large.destroy();
  endless.destroy();
  assert.ok(await isAlive());
});

test('a browser follows 8 streams, and may begin another when one has ended', async () => {
  const stream = () => opened(requestText('GET', '/api/stream', good));
  const streams = await Promise.all(Array.from({ length: mostStreams }, stream));
  await Promise.all(streams.map((socket) => once(socket, 'data')));
  for (const _ of times) assert.equal(await statusOf(requestText('GET', '/api/stream', closing(good))), 429);
  const other = studio.gate.keys.exchange(studio.gate.keys.token)?.split(';')[0];
  const elsewhere = await opened(requestText('GET', '/api/stream', [`Host: ${Host}`, `Cookie: ${other}`]));
  assert.match(String((await once(elsewhere, 'data'))[0]), /^HTTP\/1\.1 200/, 'another browser has its own');
  streams[0]?.destroy();
  const again = () => converse(studio.port, requestText('GET', '/api/stream', good), /\nretry:|429/);
  while (!(await again()).startsWith('HTTP/1.1 200'));
  for (const socket of [...streams, elsewhere]) socket.destroy();
  assert.ok(await isAlive());
});

test('of 300 connections 256 are served, and when they have gone others are', async () => {
  const sockets = await Promise.all(Array.from({ length: 300 }, () => opened('')));
  const served: Socket[] = [];
  for (const socket of sockets) socket.on('data', () => served.push(socket));
  let closed = 0;
  for (const socket of sockets) socket.on('close', () => closed++);
  for (const socket of sockets) socket.write(requestText('GET', '/api/runs', good));
  await until(() => served.length + closed >= 300);
  assert.equal(new Set(served).size, 256);
  for (const socket of sockets) socket.destroy();
  await until(() => closed === 300);
  assert.ok(await isAlive());
});
