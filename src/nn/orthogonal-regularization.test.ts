import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { Random } from '../base/random.ts';
import { constant, grad, input, interpret, matmul, mul, reshape, square, sum, values } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { orthogonalGradient } from './orthogonal-regularization.ts';

const strength = 0.25;

for (const shape of [
  [3, 5],
  [4, 2, 3, 3],
  [5, 2],
]) {
  test(`what is added to a weight of shape [${shape}] is the gradient of β‖WWᵀ ⊙ (1 − I)‖²; that code adds half`, () => {
    const [filters = 0] = shape;
    const weight = input('weight', 'float32', shape);
    const matrix = reshape(weight, [filters, -1]);
    const apart = Float32Array.from({ length: filters ** 2 }, (_, i) => (i % (filters + 1) === 0 ? 0 : 1));
    const mask = constant({ dtype: 'float32', shape: [filters, filters], data: apart });
    const overlaps = sum(square(mul(matmul(matrix, matrix, { transposeB: true }), mask)));
    const feeds = { weight: values(shape, new Random(1, 'weight').normal(sizeOf(shape))) };
    const formula = grad(mul(overlaps, strength), [weight]);
    const forms = (['paper', 'biggan-pytorch'] as const).map((form) => orthogonalGradient(weight, strength, form));
    const [expected, paper, code] = interpret([...formula, ...forms, orthogonalGradient(weight, strength)], feeds);
    const largest = Math.max(...(expected?.data ?? []).map(Math.abs));
    for (const [i, value] of (expected?.data ?? []).entries()) {
      const close = (seen: number | undefined, wanted: number) =>
        assert.ok(Math.abs((seen ?? Number.NaN) - wanted) <= float32ConstantTolerance * largest, `element ${i}`);
      close(paper?.data[i], value);
      close(code?.data[i], value / 2);
    }
    assert.ok(largest > 0.1);
  });
}

test('orthogonal filters of any length are left alone', () => {
  const [rest] = interpret([orthogonalGradient(input('weight', 'float32', [2, 3]), 1)], {
    weight: values([2, 3], [2, 1, 0, -1, 2, 7]),
  });
  assert.ok(rest?.data.every((value) => value === 0));
});

test('by hand: two filters that overlap by a', () => {
  // W = [[1, 0], [a, 1]]: WWᵀ ⊙ (1 − I) = [[0, a], [a, 0]], times W is [[a², a], [a, 0]].
  const a = 0.5;
  const [seen] = interpret([orthogonalGradient(input('weight', 'float32', [2, 2]), 0.5)], {
    weight: values([2, 2], [1, 0, a, 1]),
  });
  assert.deepEqual(
    [...(seen?.data ?? [])],
    [a * a, a, a, 0].map((value) => 4 * 0.5 * value),
  );
});
