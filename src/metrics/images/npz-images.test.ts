import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { FormatError, UserError } from '../../base/errors.ts';
import { type NpyArray, writeNpz } from '../../weights/index.ts';
import type { ImageSet } from './image-set.ts';
import { openNpzImages } from './npz-images.ts';
import { openImageSet } from './open-image-set.ts';
import { hashBatch } from './pixel-hash.ts';

const folder = await mkdtemp(join(tmpdir(), 'sagan-npz-'));
after(() => rm(folder, { recursive: true }));

const { cases } = z
  .object({ cases: z.array(z.object({ name: z.string(), file: z.base64(), values: z.array(z.number()).default([]) })) })
  .parse(JSON.parse(readFileSync(new URL('../../../test/reference/numpy-files.json', import.meta.url), 'utf8')));

/** Writes a recorded file into the folder. */
async function recorded(name: string) {
  const found = cases.find((entry) => entry.name === name);
  assert.ok(found !== undefined, name);
  const path = join(folder, name);
  const bytes = Buffer.from(found.file, 'base64');
  await writeFile(path, bytes);
  return { path, bytes, values: found.values };
}

function written(arrays: Readonly<Record<string, NpyArray>>): string {
  const path = join(folder, 'written.npz');
  writeNpz(path, arrays);
  return path;
}

const bytes = (shape: readonly number[], valueAt: (i: number) => number): NpyArray => ({
  type: 'uint8',
  shape,
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => valueAt(i)),
});

async function read(images: ImageSet, size: number) {
  const hash = createHash('sha256');
  const pixels: number[] = [];
  const labels: number[] = [];
  const counts: number[] = [];
  for await (const batch of images.batches(size)) {
    assert.equal(batch.pixels.length, batch.count * 3 * batch.height * batch.width);
    assert.equal(batch.labels.length, batch.count);
    hashBatch(hash, batch);
    pixels.push(...batch.pixels);
    labels.push(...batch.labels);
    counts.push(batch.count);
  }
  return { pixels, labels, counts, hash: hash.digest('hex') };
}

for (const name of ['images.npz', 'images-compressed.npz', 'images-planar.npz']) {
  test(`ten images of 4×5 pixels, as numpy wrote them: ${name}`, async () => {
    const { path } = await recorded(name);
    const { values } = await recorded('images.npz'); // [N,H,W,3]
    const images = await openImageSet(path);
    assert.equal(images.count, 10);
    assert.deepEqual(images.classNames, ['0', '1', '2']);
    assert.deepEqual(images.warnings, []);
    const { pixels, labels, counts } = await read(images, 4);
    assert.deepEqual(counts, [4, 4, 2]);
    assert.deepEqual(labels, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    const expected = pixels.map((_, i) => {
      const [n, channel, place] = [Math.floor(i / 60), Math.floor(i / 20) % 3, i % 20];
      return values[n * 60 + place * 3 + channel];
    });
    assert.deepEqual(pixels, expected);
    const { hash } = await read(images, 1);
    for (const size of [3, 10, 64]) assert.equal((await read(images, size)).hash, hash);
  });
}

test('an array larger than the parts it is read in comes whole', async () => {
  const images = openNpzImages(written({ arr_0: bytes([700, 3, 25, 25], (i) => (i * 7) % 251) }));
  let i = 0;
  for await (const { pixels } of images.batches(64)) {
    for (const value of pixels) assert.equal(value, (i++ * 7) % 251);
  }
  assert.equal(i, 700 * 3 * 625);
});

test('grey images get three equal planes', async () => {
  for (const shape of [
    [2, 2, 2],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
  ]) {
    const { pixels } = await read(openNpzImages(written({ x: bytes(shape, (i) => i) })), 8);
    assert.deepEqual(pixels, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7]);
  }
});

test('the fingerprint changes with pixels and labels', () => {
  const labels = (last: number): NpyArray => ({ type: 'int32', shape: [2], data: Int32Array.of(0, last) });
  const print = (pixel: number, label: number) =>
    openNpzImages(written({ arr_0: bytes([2, 4, 4, 3], (i) => i + pixel), y: labels(label) })).fingerprint;
  assert.equal(print(0, 1), print(0, 1));
  assert.notEqual(print(0, 1), print(1, 1));
  assert.notEqual(print(0, 1), print(0, 2));
});

test('labels that are none leave a warning, not an error', async () => {
  const arr_0 = bytes([2, 4, 4, 3], (i) => i);
  const warned = (labels: NpyArray, message: RegExp) => {
    const { classNames, warnings } = openNpzImages(written({ arr_0, arr_1: labels }));
    assert.deepEqual(classNames, []);
    assert.match(warnings.join(), message);
  };
  const whole = (...data: number[]): NpyArray => ({
    type: 'int64',
    shape: [data.length],
    data: Float64Array.from(data),
  });
  warned(whole(1, 2, 3), /arr_1 is int64 \[3\], not a class an image \[2\]: the images have no labels/);
  warned(whole(1, -1), /arr_1 holds numbers below 0 or above 65535/);
  warned(whole(1, 1e9), /arr_1 holds numbers below 0/);
  warned({ type: 'float32', shape: [2], data: Float32Array.of(0, 1) }, /arr_1 is float32 \[2\]/);
  const { path } = await recorded('images-objects.npz');
  assert.match(openNpzImages(path).warnings.join(), /arr_1 is no array of numbers/);
  assert.equal((await read(openNpzImages(path), 4)).counts.length, 3);
});

test('files without images, or with many arrays that may be, are refused', async () => {
  const refused = (path: string, message: RegExp) =>
    assert.throws(
      () => openNpzImages(path),
      (error) => error instanceof UserError && message.test(error.message),
    );
  refused(
    (await recorded('images-float.npz')).path,
    /0 of its arrays may be images \(arr_0 float64 \[10,4,5,3\]\); expected arr_0/,
  );
  refused((await recorded('images-fortran.npz')).path, /arr_0 uint8 \[10,4,5,3\] in Fortran order/);
  refused((await recorded('statistics.npz')).path, /mu float64 \[5\]; sigma float64 \[5,5\]/);
  const two = bytes([2, 4, 4, 3], (i) => i);
  refused(written({ a: two, b: two }), /2 of its arrays may be images \(a uint8 \[2,4,4,3\]; b uint8/);
  refused(written({ a: bytes([9, 9, 3], (i) => i) }), /a uint8 \[9,9,3\]/);
  refused(written({ a: bytes([2, 4, 4, 4], (i) => i) }), /a uint8 \[2,4,4,4\]/);
  refused(written({ a: { type: 'uint8', shape: [0, 4, 4, 3], data: new Uint8Array(0) } }), /a uint8 \[0,4,4,3\]/);
});

test('damage is told while the images are read', async () => {
  for (const name of ['images.npz', 'images-compressed.npz']) {
    const { path, bytes: whole } = await recorded(name);
    const second = whole.lastIndexOf('PK\x03\x04', undefined, 'latin1');
    const damaged = Buffer.from(whole);
    damaged[second - 20] = 255 - (damaged[second - 20] ?? 0);
    await writeFile(path, damaged);
    await assert.rejects(
      read(openNpzImages(path), 4),
      (error) => error instanceof FormatError && /arr_0/.test(error.message),
    );
  }
});

test('a batch of no images is a defect of the caller', async () => {
  const images = openNpzImages(written({ a: bytes([2, 4, 4, 3], (i) => i) }));
  await assert.rejects(read(images, 0), RangeError);
});
