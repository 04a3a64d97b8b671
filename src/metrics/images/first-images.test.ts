import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toySet } from '../../../test/metrics/toys.ts';
import { firstImages } from './first-images.ts';
import type { ImageSet } from './image-set.ts';

async function pixelsOf(images: ImageSet, size: number): Promise<number[]> {
  const pixels: number[] = [];
  for await (const batch of images.batches(size)) {
    assert.equal(batch.pixels.length, batch.count * 48);
    assert.equal(batch.labels.length, batch.count);
    pixels.push(...batch.pixels);
  }
  return pixels;
}

test('the first images are the beginning, whatever the size of batches', async () => {
  const all = toySet({ count: 20, fingerprint: 'toys' });
  const expected = (await pixelsOf(all, 20)).slice(0, 7 * 48);
  for (const size of [1, 3, 7, 20]) assert.deepEqual(await pixelsOf(firstImages(all, 7), size), expected);
  const { name, count, fingerprint } = firstImages(all, 7);
  assert.deepEqual([name, count], ['toys, the first 7', 7]);
  assert.ok(fingerprint !== all.fingerprint && fingerprint !== firstImages(all, 8).fingerprint);
  assert.equal(firstImages(toySet({ count: 20 }), 7).fingerprint, undefined);
});

test('no more is read than is wanted', async () => {
  let batches = 0;
  const all = toySet({ count: 20 });
  async function* counted(size: number) {
    for await (const batch of all.batches(size)) {
      batches++;
      yield batch;
    }
  }
  await pixelsOf(firstImages({ ...all, batches: counted }, 6), 3);
  assert.equal(batches, 2);
});

test('more than there are is refused: the score would be of another count', () => {
  assert.throws(() => firstImages(toySet({ count: 20 }), 21), /it has 20 images, and 21 are asked for/);
});
