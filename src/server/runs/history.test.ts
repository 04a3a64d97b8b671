import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepOf } from '../../../test/server/toy-run.ts';
import type { JsonObject } from '../../store/index.ts';
import { History } from './history.ts';

/** A history of events, a pair of type and fields each. */
function historyOf(...events: readonly (readonly [type: string, fields: JsonObject])[]): History {
  const history = new History();
  for (const [index, [type, fields]] of events.entries()) history.add({ seq: index + 1, type, ...fields });
  return history;
}

const started = ['started', { step: 0 }] as const;
const steps = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => ['step', stepOf(first + n)] as const);

for (const type of ['resumed', 'rollback']) {
  test(`steps, analyses and scores after the step of "${type}" do not count`, () => {
    const evaluation = (step: number, fid: number) => ['evaluation', { step, scores: { fid }, isBest: true }] as const;
    const history = historyOf(
      started,
      ...steps(1, 4),
      evaluation(3, 9),
      ['analysis', { step: 4, gamma: { 'G.attention.gamma': 0.5 } }],
      evaluation(4, 8),
      ...steps(5, 6),
      [type, { step: 3, from: 6 }],
    );
    assert.equal(history.step, 3);
    assert.equal(history.imagesSeen, 24);
    assert.equal(history.bestEvaluation?.step, 3);
    const { series } = history.series(undefined);
    assert.deepEqual(series.lossD?.step, [1, 2, 3]);
    assert.deepEqual(series['gamma/G.attention']?.step, []);
    assert.deepEqual(series['score/fid']?.mean, [9]);
    history.add({ seq: 14, type: 'step', ...stepOf(4), lossD: 70 });
    assert.deepEqual(history.series(['lossD']), {
      seq: 14,
      series: {
        lossD: { step: [1, 2, 3, 4], mean: [1.1, 2.1, 3.1, 70], min: [1.1, 2.1, 3.1, 70], max: [1.1, 2.1, 3.1, 70] },
      },
    });
  });
}

test('an analysis is curves of gates, largest singular values, distances and what is held out', () => {
  const history = historyOf(started, ...steps(1, 1), [
    'analysis',
    {
      step: 1,
      spectra: { 'D.block1.conv1.weight': { raw: [3, 2, 1], normalized: [1, 0.5] } },
      gamma: { 'G.attention16.gamma': 0.25 },
      gradNormReal: 2,
      gradNormFake: 'NaN',
      distanceReal: 0.5,
      distanceFake: 0.75,
      distinctLabels: 10,
      images: 32,
      heldOut: { separation: 0.5, images: 32 },
    },
  ]);
  assert.deepEqual(history.seriesNames, [
    ...['lossD', 'lossG', 'realLogits', 'fakeLogits', 'ms'],
    ...['gradNormReal', 'gradNormFake', 'distanceReal', 'distanceFake', 'heldOut/separation'],
    ...['gamma/G.attention16', 'sigma/D.block1.conv1'],
  ]);
  const { series } = history.series(['sigma/D.block1.conv1', 'gradNormFake', 'gamma/G.attention16', 'no such']);
  assert.deepEqual(
    Object.entries(series).map(([name, { mean }]) => [name, mean]),
    [
      ['sigma/D.block1.conv1', [3]],
      ['gradNormFake', [null]],
      ['gamma/G.attention16', [0.25]],
    ],
  );
});

test('steps and analyses are not kept as events; all others are', () => {
  const history = historyOf(started, ...steps(1, 2000), ['checkpoint', { step: 2000 }], ['analysis', { step: 2000 }]);
  assert.deepEqual(
    history.events.map(({ type }) => type),
    ['started', 'checkpoint'],
  );
  assert.ok(history.recent.length < 600);
  assert.equal(history.recent.at(-1)?.seq, history.seq);
});

test('the pace is the median, so one slow step does not matter', () => {
  const slow = ['step', { ...stepOf(4), ms: 1e6 }] as const;
  assert.deepEqual(historyOf(started, ...steps(1, 3), slow, ...steps(5, 6)).pace, { stepMs: 20, imagesPerStep: 8 });
  assert.equal(historyOf(started).pace, undefined);
});

test('a session ends as its log says, and a new one knows nothing of it', () => {
  const collapse = ['finding', { step: 2, severity: 'collapse', seen: 'a', cause: 'b', suggestion: 'c' }] as const;
  const ended = historyOf(started, ...steps(1, 2), collapse, ['finished', { step: 2, reason: 'collapsed' }]);
  assert.deepEqual(ended.session, {
    hasBegun: true,
    hasStepped: true,
    ending: 'collapsed',
    failure: 'a. Likely b; c.',
    steps: undefined,
  });
  ended.add({ seq: 6, type: 'resumed', step: 1, steps: 40 });
  assert.deepEqual(ended.session, {
    hasBegun: true,
    hasStepped: false,
    ending: undefined,
    failure: undefined,
    steps: 40,
  });
});

test('events of other kinds, or with fields that they should not have, do no harm', () => {
  const odd = [
    ['step', { step: 'NaN', lossD: 1 }],
    ['step', { step: -1 }],
    ['step', {}],
    ['analysis', { step: 3, spectra: [], gamma: 'none' }],
    ['evaluation', { step: 3, scores: null }],
    ['resumed', { step: 'NaN' }],
    ['of the future', { step: { much: true } }],
  ] as const;
  const history = historyOf(started, ...steps(1, 2), ...odd);
  assert.equal(history.step, 2);
  assert.deepEqual(history.series(['lossD']).series.lossD?.step, [1, 2]);
});
