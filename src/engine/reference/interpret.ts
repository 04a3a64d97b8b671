/**
 * What every op means: a slow, obvious interpreter in float64.
 *
 * It is the truth that derivatives, lowerings and rewrites are checked against, so it is written to be read: loops over
 * coordinates, no tricks.
 */

import { GraphError } from '../../base/errors.ts';
import { isTensorData, topologicalOrder } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { meanings } from './meanings.ts';

/** Numbers in float64, whatever the tensor's dtype; bool is 0 or 1. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** A finite list of numbers with a shape. Throws GraphError if the count does not fit. */
export function values(shape: Shape, data: ArrayLike<number>): Values {
  if (data.length !== sizeOf(shape)) {
    throw new GraphError(`${data.length} values do not fill shape [${shape.join(',')}].`);
  }
  return { shape, data: Float64Array.from(data) };
}

/** Computes `outputs`, given the values of the program's inputs by name. */
export function interpret(outputs: readonly Tensor[], inputs: Readonly<Record<string, Values>>): Values[] {
  const computed = new Map<Tensor, Values>();
  const computedValue = (tensor: Tensor): Values => {
    const value = computed.get(tensor);
    if (value === undefined) throw new GraphError(`interpret: ${tensor} is used before it is computed.`);
    return value;
  };
  for (const node of topologicalOrder(outputs))
    computed.set(node, evaluate(node, node.inputs.map(computedValue), inputs));
  return outputs.map(computedValue);
}

function evaluate(node: Tensor, operands: readonly Values[], inputs: Readonly<Record<string, Values>>): Values {
  if (node.op.name === 'input') {
    const given = inputs[String(node.attributes.name)];
    if (given === undefined) throw new GraphError(`interpret: input "${node.attributes.name}" ${node} was not given.`);
    return values(node.shape, given.data);
  }
  if (node.op.name === 'constant') {
    const { value } = node.attributes;
    if (value === undefined || !isTensorData(value)) throw new GraphError('interpret: a constant without a value.');
    return values(value.shape, value.data);
  }
  const meaning = meanings[node.op.name];
  if (meaning === undefined)
    throw new GraphError(`interpret: op "${node.op.name}" has no meaning in reference/meanings.ts.`);
  return { shape: node.shape, data: meaning(node, operands) };
}
