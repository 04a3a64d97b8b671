/** Penalties on discriminators whose gradient by the image is known in closed form. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../test/engine/check-gradients.ts';
import { float32ConstantTolerance } from '../../../test/engine/tolerances.ts';
import { Random } from '../../base/random.ts';
import {
  abs,
  conv2d,
  grad,
  graph,
  input,
  interpret,
  mul,
  openRuntime,
  relu,
  reshape,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  type Values,
  values,
} from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { Draws } from '../draws.ts';
import { type PenaltyName, penalties, penaltyNames } from './index.ts';

const [n, size] = [3, 2 * 2 * 2];
const shape = [n, 2, 2, 2];

interface Setting {
  readonly penalty: Tensor;
  readonly draws: Draws;
  /** Images and random inputs. */
  readonly feeds: Record<string, Values>;
  readonly inputs: Record<string, Tensor>;
}

/** The penalty of a discriminator between random images. */
function setting(name: PenaltyName, judge: (images: Tensor) => Tensor, imageShape: readonly number[] = shape): Setting {
  const draws = new Draws();
  const [real, fake] = [input('real', 'float32', imageShape), input('fake', 'float32', imageShape)];
  const penalty = penalties[name].penalize({
    real,
    fake,
    labels: input('labels', 'int32', [n]),
    judge,
    draw: (what, of, distribution) => draws.take(what, of, distribution),
  });
  const feeds: Record<string, Values> = {};
  const fill = (what: string, of: readonly number[], low: number) => {
    const random = new Random(1, what);
    feeds[what] = values(
      of,
      Array.from({ length: sizeOf(of) }, () => low + (1 - low) * random.uniform()),
    );
  };
  fill('real', imageShape, -1);
  fill('fake', imageShape, -1);
  for (const draw of draws.all) fill(draw.name, draw.shape, 0);
  return { penalty, draws, feeds, inputs: { real, fake } };
}

const numberOf = (tensor: Tensor, feeds: Record<string, Values>) =>
  interpret([tensor], feeds)[0]?.data[0] ?? Number.NaN;

/** The images' means are multiplied by float32 constants. */
const near = (seen: number, expected: number) =>
  assert.ok(
    Math.abs(seen - expected) <= 2 * float32ConstantTolerance * Math.max(1, Math.abs(expected)),
    `${seen}, by hand ${expected}`,
  );

test('the registry knows every penalty by its own name', () => {
  assert.deepEqual([...penaltyNames], Object.keys(penalties));
  for (const name of penaltyNames) assert.equal(penalties[name].name, name);
});

test('what penalties draw', () => {
  const unit = { kind: 'uniform', low: 0, high: 1 };
  const drawn = (name: PenaltyName) => setting(name, (x) => sum(x, [1, 2, 3])).draws.all;
  assert.deepEqual(drawn('gradientPenalty'), [{ name: 'interpolation', shape: [n], distribution: unit }]);
  assert.deepEqual(drawn('r1'), []);
  assert.deepEqual(drawn('dragan'), [
    { name: 'share', shape: [n], distribution: unit },
    { name: 'noise', shape, distribution: unit },
  ]);
});

test('a linear discriminator has the norm of its weights everywhere', () => {
  const weight = input('weight', 'float32', [2, 2, 2]);
  // 1 + 4 + 4 + 16 = 5²
  const feeds = { weight: values([2, 2, 2], [1, 2, 2, 4, 0, 0, 0, 0]) };
  for (const [name, expected] of [
    ['gradientPenalty', 16],
    ['r1', 12.5],
    ['dragan', 16],
  ] as const) {
    const { penalty, feeds: given } = setting(name, (x) => sum(mul(x, weight), [1, 2, 3]));
    near(numberOf(penalty, { ...given, ...feeds }), expected);
  }
});

/** Where each penalty looks: for each image its pixels, in slow loops. */
const places: Readonly<Record<PenaltyName, (feeds: Record<string, Values>) => number[][]>> = {
  gradientPenalty: ({ real, fake, interpolation }) =>
    perImage((i, at) => {
      const share = interpolation?.data[i] ?? Number.NaN;
      return (1 - share) * (real?.data[at] ?? 0) + share * (fake?.data[at] ?? 0);
    }),
  r1: ({ real }) => perImage((_, at) => real?.data[at] ?? 0),
  dragan: ({ real, share, noise }) => {
    const pixels = [...(real?.data ?? [])];
    const centre = pixels.reduce((a, b) => a + b) / pixels.length;
    const deviation = Math.sqrt(pixels.reduce((total, x) => total + (x - centre) ** 2, 0) / pixels.length);
    return perImage((i, at) => (pixels[at] ?? 0) + ((share?.data[i] ?? 0) * deviation * (noise?.data[at] ?? 0)) / 2);
  },
};

