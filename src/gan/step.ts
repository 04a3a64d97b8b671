/**
 * A training step as two tensor programs: state, batch and noise in; the next state and a few numbers out.
 *
 * Both are pure. Whoever runs them decides whether the next state is adopted.
 */

import { grad } from '../engine/autodiff/grad.ts';
import { type Graph, graph } from '../engine/ir/graph.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { add, cast, concat, input, mean, mul, scalar, slice, sqrt, square, sub, sum } from '../engine/ops/index.ts';
import { type AdamOptions, adam, adamSchedule, movingAverage, type Variable, Variables } from '../nn/index.ts';
import type { GanLoss } from './loss.ts';
import type { BoundModel } from './model.ts';

export interface StepOptions {
  readonly model: BoundModel;
  readonly loss: GanLoss;
  /** Images in a batch. */
  readonly batch: number;
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

/** The two programs, and every variable that they carry, with its initial value. */
export interface Step {
  readonly discriminator: Graph;
  readonly generator: Graph;
  readonly variables: readonly Variable[];
}

/** The scalars that each program reports, beside the next state. */
export const discriminatorScalars = ['lossD', 'realLogits', 'fakeLogits', 'gradNormD'] as const;
export const generatorScalars = ['lossG', 'gradNormG'] as const;

/** Inputs: images uint8[N,C,H,W], labels, fakeLabels int32[N], z float32[N,Z], the state, Adam's schedule. */
export function traceStep(options: StepOptions): Step {
  const discriminator = traceDiscriminatorStep(options);
  const generator = traceGeneratorStep(options);
  const variables = new Map(
    [...generator.variables, ...discriminator.variables].map((variable) => [variable.name, variable]),
  );
  return { discriminator: discriminator.graph, generator: generator.graph, variables: [...variables.values()] };
}

interface Traced {
  readonly graph: Graph;
  readonly variables: readonly Variable[];
}

/** uint8 0 … 255 → float32 −1 … 1: the one place where pixels become numbers. */
export function fromPixels(images: Tensor): Tensor {
  return sub(mul(cast(images, 'float32'), 2 / 255), 1);
}

function noise({ model, batch }: StepOptions): { z: Tensor; fakeLabels: Tensor } {
  return { z: input('z', 'float32', [batch, model.latentDim]), fakeLabels: input('fakeLabels', 'int32', [batch]) };
}

function traceDiscriminatorStep(options: StepOptions): Traced {
  const { model, batch, loss } = options;
  const { resolution, channels } = model.images;
  const variables = new Variables();
  const images = input('images', 'uint8', [batch, channels, resolution, resolution]);
  const labels = input('labels', 'int32', [batch]);
  const { z, fakeLabels } = noise(options);

  // The fake images are data to the discriminator: differentiation stops at its own parameters.
  const fake = model.generator(variables.scope('G', { training: true }), z, fakeLabels);
  // One application to real and fake together: the networks here have no batch statistics in D, so it is the same.
  const both = model.discriminator(
    variables.scope('D', { training: true }),
    concat([fromPixels(images), fake], 0),
    concat([labels, fakeLabels], 0),
  );
  const realLogits = slice(both, [0], [batch]);
  const fakeLogits = slice(both, [batch], [2 * batch]);
  const lossD = loss.discriminator(realLogits, fakeLogits);
  const gradNormD = descend(variables, 'D', lossD, options.discriminatorOptimizer);
  const scalars = { lossD, realLogits: mean(realLogits), fakeLogits: mean(fakeLogits), gradNormD };
  return finish('discriminatorStep', variables, scalars);
}

function traceGeneratorStep(options: StepOptions): Traced {
  const { model, loss } = options;
  const variables = new Variables();
  const { z, fakeLabels } = noise(options);
  const fake = model.generator(variables.scope('G', { training: true }), z, fakeLabels);
  // The discriminator is a fixed judge here: its power iteration waits for its own step.
  const judge = variables.scope('D', { training: true, updates: false });
  const lossG = loss.generator(model.discriminator(judge, fake, fakeLabels));
  const gradNormG = descend(variables, 'G', lossG, options.generatorOptimizer);
  movingAverage(variables, 'G', input('ema.rate', 'float32', []));
  return finish('generatorStep', variables, { lossG, gradNormG });
}

/** Adds the optimiser's update of the parameters below `path`; returns the norm of their gradient. */
function descend(variables: Variables, path: string, loss: Tensor, optimizer: AdamOptions): Tensor {
  const parameters = variables.parameters(path);
  const gradients = grad(loss, [...parameters.values()]);
  adam(variables, path, parameters, gradients, optimizer);
  return sqrt(gradients.map((gradient) => sum(square(gradient))).reduce((total, part) => add(total, part), scalar(0)));
}

function finish(name: string, variables: Variables, scalars: Readonly<Record<string, Tensor>>): Traced {
  return { graph: graph(name, [...Object.entries(scalars), ...variables.updates]), variables: variables.all };
}

/** The scalar inputs of the discriminator's `update`-th update (from 1). */
export function discriminatorSchedule(options: StepOptions, update: number): Record<string, number> {
  return adamSchedule('D', update, options.discriminatorOptimizer);
}

/** The scalar inputs of the generator's `step`-th update (from 1). */
export function generatorSchedule(options: StepOptions, step: number): Record<string, number> {
  const { decay, startStep } = options.ema;
  return { ...adamSchedule('G', step, options.generatorOptimizer), 'ema.rate': step <= startStep ? 1 : 1 - decay };
}
