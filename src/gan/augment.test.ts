/** Augmentation against slow loops over pixels. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../test/engine/check-gradients.ts';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { Random } from '../base/random.ts';
import { input, interpret, type Values, values } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { type Augmentation, augment, augmentations } from './augment.ts';
import { Draws } from './draws.ts';

type Pixel = (image: number, channel: number, row: number, column: number) => number;

function program(which: readonly Augmentation[], shape: readonly number[]) {
  const draws = new Draws();
  const images = input('images', 'float32', shape);
  return { images, output: augment(images, which, draws, 'A'), draws: draws.all };
}

function randomImages(shape: readonly number[]): Values {
  const random = new Random(1, 'images');
  return values(
    shape,
    Array.from({ length: sizeOf(shape) }, () => 2 * random.uniform() - 1),
  );
}

/** What `which` makes of `images`, given the draws by their last name, one number an image. */
function changed(which: Augmentation, images: Values, given: Readonly<Record<string, readonly number[]>>): Values {
  const { output, draws } = program([which], images.shape);
  const feeds = Object.fromEntries(
    draws.map(({ name, shape }) => [name, values(shape, given[name.slice(`A.${which}.`.length)] ?? [])]),
  );
  const [result] = interpret([output], { images, ...feeds });
  assert.ok(result);
  return result;
}

function pixelsOf({ shape, data }: Values): Pixel {
  const [, channels = 0, height = 0, width = 0] = shape;
  return (n, c, y, x) => data[((n * channels + c) * height + y) * width + x] ?? Number.NaN;
}

function assertPixels(seen: Values, expected: Pixel, tolerance = 0): void {
  const [n = 0, channels = 0, height = 0, width = 0] = seen.shape;
  const pixel = pixelsOf(seen);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const [value, wanted] = [pixel(i, c, y, x), expected(i, c, y, x)];
          assert.ok(Math.abs(value - wanted) <= tolerance, `image ${i}, ${c} ${y} ${x}: ${value}, by hand ${wanted}`);
        }
}

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

test('what is drawn: once an image, in the ranges of the paper’s code', () => {
  const [n, side] = [3, 16];
  const { draws } = program(['cutout', 'translation', 'color'], [n, 3, side, side]);
  const uniform = (low: number, high: number) => ({ kind: 'uniform', low, high });
  assert.deepEqual(
    draws.map(({ name, distribution }) => [name, distribution]),
    [
      ['A.color.brightness', uniform(-0.5, 0.5)],
      ['A.color.saturation', uniform(0, 2)],
      ['A.color.contrast', uniform(0.5, 1.5)],
      ['A.translation.x', { kind: 'integers', below: 5 }],
      ['A.translation.y', { kind: 'integers', below: 5 }],
      ['A.cutout.y', { kind: 'integers', below: 17 }],
      ['A.cutout.x', { kind: 'integers', below: 17 }],
    ],
  );
  assert.ok(draws.every(({ shape }) => sizeOf(shape) === n));
});

test('without augmentations images stay what they are, and nothing is drawn', () => {
  const { images, output, draws } = program([], [2, 3, 8, 8]);
  assert.equal(output, images);
  assert.deepEqual(draws, []);
});

test('color: brightness, then saturation around the mean of the channels, then contrast around that of the image', () => {
  const images = randomImages([3, 3, 4, 4]);
  const before = pixelsOf(images);
  const given = { brightness: [-0.5, 0.2, 0.5], saturation: [0, 1.3, 2], contrast: [0.5, 0.9, 1.5] };
  const bright: Pixel = (n, c, y, x) => before(n, c, y, x) + (given.brightness[n] ?? 0);
  const saturated: Pixel = (n, c, y, x) => {
    const grey = average(range(3).map((channel) => bright(n, channel, y, x)));
    return grey + (bright(n, c, y, x) - grey) * (given.saturation[n] ?? 0);
  };
  const contrasted: Pixel = (n, c, y, x) => {
    const all = range(3).flatMap((channel) => range(16).map((i) => saturated(n, channel, Math.floor(i / 4), i % 4)));
    return average(all) + (saturated(n, c, y, x) - average(all)) * (given.contrast[n] ?? 0);
  };
  assertPixels(changed('color', images, given), contrasted, 4 * float32ConstantTolerance);
});

