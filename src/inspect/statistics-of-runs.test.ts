import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparePaired, holm, studentDistribution, studentQuantile, summarize } from './statistics-of-runs.ts';

function assertNear(seen: number, expected: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(seen - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${seen}, not ${expected}`);
}

test("Student's distribution and its quantiles are those of scipy", () => {
  // scipy.stats.t.cdf(t, freedom) and t.ppf(0.975, freedom), scipy 1.10.
  for (const [t, freedom, probability] of [
    [0.5, 1, 0.6475836176504333],
    [1, 2, 0.7886751345948129],
    [12, 2, 0.9965635331614208],
    [2.5, 4, 0.966616727594006],
    [0.1, 19, 0.5393040251173727],
    [0, 3, 0.5],
  ] as const) {
    assertNear(studentDistribution(t, freedom), probability);
  }
  for (const [freedom, t] of [
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [4, 2.7764451051977934],
    [19, 2.0930240544083087],
  ] as const) {
    assertNear(studentQuantile(0.975, freedom), t);
  }
  assert.equal(studentQuantile(0.975, 0), Number.NaN);
});

test('a spread is that of a sample, and one value has none', () => {
  assert.deepEqual(summarize([1, 2, 3, 6]), { count: 4, mean: 3, deviation: Math.sqrt(14 / 3) });
  assert.deepEqual(summarize([5]), { count: 1, mean: 5, deviation: Number.NaN });
  assert.deepEqual(summarize([]), { count: 0, mean: Number.NaN, deviation: Number.NaN });
});

test('pairs are compared as scipy compares them', () => {
  const compared = comparePaired([3.1, 2.7, 3.9, 2.2, 3.3], [2.0, 2.5, 2.9, 2.4, 2.1]);
  // scipy.stats.ttest_rel, t.interval, and permutation_test of all changes of sign.
  assertNear(compared.difference, 0.66);
  assertNear(compared.pValue, 0.07688272700546445);
  assertNear(compared.interval[0], -0.11342810910964318);
  assertNear(compared.interval[1], 1.433428109109648);
  assert.equal(compared.signFlipPValue, 0.1875);
  assert.equal(compared.smallestSignFlipPValue, 2 / 32);
});

test('three pairs that agree reach the smallest exact p, 1/4, however large the difference', () => {
  const compared = comparePaired([10, 20.1, 30.3], [1, 11, 21]);
  assert.equal(compared.signFlipPValue, 0.25);
  assert.equal(compared.smallestSignFlipPValue, 0.25);
  assert.ok(compared.pValue < 0.001);
});

test('differences without spread are certain or none, and one pair says nothing', () => {
  assert.equal(comparePaired([1, 2, 3], [1, 2, 3]).pValue, 1);
  assert.equal(comparePaired([1, 2, 3], [1, 2, 3]).signFlipPValue, 1);
  assert.equal(comparePaired([2, 3, 4], [1, 2, 3]).pValue, 0);
  const one = comparePaired([2], [1]);
  assert.deepEqual([one.difference, one.pValue, one.interval], [1, Number.NaN, [Number.NaN, Number.NaN]]);
});

test("Holm's p-values grow with the number of comparisons, keep their order, and end at 1", () => {
  assert.deepEqual(
    holm([0.01, 0.04, 0.03, 0.005]).map((p) => Math.round(p * 1e9) / 1e9),
    [0.03, 0.06, 0.06, 0.02],
  );
  assert.deepEqual(holm([0.9, 0.8]), [1, 1]);
  assert.deepEqual(holm([Number.NaN, 0.02, Number.NaN]), [Number.NaN, 0.02, Number.NaN]);
  assert.deepEqual(holm([]), []);
});

test('lists that are no pairs are refused', () => {
  assert.throws(() => comparePaired([1, 2], [1]), /2 values and 1; expected as many of each/);
  assert.throws(() => comparePaired([], []), /expected as many of each, 1 to 20/);
});
