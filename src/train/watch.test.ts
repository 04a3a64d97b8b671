import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import type { Analysis } from './analysis.ts';
import type { StepReport } from './step-report.ts';
import { type Finding, Watch, watchMemorySchema } from './watch.ts';
import type { WatchContext } from './watch-signs.ts';

const hinge: WatchContext = { loss: 'hinge', penalties: [], classes: 10 };

/** What a healthy run reports in a step, with a batch's noise in it. */
function healthyStep(step: number): StepReport {
  const random = new Random(1, 'report', step);
  const noisy = (value: number) => value * (1 + 0.1 * (random.normal(1)[0] ?? 0));
  return {
    lossD: noisy(1.5),
    lossG: noisy(0.8),
    realLogits: noisy(0.6),
    fakeLogits: noisy(-0.6),
    separation: Math.min(1, noisy(0.8)),
    penalty: 0,
    gradNormD: noisy(2),
    gradNormG: noisy(1),
  };
}

/** Of a healthy run: weights grow steadily, samples spread out from noise, a gate opens. */
function healthyAnalysis(step: number): Analysis {
  const random = new Random(1, 'analysis', step);
  const noisy = (value: number) => value * (1 + 0.1 * (random.normal(1)[0] ?? 0));
  return {
    spectra: {
      'G.linear.weight': { raw: [noisy(step / 100), 1, 1], normalized: [1, 1, 1] },
      'D.linear.weight': { raw: [step % 700 === 0 ? 50 : 2, 1, 1] },
    },
    gamma: { 'G.attention.gamma': step / 1e5 },
    gradNormReal: noisy(1.2),
    gradNormFake: noisy(0.9),
    distanceReal: noisy(0.7),
    distanceFake: step < 300 ? 0.001 * step : noisy(0.6),
    distanceWithinClass: step < 300 ? 0.0005 * step : noisy(0.5),
    distinctLabels: 9,
    images: 32,
    heldOut: heldOutOf(noisy(0.5)),
  };
}

/** What a discriminator says that tells training images from held-out ones in so many of the pairs. */
function heldOutOf(separation: number, images = 256) {
  const losses = { lossTraining: 1, lossHeldOut: 1.2 };
  return { ...losses, logitTraining: 3, logitHeldOut: -0.5, logitFake: -1, separation, images };
}

interface Stream {
  readonly context?: WatchContext;
  readonly steps: number;
  readonly step?: (step: number) => Partial<StepReport>;
  readonly analysis?: (step: number) => Partial<Analysis>;
}

/** `found` and `cleared` as `kind subject @step`, and the findings themselves. */
function watchStream({ context = hinge, steps, step = () => ({}), analysis = () => ({}) }: Stream) {
  const watch = new Watch(context);
  const findings: Finding[] = [];
  const news: string[] = [];
  for (let n = 1; n <= steps; n++) {
    const parts = [watch.afterStep(n, { ...healthyStep(n), ...step(n) })];
    if (n % 100 === 0) parts.push(watch.afterAnalysis(n, { ...healthyAnalysis(n), ...analysis(n) }));
    for (const part of parts) {
      findings.push(...part.findings);
      news.push(...part.findings.map(({ kind, subject }) => `${kind} ${subject} @${n}`));
      news.push(...part.cleared.map(({ kind, subject }) => `-${kind} ${subject} @${n}`));
    }
  }
  return { news, findings, watch };
}

const losses = ['hinge', 'nonSaturating', 'wasserstein', 'leastSquares'];

for (const loss of losses) {
  test(`a healthy, noisy run of ${loss} raises nothing`, () => {
    const context = { loss, penalties: ['gradientPenalty'], classes: 10 };
    assert.deepEqual(watchStream({ context, steps: 3000 }).news, []);
  });
}

