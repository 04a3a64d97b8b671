import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { temporaryFolder } from '../../test/fault/small-run.ts';
import { openDataset } from './open.ts';
import { centreSquare, planesToPng } from './original.ts';

/** Bytes of a PNG, [H, W, C], and its size. */
async function decode(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return { bytes: [...data], width: info.width, height: info.height, channels: info.channels };
}

test('planes become the PNG of the same pixels', async () => {
  const grey = await sharp(await planesToPng(Uint8Array.of(1, 2, 3, 4, 5, 6), 3, 2))
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  assert.deepEqual([...grey], [1, 2, 3, 4, 5, 6]);
  const colour = await decode(await planesToPng(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 1));
  assert.deepEqual(colour, { bytes: [1, 3, 5, 2, 4, 6], width: 2, height: 1, channels: 3 });
});

test('the square is that which the loader takes, within the image or around it', () => {
  assert.deepEqual(centreSquare(10, 5, 5), { left: 2, top: 0, side: 5 });
  assert.deepEqual(centreSquare(28, 28, 32), { left: -2, top: -2, side: 32 });
  assert.deepEqual(centreSquare(27, 28, 32), { left: -2, top: -2, side: 32 });
});

test('the original of a file is the whole of it, upright, and its square cut out and resized is the image', async (t) => {
  const folder = temporaryFolder(t);
  const [width, height] = [30, 17];
  const noise = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 97 + (i % 13) * 31) % 256);
  const upright = sharp(noise, { raw: { width, height, channels: 3 } });
  // Lies on its side in the file, which says so.
  await upright.rotate(90).png().withMetadata({ orientation: 8 }).toFile(join(folder, 'turned.png'));
  const { dataset, originals } = await openDataset(folder, { resolution: 8, cacheFolder: join(folder, '.cache') });
  const original = originals?.at(0);
  assert.deepEqual(original, { width, height, crop: { left: 6, top: 0, side: 17 }, path: 'turned.png' });
  const picture = await originals?.picture(0, 512);
  assert.ok(picture !== undefined && original !== undefined);
  const { bytes, ...size } = await decode(picture);
  assert.deepEqual([bytes, size], [[...noise], { width, height, channels: 3 }]);
  const { left, top, side } = original.crop;
  const cut = sharp(picture)
    .extract({ left, top, width: side, height: side })
    .resize(8, 8, { fit: 'fill', kernel: 'lanczos3' });
  const image = dataset.image(0);
  const planes = (await cut.raw().toBuffer()).map((_, i, all) => all[(i % 64) * 3 + Math.floor(i / 64)] ?? 0);
  assert.deepEqual([...image], [...planes]);
  assert.deepEqual((await decode((await originals?.picture(0, 15)) ?? Buffer.of())).width, 15);
});

test('a file that has gone or changed since is said to have', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'a.png');
  await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } }).toFile(file);
  const { originals } = await openDataset(folder, { resolution: 4, cacheFolder: join(folder, '.cache') });
  writeFileSync(file, 'not an image');
  await assert.rejects(async () => originals?.picture(0, 64), /a\.png: not a PNG.*look again/);
  rmSync(file);
  await assert.rejects(async () => originals?.picture(0, 64), /a\.png: ENOENT.*look again/);
  assert.throws(() => originals?.at(1), RangeError);
});

test('digits have their originals without the padding', async () => {
  const { dataset, originals } = await openDataset('mnist', { resolution: 32 });
  assert.deepEqual(originals?.at(3), { width: 28, height: 28, crop: { left: -2, top: -2, side: 32 }, path: undefined });
  const picture = await originals?.picture(3, 512);
  const original = await sharp(picture).toColourspace('b-w').raw().toBuffer();
  const image = dataset.image(3);
  for (let i = 0; i < 28 * 28; i++) {
    assert.equal(image[(2 + Math.floor(i / 28)) * 32 + 2 + (i % 28)], original[i]);
  }
});
