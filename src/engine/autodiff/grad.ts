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
  return pullBack([[output, cotangent ?? full(1, output.shape)]], targets);
}

/**
 * The gradients of the sum of several outputs, each weighed by its cotangent, which is of its type. `ends` are tensors
 * behind which there is no target.
 */
export function pullBack(
  weighed: readonly (readonly [Tensor, Tensor])[],
  targets: readonly Tensor[],
  ends?: ReadonlySet<Tensor>,
): Tensor[] {
  const outputs = weighed.map(([output]) => output);
  const order = topologicalOrder(outputs, ends);
  const onPath = dependents(order, new Set(targets));
  const cotangents = new Map<Tensor, Tensor>();
  const weigh = (x: Tensor, part: Tensor) => {
    const sum = cotangents.get(x);
    cotangents.set(x, sum === undefined ? part : inScope(part.scope, () => add(sum, part)));
  };
  for (const [output, cotangent] of weighed) weigh(output, cotangent);
  for (const node of order.reverse()) {
    if (!onPath.has(node)) continue;
    const { operands, parts } = partsOf(node, cotangents, onPath);
    for (const [i, x] of operands.entries()) {
      const part = parts[i];
      if (part === undefined || !onPath.has(x)) continue;
      if (String(part) !== String(x)) {
        throw new GraphError(`grad: the derivative rule of ${node.op.name} gives ${part} for its input ${x}.`);
      }
      weigh(x, part);
    }
  }
  return targets.map((target) => cotangents.get(target) ?? zeros(target.shape));
}

/** What flows back from a node, and to which tensors. */
interface Parts {
  readonly operands: readonly Tensor[];
  readonly parts: readonly (Tensor | undefined)[];
}

function partsOf(node: Tensor, cotangents: ReadonlyMap<Tensor, Tensor>, onPath: ReadonlySet<Tensor>): Parts {
  const nothing = { operands: [], parts: [] };
  const own = ownDerivatives.get(node);
  const { operands, results } = own ?? { operands: node.inputs, results: [node] };
  // Of several results the oldest comes last, when all their cotangents are known.
  if (results.find((result) => onPath.has(result)) !== node) return nothing;
  const given = results.map((result) => cotangents.get(result));
  const needs = operands.map((x) => onPath.has(x));
  if (!needs.includes(true)) return nothing;
  const [g] = given;
  const { derivative } = node.op;
  return inScope(node.scope === '' ? 'grad' : `grad.${node.scope}`, () => {
    if (own !== undefined) return given.some(Boolean) ? { operands, parts: own.rule(given, needs) } : nothing;
    if (g === undefined || derivative === 'none') return nothing;
    const { attributes } = node;
    return { operands, parts: derivative.rule({ inputs: operands, output: node, cotangent: g, attributes, needs }) };
  });
}

/** A derivative of several tensors together, which takes the place of those of the nodes that they are made of. */
export interface OwnDerivative {
  /** In the order in which they were made. */
  readonly results: readonly Tensor[];
  /** All that the results depend on as far as gradients go. */
  readonly operands: readonly Tensor[];
  /** The cotangents of the operands, of those that are needed, by the results' cotangents. `undefined` stands for zero. */
  rule(cotangents: readonly (Tensor | undefined)[], needs: readonly boolean[]): readonly (Tensor | undefined)[];
}

const ownDerivatives = new WeakMap<Tensor, OwnDerivative>();

/** From here on gradients pass the results by this rule. */
export function setDerivative(own: OwnDerivative): void {
  for (const result of own.results) ownDerivatives.set(result, own);
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
