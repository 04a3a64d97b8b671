/** Steps after one another: that they learn, that they repeat, that they compile once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, modelRows, stepFeeds, stepOptions } from '../../test/tables/models.ts';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { initialize } from '../nn/index.ts';
import { type StepOptions, type StepScalar, stepScalars, traceStep } from './index.ts';

const [row] = modelRows;
assert.ok(row);
const model = bind(row, row.small);
const batch = 4;
const adam = { learningRate: 1e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };

/** Sixteen fixed pictures of three classes: stripes whose direction and colour belong to the class, moved a little. */
function pictures(step: number): Record<string, TensorData> {
  const { channels, resolution: side, classes } = model.images;
  const images = new Uint8Array(batch * channels * side * side);
  const labels = new Int32Array(batch);
  for (let n = 0; n < batch; n++) {
    const number = (step * batch + n) % 16;
    const label = number % classes;
    labels[n] = label;
    for (let i = 0; i < channels * side * side; i++) {
      const [channel, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
      const along = [x, y, x + y][label] ?? 0;
      const bright = (along + number) % 8 < 4;
      images[n * channels * side * side + i] = bright && channel !== label ? 230 : 30;
    }
  }
  return {
    'images.0': { dtype: 'uint8', shape: [batch, channels, side, side], data: images },
    'labels.0': { dtype: 'int32', shape: [batch], data: labels },
  };
}

interface Course {
  readonly state: Readonly<Record<string, TensorData>>;
  /** By scalar, a number a step. */
  readonly history: Readonly<Record<StepScalar, readonly number[]>>;
}

const runtime = await openRuntime({ threads: 1 });

async function train(changes: Partial<StepOptions>, steps: number): Promise<Course> {
  const options = stepOptions(model, { batch, generatorOptimizer: adam, discriminatorOptimizer: adam, ...changes });
  const traced = traceStep(options);
  const program = await runtime.compile(traced.graph);
  const history: Record<StepScalar, number[]> = {
    lossD: [],
    lossG: [],
    realLogits: [],
    fakeLogits: [],
    separation: [],
    penalty: [],
    gradNormD: [],
    gradNormG: [],
  };
  let state: Record<string, TensorData> = Object.fromEntries(initialize(traced.variables, 1));
  for (let step = 1; step <= steps; step++) {
    state = await program.compute({ ...stepFeeds(traced, options, step), ...pictures(step), ...state });
    for (const name of stepScalars) history[name].push(state[name]?.data[0] ?? Number.NaN);
  }
  return { state, history };
}

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

test('in 60 steps on 16 pictures the discriminator learns to tell real from fake', async () => {
  const { history } = await train({}, 60);
  const late = (name: StepScalar) => average(history[name].slice(40));
  // Hinge gives 2 to a discriminator that cannot tell.
  assert.ok(late('lossD') < 1.5, `lossD ${late('lossD')}`);
  assert.ok(late('realLogits') - late('fakeLogits') > 1);
  assert.ok(Object.values(history).flat().every(Number.isFinite));
});

test('against a discriminator that stands still the generator gets what it wants', async () => {
  const frozen = { discriminatorOptimizer: { ...adam, learningRate: 0 } };
  const { history } = await train(frozen, 30);
  assert.ok(average(history.lossG.slice(20)) < average(history.lossG.slice(0, 5)) - 1);
});

test('a course repeats bit for bit', async () => {
  const [one, other] = [await train({}, 8), await train({}, 8)];
  for (const [name, { data }] of Object.entries(one.state)) assert.deepEqual(other.state[name]?.data, data, name);
});

test('a runtime compiles a step once, however often it is traced', async () => {
  const options = stepOptions(model);
  const program = await runtime.compile(traceStep(options).graph);
  for (let i = 0; i < 3; i++) assert.equal(await runtime.compile(traceStep(options).graph), program);
});
