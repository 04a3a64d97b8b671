/** The switches of batch norm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input, interpret, values } from '../engine/index.ts';
import { type BatchNormOptions, batchNorm, Variables } from './index.ts';

/** One channel of numbers 1, 2, 6: mean 3, variance 14/3 over n and 7 over n − 1. */
const x = input('x', 'float32', [3, 1]);

function moved(options: BatchNormOptions) {
  const variables = new Variables();
  batchNorm(variables.scope('L', { training: true }), x, options);
  variables.commit();
  const updates = [...variables.updates];
  const one = values([1], [1]);
  const at = { x: values([3, 1], [1, 2, 6]), 'L.gain': one, 'L.bias': one, 'L.mean': one, 'L.variance': one };
  const next = interpret(
    updates.map(([, tensor]) => tensor),
    at,
  );
  return Object.fromEntries(updates.map(([name], i) => [name, next[i]?.data[0]]));
}

test('running statistics keep the share they are told, and follow the variance over n or over n − 1', () => {
  const near = (seen: number | undefined, expected: number) => assert.ok(Math.abs((seen ?? 0) - expected) < 1e-6);
  const biased = moved({});
  near(biased['L.mean'], 0.9 + 0.1 * 3);
  near(biased['L.variance'], 0.9 + (0.1 * 14) / 3);
  const unbiased = moved({ decay: 0.75, runningVariance: 'unbiased' });
  near(unbiased['L.mean'], 0.75 + 0.25 * 3);
  near(unbiased['L.variance'], 0.75 + 0.25 * 7);
});

test('with the statistics of the batch only, nothing runs, in training or not', () => {
  assert.deepEqual(moved({ batchStatisticsOnly: true }), {});
  const variables = new Variables();
  const y = batchNorm(variables.scope('L', { training: false }), x, { batchStatisticsOnly: true, epsilon: 1 });
  const at = { x: values([3, 1], [1, 2, 6]), 'L.gain': values([1], [2]), 'L.bias': values([1], [5]) };
  const seen = [...(interpret([y], at)[0]?.data ?? [])];
  for (const [i, value] of [1, 2, 6].entries()) {
    assert.ok(Math.abs((seen[i] ?? 0) - (5 + (2 * (value - 3)) / Math.sqrt(14 / 3 + 1))) < 1e-9);
  }
});
