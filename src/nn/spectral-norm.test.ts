/** The switches of spectral norm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gradientMisfits } from '../../test/engine/check-gradients.ts';
import { Random } from '../base/random.ts';
import { grad, input, interpret, mul, sum, type Tensor, transpose, type Values, values } from '../engine/index.ts';
import { type SpectralNormOptions, spectralNorm, Variables } from './index.ts';

const shape = [3, 4];

function normalized(options: SpectralNormOptions, weight: Tensor = input('weight', 'float32', shape)) {
  const variables = new Variables();
  const output = spectralNorm(variables.scope('L', { training: true }), weight, options);
  return { output, u: [...variables.below('L').values()] };
}

function point(rows: number): Record<string, Values> {
  const draw = (of: readonly number[], name: string) =>
    values(of, new Random(1, name).normal(of.reduce((product, n) => product * n)));
  return { weight: draw(shape, 'weight'), 'L.u': draw([1, rows], 'u') };
}

const numbers = (output: Tensor, at: Record<string, Values>) => [...(interpret([output], at)[0]?.data ?? [])];

test('the gradient goes through the power iteration, or takes its vectors as constants', () => {
  const weight = input('weight', 'float32', shape);
  const misfits = (gradient: 'through' | 'constant') =>
    gradientMisfits({ inputs: { weight }, output: normalized({ gradient }, weight).output, point: point(3) }, 1);
  assert.deepEqual(misfits('through'), []);
  assert.notDeepEqual(misfits('constant'), []);
});

test('with constant vectors the gradient of ⟨C, W/σ⟩ is (C − ⟨C, W/σ⟩·u vᵀ) / σ', () => {
  const weight = input('weight', 'float32', shape);
  const c = input('c', 'float32', shape);
  const { output } = normalized({}, weight);
  const [gradient] = grad(sum(mul(output, c)), [weight]);
  assert.ok(gradient);
  const at: Record<string, Values> = { ...point(3), c: values(shape, new Random(1, 'c').normal(12)) };
  const [w = [], u0 = [], along = []] = ['weight', 'L.u', 'c'].map((name) => [...(at[name]?.data ?? [])]);
  const unit = (x: number[]) => x.map((value) => value / Math.hypot(...x));
  const v = unit([0, 1, 2, 3].map((j) => u0.reduce((total, value, i) => total + value * (w[4 * i + j] ?? 0), 0)));
  const product = [0, 1, 2].map((i) => v.reduce((total, value, j) => total + value * (w[4 * i + j] ?? 0), 0));
  const u = unit(product);
  const sigma = u.reduce((total, value, i) => total + value * (product[i] ?? 0), 0);
  const inner = w.reduce((total, value, k) => total + (value * (along[k] ?? 0)) / sigma, 0);
  const expected = w.map((_, k) => {
    const [i, j] = [Math.floor(k / 4), k % 4];
    return ((along[k] ?? 0) - inner * (u[i] ?? 0) * (v[j] ?? 0)) / sigma;
  });
  for (const [k, seen] of numbers(gradient, at).entries()) assert.ok(Math.abs(seen - (expected[k] ?? 0)) < 1e-9);
});

test('ε is added to a norm, or the least that a norm may be', () => {
  const at = point(3);
  const scale = (options: SpectralNormOptions) => numbers(normalized(options).output, at)[0] ?? 0;
  const plain = scale({});
  assert.equal(scale({ epsilon: 0.01, epsilonAs: 'floor' }), scale({ epsilon: 1e-9, epsilonAs: 'floor' }));
  assert.ok(Math.abs(scale({ epsilon: 0.01, epsilonAs: 'added' })) > Math.abs(plain) * 1.001);
});

test('an axis of outputs other than the first is that of the transposed weight', () => {
  const at = point(4);
  const weight = input('weight', 'float32', shape);
  const { output } = normalized({ rowAxis: 1 }, weight);
  const turned = transpose(normalized({}, transpose(weight, [1, 0])).output, [1, 0]);
  assert.deepEqual(numbers(output, at), numbers(turned, at));
});
