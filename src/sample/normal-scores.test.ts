import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latents } from './latents.ts';
import { normalCumulative, normalQuantile, normalScores } from './normal-scores.ts';

test('probabilities are those of the tables', () => {
  // scipy.stats.norm.cdf
  for (const [x, expected] of [
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1.96, 0.024997895148220435],
    [2.999, 0.9986456634662729],
    [-3, 0.0013498980316300933],
    [-3.001, 0.0013454728250849653],
    [-6, 9.865876450376946e-10],
    [-8.5, 9.47953482220325e-18],
  ] as const) {
    const relative = Math.abs(normalCumulative(x) / expected - 1);
    assert.ok(relative < 2e-12, `${x}: ${normalCumulative(x)}`);
  }
});

test('a quantile is where its probability is reached', () => {
  for (const p of [2 ** -33, 1e-6, 0.001, 0.02425, 0.3, 0.5, 0.7, 0.9999, 1 - 2 ** -33]) {
    const error = Math.abs(normalCumulative(normalQuantile(p)) - p);
    assert.ok(error < 1e-14 * Math.max(1, p) && error < 1e-9 * p, `${p}: off by ${error}`);
  }
});

test('scores lead back to the values, and are as normal as what N(0, 1) draws', () => {
  const count = 20_000;
  for (const [space, truncation] of [
    [{ latents: 'uniform', latentDim: count }, undefined],
    [{ latents: 'normal', latentDim: count }, 0.7],
    [{ latents: 'normal', latentDim: count }, undefined],
  ] as const) {
    const { score, value } = normalScores(space.latents, truncation);
    const drawn = latents(3, 1, space, { truncation });
    const scores = drawn.map(score);
    for (const [i, wanted] of drawn.entries()) {
      assert.ok(Math.abs(value(scores[i] ?? 0) - wanted) < 1e-6, `${space.latents}: ${wanted}`);
    }
    const mean = scores.reduce((sum, x) => sum + x, 0) / count;
    const variance = scores.reduce((sum, x) => sum + x ** 2, 0) / count;
    const fourth = scores.reduce((sum, x) => sum + x ** 4, 0) / count;
    // Four standard deviations of what N(0, 1) itself gives: variances 1, 2 and 96.
    assert.ok(Math.abs(mean) < 4 / Math.sqrt(count), `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 4 * Math.sqrt(2 / count), `variance ${variance}`);
    assert.ok(Math.abs(fourth - 3) < 4 * Math.sqrt(96 / count), `fourth moment ${fourth}`);
  }
});

test('values that rounding has put on the edge, or that lie beyond it, have scores too', () => {
  const { score, value } = normalScores('uniform');
  for (const x of [1, -1, 1.5]) {
    assert.ok(Number.isFinite(score(x)));
    assert.ok(Math.abs(value(score(x))) <= 1);
  }
});
