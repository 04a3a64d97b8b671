import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type State } from '../engine/index.ts';
import { findModel, losses } from '../gan/index.ts';
import type { Control, Refusal } from '../store/index.ts';
import { type LoopEvent, loop, type Oversight } from './loop.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';
import { Watch } from './watch.ts';

const rates = { generator: 1e-4, discriminator: 4e-4 };
const optimizer = (learningRate: number) => ({ learningRate, beta1: 0, beta2: 0.9, epsilon: 1e-8 });
const options: TrainerOptions = {
  model: findModel('sagan').bind(
    { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] },
    { resolution: 32, channels: 1, classes: 0 },
  ),
  loss: losses.hinge,
  batch: 2,
  discriminatorSteps: 1,
  generatorOptimizer: optimizer(rates.generator),
  discriminatorOptimizer: optimizer(rates.discriminator),
  ema: { decay: 0.9, startStep: 0 },
  dataset: datasetFrom({
    name: 'noise',
    images: Uint8Array.from({ length: 4 * 32 * 32 }, (_, i) => (i * 7919) % 256),
    channels: 1,
    resolution: 32,
  }),
  seed: 1,
  runtime: await openRuntime({ threads: 1 }),
};
const schedule = { steps: 60, sampleEverySteps: 100, checkpointEverySteps: 100 };

/** An inbox that is looked into as often as there are lists, and then asks to stop. */
function inboxOf(...lists: readonly (readonly (Control | Refusal)[])[]) {
  const left = [...lists];
  return () => left.shift() ?? [{ do: 'stop' as const }];
}

function told(event: LoopEvent): string {
  const { type, step } = event;
  if (type === 'continued') return `continued ${step}${event.pauseAt === undefined ? '' : ` to ${event.pauseAt}`}`;
  if (type === 'finished') return `finished ${step} ${event.reason}`;
  if (type === 'learningRates') return `rates ${step} ${event.generator} ${event.discriminator}`;
  return type === 'refused' ? `refused ${step} ${event.reason}` : `${type} ${step}`;
}

async function eventsOf(events: AsyncIterable<LoopEvent>, onEvent?: (event: LoopEvent) => unknown): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(told(event));
    await onEvent?.(event);
  }
  return seen;
}

test('a run pauses, samples and saves while it is paused, advances by as many steps as asked, goes on and stops', async () => {
  const inbox = inboxOf(
    [],
    [{ do: 'pause' }],
    [],
    [{ do: 'pause' }, { do: 'sample' }, { do: 'checkpoint' }, { do: 'checkpoint' }],
    [{ do: 'advance', steps: 2 }],
    [],
    [],
    [{ do: 'advance', steps: 1 }],
    [{ do: 'continue' }],
    [],
    [{ do: 'continue' }],
    [{ do: 'advance', steps: 5 }],
    [{ do: 'continue' }],
    [{ do: 'stop' }, { do: 'advance', steps: 3 }, { do: 'learningRates', generator: 1e-5 }],
  );
  assert.deepEqual(await eventsOf(loop(await Trainer.create(options), schedule, undefined, undefined, inbox)), [
    'step 1',
    'sample 1',
    'paused 1',
    'sample 1',
    'checkpoint 1',
    'continued 1 to 3',
    'step 2',
    'step 3',
    'paused 3',
    'continued 3 to 4',
    'step 4',
    'paused 4',
    'continued 4',
    'step 5',
    'step 6',
    'step 7',
    'continued 7 to 12',
    'step 8',
    'continued 8',
    'step 9',
    'rates 9 0.00001 0.0004',
    'checkpoint 9',
    'finished 9 stopped',
  ]);
});

test('before the first step a run can be paused, sampled, saved and stopped too', async () => {
  const inbox = inboxOf([{ do: 'pause' }, { do: 'sample' }, { do: 'checkpoint' }], [{ do: 'stop' }]);
  const trainer = await Trainer.create(options);
  assert.deepEqual(await eventsOf(loop(trainer, schedule, undefined, undefined, inbox)), [
    'paused 0',
    'sample 0',
    'checkpoint 0',
    'checkpoint 0',
    'finished 0 stopped',
  ]);
});

test('a paused run computes nothing, and a signal ends it with what is unsaved', async () => {
  const stop = new AbortController();
  let polls = 0;
  let [used, startedAt, seconds] = [process.cpuUsage(), 0, 0];
  const inbox = (): Control[] => {
    polls += 1;
    if (polls === 4) [used, startedAt] = [process.cpuUsage(), performance.now()];
    if (polls === 14) {
      [used, seconds] = [process.cpuUsage(used), (performance.now() - startedAt) / 1000];
      stop.abort();
    }
    return polls === 3 ? [{ do: 'pause' }] : [];
  };
  const events = loop(await Trainer.create(options), schedule, stop.signal, undefined, inbox);
  assert.deepEqual(await eventsOf(events), [
    'step 1',
    'sample 1',
    'step 2',
    'paused 2',
    'checkpoint 2',
    'finished 2 stopped',
  ]);
  const busySeconds = (used.user + used.system) / 1e6;
  assert.ok(
    seconds > 0.9 && busySeconds < 0.25,
    `ten looks in ${seconds} s, of which the processor works ${busySeconds}`,
  );
});

test('what cannot be done is told, and training goes on', async () => {
  const inbox = inboxOf([], [{ refused: 'x.json: not JSON' }], []);
  const seen = await eventsOf(loop(await Trainer.create(options), schedule, undefined, undefined, inbox));
  assert.deepEqual(seen.slice(2, 4), ['refused 1 x.json: not JSON', 'step 2']);
});