function perImage(pixel: (image: number, at: number) => number): number[][] {
  return Array.from({ length: n }, (_, i) => Array.from({ length: size }, (__, j) => pixel(i, i * size + j)));
}

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;

test('½a‖x‖² has the gradient ax: the penalty and its derivative by a, where each penalty looks', () => {
  const a = 0.7;
  const scale = input('a', 'float32', []);
  for (const name of penaltyNames) {
    const { penalty, feeds } = setting(name, (x) => mul(sum(square(x), [1, 2, 3]), mul(scale, 0.5)));
    const given = { ...feeds, a: values([], [a]) };
    const norms = places[name](feeds).map((pixels) => Math.sqrt(pixels.reduce((total, x) => total + x * x, 0)));
    const ofNorm = (norm: number) => (name === 'r1' ? (a * norm) ** 2 / 2 : (a * norm - 1) ** 2);
    const byA = (norm: number) => (name === 'r1' ? a * norm ** 2 : 2 * (a * norm - 1) * norm);
    near(numberOf(penalty, given), average(norms.map(ofNorm)));
    const [slope = penalty] = grad(penalty, [scale]);
    near(numberOf(slope, given), average(norms.map(byA)));
  }
});

/** tanh(x ∗ w₁) ∗ w₂ on images of 4×4. */
function critic(x: Tensor, first: Tensor, second: Tensor): Tensor {
  return reshape(conv2d(tanh(conv2d(x, first, { stride: 2, padding: 1 })), second), [-1]);
}

test('the derivative of every penalty by parameters and images is what differences say', () => {
  const [first, second] = [input('first', 'float32', [3, 2, 3, 3]), input('second', 'float32', [1, 3, 2, 2])];
  for (const name of penaltyNames) {
    const { penalty, feeds, inputs } = setting(name, (x) => critic(x, first, second), [n, 2, 4, 4]);
    const point = {
      ...feeds,
      first: values([3, 2, 3, 3], new Random(1, 'first').normal(54)),
      second: values([1, 3, 2, 2], new Random(1, 'second').normal(12)),
    };
    const used = name === 'gradientPenalty' ? inputs : { real: inputs.real ?? first };
    checkGradients(name, { inputs: { ...used, first, second }, output: penalty, point }, 1);
  }
});

test('a discriminator that is dead at an image is told nothing, and nothing is NaN', async () => {
  const weight = input('weight', 'float32', []);
  const runtime = await openRuntime({ threads: 1 });
  for (const name of penaltyNames) {
    const { penalty, feeds } = setting(name, (x) => mul(sum(relu(sub(x, 10)), [1, 2, 3]), weight));
    const [gradient = penalty] = grad(penalty, [weight]);
    const slope = abs(gradient);
    const program = await runtime.compile(
      graph('dead', [
        ['penalty', penalty],
        ['slope', slope],
      ]),
    );
    const given = { ...feeds, weight: values([], [2]) };
    const float32 = Object.entries(given).map(
      ([key, { shape, data }]) => [key, { dtype: 'float32', shape, data: Float32Array.from(data) }] as const,
    );
    const expected = name === 'r1' ? 0 : 1;
    const run = await program.compute(Object.fromEntries(float32));
    assert.deepEqual([run.penalty?.data[0], run.slope?.data[0]], [expected, 0], name);
    assert.deepEqual([numberOf(penalty, given), numberOf(slope, given)], [expected, 0], name);
  }
});

test('an image without a gradient leaves that of its neighbours alone', () => {
  const weight = input('weight', 'float32', []);
  // Only pixels above 0 count: the second image has none, the gradient of the others is (w, w, …).
  const real = values(
    shape,
    Array.from({ length: n * size }, (_, i) => (Math.floor(i / size) === 1 ? -1 : 1)),
  );
  for (const [name, expected] of [
    ['gradientPenalty', (2 * 2 * (2 * Math.sqrt(size) - 1) * Math.sqrt(size)) / 3],
    ['r1', (2 * 2 * size) / 3],
  ] as const) {
    const { penalty, feeds } = setting(name, (x) => mul(sum(relu(x), [1, 2, 3]), weight));
    const [slope = penalty] = grad(penalty, [weight]);
    near(numberOf(slope, { ...feeds, real, fake: real, weight: values([], [2]) }), expected);
  }
});