test('color: in the middle of its ranges it changes nothing, without saturation an image is grey', () => {
  const images = randomImages([2, 3, 4, 4]);
  const neutral = { brightness: [0, 0], saturation: [1, 1], contrast: [1, 1] };
  assertPixels(changed('color', images, neutral), pixelsOf(images), 1e-12);
  const grey = pixelsOf(changed('color', images, { ...neutral, saturation: [0, 0] }));
  for (const c of [1, 2]) assert.ok(Math.abs(grey(0, c, 1, 2) - grey(0, 0, 1, 2)) < 1e-12);
});

test('translation moves every image its own way, up to an eighth of the side, and zeros come in', () => {
  // All ways of an image of side 16: −2 … 2 down and across.
  const images = randomImages([25, 2, 16, 16]);
  const before = pixelsOf(images);
  const drawn = { y: range(25).map((i) => Math.floor(i / 5)), x: range(25).map((i) => i % 5) };
  assertPixels(changed('translation', images, drawn), (n, c, y, x) => {
    const [fromY, fromX] = [y - ((drawn.y[n] ?? 0) - 2), x - ((drawn.x[n] ?? 0) - 2)];
    return fromY >= 0 && fromY < 16 && fromX >= 0 && fromX < 16 ? before(n, c, fromY, fromX) : 0;
  });
});

for (const side of [8, 6]) {
  test(`cutout takes a square of half the side ${side} around every place, as far as it lies in the image`, () => {
    const half = side / 2;
    const centres = side + 1 - (half % 2);
    const images = randomImages([centres, 2, side, side]);
    const before = pixelsOf(images);
    // Down one way and across the other, so that no two axes can stand in for each other.
    const drawn = { y: range(centres), x: range(centres).reverse() };
    const within = (at: number, centre = 0) => at >= centre - Math.floor(half / 2) && at < centre + Math.ceil(half / 2);
    const seen = changed('cutout', images, drawn);
    assertPixels(seen, (n, c, y, x) => (within(y, drawn.y[n]) && within(x, drawn.x[n]) ? 0 : before(n, c, y, x)));
    const middle = changed('cutout', randomImages([1, 1, side, side]), { y: [half], x: [half] });
    assert.equal(middle.data.filter((value) => value === 0).length, half * half);
  });
}

test('several are applied in the order color, translation, cutout, whatever order they are named in', () => {
  const images = randomImages([1, 3, 8, 8]);
  const { output, draws } = program(['cutout', 'translation', 'color'], images.shape);
  const given: Record<string, number[]> = {
    'A.color.brightness': [0.5],
    'A.color.saturation': [1],
    'A.color.contrast': [1],
    'A.translation.x': [2],
    'A.translation.y': [1],
    'A.cutout.x': [7],
    'A.cutout.y': [4],
  };
  const feeds = Object.fromEntries(draws.map(({ name, shape }) => [name, values(shape, given[name] ?? [])]));
  const [seen] = interpret([output], { images, ...feeds });
  assert.ok(seen);
  const before = pixelsOf(images);
  // Moved by one column: what comes in is not bright, and what is cut out neither.
  const expected: Pixel = (n, c, y, x) => (x === 0 || (x >= 5 && y >= 2 && y < 6) ? 0 : before(n, c, y, x - 1) + 0.5);
  assertPixels(seen, expected, 1e-12);
});

test('gradients flow through every augmentation', () => {
  for (const which of augmentations) {
    const { images, output, draws } = program([which], [2, 3, 6, 6]);
    const feeds = draws.map(({ name, shape, distribution }): [string, Values] => [
      name,
      values(shape, distribution.kind === 'integers' ? [1, 2] : [0.4, 0.7]),
    ]);
    const point = { images: randomImages([2, 3, 6, 6]), ...Object.fromEntries(feeds) };
    checkGradients(which, { inputs: { images }, output, point }, 1);
  }
});
