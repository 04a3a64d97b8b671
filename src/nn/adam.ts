/** The Adam optimiser. Source: Kingma, Ba 2015, arXiv:1412.6980, algorithm 1. */

import { GraphError } from '../base/errors.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { add, div, input, mul, sqrt, square, sub } from '../engine/ops/index.ts';
import { zeros } from './initializers.ts';
import type { Variables } from './variables.ts';

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adds the update of `parameters` by their gradients to the program, with moments in `adam.<parameter>.m` and `.v`.
 * With β₁ = 0 the first moment is the gradient itself, and none is kept.
 *
 * The step size and the bias correction change from step to step: they are the inputs `adam.<update>.stepSize` and
 * `adam.<update>.correction`, whose values `adamSchedule` gives. `constrain` has the last word on a parameter's next
 * value. Throws GraphError for a parameter without a gradient.
 */
export function adam(
  variables: Variables,
  update: string,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: readonly Tensor[],
  { beta1, beta2, epsilon }: AdamOptions,
  constrain: (next: Tensor) => Tensor = (next) => next,
): void {
  const stepSize = input(`adam.${update}.stepSize`, 'float32', []);
  const correction = input(`adam.${update}.correction`, 'float32', []);
  const moment = (name: string, shape: readonly number[]) =>
    variables.get({ name: `adam.${name}`, shape, trainable: false, initializer: zeros });
  for (const [i, [name, parameter]] of [...parameters].entries()) {
    const gradient = gradients[i];
    if (gradient === undefined) {
      throw new GraphError(`adam: ${parameters.size} parameters but ${gradients.length} gradients; ${name} has none.`);
    }
    const average = (kind: string, beta: number, value: Tensor) => {
      const next = add(mul(moment(`${name}.${kind}`, parameter.shape), beta), mul(value, 1 - beta));
      variables.move(`adam.${name}.${kind}`, next);
      return next;
    };
    const m = beta1 === 0 ? gradient : average('m', beta1, gradient);
    const v = average('v', beta2, square(gradient));
    const scaled = div(mul(m, stepSize), add(mul(sqrt(v), correction), epsilon));
    variables.move(name, constrain(sub(parameter, scaled)));
  }
}

/**
 * The inputs of the `step`-th update (the first is 1), in float64 until they are stored:
 * stepSize = α / (1 − β₁ᵗ), correction = 1 / √(1 − β₂ᵗ).
 */
export function adamSchedule(
  update: string,
  step: number,
  { learningRate, beta1, beta2 }: AdamOptions,
): Record<string, number> {
  return {
    [`adam.${update}.stepSize`]: learningRate / (1 - beta1 ** step),
    [`adam.${update}.correction`]: 1 / Math.sqrt(1 - beta2 ** step),
  };
}
