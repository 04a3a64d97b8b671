import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type Runtime, type TensorData } from '../engine/index.ts';
import { findModel, losses } from '../gan/index.ts';
import { type LoopEvent, loop } from './loop.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

let runtime: Runtime;
before(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const adam = { learningRate: 1e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
const options = { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] };
const dataset = datasetFrom({
  name: 'noise',
  images: Uint8Array.from({ length: 4 * 32 * 32 }, (_, i) => (i * 7919) % 256),
  channels: 1,
  resolution: 32,
});

function createTrainer(changes: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const model = findModel('sagan').bind(options, { resolution: 32, channels: 1, classes: 0 });
  return Trainer.create({
    model,
    loss: losses.hinge,
    batch: 2,
    discriminatorSteps: 1,
    generatorOptimizer: adam,
    discriminatorOptimizer: adam,
    ema: { decay: 0.9, startStep: 0 },
    dataset,
    seed: 1,
    runtime,
    ...changes,
  });
}

const schedule = { steps: 5, sampleEverySteps: 3, checkpointEverySteps: 2 };

async function eventsOf(events: AsyncIterable<LoopEvent>, onEvent?: (event: LoopEvent) => void): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(`${event.type} ${event.step}${event.type === 'finished' ? ` ${event.reason}` : ''}`);
    onEvent?.(event);
  }
  return seen;
}

test('samples come after the first step, when due and at the end; checkpoints when due and at the end', async () => {
  assert.deepEqual(await eventsOf(loop(await createTrainer(), schedule)), [
    'step 1',
    'sample 1',
    'step 2',
    'checkpoint 2',
    'step 3',
    'sample 3',
    'step 4',
    'checkpoint 4',
    'step 5',
    'sample 5',
    'checkpoint 5',
    'finished 5 steps',
  ]);
});

test('evaluations come when due and after the last step, before the checkpoint of their step; a signal asks for none', async () => {
  const evaluated = { ...schedule, sampleEverySteps: 100, evaluate: { everySteps: 2 } };
  const isOfInterest = (event: string) => /evaluate|checkpoint/.test(event);
  const seen = await eventsOf(loop(await createTrainer(), evaluated));
  assert.deepEqual(seen.filter(isOfInterest), [
    'evaluate 2',
    'checkpoint 2',
    'evaluate 4',
    'checkpoint 4',
    'evaluate 5',
    'checkpoint 5',
  ]);
  const stop = new AbortController();
  const stopped = await eventsOf(loop(await createTrainer(), evaluated, stop.signal), (event) => {
    if (event.type === 'step' && event.step === 3) stop.abort();
  });
  assert.deepEqual(stopped.filter(isOfInterest), ['evaluate 2', 'checkpoint 2', 'checkpoint 3']);
  assert.deepEqual(
    (await eventsOf(loop(await createTrainer(), schedule))).filter((event) => /evaluate/.test(event)),
    [],
  );
});

test('an evaluation hands over the state of its step, and the averaged generator in it', async () => {
  const trainer = await createTrainer();
  for await (const event of loop(trainer, { ...schedule, steps: 2, evaluate: { everySteps: 1 } })) {
    if (event.type !== 'evaluate') continue;
    const [state, generator] = [await event.state(), await event.generator()];
    assert.deepEqual([event.step, event.imagesSeen], [trainer.step, trainer.imagesSeen]);
    assert.deepEqual(state, await trainer.snapshot());
    assert.ok(
      generator.size > 0 && [...generator.keys()].every((name) => name.startsWith('ema.G.') && state.has(name)),
    );
  }
});

test('a signal stops after the step in progress, saves, and draws nothing more', async () => {
  const stop = new AbortController();
  const events = loop(await createTrainer(), { ...schedule, checkpointEverySteps: 100 }, stop.signal);
  const seen = await eventsOf(events, (event) => {
    if (event.type === 'step' && event.step === 2) stop.abort();
  });
  assert.deepEqual(seen, ['step 1', 'sample 1', 'step 2', 'checkpoint 2', 'finished 2 stopped']);
});

test('a run that is at its end already does nothing', async () => {
  const trainer = await createTrainer();
  await trainer.advance();
  assert.deepEqual(await eventsOf(loop(trainer, { ...schedule, steps: 1 })), ['finished 1 steps']);
});

test('what diverges is offered as a checkpoint of the step before; the state stays finite and is not moved', async () => {
  const trainer = await createTrainer({ generatorOptimizer: { ...adam, learningRate: 1e30 } });
  let error: unknown;
  const seen = await eventsOf(loop(trainer, { ...schedule, checkpointEverySteps: 100 }), (event) => {
    if (event.type === 'diverged') error = event.error;
  });
  const last = trainer.step;
  assert.ok(last >= 1 && last < 5);
  assert.deepEqual(seen.slice(-3), [`checkpoint ${last}`, `diverged ${last + 1}`, `finished ${last} diverged`]);
  assert.ok(error instanceof Error);
  assert.match(error.message, new RegExp(`^step ${last + 1}: \\S+ is (NaN|-?Infinity), so training has diverged`));
  assert.doesNotMatch(error.message, /watch/);
  for (const [name, { data }] of await trainer.snapshot()) assert.ok(data.every(Number.isFinite), name);
});

test('a step whose losses are finite but whose state is not is not adopted', async () => {
  // 1e39 is no float32: the weights move infinitely far, which this step's losses do not show yet.
  const trainer = await createTrainer({ generatorOptimizer: { ...adam, learningRate: 1e39 } });
  await assert.rejects(trainer.advance(), /^DivergenceError: step 1: G\.\S+ is -?Infinity/);
  assert.equal(trainer.step, 0);
  for (const [name, { data }] of await trainer.snapshot()) assert.ok(data.every(Number.isFinite), name);
});

test('a state that is not this model’s is refused by the name of what differs', async () => {
  const state = await (await createTrainer()).snapshot();
  const changed = (change: (copy: Map<string, TensorData>) => void) => {
    const copy = new Map(state);
    change(copy);
    return createTrainer({ from: { step: 1, state: copy } });
  };
  await assert.rejects(
    changed((copy) => copy.delete('G.conv.bias')),
    /the saved state has no G\.conv\.bias;/,
  );
  await assert.rejects(
    changed((copy) => copy.set('G.more', { dtype: 'float32', shape: [1], data: Float32Array.of(0) })),
    /holds G\.more, which the model of this config does not have/,
  );
  await assert.rejects(
    changed((copy) => copy.set('G.conv.bias', { dtype: 'float32', shape: [2], data: new Float32Array(2) })),
    /has G\.conv\.bias with shape \[2\]; the model of this config needs it with shape \[1\]/,
  );
});
