import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApp, type StudioApp } from './app.ts';
import { type EventStream, eventStream, mostStreams } from './stream.ts';

function appOf(produce: (stream: EventStream) => Promise<void>): StudioApp {
  return createApp({ routes: [(app) => app.get('/', (context) => eventStream(context, produce))], assets: new Map() });
}

/** What has come of a stream, once it contains `text`. */
async function readUntil(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
  let seen = '';
  while (!seen.includes(text)) {
    const { done, value } = await reader.read();
    assert.ok(!done, `the stream ended before ${JSON.stringify(text)}`);
    seen += Buffer.from(value).toString();
  }
  return seen;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve());
  });

test('an event has its id, its type and one line of data, and the stream ends with its producer', async () => {
  const app = appOf(async ({ send }) => {
    await send({ id: 7, type: 'event', data: { text: 'two\nlines\u2028' } });
    await send({ type: 'summary', data: [] });
  });
  const response = await app.request('/');
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  assert.equal(
    await response.text(),
    'retry: 1000\n\nid: 7\nevent: event\ndata: {"text":"two\\nlines\u2028"}\n\nevent: summary\ndata: []\n\n',
  );
});

test('a page that comes back says where it was', async () => {
  const app = appOf(({ lastEventId, send }) => send({ type: 'event', data: lastEventId ?? 'nothing' }));
  assert.match(await (await app.request('/')).text(), /data: "nothing"/);
  assert.match(await (await app.request('/', { headers: { 'Last-Event-ID': '41' } })).text(), /data: "41"/);
});

test('when the page goes, its stream is told, and may begin another', async () => {
  const client = { streams: 0 };
  let told = 0;
  const app = appOf(async ({ signal, send }) => {
    await send({ type: 'event', data: 1 });
    await aborted(signal);
    told++;
    await send({ type: 'event', data: 'to nobody' });
  });
  const open = () => app.request('/', {}, { client });
  const streams = await Promise.all(Array.from({ length: mostStreams }, open));
  assert.equal(client.streams, mostStreams);
  assert.equal((await open()).status, 429);
  assert.equal(client.streams, mostStreams, 'a refused stream does not count');
  await streams[0]?.body?.cancel();
  assert.deepEqual([client.streams, told], [mostStreams - 1, 1]);
  streams[0] = await open();
  assert.equal(streams[0].status, 200);
  for (const { body } of streams) await body?.cancel();
  assert.deepEqual([client.streams, told], [0, mostStreams + 1]);
});

test('a producer waits for a page that reads slowly, and so does every send at once', async () => {
  const large = 'x'.repeat(40_000);
  let sent = 0;
  const app = appOf(async ({ send }) => {
    await Promise.all([1, 2, 3].map((id) => send({ id, type: 'event', data: large }).then(() => sent++)));
    await send({ type: 'event', data: 'the end' });
  });
  const reader = (await app.request('/')).body?.getReader();
  assert.ok(reader);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(sent, 1, 'the second fills the room');
  await readUntil(reader, 'the end');
  assert.equal(sent, 3);
});

test('a silent stream is kept alive every 15 s, and only until it has ended', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let end = () => {};
  const app = appOf(
    () =>
      new Promise((resolve) => {
        end = resolve;
      }),
  );
  const response = await app.request('/');
  context.mock.timers.tick(14_999);
  context.mock.timers.tick(1);
  context.mock.timers.tick(15_000);
  end();
  assert.equal(await response.text(), 'retry: 1000\n\n:\n\n:\n\n');
  context.mock.timers.tick(60_000);
});

test('what a producer throws ends its stream, and is told to the terminal', async (context) => {
  const error = context.mock.method(console, 'error', () => {});
  const app = appOf(async () => {
    throw new Error('a defect');
  });
  assert.equal(await (await app.request('/')).text(), 'retry: 1000\n\n');
  assert.equal(error.mock.callCount(), 1);
});
