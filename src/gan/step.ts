/**
 * A training step as one tensor program: state, batch and noise in; the next state and a few numbers out.
 *
 * It is pure: whoever runs it decides whether the next state is adopted. One program rather than one a network, because
 * then the memory of the discriminator's part is free for the generator's.
 */

import { type Graph, graph } from '../engine/ir/graph.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import { after, input } from '../engine/ops/index.ts';
import { movingAverage, optimizerSchedule, type Variable, Variables } from '../nn/index.ts';
import { descend, gradientsOf } from './descend.ts';
import { type Draw, Draws } from './draws.ts';
import { discriminatorObjective, drawFakes, generatorObjective, type Trace } from './objective.ts';
import type { StepOptions } from './step-options.ts';

/** The program of a step, every variable that it carries, with its initial value, and its random inputs. */
export interface Step {
  readonly graph: Graph;
  readonly variables: readonly Variable[];
  readonly draws: readonly Draw[];
}

/** The numbers that a step reports beside the next state; the discriminator's are those of its last update. */
export const stepScalars = [
  'lossD',
  'lossG',
  'realLogits',
  'fakeLogits',
  'separation',
  'penalty',
  'gradNormD',
  'gradNormG',
] as const;
export type StepScalar = (typeof stepScalars)[number];

/**
 * Traces the step. Beside the state its inputs are, for the k-th update of the discriminator, `images.k` uint8[N,C,H,W] and
 * `labels.k` int32[N]; the random inputs `draws`; and the scalars of `stepSchedule`. Batches are whole: `accumulation` is
 * for `tracePhases`.
 */
export function traceStep(options: StepOptions): Step {
  const trace: Trace = { options, variables: new Variables(), draws: new Draws() };
  const { variables, draws } = trace;
  const fakes = drawFakes(draws, options.model, 'G', options.generatorBatch ?? options.batch);
  let { z } = fakes;
  let scalars: Record<string, Tensor> = {};
  for (let k = 0; k < options.discriminatorSteps; k++) {
    scalars = withScope(`D${k}`, () => {
      const { loss, report } = discriminatorObjective(trace, k, options.batch);
      const gradNormD = descend(variables, 'D', `D${k}`, gradientsOf(variables, 'D', loss), options);
      variables.commit();
      return { ...report, gradNormD };
    });
    if (scalars.gradNormD !== undefined) z = after(z, scalars.gradNormD);
  }
  const generatorScalars = withScope('Gstep', () => {
    const { loss, report } = generatorObjective(trace, { ...fakes, z });
    const gradNormG = descend(variables, 'G', 'G', gradientsOf(variables, 'G', loss), options);
    variables.commit();
    averageGenerator(variables);
    return { ...report, gradNormG };
  });
  const outputs = [...Object.entries({ ...scalars, ...generatorScalars }), ...variables.updates];
  return { graph: graph('step', outputs), variables: variables.all, draws: draws.all };
}

/** Moves the averaged generator; its rate is the input `ema.rate`. */
export function averageGenerator(variables: Variables): void {
  withScope('movingAverage', () => movingAverage(variables, 'G', input('ema.rate', 'float32', [])));
  variables.commit();
}

/** The scalar inputs of the `step`-th step (from 1). */
export function stepSchedule(options: StepOptions, step: number): Record<string, number> {
  const { discriminatorSteps, ema } = options;
  const schedule: Record<string, number> = { 'ema.rate': step <= ema.startStep ? 1 : 1 - ema.decay };
  for (let k = 0; k < discriminatorSteps; k++) {
    const count = (step - 1) * discriminatorSteps + k + 1;
    Object.assign(schedule, optimizerSchedule(`D${k}`, count, step, options.discriminatorOptimizer));
  }
  return Object.assign(schedule, optimizerSchedule('G', step, step, options.generatorOptimizer));
}
