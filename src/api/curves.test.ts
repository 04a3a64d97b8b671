import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { createRun, openEventLog, type RunEvent } from '../store/index.ts';
import { analysisPanels, currentEvents, drawRunCurves, evaluationPanels, marksOf, trainingPanels } from './curves.ts';

/** Events as a log would number them. */
function log(...events: readonly (readonly [type: string, step: number])[]): RunEvent[] {
  return events.map(([type, step], i) => ({ seq: i + 1, type, step, lossD: i }));
}

const numbers = (events: readonly RunEvent[]) => currentEvents(events).map(({ seq }) => seq);

test('a return to an earlier step drops what came after that step, and nothing else', () => {
  const resumedOnce = log(['started', 0], ['step', 1], ['step', 2], ['step', 3], ['resumed', 2], ['step', 3]);
  assert.deepEqual(numbers(resumedOnce), [1, 2, 3, 5, 6]);
  const resumedAtTheEnd = log(['started', 0], ['step', 1], ['finished', 1], ['resumed', 1], ['step', 2]);
  assert.deepEqual(numbers(resumedAtTheEnd), [1, 2, 3, 4, 5]);
  const resumedFurtherBack = log(['step', 1], ['step', 2], ['resumed', 1], ['step', 2], ['resumed', 0], ['step', 1]);
  assert.deepEqual(numbers(resumedFurtherBack), [5, 6]);
});

test('what a run left behind when it went back is not drawn; that it did, and what was found since, is marked', () => {
  const events: RunEvent[] = log(
    ['step', 1],
    ['step', 2],
    ['finding', 2],
    ['rollback', 1],
    ['step', 2],
    ['finding', 2],
  );
  assert.deepEqual(numbers(events), [1, 4, 5, 6]);
  const told = events.map((event) =>
    event.type === 'rollback'
      ? { ...event, from: 2 }
      : { ...event, seen: `what ${event.seq} saw`, severity: 'collapse' },
  );
  assert.deepEqual(
    marksOf(told).map(({ x, label }) => [x, label]),
    [
      [1, 'step 1: went back to here from step 2'],
      [2, 'step 2: what 6 saw'],
    ],
  );
});

test('analyses become panels: distances, the largest singular values of each network, gates', () => {
  const analysis = (step: number): RunEvent => ({
    seq: step,
    type: 'analysis',
    step,
    spectra: { 'G.a.weight': { raw: [step, 1] }, 'G.b.weight': { raw: [3, 1] }, 'D.a.weight': { raw: [9] } },
    gamma: { 'G.attention.gamma': step / 10 },
    distanceReal: 0.7,
    distanceFake: 'NaN',
    distanceWithinClass: 0.5,
  });
  const drawn = analysisPanels([analysis(1), analysis(5)]).map(({ yLabel, series }) =>
    [yLabel, ...series.map(({ name, points }) => `${name} ${points.map(({ y }) => y).join(' ')}`)].join(': '),
  );
  assert.deepEqual(drawn, [
    'distance of images: real 0.7 0.7: generated NaN NaN: generated of one class 0.5 0.5',
    'largest singular value of each weight of G: G.a.weight 1 5: G.b.weight 3 3: the largest of all 3 5',
    'largest singular value of each weight of D: D.a.weight 9 9: the largest of all 9 9',
    'gate of attention: G.attention 0.1 0.5',
  ]);
  assert.deepEqual(analysisPanels(log(['step', 1])), []);
});

test('held-out images become two panels, where there are any', () => {
  const analysis = (step: number): RunEvent => ({
    seq: step,
    type: 'analysis',
    step,
    heldOut: { lossTraining: 1 / step, lossHeldOut: step, separation: 0.5 + step / 100, images: 8 },
  });
  const drawn = analysisPanels([analysis(1), analysis(4)]).flatMap(({ yLabel, series }) =>
    series.map(({ name, points }) => `${yLabel}: ${name} ${points.map(({ y }) => y).join(' ')}`),
  );
  const expected = [
    'loss of D: on images it is trained on 1 0.25',
    'loss of D: on held-out images 1 4',
    'images it is trained on told from held-out ones; 0.5: not at all: pairs 0.51 0.54',
  ];
  assert.deepEqual(
    expected.filter((line) => !drawn.includes(line)),
    [],
  );
});

