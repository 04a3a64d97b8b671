import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../../src/server/runs/history.ts';
import type { RunEvent } from '../../../../src/store/index.ts';
import { arranged, cardsOf, toggled } from './cards.ts';
import { continued, LiveSeries } from './live-series.ts';

const started = () => new LiveSeries({ seq: 3, series: { lossD: { step: [2], mean: [1], min: [0.5], max: [1.5] } } });

test('events go to the end of their curves, each once', () => {
  const live = started();
  const event = { seq: 4, type: 'step', step: 3, imagesSeen: 24, lossD: 2, lossG: 'NaN' };
  assert.ok(live.add(event));
  assert.ok(live.add(event), 'heard again after a reconnection');
  assert.deepEqual(live.of('lossD'), { step: [2, 3], mean: [1, 2], min: [0.5, 2], max: [1.5, 2] });
  assert.deepEqual(live.of('lossG').mean, [null]);
  assert.deepEqual([live.seq, live.names], [4, ['lossD', 'lossG']]);
  assert.deepEqual(live.of('other').step, []);
});

test('a part of a curve goes on where it ends, and not beyond its range', () => {
  const columns = (...step: number[]) => ({ step, mean: step, min: step, max: step });
  const whole = columns(2, 4, 5, 6, 7);
  assert.deepEqual(continued(columns(3, 4), whole, { from: 3, to: 6 }), columns(3, 4, 5, 6));
  assert.deepEqual(continued(columns(3, 4), whole, { from: 3, to: 4 }), columns(3, 4));
  assert.deepEqual(continued(columns(), whole, { from: 5, to: 9 }), columns(5, 6, 7), 'nothing was there yet');
  assert.deepEqual(continued(columns(1, 9), whole, { from: 1, to: 9 }), columns(1, 9), 'the run went back');
});

test('what cannot be joined on is fetched anew: a missed event, a return, too many points', () => {
  assert.ok(!started().add({ seq: 5, type: 'step', step: 4, lossD: 2 }));
  assert.ok(!started().add({ seq: 4, type: 'rollback', step: 1 }));
  assert.ok(!started().add({ seq: 4, type: 'resumed', step: 1 }));
  assert.ok(
    !started().add({ seq: 1, type: 'started', step: 0 }),
    'a run that was deleted, and begun anew under its name',
  );
  const live = started();
  let count = 0;
  while (live.add({ seq: live.seq + 1, type: 'step', step: live.seq, lossD: 2 })) count += 1;
  assert.ok(count > 1000 && count < 10_000);
});

test('curves that grow from the stream are those that the server tells', () => {
  const events: RunEvent[] = [
    { seq: 1, type: 'started', step: 0, time: '2026-01-31T12:00:00.000Z' },
    { seq: 2, type: 'step', step: 1, imagesSeen: 8, ms: 3, lossD: 'NaN', lossG: 2 },
    { seq: 3, type: 'step', step: 2, imagesSeen: 16, ms: 4, lossD: 0.5, lossG: '-Infinity' },
    {
      seq: 4,
      type: 'analysis',
      step: 2,
      gamma: { 'G.attention16.gamma': 0.5 },
      spectra: { 'D.linear.weight': { raw: [3, 2, 1], normalized: [1, 0.5, 0.25] } },
      heldOut: { separation: 0.5, images: 256 },
      distanceReal: 0.75,
      images: 32,
      distinctLabels: 10,
    },
    { seq: 5, type: 'checkpoint', step: 2 },
    { seq: 6, type: 'evaluation', step: 2, scores: { 'fid-mnist': 12 }, perClass: {}, isBest: true },
  ];
  const history = new History();
  const live = new LiveSeries({ seq: 0, series: {} });
  for (const event of events) {
    history.add(event);
    assert.ok(live.add(event));
  }
  const { series } = history.series(undefined);
  assert.equal(Object.keys(series).length, 8);
  assert.deepEqual(Object.fromEntries(live.names.map((name) => [name, live.of(name)])), series);
});

test('every series is on one card, whatever it is called', () => {
  const many = Array.from({ length: 9 }, (_, index) => `sigma/G.block${index}`);
  const names = ['lossG', 'ms', 'gamma/G.attention', ...many, 'score/fid', 'somethingNew', 'sigma/D.linear'];
  const cards = cardsOf(names);
  assert.deepEqual(
    cards.map(({ id }) => id),
    ['score/fid', 'losses', 'gamma', 'sigmaG', 'sigmaD', 'somethingNew', 'ms'],
  );
  const shown = cards.flatMap(({ lines }) => lines.map(({ name }) => name));
  assert.deepEqual([...shown].sort(), [...names].sort());
  const thin = cards.filter(({ lines }) => lines.some(({ isMinor }) => isMinor));
  assert.deepEqual(
    thin.map(({ id }) => id),
    ['sigmaG'],
  );
});

test('lines have the colours of their networks, where those tell them apart', () => {
  const colours = (...names: string[]) => cardsOf(names).flatMap(({ lines }) => lines.map(({ colour }) => colour));
  assert.deepEqual(colours('gamma/G.attention', 'gamma/D.attention'), ['--generator', '--discriminator']);
  assert.deepEqual(colours('gamma/G.a', 'gamma/G.b', 'gamma/D.a'), ['--series-1', '--series-2', '--series-3']);
});

test('pinned cards stand first, hidden ones nowhere', () => {
  const cards = cardsOf(['lossD', 'realLogits', 'gradNormD', 'ms']);
  assert.deepEqual(
    arranged(cards, ['ms', 'gone'], ['logits']).map(({ id }) => id),
    ['ms', 'losses', 'gradients'],
  );
  assert.deepEqual(toggled(toggled(['a'], 'b'), 'a'), ['b']);
});
