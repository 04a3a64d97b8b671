import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { findModel, losses, stepSchedule, traceStep } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Trainer, type TrainerOptions } from './trainer.ts';

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
