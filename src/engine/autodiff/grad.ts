/**
 * Reverse-mode differentiation of tensor programs.
 *
 * The derivative is built from the same ops as the program, so it can be differentiated again: a gradient penalty is
 * one more `grad`.
 */

import { GraphError } from '../../base/errors.ts';
import { topologicalOrder } from '../ir/graph.ts';
import { inScope, type Tensor } from '../ir/tensor.ts';
import { full } from '../ops/constant.ts';
import { add } from '../ops/elementwise.ts';
import { zeros } from '../ops/shape.ts';

/**
 * The gradients of `output` with respect to each of `targets`, with the targets' shapes.
 *
 * `cotangent` (default: ones) weighs the elements of `output`; a scalar loss needs none. A target that the output does
 * not depend on gets zeros. Throws GraphError if the output or a target is not float32.
 */
export function grad(output: Tensor, targets: readonly Tensor[], cotangent?: Tensor): Tensor[] {
  for (const tensor of [output, ...targets]) {
    if (tensor.dtype !== 'float32') throw new GraphError(`grad: only float32 tensors have gradients, got ${tensor}.`);
  }
  if (cotangent !== undefined && String(cotangent) !== String(output)) {
    throw new GraphError(`grad: the cotangent is ${cotangent}, the output ${output}; they must be alike.`);
  }
  const order = topologicalOrder([output]);
  const onPath = dependents(order, new Set(targets));
  const cotangents = new Map<Tensor, Tensor>([[output, cotangent ?? full(1, output.shape)]]);
  for (const node of order.reverse()) {
    const g = cotangents.get(node);
    if (g === undefined || !onPath.has(node) || node.op.derivative === 'none') continue;
    const { derivative } = node.op;
    const needs = node.inputs.map((x) => onPath.has(x));
    const parts = inScope(node.scope === '' ? 'grad' : `grad.${node.scope}`, () =>
      derivative.rule({ inputs: node.inputs, output: node, cotangent: g, attributes: node.attributes, needs }),
    );
    for (const [i, x] of node.inputs.entries()) {
      const part = parts[i];
      if (part === undefined || needs[i] !== true) continue;
      if (String(part) !== String(x)) {
        throw new GraphError(`grad: the derivative rule of ${node.op.name} gives ${part} for its input ${x}.`);
      }
      const sum = cotangents.get(x);
      cotangents.set(x, sum === undefined ? part : inScope(part.scope, () => add(sum, part)));
    }
  }
  return targets.map((target) => (onPath.has(output) ? cotangents.get(target) : undefined) ?? zeros(target.shape));
}

/** The nodes of `order` through which a gradient can reach one of `targets`. */
function dependents(order: readonly Tensor[], targets: ReadonlySet<Tensor>): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const node of order) {
    const flows = node.op.derivative !== 'none' && node.inputs.some((x) => found.has(x));
    if (targets.has(node) || flows) found.add(node);
  }
  return found;
}
