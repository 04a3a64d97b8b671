import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRunMetrics, requireNetworks, usualRunMetrics } from './score-run.ts';

test('runs are compared by the classifier of their dataset, by pairs, or by Inception', () => {
  assert.deepEqual(usualRunMetrics('mnist'), ['fid-mnist', 'class-accuracy']);
  assert.deepEqual(usualRunMetrics('fashion-mnist:/data'), ['fid-fashion-mnist', 'class-accuracy']);
  assert.deepEqual(usualRunMetrics('matching-pairs')[0], 'pair-match');
  assert.deepEqual(usualRunMetrics('photos/'), ['fid']);
});

test('a score that does not exist, and a network that is not here, are told before anything is trained', () => {
  assert.throws(() => checkRunMetrics(['fid-mnits']), /score "fid-mnits" does not exist.*Did you mean "fid-mnist"/);
  requireNetworks(['fid-mnist', 'fid-fashion-mnist', 'class-accuracy'], 'mnist');
  requireNetworks(['pair-match'], 'matching-pairs');
  assert.throws(() => requireNetworks(['class-accuracy'], 'photos/'), /features "photos\/"/);
});