test('each score of the evaluations that still hold becomes a panel; one that was not taken is a gap', () => {
  const evaluation = (seq: number, step: number, scores: Record<string, number | string>): RunEvent => ({
    seq,
    type: 'evaluation',
    step,
    scores,
    isBest: true,
  });
  const panels = evaluationPanels([
    evaluation(1, 10, { 'fid-mnist': 9 }),
    evaluation(2, 20, { 'fid-mnist': 1 }),
    { seq: 3, type: 'resumed', step: 15 },
    evaluation(4, 20, { 'fid-mnist': 8, is: 'NaN' }),
    evaluation(5, 30, { 'fid-mnist': 7, is: 2 }),
  ]);
  const points = (...ys: readonly number[]) => ys.map((y, i) => ({ x: 10 * (i + 1), y }));
  assert.deepEqual(
    panels.map(({ yLabel, series }) => [yLabel, series[0]?.points]),
    [
      ['fid-mnist', points(9, 8, 7)],
      ['is', points(Number.NaN, Number.NaN, 2)],
    ],
  );
  assert.deepEqual(evaluationPanels(log(['step', 1])), []);
});

test('the curves of a resumed run take each step once, as it was last', () => {
  const panels = trainingPanels(
    log(['started', 0], ['step', 1], ['step', 2], ['sample', 2], ['resumed', 1], ['step', 2], ['step', 3]),
  );
  assert.deepEqual(panels[0]?.series[0]?.points, [
    { x: 1, y: 1 },
    { x: 2, y: 5 },
    { x: 3, y: 6 },
  ]);
});

test('each curve is drawn from the number that its name says', () => {
  const scalars = { lossD: 1, lossG: 2, realLogits: 3, fakeLogits: 4, gradNormD: 5, gradNormG: 6 };
  const panels = trainingPanels([{ seq: 1, type: 'step', step: 1, ...scalars }]);
  const drawn = panels.flatMap(({ yLabel, series }) =>
    series.map(({ name, points }) => `${yLabel}: ${name} ${points[0]?.y}`),
  );
  assert.deepEqual(drawn, [
    'loss: D 1',
    'loss: G 2',
    'mean logit of D: real images 3',
    'mean logit of D: generated 4',
    'gradient norm: D 5',
    'gradient norm: G 6',
  ]);
});

test('what the log could not write as a number is a gap', () => {
  const [loss] = trainingPanels([{ seq: 1, type: 'step', step: 1, lossD: 'NaN', lossG: 0.5 }]);
  assert.deepEqual(
    loss?.series.map(({ points }) => points),
    [[{ x: 1, y: Number.NaN }], [{ x: 1, y: 0.5 }]],
  );
});

test('wild first steps do not widen the range of losses and logits; gaps stay gaps', () => {
  const steps = Array.from({ length: 40 }, (_, i) => ({
    seq: i + 1,
    type: 'step',
    step: i + 1,
    lossD: [100, -100, 3][i] ?? i / 40,
    lossG: i === 7 ? 'NaN' : -1,
    gradNormD: i === 0 ? 100 : 1,
  }));
  const [loss, , norms] = trainingPanels(steps);
  const [lossD = [], lossG = []] = loss?.series.map(({ points }) => points.map(({ y }) => y)) ?? [];
  assert.deepEqual(lossD.slice(0, 5), [3, -1, 3, 3 / 40, 4 / 40]);
  assert.deepEqual(lossG.slice(6, 9), [-1, Number.NaN, -1]);
  assert.equal(norms?.series[0]?.points[0]?.y, 100, 'a logarithmic panel has room');
});

test("a run's curves are drawn from its log; without a step there are none", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const run = createRun(join(folder, 'run'), {});
  await assert.rejects(drawRunCurves(run), { name: 'UserError', message: /Training of run.*Train a few steps first/ });
  const events = openEventLog(run.eventsPath);
  const scalars = { lossD: 2, lossG: 0, realLogits: 1, fakeLogits: -1, gradNormD: 3, gradNormG: 0.5 };
  for (const [type, step] of [
    ['step', 1],
    ['step', 2],
    ['resumed', 1],
    ['step', 2],
  ] as const) {
    events.append(type, { step, ...(type === 'step' ? scalars : {}) });
  }
  events.close();
  const { format, width } = await sharp(await drawRunCurves(run)).metadata();
  assert.deepEqual([format, width], ['png', 1720]);
});
