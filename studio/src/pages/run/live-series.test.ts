import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arranged, cardsOf, toggled } from './cards.ts';
import { LiveSeries } from './live-series.ts';
import { seriesValues } from './series-values.ts';

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

test('what cannot be joined on is fetched anew: a missed event, a return, too many points', () => {
  assert.ok(!started().add({ seq: 5, type: 'step', step: 4, lossD: 2 }));
  assert.ok(!started().add({ seq: 4, type: 'rollback', step: 1 }));
  assert.ok(!started().add({ seq: 4, type: 'resumed', step: 1 }));
  const live = started();
  let count = 0;
  while (live.add({ seq: live.seq + 1, type: 'step', step: live.seq, lossD: 2 })) count += 1;
  assert.ok(count > 1000 && count < 10_000);
});

test('the numbers of every kind of event have the names of series', () => {
  const values = (event: object) => Object.fromEntries(seriesValues({ seq: 1, type: '', step: 9, ...event }));
  assert.deepEqual(values({ type: 'step', imagesSeen: 8, ms: 3, lossD: '-Infinity' }), { ms: 3, lossD: null });
  assert.deepEqual(
    values({
      type: 'analysis',
      gamma: { 'G.attention16.gamma': 0.5 },
      spectra: { 'D.linear.weight': { raw: [3, 2, 1], normalized: [1, 0.5, 0.2] } },
      heldOut: { separation: 0.5, images: 256 },
      distanceReal: 0.7,
      images: 32,
      distinctLabels: 10,
    }),
    { distanceReal: 0.7, 'gamma/G.attention16': 0.5, 'sigma/D.linear': 3, 'heldOut/separation': 0.5 },
  );
  assert.deepEqual(values({ type: 'evaluation', scores: { 'fid-mnist': 12 }, isBest: true }), {
    'score/fid-mnist': 12,
  });
  assert.deepEqual(values({ type: 'checkpoint' }), {});
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

test('pinned cards stand first, hidden ones nowhere', () => {
  const cards = cardsOf(['lossD', 'realLogits', 'gradNormD', 'ms']);
  assert.deepEqual(
    arranged(cards, ['ms', 'gone'], ['logits']).map(({ id }) => id),
    ['ms', 'losses', 'gradients'],
  );
  assert.deepEqual(toggled(toggled(['a'], 'b'), 'a'), ['b']);
});
