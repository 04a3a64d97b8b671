import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { UserError } from '../base/errors.ts';
import { BatchesAhead } from './batches-ahead.ts';
import { type Dataset, datasetFrom } from './dataset.ts';
import { holdOut } from './hold-out.ts';
import { openDataset } from './open.ts';

const temporary = mkdtempSync(join(tmpdir(), 'sagan-batches-'));
after(() => rmSync(temporary, { recursive: true }));

const folder = join(temporary, 'images');
for (let n = 0; n < 11; n++) {
  mkdirSync(join(folder, `class-${n % 2}`), { recursive: true });
  const raw = Uint8Array.from({ length: 3 * 64 }, (_, i) => (n * 23 + i * 5) % 256);
  const png = await sharp(raw, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toBuffer();
  writeFileSync(join(folder, `class-${n % 2}`, `${n}.png`), png);
}

async function open(cacheFolder = join(temporary, 'cache')): Promise<Dataset> {
  return (await openDataset(folder, { resolution: 8, flip: true, cacheFolder })).dataset;
}

const [batchSize, ahead, seed] = [4, 3, 7];

function openBatches(t: TestContext, dataset: Dataset): { batches: BatchesAhead; drawnHere: () => number } {
  const { mock } = t.mock.method(dataset, 'batchAt');
  const batches = new BatchesAhead(dataset, { batchSize, ahead });
  t.after(() => batches.close());
  return { batches, drawnHere: () => mock.callCount() };
}

/** Takes a batch as training does, which leaves the loop of events alone for a while after it. */
async function takeSlowly(batches: BatchesAhead, position: number, of = seed) {
  const batch = batches.take(position, of);
  await delay(30);
  return batch;
}

/** Until the thread has answered: it takes its time to start. */
async function warmUp(batches: BatchesAhead, drawnHere: () => number): Promise<number> {
  for (let position = 0; ; position += batchSize) {
    const before = drawnHere();
    await takeSlowly(batches, position);
    if (drawnHere() === before) return position + batchSize;
    assert.ok(position < 400 * batchSize, 'the thread has never drawn anything');
  }
}

test('images of a folder are drawn in a thread, with the bits that they have without one, across epochs', async (t) => {
  const [plain, dataset] = [await open(), await open()];
  const { batches, drawnHere } = openBatches(t, dataset);
  const start = await warmUp(batches, drawnHere);
  const before = drawnHere();
  for (let position = start; position < start + 12 * batchSize; position += batchSize) {
    assert.deepEqual(await takeSlowly(batches, position), plain.batchAt(position, batchSize, seed));
  }
  assert.equal(drawnHere(), before, 'none of them was drawn here');
});

test('whatever is asked for in whatever order and haste is what a dataset draws', async (t) => {
  const [plain, dataset] = [await open(), await open()];
  const { batches } = openBatches(t, dataset);
  for (const [position, of] of [
    [0, 7],
    [4, 7],
    [8, 7],
    [8, 7],
    [40, 7],
    [44, 8],
    [4, 8],
    [8, 7],
    [12, 7],
    [3, 7],
  ] as const) {
    for (const pause of [0, 60]) {
      assert.deepEqual(batches.take(position, of), plain.batchAt(position, batchSize, of), `${position} of ${of}`);
      await delay(pause);
    }
  }
});

test('after a jump, and with another seed, the thread goes on from there', async (t) => {
  const { batches, drawnHere } = openBatches(t, await open());
  await warmUp(batches, drawnHere);
  for (const [start, of] of [
    [1000, seed],
    [1000, seed + 1],
  ] as const) {
    await takeSlowly(batches, start, of);
    const before = drawnHere();
    for (let k = 1; k < 6; k++) await takeSlowly(batches, start + k * batchSize, of);
    assert.equal(drawnHere(), before);
  }
});

test('an answer that comes after the seed has changed is not taken for another', async (t) => {
  const [plain, dataset] = [await open(), await open()];
  const { batches, drawnHere } = openBatches(t, dataset);
  await warmUp(batches, drawnHere);
  for (let trial = 0; trial < 1500; trial++) {
    const position = 1000 + 100 * trial;
    batches.take(position, seed);
    batches.take(position, seed + 1);
    for (let turn = 0; turn < trial % 30; turn++) await nextTurn();
    const next = position + batchSize;
    assert.deepEqual(batches.take(next, seed + 1), plain.batchAt(next, batchSize, seed + 1), `trial ${trial}`);
  }
});

test('the part of a folder that is not held out is drawn in a thread too', async (t) => {
  // What somebody has made of a dataset is read image by image.
  const [plain, dataset] = [{ ...(await open()) }, await open()].map((whole) => holdOut(whole, 0.4, true).training);
  assert.ok(plain !== undefined && dataset !== undefined);
  const { batches, drawnHere } = openBatches(t, dataset);
  const start = await warmUp(batches, drawnHere);
  for (let position = start; position < start + 20; position += batchSize) {
    assert.deepEqual(await takeSlowly(batches, position), plain.batchAt(position, batchSize, seed));
  }
});

test('images in memory, and datasets that somebody has made of ours, are drawn where they are asked for', async (t) => {
  const memory = datasetFrom({ name: 'memory', images: new Uint8Array(48), channels: 1, resolution: 2 });
  const filed = await open();
  const own = { ...filed, batchAt: (...wanted: Parameters<Dataset['batchAt']>) => filed.batchAt(...wanted) };
  for (const dataset of [memory, own]) {
    const { batches, drawnHere } = openBatches(t, dataset);
    for (let k = 0; k < 20; k++) await takeSlowly(batches, k * batchSize);
    assert.equal(drawnHere(), 20, dataset.name);
  }
});

test('a cache that is cut short is reported as without a thread, and nothing hangs once the thread has ended', async (t) => {
  const ownCache = join(temporary, 'own-cache');
  const { batches, drawnHere } = openBatches(t, await open(ownCache));
  const start = await warmUp(batches, drawnHere);
  for (const name of readdirSync(ownCache).filter((file) => file.endsWith('.images')))
    truncateSync(join(ownCache, name), 9);
  const takeMany = async () => {
    for (let k = 0; k < 9; k++) await takeSlowly(batches, start + k * batchSize);
  };
  await assert.rejects(takeMany(), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /\.images: image \d+ cannot be read: the file has 9 bytes\. .*Start again/);
    return true;
  });
});

test('after the thread has ended batches go on as before', async (t) => {
  const [plain, dataset] = [await open(), await open()];
  const { batches, drawnHere } = openBatches(t, dataset);
  const start = await warmUp(batches, drawnHere);
  await batches.close();
  for (let position = start; position < start + 40; position += batchSize) {
    assert.deepEqual(batches.take(position, seed), plain.batchAt(position, batchSize, seed));
  }
});

test('a program ends by itself, though it has not closed its batches', () => {
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const program = `
    import { openDataset } from ${url('open.ts')};
    import { BatchesAhead } from ${url('batches-ahead.ts')};
    const { dataset } = await openDataset(${JSON.stringify(folder)}, { resolution: 8, cacheFolder: ${JSON.stringify(join(temporary, 'cache'))} });
    const batches = new BatchesAhead(dataset, { batchSize: 4, ahead: 2 });
    for (let k = 0; k < 5; k++) { batches.take(4 * k, 1); await new Promise((resolve) => setTimeout(resolve, 50)); }
    console.log('done');
  `;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000, cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  assert.deepEqual([stdout.trim(), status], ['done', 0], stderr);
});
