import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunState, RunSummary } from '../../../../src/server/api.ts';
import { filterRuns, sortRuns } from './run-list.ts';

function run(name: string, state: RunState, more: Partial<RunSummary> = {}): RunSummary {
  return {
    run: name,
    state,
    reason: undefined,
    model: 'sagan',
    preset: 'sagan-mnist-mini',
    dataset: 'mnist',
    step: 0,
    steps: 100,
    imagesSeen: 0,
    imagesPerSecond: undefined,
    secondsLeft: undefined,
    memoryBytes: undefined,
    bestScore: undefined,
    newestSample: undefined,
    newestSampleAt: undefined,
    changedAt: undefined,
    ...more,
  };
}

const names = (runs: readonly RunSummary[]) => runs.map((one) => one.run);

test('every word of a search must occur in name, model, preset or dataset', () => {
  const runs = [run('night', 'training', { dataset: 'cifar10' }), run('day', 'finished'), run('noon', 'damaged')];
  assert.deepEqual(names(filterRuns(runs, ' NIGHT cifar ', 'all')), ['night']);
  assert.deepEqual(names(filterRuns(runs, 'mini mnist', 'finished')), ['day']);
  assert.deepEqual(names(filterRuns(runs, '', 'troubled')), ['noon']);
  assert.deepEqual(names(filterRuns(runs, '', 'active')), ['night']);
  assert.deepEqual(names(filterRuns(runs, '', 'all')), ['night', 'day', 'noon']);
});

test('names are sorted as people count, steps by their share', () => {
  const runs = [
    run('lr-10', 'finished', { step: 50 }),
    run('lr-9', 'stopped', { step: 10, steps: 1000 }),
    run('a', 'paused'),
  ];
  assert.deepEqual(names(sortRuns(runs, { by: 'run', isDescending: false })), ['a', 'lr-9', 'lr-10']);
  assert.deepEqual(names(sortRuns(runs, { by: 'step', isDescending: true })), ['lr-10', 'lr-9', 'a']);
});

test('runs with nothing in a column come last, both ways', () => {
  const runs = [
    run('none', 'stopped'),
    run('slow', 'training', { imagesPerSecond: 1 }),
    run('fast', 'training', { imagesPerSecond: 9 }),
  ];
  assert.deepEqual(names(sortRuns(runs, { by: 'speed', isDescending: true })), ['fast', 'slow', 'none']);
  assert.deepEqual(names(sortRuns(runs, { by: 'speed', isDescending: false })), ['slow', 'fast', 'none']);
});

test('a column that there is not leaves the order', () => {
  const runs = [run('b', 'stopped'), run('a', 'stopped')];
  assert.deepEqual(names(sortRuns(runs, { by: 'toString', isDescending: false })), ['b', 'a']);
});
