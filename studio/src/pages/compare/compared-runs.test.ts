import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunDetail } from '../../../../src/server/api.ts';
import {
  differences,
  firstSeries,
  linesOf,
  namedClasses,
  nearestSheet,
  sharedSeries,
  sheetSteps,
} from './compared-runs.ts';

const detail: RunDetail = {
  run: 'one',
  state: 'finished',
  reason: undefined,
  model: 'sagan',
  preset: undefined,
  dataset: 'mnist',
  step: 10,
  steps: 10,
  imagesSeen: 640,
  imagesPerSecond: undefined,
  secondsLeft: undefined,
  memoryBytes: undefined,
  bestScore: undefined,
  newestSample: 10,
  newestSampleAt: undefined,
  changedAt: undefined,
  config: {},
  samples: [1, 5, 10],
  checkpoints: [],
  bestCheckpoint: undefined,
  events: [],
  control: undefined,
  seriesNames: ['lossD'],
};

test('only settings that differ are listed, and those that a run does not have', () => {
  const found = differences([
    { batch: 8, ema: { decay: 0.9 }, model: { name: 'sagan', attentionAt: [8] } },
    { batch: 8, ema: { decay: 0.5 }, model: { name: 'dcgan' } },
  ]);
  assert.deepEqual(found, [
    { key: 'ema.decay', values: ['0.9', '0.5'] },
    { key: 'model.name', values: ['"sagan"', '"dcgan"'] },
    { key: 'model.attentionAt', values: ['[8]', undefined] },
  ]);
});

test('over images seen a step counts for as many as the run sees in it', () => {
  const columns = { step: [1, 5, 10], mean: [3, 2, 1], min: [3, 2, 1], max: [3, 2, 1] };
  const run = { detail, series: { seq: 1, series: { lossD: columns } }, colour: '--series-1' } as const;
  assert.deepEqual(
    linesOf([run], 'lossD', 'step').map((line) => line.columns),
    [columns],
  );
  assert.deepEqual(linesOf([run], 'lossD', 'images')[0]?.columns.step, [64, 320, 640]);
  assert.deepEqual(linesOf([run], 'lossG', 'step'), []);
});

test('curves that only one run has are not compared; scores come first', () => {
  const names = sharedSeries([
    { seriesNames: ['lossD', 'gamma/G', 'score/fid'] },
    { seriesNames: ['lossD', 'score/fid'] },
    { seriesNames: ['lossD', 'penalty'] },
  ]);
  assert.deepEqual(names, [
    { name: 'score/fid', title: 'Score: fid' },
    { name: 'lossD', title: 'Losses' },
  ]);
  assert.deepEqual(firstSeries(names), ['score/fid', 'lossD']);
});

test('each run shows the sheet that is nearest', () => {
  assert.deepEqual(sheetSteps([{ samples: [1, 10] }, { samples: [1, 4] }]), [1, 4, 10]);
  assert.equal(nearestSheet({ samples: [1, 10] }, 4), 1);
  assert.equal(nearestSheet({ samples: [1, 10] }, 8), 10);
  assert.equal(nearestSheet({ samples: [] }, 8), undefined);
});

test('classes have names where all runs have the same', () => {
  const digits = { images: { classNames: ['zero', 'one'] } };
  assert.deepEqual(namedClasses([digits, { ...digits, seed: 1 }]), ['zero', 'one']);
  assert.deepEqual(namedClasses([digits, { images: { classNames: ['cat'] } }]), []);
  assert.deepEqual(namedClasses([digits, undefined]), []);
  assert.deepEqual(namedClasses([undefined, undefined]), []);
});
