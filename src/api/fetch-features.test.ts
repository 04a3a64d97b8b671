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
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { PublishedWeights } from '../metrics/index.ts';
import { sha256 } from '../store/index.ts';
import { fetchFeatures, listFeatures } from './fetch-features.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-features-'));
after(() => rmSync(scratch, { recursive: true }));

const bytes = Uint8Array.from(new Random(2, 'weights').integers(200_000, 256));
const published = (url: string): PublishedWeights => ({
  name: 'inception',
  network: 'inception',
  fileName: 'pt_inception-2015-12-05-6726825d.pth',
  url,
  sizeBytes: bytes.length,
  sha256: sha256(bytes),
  what: 'noise',
});
const nowhere = published('http://127.0.0.1:1/weights.pth');

async function refused(attempt: Promise<unknown>, ...patterns: readonly RegExp[]): Promise<void> {
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof UserError, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

test('weights that break off on their way go on where they stopped, and appear whole', async () => {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const rest = bytes.subarray(Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0));
    response.writeHead(206, { 'content-length': rest.length });
    if (ranges.length > 1) response.end(rest);
    else response.write(rest.subarray(0, 50_000), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const weights = published(`http://127.0.0.1:${address.port}/weights.pth`);
  const file = join(scratch, 'downloaded', 'weights.pth');
  await refused(
    fetchFeatures(weights, { out: file }),
    /cannot be downloaded to .*expected the file of weights of 200000 bytes with the SHA-256 [0-9a-f]{64}/,
    /sagan features fetch inception --from FILE$/,
  );
  assert.ok(!existsSync(file));
  const have = statSync(`${file}.part`).size;
  const progress: number[] = [];
  const fetched = await fetchFeatures(weights, { out: file, onProgress: (done) => progress.push(done) });
  assert.deepEqual(fetched, { name: 'inception', file, sha256: sha256(bytes), isNew: true });
  assert.deepEqual(ranges, ['bytes=0-', `bytes=${have}-`]);
  assert.equal(progress.at(-1), bytes.length);
  assert.deepEqual(readdirSync(join(scratch, 'downloaded')), ['weights.pth']);
  assert.deepEqual(Uint8Array.from(readFileSync(file)), bytes);
  assert.equal((await fetchFeatures(weights, { out: file })).isNew, false);
  assert.equal(ranges.length, 2);
  server.close();
});

test('a file at hand is checked, copied and left where it is', async () => {
  const from = join(scratch, 'at-hand.pth');
  const out = join(scratch, 'new', 'folder', 'weights.pth');
  writeFileSync(from, bytes);
  assert.ok((await fetchFeatures(nowhere, { from, out })).isNew);
  assert.deepEqual([readFileSync(out).length, readFileSync(from).length], [bytes.length, bytes.length]);
});

test('a file that is not what its name says is refused with both sums, and nothing is left', async () => {
  const from = join(scratch, 'pt_inception-2015-12-05-6726825d.pth');
  const damaged = Uint8Array.from(bytes);
  damaged[77] = (damaged[77] ?? 0) ^ 1;
  writeFileSync(from, damaged);
  const out = join(scratch, 'refused', 'weights.pth');
  await refused(
    fetchFeatures(nowhere, { from, out }),
    new RegExp(`has 200000 bytes and the SHA-256 ${sha256(damaged)}; expected 200000 bytes and ${sha256(bytes)}`),
  );
  await refused(fetchFeatures(nowhere, { from: join(scratch, 'absent'), out }), /absent: cannot be read \(ENOENT/);
  assert.ok(!existsSync(join(scratch, 'refused')));
});

test('what is in the place already is left as it is', async () => {
  const out = join(scratch, 'occupied.pth');
  writeFileSync(out, 'mine');
  await refused(
    fetchFeatures(nowhere, { out }),
    new RegExp(`already \\(with the SHA-256 ${sha256('mine')}\\); expected nothing, or inception with the SHA-256 `),
  );
  assert.equal(readFileSync(out, 'utf8'), 'mine');
  await refused(fetchFeatures(nowhere, { out: scratch }), /something here already \(EISDIR/);
  await refused(
    fetchFeatures(nowhere, { from: join(scratch, 'at-hand.pth'), out: join(out, 'below') }),
    /below: cannot be written \(E.*choose another place with --out/,
  );
});

test('the list tells which weights are here and where it looked', () => {
  const folders = [join(scratch, 'empty'), join(scratch, 'torch')];
  mkdirSync(join(scratch, 'torch'));
  const vgg = join(scratch, 'torch', 'vgg16-397923af.pth');
  writeFileSync(vgg, '');
  const { features, lookedIn } = listFeatures(folders);
  assert.deepEqual(lookedIn, folders);
  assert.deepEqual(
    features.map(({ name }) => name),
    ['inception', 'mnist', 'fashion-mnist', 'FILE.onnx', 'lpips'],
  );
  const byName = new Map(features.map((entry) => [entry.name, entry]));
  assert.deepEqual(byName.get('inception')?.files, { inception: undefined });
  assert.deepEqual(byName.get('lpips')?.files, { vgg16: vgg, lpips: undefined });
  assert.ok((byName.get('mnist')?.testAccuracy ?? 0) > 0.98);
  assert.ok(existsSync(byName.get('fashion-mnist')?.files['fashion-mnist'] ?? ''));
});
