/** What descends: the optimisers by name, the decay of their learning rates, and what is done to weights beside. */

import type { Tensor } from '../engine/ir/tensor.ts';
import { add, clamp, mul } from '../engine/ops/index.ts';
import { type AdamOptions, adam, adamSchedule } from './adam.ts';
import { rmsProp, rmsPropSchedule } from './rms-prop.ts';
import type { Variables } from './variables.ts';

/** The learning rate falls on a line to 0 between two steps: from `fromStep` (still whole) to `toStep` (0 from there on). */
export interface LearningRateDecay {
  readonly fromStep: number;
  readonly toStep: number;
}

export interface OptimizerOptions extends AdamOptions {
  /** Default `adam`. RMSProp keeps a share `beta2` of the mean square and knows no `beta1`. */
  readonly method?: 'adam' | 'rmsprop' | undefined;
  readonly decay?: LearningRateDecay | undefined;
  /** L2: this share of each parameter is added to its gradient. Default 0. */
  readonly weightDecay?: number | undefined;
  /** Every parameter is clipped to ± this after each update: Wasserstein GAN, arXiv:1701.07875, algorithm 1. */
  readonly clip?: number | undefined;
}

/** Adds the update of `parameters` to the program. Its scalar inputs are those of `optimizerSchedule`. */
export function optimize(
  variables: Variables,
  update: string,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: readonly Tensor[],
  options: OptimizerOptions,
): void {
  const { method = 'adam', weightDecay = 0, clip } = options;
  const values = [...parameters.values()];
  const decayed = gradients.map((gradient, i) => {
    const value = values[i];
    return weightDecay === 0 || value === undefined ? gradient : add(gradient, mul(value, weightDecay));
  });
  const constrain = clip === undefined ? undefined : (next: Tensor) => clamp(next, -clip, clip);
  if (method === 'adam') adam(variables, update, parameters, decayed, options, constrain);
  else rmsProp(variables, update, parameters, decayed, options, constrain);
}

/** The scalar inputs of an optimiser's `count`-th update (the first is 1), which belongs to the `step`-th step. */
export function optimizerSchedule(
  update: string,
  count: number,
  step: number,
  options: OptimizerOptions,
): Record<string, number> {
  const learningRate = options.learningRate * remainingRate(step, options.decay);
  const current = { ...options, learningRate };
  return options.method === 'rmsprop' ? rmsPropSchedule(update, current) : adamSchedule(update, count, current);
}

/** The share of the learning rate that is left in the `step`-th step: 1 in the first, 0 after `toStep` steps. */
function remainingRate(step: number, decay: LearningRateDecay | undefined): number {
  if (decay === undefined) return 1;
  const gone = (step - 1 - decay.fromStep) / (decay.toStep - decay.fromStep);
  return Math.min(1, Math.max(0, 1 - gone));
}