test('after a change of rates each step is the one that an optimiser of those rates takes', async () => {
  const trainer = await Trainer.create(options);
  let before: State = new Map();
  const inbox = inboxOf(
    [],
    [],
    [{ do: 'learningRates', generator: 3e-4 }],
    [],
    [{ do: 'learningRates', discriminator: 1e-5 }],
  );
  const seen = await eventsOf(loop(trainer, schedule, undefined, undefined, inbox), async (event) => {
    if (event.type === 'step' && event.step === 2) before = await trainer.snapshot();
  });
  assert.deepEqual(
    seen.filter((event) => event.startsWith('rates')),
    ['rates 2 0.0003 0.0004', 'rates 4 0.0003 0.00001'],
  );
  const first = await Trainer.create({
    ...options,
    generatorOptimizer: optimizer(3e-4),
    from: { step: 2, state: before },
  });
  for (let i = 0; i < 2; i++) await first.advance();
  const second = await Trainer.create({
    ...options,
    generatorOptimizer: optimizer(3e-4),
    discriminatorOptimizer: optimizer(1e-5),
    from: { step: 4, state: await first.snapshot() },
  });
  await second.advance();
  assert.equal(trainer.step, 5);
  assert.deepEqual(await trainer.snapshot(), await second.snapshot());
});

test('rates take the factor of the branch and the decay as the configured ones do, and go with the place in the run', async () => {
  const decay = { fromStep: 1, toStep: 5 };
  const falling = (learningRate: number) => ({ ...optimizer(learningRate), decay });
  const given = { ...options, generatorOptimizer: falling(1e-4), discriminatorOptimizer: falling(1e-4) };
  const changed = { generator: 7e-4, discriminator: 2e-4 };
  const trainer = await Trainer.create({ ...given, from: { step: 2, branch: 1, learningRates: changed } });
  const other = await Trainer.create({
    ...given,
    generatorOptimizer: falling(7e-4),
    discriminatorOptimizer: falling(2e-4),
    from: { step: 2, branch: 1 },
  });
  await trainer.advance();
  await other.advance();
  assert.deepEqual(await trainer.snapshot(), await other.snapshot());
  assert.deepEqual([trainer.changedLearningRates, other.changedLearningRates], [changed, undefined]);
  trainer.goTo({ step: 0 });
  assert.equal(trainer.changedLearningRates, undefined);
  trainer.setLearningRates({ generator: 1e-4, discriminator: 1e-4 });
  assert.equal(trainer.changedLearningRates, undefined, 'those of the config');
});

function oversight(): Oversight {
  const watch = new Watch({ loss: 'hinge', penalties: [], classes: 0 }, undefined);
  return { watch, openAnalyser: undefined, analyseEverySteps: 1, action: 'rollback', mostRollbacks: 1, origin: 0 };
}

test('changed rates are saved with their step, even a second time, and said where a run goes on with them', async () => {
  const carried: unknown[] = [];
  const collect = (event: LoopEvent) => {
    if (event.type === 'checkpoint') carried.push(event.progress?.learningRates);
  };
  const lower: Control = { do: 'learningRates', generator: 1e-5 };
  const inbox = inboxOf(
    [],
    [{ do: 'pause' }, { do: 'checkpoint' }, lower],
    [{ do: 'checkpoint' }, { do: 'checkpoint' }],
    [lower],
  );
  const trainer = await Trainer.create(options);
  const seen = await eventsOf(loop(trainer, schedule, undefined, oversight(), inbox), collect);
  assert.deepEqual(seen.slice(2), [
    'paused 1',
    'checkpoint 1',
    'rates 1 0.00001 0.0004',
    'checkpoint 1',
    'rates 1 0.00001 0.0004',
    'checkpoint 1',
    'finished 1 stopped',
  ]);
  const learningRates = { generator: 1e-5, discriminator: 4e-4 };
  assert.deepEqual(carried, [undefined, learningRates, learningRates]);
  const from = { step: 1, state: await trainer.snapshot(), learningRates };
  const resumed = loop(await Trainer.create({ ...options, from }), schedule, undefined, oversight(), inboxOf());
  assert.deepEqual(await eventsOf(resumed, collect), ['rates 1 0.00001 0.0004', 'finished 1 stopped']);
});

test('a run that goes back has the rates of the place it goes back to, and the steps left that it was to advance', async () => {
  const trainer = await Trainer.create(options);
  const lower: Control = { do: 'learningRates', generator: 1e-5 };
  // No float32 holds 1e39: the next step is not finite.
  const absurd: Control = { do: 'learningRates', generator: 1e39 };
  const learningRates = { generator: 1e-5, discriminator: 4e-4 };
  let state: State = new Map();
  const inbox = inboxOf([], [lower], [], [{ do: 'advance', steps: 4 }, absurd], [], []);
  const events = loop(trainer, schedule, undefined, oversight(), inbox);
  const seen = await eventsOf(events, async (event) => {
    if (event.type === 'step' && event.step === 2) state = await trainer.snapshot();
    if (event.type === 'rollback') event.returnTo({ step: 2, state, watch: undefined, learningRates });
  });
  assert.deepEqual(
    seen.slice(seen.indexOf('step 3')).filter((event) => !event.startsWith('finding')),
    [
      'step 3',
      'continued 3 to 7',
      'rates 3 1e+39 0.0004',
      'rollback 3',
      'rates 2 0.00001 0.0004',
      'continued 2 to 6',
      'checkpoint 2',
      'step 3',
      'step 4',
      'checkpoint 4',
      'finished 4 stopped',
    ],
  );
});
