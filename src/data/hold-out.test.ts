import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { datasetFrom } from './dataset.ts';
import { holdOut, openTestSplit } from './hold-out.ts';
import { openDataset } from './open.ts';

/** Image n is four pixels of value n, 0 … 9, of class n mod 2. */
const dataset = datasetFrom({
  name: 'numbered',
  images: Uint8Array.from({ length: 40 }, (_, i) => Math.floor(i / 4)),
  channels: 1,
  resolution: 2,
  labels: Array.from({ length: 10 }, (_, n) => n % 2),
});
const numbersIn = ({ count, image }: Pick<typeof dataset, 'count' | 'image'>) =>
  Array.from({ length: count }, (_, i) => image(i)[0] ?? Number.NaN);

test('every image is in one of the parts, with its label; the same ones are held out each time', () => {
  const { training, heldOut, trainingIndices } = holdOut(dataset, 0.3, false);
  assert.deepEqual([training.count, heldOut.count], [7, 3]);
  assert.deepEqual([...numbersIn(training), ...numbersIn(heldOut)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual([...trainingIndices], numbersIn(training), 'image n is the one of value n');
  for (const part of [training, heldOut]) {
    assert.deepEqual(part.classNames, ['0', '1']);
    for (const [i, n] of numbersIn(part).entries()) assert.equal(part.label(i), n % 2);
  }
  assert.deepEqual(numbersIn(holdOut(dataset, 0.3, false).heldOut), numbersIn(heldOut));
  assert.notDeepEqual(numbersIn(heldOut), [0, 1, 2], 'not the first ones, which may be of one class');
  const { images } = training.batchAt(0, 70, 1);
  assert.deepEqual([...new Set(images)].sort(), numbersIn(training).sort(), 'batches come from the part alone');
});

test('a share that leaves fewer than two images on either side is refused', () => {
  assert.throws(() => holdOut(dataset, 0.1, false), /data\.holdOut is 0\.1, which is 1 of 10 images; expected two/);
  assert.throws(() => holdOut(dataset, 0.9, false), /9 of 10/);
});

test('parts mirror images where the dataset was opened to', () => {
  const lopsided = datasetFrom({
    name: 'lopsided',
    images: Uint8Array.from({ length: 64 }, (_, i) => (i % 2) * 255),
    channels: 1,
    resolution: 2,
  });
  const firstPixels = (flip: boolean) => {
    const { images } = holdOut(lopsided, 0.5, flip).heldOut.batchAt(0, 32, 1);
    return new Set(images.filter((_, i) => i % 4 === 0));
  };
  assert.deepEqual([firstPixels(false).size, firstPixels(true).size], [1, 2]);
});

test('a test split is opened where there is one', async (t) => {
  const options = { resolution: 32 };
  const ofMnist = await openTestSplit('mnist', options);
  assert.deepEqual([ofMnist?.count, ofMnist?.classNames.length], [10_000, 10]);
  const training = await openDataset('mnist', options);
  assert.notDeepEqual(ofMnist?.image(0), training.dataset.image(0));
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(await openTestSplit(folder, options), undefined, 'a folder of images');
  const idx = (shape: readonly number[], data: readonly number[]) => {
    const header = Buffer.alloc(4 + 4 * shape.length);
    header.set([0, 0, 8, shape.length]);
    for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
    return Buffer.concat([header, Buffer.from(data)]);
  };
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([1, 2, 2], [1, 2, 3, 4]));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([1], [0]));
  assert.equal(await openTestSplit(folder, options), undefined, 'IDX files without one');
  cpSync(join(folder, 'train-images-idx3-ubyte'), join(folder, 't10k-images-idx3-ubyte'));
  cpSync(join(folder, 'train-labels-idx1-ubyte'), join(folder, 't10k-labels-idx1-ubyte'));
  assert.equal((await openTestSplit(folder, options))?.count, 1);
  assert.equal((await openTestSplit(`fashion-mnist:${folder}`, options))?.classNames[9], 'Ankle boot');
});
