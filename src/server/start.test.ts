import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { hostsOf } from './addresses.ts';
import { startStudio } from './start.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-start-'));
after(() => rmSync(folder, { recursive: true }));
const assetsFolder = join(folder, 'pages');
mkdirSync(assetsFolder);
writeFileSync(join(assetsFolder, 'index.html'), '<!doctype html><title>Sagan studio</title>');
const runsFolder = join(folder, 'runs');

const refusal = (expected: RegExp) => (error: unknown) => error instanceof UserError && expected.test(error.message);
const portOf = (origin: string) => Number(new URL(origin).port);

test('the address that is printed opens the studio, and the cookie keeps it open', async () => {
  const studio = await startStudio({ runsFolder, assetsFolder, port: 0 });
  assert.match(studio.address, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/);
  for (const address of [studio.address, studio.address, studio.addressForOnce()]) {
    const opened = await fetch(address, { redirect: 'manual' });
    assert.deepEqual([opened.status, opened.headers.get('location')], [303, '/']);
    const Cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await fetch(studio.origin, { headers: { Cookie } });
    assert.match(await page.text(), /<title>Sagan studio/);
    assert.deepEqual(await (await fetch(`${studio.origin}/api/runs`, { headers: { Cookie } })).json(), []);
  }
  assert.equal((await fetch(studio.origin)).status, 403);
  await studio.close();
  await assert.rejects(fetch(studio.origin), 'it has ended');
});

test('closing ends the streams that are followed', async () => {
  const studio = await startStudio({ runsFolder, assetsFolder, port: 0 });
  const opened = await fetch(studio.address, { redirect: 'manual' });
  const Cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const stream = await fetch(`${studio.origin}/api/stream`, { headers: { Cookie } });
  await studio.close();
  await assert.rejects(stream.text());
});

test('a second studio says that there is a first; without a port it finds one of its own', async () => {
  const first = await startStudio({ runsFolder, assetsFolder, port: 0 });
  const taken = startStudio({ runsFolder, assetsFolder, port: portOf(first.origin) });
  await assert.rejects(taken, refusal(new RegExp(`^another studio runs at ${first.origin}\\. Open it`)));
  const [second, third] = await Promise.all([1, 2].map(() => startStudio({ runsFolder, assetsFolder })));
  assert.ok(second && third && second.origin !== third.origin);
  for (const { origin } of [second, third]) assert.ok(portOf(origin) >= 4400 && portOf(origin) < 4420, origin);
  await Promise.all([first, second, third].map((studio) => studio.close()));
});

test('another program on the port is called that', async () => {
  const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { port } = address;
  await assert.rejects(
    startStudio({ runsFolder, assetsFolder, port }),
    refusal(new RegExp(`^port ${port} is taken by another program\\. Choose another with --port`)),
  );
  other.close();
});

test('what it cannot start with is said in words', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(
    startStudio({ runsFolder: file, assetsFolder, port: 0 }),
    refusal(/file: is a file\. Expected a folder/),
  );
  await assert.rejects(
    startStudio({ runsFolder, assetsFolder: join(folder, 'none'), port: 0 }),
    refusal(/none: the studio's pages are not there.*npm run build/),
  );
  const elsewhere = { runsFolder, assetsFolder, port: 0, isRemoteAllowed: true };
  await assert.rejects(
    startStudio({ ...elsewhere, host: '192.0.2.1' }),
    refusal(/cannot listen at 192\.0\.2\.1, port 0/),
  );
  await assert.rejects(startStudio({ ...elsewhere, host: 'a b/c' }), refusal(/cannot listen at a b\/c/));
});

test('other machines reach it only if that is said twice, and only by its own names', async () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.test']) {
    await assert.rejects(startStudio({ runsFolder, assetsFolder, port: 0, host }), refusal(/Add --allow-remote/), host);
  }
  const studio = await startStudio({ runsFolder, assetsFolder, port: 0, host: '0.0.0.0', isRemoteAllowed: true });
  assert.equal((await fetch(studio.origin)).status, 403, 'the token is asked for all the same');
  assert.equal((await fetch(studio.address, { redirect: 'manual' })).status, 303);
  await studio.close();
});

test('the names that a studio answers to', () => {
  const here = ['127.0.0.1:4400', 'localhost:4400', '[::1]:4400'];
  assert.deepEqual(hostsOf('127.0.0.1', 4400), here);
  assert.deepEqual(hostsOf('::1', 4400).toSorted(), here.toSorted());
  assert.equal(hostsOf('::1', 4400)[0], '[::1]:4400');
  assert.deepEqual(hostsOf('127.0.0.1', 80), ['127.0.0.1', 'localhost', '[::1]'], 'browsers leave out port 80');
  assert.deepEqual(hostsOf('MyBox.local', 4400), ['mybox.local:4400', ...here]);
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  for (const { address } of own.filter(({ family }) => family === 'IPv4')) {
    assert.ok(hostsOf('0.0.0.0', 4400).includes(`${address}:4400`), address);
  }
  assert.ok(!hostsOf('0.0.0.0', 4400).some((name) => name.startsWith('0.0.0.0')));
});
