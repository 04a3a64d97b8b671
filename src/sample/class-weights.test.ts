import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classWeights } from './class-weights.ts';

const mix = (...weights: [label: number, weight: number][]) =>
  weights.map(([label, weight]) => ({ class: label, weight }));

test('a class is one-hot, and a mixture sums to 1', () => {
  assert.deepEqual([...classWeights(1, 3)], [0, 1, 0]);
  assert.deepEqual([...classWeights(mix([2, 0.3]), 3)], [0, 0, 1]);
  assert.deepEqual([...classWeights(mix([0, 3], [2, 1]), 3)], [0.75, 0, 0.25]);
  assert.deepEqual([...classWeights(mix([0, 1], [0, 1], [1, 2]), 2)], [0.5, 0.5]);
  assert.deepEqual([...classWeights(5, 0)], []);
});

test('classes that there are not, and weights that weigh nothing, are refused', () => {
  assert.throws(() => classWeights(3, 3), /there is no class 3; expected a number from 0 to 2/);
  assert.throws(() => classWeights(mix([0, 0]), 3), /the weights are 0; expected/);
  assert.throws(() => classWeights(mix([0, 2], [1, -1]), 3), /the weights are 2, -1; expected/);
  assert.throws(() => classWeights([], 3), /the weights are none; expected/);
});
