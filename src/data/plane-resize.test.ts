import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { Random } from '../base/random.ts';
import { paddedSide, planeResizer } from './plane-resize.ts';

function resize(image: Uint8Array, height: number, width: number, resolution: number): Uint8Array {
  const target = new Uint8Array(resolution * resolution);
  planeResizer(height, width, resolution)(image, target);
  return target;
}

test('an image is centred on a square of zeros', () => {
  assert.deepEqual([paddedSide(28, 28), paddedSide(32, 32), paddedSide(20, 33), paddedSide(1, 1)], [32, 32, 64, 1]);
  assert.deepEqual(
    [...resize(Uint8Array.from([1, 2, 3, 4, 5, 6]), 2, 3, 4)],
    [0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0],
  );
});

test('a constant image stays constant at every resolution', () => {
  for (const resolution of [1, 3, 8, 20, 32]) {
    assert.deepEqual([...new Set(resize(new Uint8Array(256).fill(200), 16, 16, resolution))], [200]);
  }
});

test('shrinking agrees with sharp within rounding', async () => {
  const smooth = await sharp(Buffer.from(new Random(1, 'image').integers(1024, 256)), {
    raw: { width: 32, height: 32, channels: 1 },
  })
    .blur(1.5)
    .extend({ top: 16, bottom: 16, left: 16, right: 16, background: 'black' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  // Down to half, where sharp uses nothing but the Lanczos filter.
  for (const resolution of [32, 48]) {
    const reference = await sharp(smooth, { raw: { width: 64, height: 64, channels: 1 } })
      .resize(resolution, resolution, { kernel: 'lanczos3' })
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    const ours = resize(smooth, 64, 64, resolution);
    const furthest = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - (reference[i] ?? 0))), 0);
    assert.ok(furthest <= 2, `at ${resolution}: ${furthest} levels apart`);
  }
});

test('enlarging interpolates: thrice as large, every third pixel is an original', () => {
  const image = Uint8Array.from(new Random(2, 'image').integers(64, 256));
  const large = resize(image, 8, 8, 24);
  const originals = image.map((_, i) => large[(3 * Math.floor(i / 8) + 1) * 24 + 3 * (i % 8) + 1] ?? 0);
  assert.deepEqual(originals, image);
});
