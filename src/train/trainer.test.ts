import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { findModel, losses, penalties, stepSchedule, traceStep } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { DivergenceError, Trainer, type TrainerOptions } from './trainer.ts';

const images = { resolution: 32, channels: 1, classes: 3 };
const [batch, latentDim, seed, discriminatorSteps] = [2, 4, 5, 2];
const adam = { learningRate: 1e-3, beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };
const dataset = datasetFrom({
  name: 'noise',
  images: Uint8Array.from({ length: 12 * 32 * 32 }, (_, i) => (i * 7919) % 256),
  channels: 1,
  resolution: 32,
  labels: Array.from({ length: 12 }, (_, i) => i % 3),
});
const options: TrainerOptions = {
  model: findModel('sagan').bind(
    { latentDim, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [] },
    images,
  ),
  loss: losses.hinge,
  batch,
  discriminatorSteps,
  generatorOptimizer: adam,
  discriminatorOptimizer: adam,
  ema: { decay: 0.9, startStep: 1 },
  dataset,
  seed,
  runtime: await openRuntime({ threads: 1 }),
};

const int32 = (data: Int32Array): TensorData => ({ dtype: 'int32', shape: [data.length], data });
const float32 = (shape: number[], data: Float32Array): TensorData => ({ dtype: 'float32', shape, data });

/** What the step with `done` steps before it is fed, written down a second time. */
function feedsOf(done: number): Record<string, TensorData> {
  const feeds: Record<string, TensorData> = {};
  for (const [update, k] of [
    ['D0', 0],
    ['D1', 1],
    ['G', undefined],
  ] as const) {
    const z = new Random(seed, `z.${update}`, done).normal(batch * latentDim);
    feeds[`z.${update}`] = float32([batch, latentDim], z);
    feeds[`fakeLabels.${update}`] = int32(
      new Random(seed, `fakeLabels.${update}`, done).integers(batch, images.classes),
    );
    if (k === undefined) continue;
    const real = dataset.batchAt((done * discriminatorSteps + k) * batch, batch, seed);
    feeds[`images.${k}`] = { dtype: 'uint8', shape: [batch, 1, 32, 32], data: real.images };
    feeds[`labels.${k}`] = int32(real.labels);
  }
  for (const [name, value] of Object.entries(stepSchedule(options, done + 1))) {
    feeds[name] = float32([], Float32Array.of(value));
  }
  return feeds;
}

test('steps are the traced program, fed by position, each on the whole state of the one before', async () => {
  const step = traceStep(options);
  const program = await options.runtime.compile(step.graph);
  let state: Record<string, TensorData> = Object.fromEntries(initialize(step.variables, seed));
  const trainer = await Trainer.create(options);
  for (let done = 0; done < 3; done++) {
    const report = await trainer.advance();
    const outputs = await program.compute({ ...state, ...feedsOf(done) });
    state = Object.fromEntries(Object.entries(state).map(([name, data]) => [name, outputs[name] ?? data]));
    assert.equal(report.lossD, outputs.lossD?.data[0], `lossD of step ${done + 1}`);
  }
  assert.equal(trainer.step, 3);
  assert.equal(trainer.imagesSeen, 3 * discriminatorSteps * batch);
  const snapshot = await trainer.snapshot();
  assert.deepEqual([...snapshot.keys()].sort(), Object.keys(state).sort());
  for (const [name, { data }] of snapshot) assert.deepEqual(data, state[name]?.data, name);
});

test('a state of another model is refused by the name of what does not fit', async () => {
  const state = await (await Trainer.create(options)).snapshot();
  const without = new Map([...state].filter(([name]) => name !== 'G.linear.weight'));
  await assert.rejects(Trainer.create({ ...options, from: { step: 1, state: without } }), /no G\.linear\.weight/);
  const more = new Map([...state, ['G.other', float32([1], Float32Array.of(0))] as const]);
  await assert.rejects(Trainer.create({ ...options, from: { step: 1, state: more } }), /holds G\.other/);
});

const recipe: TrainerOptions = {
  ...options,
  batch: 4,
  generatorBatch: 6,
  accumulation: 2,
  penalties: [{ penalty: penalties.dragan, weight: 1 }],
  augment: ['color', 'translation', 'cutout'],
  dequantize: true,
};

async function course(steps: number, changes: Partial<TrainerOptions> = {}): Promise<Map<string, TensorData>> {
  const trainer = await Trainer.create({ ...recipe, ...changes });
  for (let i = 0; i < steps; i++) await trainer.advance();
  return new Map(await trainer.snapshot());
}

for (const [name, changes] of Object.entries({ 'in one piece': { accumulation: 1 }, 'in pieces': {} })) {
  test(`four steps ${name} repeat bit for bit, and are two and two after a rest`, async () => {
    const whole = await course(4, changes);
    assert.deepEqual(await course(4, changes), whole);
    const rested = { step: 2, state: await course(2, changes) };
    assert.deepEqual(await course(2, { ...changes, from: rested }), whole);
    assert.notDeepEqual(await course(4, { ...changes, seed: 6 }), whole);
  });
}

test('a step in pieces shows the discriminator every image once, compiles four programs and reports numbers', async (t) => {
  const positions: number[] = [];
  const watched = {
    ...dataset,
    batchAt: (position: number, count: number, of: number) => {
      positions.push(...Array.from({ length: count }, (_, i) => position + i));
      return dataset.batchAt(position, count, of);
    },
  };
  const compile = t.mock.method(recipe.runtime, 'compile');
  const trainer = await Trainer.create({ ...recipe, dataset: watched });
  const programs = await Promise.all(compile.mock.calls.map(({ result }) => result));
  assert.equal(new Set(programs).size, 4);
  for (const done of [0, 1]) {
    const report = await trainer.advance();
    assert.ok(Object.values(report).every(Number.isFinite), JSON.stringify(report));
    assert.ok(report.penalty > 0 && report.gradNormD > 0 && report.gradNormG > 0);
    assert.deepEqual(
      positions.splice(0),
      Array.from({ length: 8 }, (_, i) => 8 * done + i),
    );
  }
  assert.deepEqual([trainer.step, trainer.imagesSeen], [2, 16]);
});

test('pieces that do not come out even are refused', async () => {
  await assert.rejects(Trainer.create({ ...recipe, accumulation: 4 }), /accumulation is 4, but generatorBatch is 6/);
});

test('a step in pieces that is not finite is not adopted', async () => {
  const trainer = await Trainer.create(recipe);
  const before = await trainer.snapshot();
  const broken = new Map(before);
  const weight = before.get('G.linear.weight');
  assert.ok(weight);
  broken.set('G.linear.weight', { ...weight, data: Float32Array.from(weight.data).fill(Number.NaN, 0, 1) });
  const diverging = await Trainer.create({ ...recipe, from: { step: 3, state: broken } });
  await assert.rejects(diverging.advance(), DivergenceError);
  assert.equal(diverging.step, 3);
  assert.deepEqual(new Map(await diverging.snapshot()), broken);
});
