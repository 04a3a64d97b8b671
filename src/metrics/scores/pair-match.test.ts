import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDataset } from '../../data/index.ts';
import { pairMatch } from './pair-match.ts';

const count = 1200;
const size = 3 * 32 * 32;
const format = { channels: 3, resolution: 32 } as const;
const { dataset } = await openDataset('matching-pairs', { resolution: 32, split: 'test' });
const real = new Uint8Array(count * size);
for (let n = 0; n < count; n++) real.set(dataset.image(n), n * size);

/** The pictures, changed pixel by pixel. */
function changed(change: (n: number, channel: number, row: number, column: number) => number): Uint8Array {
  return real.map((_, at) =>
    change(Math.floor(at / size), Math.floor(at / 1024) % 3, Math.floor(at / 32) % 32, at % 32),
  );
}

const pixel = (n: number, channel: number, row: number, column: number) =>
  real[(n % count) * size + channel * 1024 + row * 32 + column] ?? 0;

test('real pictures match, all of them, in six hues', () => {
  const { rate, found, effectiveHues } = pairMatch(real, format);
  assert.deepEqual([rate, found], [1, 1]);
  assert.ok(effectiveHues > 5.9 && effectiveHues <= 6);
});

test('pictures whose right halves are those of others match in one of six cases', () => {
  const { rate, found } = pairMatch(
    changed((n, channel, row, column) => pixel(column < 16 ? n : n + 1, channel, row, column)),
    format,
  );
  const deviation = Math.sqrt(((1 / 6) * (5 / 6)) / count);
  assert.equal(found, 1);
  assert.ok(Math.abs(rate - 1 / 6) < 4 * deviation, `${rate}`);
});

test('other resolutions are judged alike', async () => {
  const large = await openDataset('matching-pairs', { resolution: 64 });
  const images = new Uint8Array(100 * 4 * size);
  for (let n = 0; n < 100; n++) images.set(large.dataset.image(n), n * 4 * size);
  assert.equal(pairMatch(images, { channels: 3, resolution: 64 }).rate, 1);
});

test('one picture repeated matches, and has one hue', () => {
  const { rate, effectiveHues } = pairMatch(
    changed((_, channel, row, column) => pixel(0, channel, row, column)),
    format,
  );
  assert.deepEqual([rate, effectiveHues], [1, 1]);
});

test('where an object is missing, or of two colours, there is no match', () => {
  const without = changed((n, channel, row, column) => (column < 12 ? 128 : pixel(n, channel, row, column)));
  assert.deepEqual(pairMatch(without, format), { rate: 0, found: 0, agreement: 0, effectiveHues: 0 });
  // Every other row takes its colours from the opposite side of the circle.
  const twoColours = changed((n, channel, row, column) =>
    row % 2 === 0 ? 255 - pixel(n, channel, row, column) : pixel(n, channel, row, column),
  );
  assert.ok(pairMatch(twoColours, format).found < 0.02);
  assert.deepEqual(pairMatch(new Uint8Array(size), format), { rate: 0, found: 0, agreement: 0, effectiveHues: 0 });
});

test('hues on both sides of 0° agree, and those of neighbours on the circle do not', () => {
  const painted = (left: readonly number[], right: readonly number[]) =>
    pairMatch(
      Uint8Array.from({ length: size }, (_, at) => {
        const [channel, row, column] = [Math.floor(at / 1024), Math.floor(at / 32) % 32, at % 32];
        const colour = column < 9 ? left : column > 22 ? right : [];
        return row > 10 && row < 20 ? (colour[channel] ?? 0) : 0;
      }),
      format,
    ).rate;
  assert.equal(painted([255, 0, 30], [255, 30, 0]), 1);
  assert.equal(painted([255, 0, 255], [255, 0, 0]), 0);
});

test('a picture in one colour has no objects, and neither has one with coloured stripes', () => {
  const paint = (isColoured: (row: number, column: number) => boolean) =>
    pairMatch(
      Uint8Array.from({ length: size }, (_, at) =>
        isColoured(Math.floor(at / 32) % 32, at % 32) ? (at < 1024 ? 255 : 0) : 128,
      ),
      format,
    ).found;
  const isInSquare = (row: number, column: number) => row > 10 && row < 20 && (column < 9 || column > 22);
  assert.equal(paint(isInSquare), 1);
  assert.equal(
    paint(() => true),
    0,
  );
  assert.equal(
    paint((_, column) => column < 4 || column > 27),
    0,
  );
});

test('agreement is told of the pictures in which both objects are', () => {
  const half = changed((n, channel, row, column) =>
    n % 2 === 0 && column < 12 ? 128 : pixel(n, channel, row, column),
  );
  const { rate, found, agreement } = pairMatch(half, format);
  assert.deepEqual([rate, found, agreement], [0.5, 0.5, 1]);
});

test('grey images and pieces of images are refused', () => {
  assert.throws(() => pairMatch(new Uint8Array(1024), { channels: 1, resolution: 32 }), /1-channel images; expected/);
  assert.throws(() => pairMatch(new Uint8Array(size + 1), format), /positive multiple of 3072/);
  assert.throws(() => pairMatch(new Uint8Array(0), format), /0 bytes/);
});
