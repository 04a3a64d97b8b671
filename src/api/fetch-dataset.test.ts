import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type TarEntry, tarArchive } from '../../test/tar-archive.ts';
import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { DatasetArchive } from '../data/index.ts';
import { sha256 } from '../store/index.ts';
import { fetchDataset } from './fetch-dataset.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-fetch-'));
const servers: Server[] = [];
const stopServers = () => {
  for (const server of servers.splice(0)) server.close();
};
afterEach(stopServers);
after(() => rmSync(scratch, { recursive: true }));

/** Noise, so that compression leaves it its size: several chunks arrive. */
const noise = Uint8Array.from(new Random(1, 'noise').integers(300_000, 256));
const goodEntries: readonly TarEntry[] = [
  { name: 'pictures/', kind: '5' },
  { name: 'pictures/train.bin', content: noise },
  { name: 'pictures/readme.html', content: 'hello' },
  { name: 'pictures/names.txt', content: 'a\nb\n' },
];
const good = gzipSync(tarArchive(goodEntries));

const published = (url: string, bytes: Uint8Array): DatasetArchive => ({
  name: 'pictures',
  url,
  sizeBytes: bytes.length,
  sha256: sha256(bytes),
  folder: 'pictures',
  files: ['train.bin', 'names.txt'],
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/pictures.tar.gz`;
}

/** Answers as a server of files does: from where it is asked to. `breakAfter`: ends the first answer after so many bytes. */
function fileServer(
  bytes: Uint8Array,
  breakAfter = Number.POSITIVE_INFINITY,
): { listener: RequestListener; ranges: string[] } {
  const ranges: string[] = [];
  return {
    ranges,
    listener(request, response) {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      ranges.push(request.headers.range ?? '');
      if (start >= bytes.length) {
        response.writeHead(416).end();
        return;
      }
      const rest = bytes.subarray(start);
      response.writeHead(206, { 'content-length': rest.length });
      if (ranges.length > 1 || rest.length <= breakAfter) response.end(rest);
      else response.write(rest.subarray(0, breakAfter), () => response.destroy());
    },
  };
}

const folderFor = (name: string) => join(scratch, name, 'pictures');
const traces = (folder: string) => readdirSync(join(folder, '..')).sort();

async function refused(attempt: Promise<unknown>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

test('downloads, checks and unpacks; a second call finds it there', async () => {
  const { listener, ranges } = fileServer(good);
  const archive = published(await serve(listener), good);
  const out = folderFor('good');
  const progress: number[] = [];
  const fetched = await fetchDataset(archive, { out, onProgress: (done) => progress.push(done) });
  assert.deepEqual(fetched, { name: 'pictures', folder: out, isNew: true });
  assert.deepEqual(readdirSync(out).sort(), ['SHA256SUMS', 'names.txt', 'train.bin']);
  assert.deepEqual(Uint8Array.from(readFileSync(join(out, 'train.bin'))), noise);
  assert.equal(
    readFileSync(join(out, 'SHA256SUMS'), 'utf8'),
    `${sha256(noise)}  train.bin\n${sha256('a\nb\n')}  names.txt\n`,
  );
  assert.deepEqual(traces(out), ['pictures']);
  assert.ok(progress.length > 1 && progress.every((done, i) => done > (progress[i - 1] ?? 0)));
  assert.equal(progress.at(-1), good.length);
  assert.deepEqual(await fetchDataset(archive, { out }), { ...fetched, isNew: false });
  assert.equal(ranges.length, 1);
});

test('a download that breaks off is kept, and goes on where it stopped', async () => {
  const { listener, ranges } = fileServer(good, 100_000);
  const archive = published(await serve(listener), good);
  const out = folderFor('unfinished');
  await refused(
    fetchDataset(archive, { out }),
    /cannot be downloaded to \S+ \(.+\); expected the archive of \d+ bytes with the SHA-256 [0-9a-f]{64}/,
    /goes on where it stopped.*sagan data fetch pictures --from FILE/,
  );
  const have = statSync(`${out}.tar.gz.part`).size;
  assert.ok(have > 0 && have <= 100_000);
  assert.ok((await fetchDataset(archive, { out })).isNew);
  assert.deepEqual(ranges, ['bytes=0-', `bytes=${have}-`]);
  assert.deepEqual(traces(out), ['pictures']);
});

test('a server that knows no ranges sends everything again', async () => {
  const archive = published(await serve((_, response) => response.end(good)), good);
  const out = folderFor('no-ranges');
  mkdirSync(join(out, '..'));
  writeFileSync(`${out}.tar.gz.part`, good.subarray(0, 1000));
  assert.ok((await fetchDataset(archive, { out })).isNew);
});

test('an archive of other bytes is not unpacked and not kept', async () => {
  const corrupt = Uint8Array.from(good);
  corrupt[5000] = (corrupt[5000] ?? 0) ^ 1;
  const archive = published(await serve(fileServer(corrupt).listener), good);
  const out = folderFor('corrupt');
  await refused(
    fetchDataset(archive, { out }),
    new RegExp(
      `has ${good.length} bytes and the SHA-256 ${sha256(corrupt)}; expected ${good.length} bytes and ${sha256(good)}`,
    ),
  );
  assert.deepEqual(traces(out), []);
});

test('a server that sends more than there is, or less, or a refusal, is not believed', async () => {
  const out = folderFor('strange');
  const urls = {
    more: await serve((_, response) => response.end(Buffer.concat([good, good]))),
    less: await serve((_, response) => response.end(good.subarray(0, 10))),
    absent: await serve((_, response) => response.writeHead(404).end('no such file')),
  };
  await refused(fetchDataset(published(urls.more, good), { out }), /the server sends more than that/);
  rmSync(`${out}.tar.gz.part`);
  await refused(fetchDataset(published(urls.less, good), { out }), /the server ended after 10 bytes/);
  await refused(fetchDataset(published(urls.absent, good), { out }), /the server answers 404 Not Found/);
  assert.equal(statSync(`${out}.tar.gz.part`).size, 10);
  const shorter = await serve(fileServer(good.subarray(0, 10)).listener);
  await refused(fetchDataset(published(shorter, good), { out }), /the server answers 416/);
  assert.deepEqual(traces(out), []);
});

test('without a network it says what to download, what it must be, and how to pass it', async () => {
  const url = await serve(() => undefined);
  stopServers();
  await refused(
    fetchDataset(published(url, good), { out: folderFor('offline') }),
    /^http:\S+pictures\.tar\.gz: cannot be downloaded .*ECONNREFUSED.*SHA-256 [0-9a-f]{64}.*--from FILE$/,
  );
});

test('a file that was downloaded before is checked and stays where it is', async () => {
  const archive = published('http://127.0.0.1:1/pictures.tar.gz', good);
  const [file, torn] = [join(scratch, 'pictures.tar.gz'), join(scratch, 'torn.tar.gz')];
  writeFileSync(file, good);
  writeFileSync(torn, good.subarray(0, 5000));
  const out = folderFor('from-file');
  await refused(fetchDataset(archive, { out, from: torn }), /torn\.tar\.gz: the archive has 5000 bytes .*cut short/);
  await refused(fetchDataset(archive, { out, from: join(scratch, 'absent') }), /absent: cannot be read \(ENOENT/);
  await refused(fetchDataset(archive, { out, from: scratch }), /cannot be read \(EISDIR/);
  assert.ok((await fetchDataset(archive, { out, from: file })).isNew);
  assert.ok(existsSync(file));
});

test('an archive with a way out, without a file, or that is none, leaves nothing behind', async () => {
  const out = folderFor('hostile');
  mkdirSync(join(out, '..'));
  for (const [bytes, message] of [
    [gzipSync(tarArchive([...goodEntries, { name: '../../escape', content: 'x' }])), /stays below the folder/],
    [gzipSync(tarArchive([...goodEntries, { name: 'pictures/link', kind: '2' }])), /a link/],
    [gzipSync(tarArchive(goodEntries.slice(0, 3))), /there is no "pictures\/names\.txt" in the archive/],
    [gzipSync(tarArchive(goodEntries).subarray(0, 2000)), /bytes left; expected 300000/],
    [tarArchive(goodEntries), /cannot be unpacked \(incorrect header check\)/],
    [gzipSync(Buffer.alloc(2 ** 28 + 1), { level: 1 }), /cannot be unpacked \(/],
  ] as const) {
    const file = join(scratch, 'hostile.tar.gz');
    writeFileSync(file, bytes);
    await refused(fetchDataset(published('http://127.0.0.1:1/', bytes), { out, from: file }), message);
    assert.deepEqual(traces(out), []);
  }
  assert.ok(!existsSync(join(scratch, 'escape')));
});

test('a folder that holds anything else is left as it is', async () => {
  const archive = published('http://127.0.0.1:1/pictures.tar.gz', good);
  const file = join(scratch, 'again.tar.gz');
  writeFileSync(file, good);
  const out = folderFor('occupied');
  mkdirSync(out, { recursive: true });
  assert.ok((await fetchDataset(archive, { out, from: file })).isNew, 'an empty folder is filled');
  writeFileSync(join(out, 'names.txt'), 'a\nc\n');
  await refused(fetchDataset(archive, { out, from: file }), /something here already \(names\.txt is not what it was\)/);
  assert.equal(readFileSync(join(out, 'names.txt'), 'utf8'), 'a\nc\n');
  await refused(
    fetchDataset(archive, { out: join(out, '..'), from: file }),
    /something here already \(ENOENT.*SHA256SUMS/,
  );
  await refused(fetchDataset(archive, { out: file, from: file }), /again\.tar\.gz: there is something here already/);
});
