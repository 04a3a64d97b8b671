/**
 * A training step as one tensor program: state, batch and noise in; the next state and a few numbers out.
 *
 * It is pure: whoever runs it decides whether the next state is adopted. One program rather than one a network, because
 * then the memory of the discriminator's part is free for the generator's.
 */

import { grad } from '../engine/autodiff/grad.ts';
import { type Graph, graph } from '../engine/ir/graph.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import {
  add,
  after,
  cast,
  concat,
  input,
  mean,
  mul,
  scalar,
  slice,
  sqrt,
  square,
  sub,
  sum,
} from '../engine/ops/index.ts';
import { type AdamOptions, adam, adamSchedule, movingAverage, type Variable, Variables } from '../nn/index.ts';
import type { GanLoss } from './loss.ts';
import type { BoundModel } from './model.ts';

export interface StepOptions {
  readonly model: BoundModel;
  readonly loss: GanLoss;
  /** Images in a batch. */
  readonly batch: number;
  /** Updates of the discriminator before each of the generator, each with a batch of its own. */
  readonly discriminatorSteps: number;
  readonly generatorOptimizer: AdamOptions;
  readonly discriminatorOptimizer: AdamOptions;
  readonly ema: EmaOptions;
}

export interface EmaOptions {
  /** Share of the average that a step keeps. */
  readonly decay: number;
  /** Until this many steps are done the average is a copy. */
  readonly startStep: number;
}

/** The program of a step, and every variable that it carries, with its initial value. */
export interface Step {
  readonly graph: Graph;
  readonly variables: readonly Variable[];
}

/** The numbers that a step reports beside the next state; the discriminator's are those of its last update. */
export const stepScalars = ['lossD', 'lossG', 'realLogits', 'fakeLogits', 'gradNormD', 'gradNormG'] as const;
export type StepScalar = (typeof stepScalars)[number];

/**
 * Traces the step. Beside the state its inputs are, for the k-th update of the discriminator, `images.k` uint8[N,C,H,W],
 * `labels.k` int32[N], `z.Dk` float32[N,Z], `fakeLabels.Dk` int32[N]; `z.G` and `fakeLabels.G` for the generator's; and the
 * scalars of `stepSchedule`.
 */
export function traceStep(options: StepOptions): Step {
  const variables = new Variables();
  let z = input('z.G', 'float32', [options.batch, options.model.latentDim]);
  let scalars: Record<string, Tensor> = {};
  for (let k = 0; k < options.discriminatorSteps; k++) {
    scalars = withScope(`D${k}`, () => discriminatorUpdate(variables, options, k));
    if (scalars.gradNormD !== undefined) z = after(z, scalars.gradNormD);
  }
  const generatorScalars = withScope('Gstep', () => generatorUpdate(variables, options, z));
  const outputs = [...Object.entries({ ...scalars, ...generatorScalars }), ...variables.updates];
  return { graph: graph('step', outputs), variables: variables.all };
}

/** uint8 0 … 255 → float32 −1 … 1: the one place where pixels become numbers. */
export function fromPixels(images: Tensor): Tensor {
  return sub(mul(cast(images, 'float32'), 2 / 255), 1);
}

function discriminatorUpdate(variables: Variables, options: StepOptions, k: number): Record<string, Tensor> {
  const { model, batch, loss } = options;
  const { resolution, channels } = model.images;
  const images = input(`images.${k}`, 'uint8', [batch, channels, resolution, resolution]);
  const labels = input(`labels.${k}`, 'int32', [batch]);
  const z = input(`z.D${k}`, 'float32', [batch, model.latentDim]);
  const fakeLabels = input(`fakeLabels.D${k}`, 'int32', [batch]);

  // The fake images are data here: only the discriminator's parameters are differentiated.
  const fake = model.generator(variables.scope('G', { training: true }), z, fakeLabels);
  // Real and fake go through together: without batch statistics in D that is the same, and quicker.
  const { logits: both } = model.discriminator(
    variables.scope('D', { training: true }),
    concat([fromPixels(images), fake], 0),
    concat([labels, fakeLabels], 0),
  );
  const realLogits = slice(both, [0], [batch]);
  const fakeLogits = slice(both, [batch], [2 * batch]);
  const lossD = loss.discriminator(realLogits, fakeLogits);
  const gradNormD = descend(variables, 'D', `D${k}`, lossD, options.discriminatorOptimizer);
  variables.commit();
  return { lossD, realLogits: mean(realLogits), fakeLogits: mean(fakeLogits), gradNormD };
}

function generatorUpdate(variables: Variables, options: StepOptions, z: Tensor): Record<string, Tensor> {
  const { model, loss, batch } = options;
  const labels = input('fakeLabels.G', 'int32', [batch]);
  const fake = model.generator(variables.scope('G', { training: true }), z, labels);
  // The discriminator is a fixed judge here: its power iteration waits for its own update.
  const judge = variables.scope('D', { training: true, updates: false });
  const lossG = loss.generator(model.discriminator(judge, fake, labels).logits);
  const gradNormG = descend(variables, 'G', 'G', lossG, options.generatorOptimizer);
  variables.commit();
  movingAverage(variables, 'G', input('ema.rate', 'float32', []));
  variables.commit();
  return { lossG, gradNormG };
}

/** Adds the optimiser's update of the parameters below `path`; returns the norm of their gradient. */
function descend(variables: Variables, path: string, update: string, loss: Tensor, optimizer: AdamOptions): Tensor {
  const parameters = variables.below(path, 'trainable');
  const gradients = grad(loss, [...parameters.values()]);
  adam(variables, update, parameters, gradients, optimizer);
  // From the last layer back, the order of the backward pass: ONNX Runtime follows it, and frees what is done with.
  const squares = gradients.toReversed().map((gradient) => sum(square(gradient)));
  return sqrt(squares.reduce((total, part) => add(total, part), scalar(0)));
}

/** The scalar inputs of the `step`-th step (from 1). */
export function stepSchedule(options: StepOptions, step: number): Record<string, number> {
  const { discriminatorSteps, ema } = options;
  const schedule: Record<string, number> = { 'ema.rate': step <= ema.startStep ? 1 : 1 - ema.decay };
  for (let k = 0; k < discriminatorSteps; k++) {
    const update = (step - 1) * discriminatorSteps + k + 1;
    Object.assign(schedule, adamSchedule(`D${k}`, update, options.discriminatorOptimizer));
  }
  return Object.assign(schedule, adamSchedule('G', step, options.generatorOptimizer));
}