test('a loss that stands still is found after 50 steps, told once, and passes when it moves again', () => {
  const { news, findings } = watchStream({
    steps: 400,
    // At 221 it stands still once more, so the wait for its passing begins again.
    step: (n) => ((n >= 100 && n < 200) || n === 220 || n === 221 ? { lossD: 2 + 1e-6 * n, lossG: -0.5 } : {}),
  });
  assert.deepEqual(news, ['pinnedLoss lossD @150', '-pinnedLoss lossD @271']);
  const [{ since, severity, seen, cause } = assert.fail()] = findings;
  assert.deepEqual([since, severity], [99, 'collapse']);
  assert.match(seen, /lossD has not moved from 2 for 50 steps/);
  assert.match(cause, /hinge's loss of a discriminator that says the same of every image/);
});

for (const [value, cause] of [
  [-Math.log(1e-12), /−ln 1e-12/],
  [2 * Math.LN2, /says ½ of every image/],
  [100, /clamped at −100/],
  [0.4321, /no gradient reaches the networks/],
] as const) {
  test(`a generator's loss pinned at ${value} is explained`, () => {
    const { findings, news } = watchStream({ steps: 60, step: () => ({ lossG: value }) });
    assert.deepEqual(news, ['pinnedLoss lossG @51']);
    assert.match(findings[0]?.cause ?? '', cause);
  });
}

test('a discriminator at rest at 0 is not pinned while the generator learns; if it does not, that is', () => {
  assert.deepEqual(watchStream({ steps: 200, step: () => ({ lossD: 0 }) }).news, []);
  const clipped = watchStream({ steps: 200, step: () => ({ lossD: 0, lossG: -Math.log(1e-12) }) });
  assert.deepEqual(clipped.news, ['pinnedLoss lossG @51']);
});

test('a loss that creeps, or that stands still for a moment, is not pinned', () => {
  const creeping = watchStream({ steps: 500, step: (n) => ({ lossD: 1.001 ** n, lossG: n % 49 === 0 ? 1 : 2 }) });
  assert.deepEqual(creeping.news, []);
});

test('a discriminator that wins for long is found, but not one that a start is won by, nor a critic', () => {
  const winner = { steps: 900, step: () => ({ separation: 1 }) };
  assert.deepEqual(watchStream(winner).news, ['discriminatorWins D @300']);
  assert.deepEqual(watchStream({ ...winner, context: { ...hinge, loss: 'wasserstein' } }).news, []);
  const early = watchStream({ steps: 900, step: (n) => (n < 250 ? { separation: 1 } : {}) });
  assert.deepEqual(early.news, []);
});

test('a discriminator that guesses for long is found and may learn again', () => {
  const { news } = watchStream({
    steps: 1500,
    step: (n) => ({ separation: n < 800 ? 0.5 + 0.07 * (new Random(2, 's', n).normal(1)[0] ?? 0) : 0.8 }),
  });
  assert.equal(news.length, 2);
  assert.match(news[0] ?? '', /^discriminatorBlind D @2\d\d$/);
  assert.match(news[1] ?? '', /^-discriminatorBlind D @10\d\d$/);
});

test('logits beyond float32’s sigmoid are found where there is one', () => {
  const stream = { steps: 100, step: () => ({ realLogits: 20, fakeLogits: -18 }) };
  const context = { ...hinge, loss: 'nonSaturating' };
  assert.deepEqual(watchStream({ ...stream, context }).news, ['saturatedLogits D @50']);
  assert.deepEqual(watchStream(stream).news, []);
  assert.deepEqual(watchStream({ context, steps: 100, step: () => ({ realLogits: 20, fakeLogits: -16 }) }).news, []);
});

test('a singular value of the generator that explodes is found; growth on a line and spikes of one analysis are not', () => {
  const sigma = (of: (n: number) => number, steps = 3000) =>
    watchStream({ steps, analysis: (n) => ({ spectra: { 'G.conv.weight': { raw: [of(n)] } } }) });
  const { news, findings } = sigma((n) => (n <= 2000 ? 2 : 2 * 1.4 ** ((n - 2000) / 100)));
  assert.deepEqual(news.length, 1);
  assert.match(news[0] ?? '', /^growingSpectrum G\.conv\.weight @2[56]00$/);
  assert.equal(findings[0]?.since, (findings[0]?.step ?? 0) - 199);
  assert.deepEqual(sigma((n) => n).news, []);
  assert.deepEqual(sigma((n) => (n % 1000 === 0 ? 50 : 2)).news, []);
});

test('samples that become alike are found, over all and within classes; a slow start is none', () => {
  const collapsed = watchStream({ steps: 2000, analysis: (n) => (n > 1000 ? { distanceFake: 0.15 } : {}) });
  assert.deepEqual(collapsed.news, ['lostDiversity samples @1200']);
  assert.equal(collapsed.findings[0]?.since, 1001);
  const inClasses = watchStream({ steps: 2000, analysis: (n) => (n > 1000 ? { distanceWithinClass: 0.05 } : {}) });
  assert.deepEqual(inClasses.news, ['lostDiversity samples of a class @1200']);
  // Noise that differs more than real images do is no measure.
  const noise = watchStream({ steps: 900, analysis: (n) => (n < 300 ? { distanceFake: 1.9 } : { distanceFake: 0.4 }) });
  assert.deepEqual(noise.news, []);
  const never = watchStream({ steps: 1200, analysis: () => ({ distanceFake: 0.05, distanceWithinClass: 0.05 }) });
  assert.deepEqual(never.news, ['lostDiversity samples @1100']);
});

test('a gate that stays shut, labels that are all one, and a slope beside its target are found', () => {
  const shut = watchStream({ steps: 2000, analysis: () => ({ gamma: { 'G.a.gamma': -9e-4 } }) });
  assert.deepEqual(shut.news, ['idleAttention G.a.gamma @1200']);
  assert.equal(shut.findings[0]?.severity, 'advice');
  const oneLabel = { steps: 600, analysis: () => ({ distinctLabels: 1 }) };
  assert.deepEqual(watchStream(oneLabel).news, ['oneLabel labels @300']);
  assert.deepEqual(watchStream({ ...oneLabel, context: { ...hinge, classes: 0 } }).news, []);
  assert.deepEqual(watchStream({ steps: 600, analysis: () => ({ distinctLabels: 1, images: 4 }) }).news, []);
  for (const [slope, advice] of [
    [3, /raise the weight/],
    [0.3, /lower the weight/],
  ] as const) {
    const stream = { steps: 600, analysis: () => ({ gradNormReal: slope, gradNormFake: slope }) };
    for (const penalty of ['gradientPenalty', 'dragan']) {
      const { news, findings } = watchStream({ ...stream, context: { ...hinge, penalties: [penalty] } });
      assert.deepEqual(news, ['slopeOffTarget ∇D @300']);
      assert.match(findings[0]?.suggestion ?? '', advice);
    }
    assert.deepEqual(watchStream({ ...stream, context: { ...hinge, penalties: ['r1'] } }).news, []);
  }
});

test('a discriminator that knows its images by heart is found; few images, a lucky analysis or none held out are no sign', () => {
  const told = (separation: (n: number) => number, images = 256) =>
    watchStream({ steps: 1000, analysis: (n) => ({ heldOut: heldOutOf(separation(n), images) }) });
  const { news, findings } = told((n) => (n >= 400 && n < 700 ? 0.8 : 0.74));
  assert.deepEqual(news, ['learntByHeart D @600', '-learntByHeart D @900']);
  const [{ severity, since, seen, suggestion } = assert.fail()] = findings;
  assert.deepEqual([severity, since], ['warning', 301]);
  assert.match(seen, /in 80\.0 % of pairs: its mean logit is 3 for these, -0\.5 for those, -1 for samples/);
  assert.match(suggestion, /set augment/);
  assert.deepEqual(told(() => 0.8, 8).news, [], 'by chance, eight images stray as far');
  assert.deepEqual(told(() => 1, 8).news, ['learntByHeart D @300']);
  assert.deepEqual(told((n) => (n % 300 === 0 ? 0.5 : 0.9)).news, []);
  assert.deepEqual(watchStream({ steps: 1000, analysis: () => ({ heldOut: heldOutOf(Number.NaN) }) }).news, []);
});

test('numbers that are not finite neither count nor stay', () => {
  const { news, watch } = watchStream({
    steps: 600,
    analysis: () => ({ distanceWithinClass: Number.NaN, gradNormReal: Number.NaN }),
  });
  assert.deepEqual(news, []);
  assert.ok(Object.values(watch.memory.numbers).every(Number.isFinite));
});

test('a watch that goes on from its memory, as JSON, tells what it would have told', () => {
  const context = { ...hinge, penalties: ['dragan'] };
  const advance = (watch: Watch, from: number, to: number) => {
    const told: string[] = [];
    for (let n = from; n <= to; n++) {
      const news = [watch.afterStep(n, { ...healthyStep(n), ...(n > 300 && n < 420 ? { lossD: 2 } : {}) })];
      if (n % 20 === 0) news.push(watch.afterAnalysis(n, { ...healthyAnalysis(n), gradNormReal: n > 250 ? 4 : 1 }));
      for (const { findings, cleared } of news) told.push(JSON.stringify([findings, cleared]));
    }
    return told;
  };
  const whole = advance(new Watch(context), 1, 600);
  assert.ok(whole.some((told) => told.includes('pinnedLoss')) && whole.some((told) => told.includes('slopeOffTarget')));
  for (const at of [260, 320, 360, 440]) {
    const first = new Watch(context);
    const told = advance(first, 1, at);
    const memory = watchMemorySchema.parse(JSON.parse(JSON.stringify(first.memory)));
    assert.deepEqual([...told, ...advance(new Watch(context, memory), at + 1, 600)], whole, `at ${at}`);
  }
});

test('a run may have to go back before what overflows, is not analysed, or is under suspicion of a collapse', () => {
  const after = (steps: number, step?: Stream['step']) =>
    watchStream({ steps, ...(step && { step }) }).watch.mayReturnBefore(steps);
  assert.deepEqual(after(50), [30, 51], 'analyses may be turned off');
  assert.deepEqual(after(190), [170, 101]);
  for (const steps of [160, 190, 290]) {
    const still = after(steps, (n) => (n >= 150 ? { lossD: 2 } : {}));
    assert.deepEqual(still, [steps - 20, 100 * Math.floor(steps / 100) + 1, 149]);
  }
  const won = after(390, () => ({ separation: 1 }));
  assert.deepEqual(won, [370, 301], 'a winner is no collapse');
});

test('a step that is not finite is a finding, of some steps before', () => {
  const finding = new Watch(hinge).afterDivergence(100, 'G.conv.weight');
  assert.deepEqual(
    [finding.kind, finding.subject, finding.since, finding.severity],
    ['notFinite', 'G.conv.weight', 80, 'collapse'],
  );
  assert.equal(new Watch(hinge).afterDivergence(3, 'D.x').since, 1);
});
