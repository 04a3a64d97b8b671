/** Every model, with small settings: what each invariant of models is tested on. A later model is one more file. */

import { Random } from '../../src/base/random.ts';
import type { TensorData } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import {
  type BoundModel,
  drawValues,
  findModel,
  losses,
  type Step,
  type StepOptions,
  stepSchedule,
} from '../../src/gan/index.ts';
import { type AdamOptions, initialize, type Variable } from '../../src/nn/index.ts';
import type { ModelCase, ModelRow } from './model-row.ts';
import { bigganRow } from './models/biggan.ts';
import { bigganDeepRow } from './models/biggan-deep.ts';
import { csawganRow } from './models/csawgan.ts';
import { dcganRow } from './models/dcgan.ts';
import { saganRow } from './models/sagan.ts';
import { saganHeykeetaeRow } from './models/sagan-heykeetae.ts';
import { snganRow } from './models/sngan.ts';
import { wganGpRow } from './models/wgan-gp.ts';

export type { ModelCase, ModelRow } from './model-row.ts';

/** In the order of `models`. */
export const modelRows: readonly ModelRow[] = [
  saganRow,
  dcganRow,
  csawganRow,
  bigganRow,
  bigganDeepRow,
  saganHeykeetaeRow,
  snganRow,
  wganGpRow,
];

export function bind(row: ModelRow, { options, images }: ModelCase): BoundModel {
  return findModel(row.name).bind(options, images);
}

/** A large epsilon makes updates smooth in the gradient, so that rounding is not blown up where a gradient is zero. */
export const smoothAdam: AdamOptions = { learningRate: 0.01, beta1: 0, beta2: 0.9, epsilon: 0.1 };

/** A step's options with a batch of 4, changed as told. */
export function stepOptions(model: BoundModel, changes: Partial<StepOptions> = {}): StepOptions {
  return {
    model,
    loss: losses.hinge,
    batch: 4,
    discriminatorSteps: 1,
    generatorOptimizer: smoothAdam,
    discriminatorOptimizer: smoothAdam,
    ema: { decay: 0.9, startStep: 0 },
    ...changes,
  };
}

/**
 * A state in which nothing is special: no gate closed, no bias zero, no average a copy, moments as in mid-course.
 * Every initial value is moved by N(0, 0.1²), variances upward.
 */
export function midCourse(variables: readonly Variable[], seed = 1): Record<string, TensorData> {
  const state: Record<string, TensorData> = {};
  for (const [name, { dtype, shape, data }] of initialize(variables, seed)) {
    const noise = new Random(seed, `mid-course ${name}`).normal(data.length);
    const isVariance = /\.(v|variance)$/.test(name);
    const moved = data.map((value, i) => value + 0.1 * (isVariance ? Math.abs(noise[i] ?? 0) : (noise[i] ?? 0)));
    state[name] = { dtype, shape, data: moved };
  }
  return state;
}

/** What the `step`-th step is fed beside the state: random images, labels and draws, and the schedule's scalars. */
export function stepFeeds(
  { graph: { inputs }, draws }: Pick<Step, 'graph' | 'draws'>,
  options: StepOptions,
  step: number,
): Record<string, TensorData> {
  const feeds: Record<string, TensorData> = {};
  const classes = Math.max(1, options.model.images.classes);
  for (const [name, { dtype, shape }] of inputs) {
    const random = new Random(1, name, step);
    const count = sizeOf(shape);
    if (dtype === 'int32') feeds[name] = { dtype, shape, data: random.integers(count, classes) };
    if (dtype === 'uint8') feeds[name] = { dtype, shape, data: Uint8Array.from(random.integers(count, 256)) };
  }
  for (const draw of draws) {
    if (inputs.has(draw.name)) feeds[draw.name] = drawValues(draw, new Random(1, draw.name, step));
  }
  for (const [name, value] of Object.entries(stepSchedule(options, step))) feeds[name] = scalarData(value);
  return feeds;
}

export function scalarData(value: number): TensorData {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
}
