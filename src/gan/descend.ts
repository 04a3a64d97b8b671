/** From the gradients of a loss to the next parameters. */

import { grad } from '../engine/autodiff/grad.ts';
import { type Tensor, withScope } from '../engine/ir/tensor.ts';
import { add, scalar, sqrt, square, sum } from '../engine/ops/index.ts';
import { optimize, orthogonalGradient, type Variables } from '../nn/index.ts';
import type { StepOptions } from './step-options.ts';

/** By the trainable variables below `path`, in their order. */
export function gradientsOf(variables: Variables, path: string, loss: Tensor): Tensor[] {
  return grad(loss, [...variables.below(path, 'trainable').values()]);
}

/**
 * Adds the optimiser's update of the parameters of a network to the program, whose scalar inputs are named after `update`.
 * Returns the norm of the gradient, without what regularisation adds to it.
 */
export function descend(
  variables: Variables,
  network: 'G' | 'D',
  update: string,
  gradients: readonly Tensor[],
  options: StepOptions,
): Tensor {
  const parameters = variables.below(network, 'trainable');
  const optimizer = network === 'G' ? options.generatorOptimizer : options.discriminatorOptimizer;
  const descended = withScope('regularization', () => regularized(network, parameters, gradients, options));
  withScope('optimizer', () => optimize(variables, update, parameters, descended, optimizer));
  // From the last layer back, the order of the backward pass: ONNX Runtime follows it, and frees what is done with.
  return withScope('gradientNorm', () => {
    const squares = gradients.toReversed().map((gradient) => sum(square(gradient)));
    return sqrt(squares.reduce((total, part) => add(total, part), scalar(0)));
  });
}

/** The gradients with orthogonal regularisation of every weight matrix and kernel but the embedding that a generator's norms share. */
function regularized(
  network: 'G' | 'D',
  parameters: ReadonlyMap<string, Tensor>,
  gradients: readonly Tensor[],
  { orthogonalRegularization }: StepOptions,
): readonly Tensor[] {
  if (orthogonalRegularization === undefined) return gradients;
  const { form, ...strengths } = orthogonalRegularization;
  const strength = network === 'G' ? strengths.generator : strengths.discriminator;
  if (strength === 0) return gradients;
  const parts = [...parameters];
  return gradients.map((gradient, i) => {
    const [name, weight] = parts[i] ?? [];
    const applies = name?.endsWith('.weight') === true && name !== 'G.embedding.weight';
    return weight !== undefined && applies ? add(gradient, orthogonalGradient(weight, strength, form)) : gradient;
  });
}
