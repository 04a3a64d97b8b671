/**
 * The RMSProp optimiser. Source: Tieleman, Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning; in the form of
 * TensorFlow, which the Wasserstein GANs were trained with: the mean square starts at 1, and ε stands under the root.
 */

import { GraphError } from '../base/errors.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { add, div, input, mul, sqrt, square, sub } from '../engine/ops/index.ts';
import { ones } from './initializers.ts';
import type { Variables } from './variables.ts';

export interface RmsPropOptions {
  readonly learningRate: number;
  /** Share of the mean square that an update keeps. */
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * Adds the update of `parameters` by their gradients to the program, with mean squares in `rmsprop.<parameter>.v`. The
 * learning rate is the input `rmsprop.<update>.learningRate`. Throws GraphError for a parameter without a gradient.
 */
export function rmsProp(
  variables: Variables,
  update: string,
  parameters: ReadonlyMap<string, Tensor>,
  gradients: readonly Tensor[],
  { beta2, epsilon }: RmsPropOptions,
  constrain: (next: Tensor) => Tensor = (next) => next,
): void {
  const learningRate = input(`rmsprop.${update}.learningRate`, 'float32', []);
  for (const [i, [name, parameter]] of [...parameters].entries()) {
    const gradient = gradients[i];
    if (gradient === undefined) throw new GraphError(`rmsProp: ${name} has no gradient.`);
    const v = { name: `rmsprop.${name}.v`, shape: parameter.shape, trainable: false, initializer: ones };
    const next = add(mul(variables.get(v), beta2), mul(square(gradient), 1 - beta2));
    variables.move(v.name, next);
    const scaled = div(mul(gradient, learningRate), sqrt(add(next, epsilon)));
    variables.move(name, constrain(sub(parameter, scaled)));
  }
}

export function rmsPropSchedule(update: string, { learningRate }: RmsPropOptions): Record<string, number> {
  return { [`rmsprop.${update}.learningRate`]: learningRate };
}
