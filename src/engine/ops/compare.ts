/** Comparisons, logic and selection. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Op, type Tensor } from '../ir/tensor.ts';
import { bytesPerElement, sizeOf } from '../ir/tensor-data.ts';
import { broadcastShapes, sumTo } from './broadcast.ts';
import { type Operand, toTensor } from './constant.ts';

type None = Record<string, never>;

function comparison(name: string, onnx: string): Op<None> {
  return defineOp<None>({
    name,
    infer: ([a, b]) => {
      if (a === undefined || b === undefined || a.dtype !== b.dtype || a.dtype === 'bool') {
        throw new GraphError('expects two numeric tensors of the same dtype');
      }
      return { dtype: 'bool', shape: broadcastShapes(a.shape, b.shape) };
    },
    derivative: 'none',
    lower: (lowering, node) =>
      lowering.emit(
        onnx,
        node.inputs.map((x) => lowering.name(x)),
      ),
  });
}

const greaterOp = comparison('greater', 'Greater');
const greaterEqualOp = comparison('greaterEqual', 'GreaterOrEqual');
const equalOp = comparison('equal', 'Equal');

function compare(op: Op<None>, a: Operand, b: Operand): Tensor {
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  return apply(op, [toTensor(a, dtype), toTensor(b, dtype)], {});
}

export const greater = (a: Operand, b: Operand): Tensor => compare(greaterOp, a, b);
export const greaterEqual = (a: Operand, b: Operand): Tensor => compare(greaterEqualOp, a, b);
export const less = (a: Operand, b: Operand): Tensor => compare(greaterOp, b, a);
export const lessEqual = (a: Operand, b: Operand): Tensor => compare(greaterEqualOp, b, a);
export const equal = (a: Operand, b: Operand): Tensor => compare(equalOp, a, b);

function logic(name: string, onnx: string): Op<None> {
  return defineOp<None>({
    name,
    infer: (inputs) => {
      if (inputs.some((x) => x.dtype !== 'bool')) throw new GraphError('expects bool tensors');
      return { dtype: 'bool', shape: broadcastShapes(...inputs.map((x) => x.shape)) };
    },
    derivative: 'none',
    lower: (lowering, node) =>
      lowering.emit(
        onnx,
        node.inputs.map((x) => lowering.name(x)),
      ),
  });
}

const notOp = logic('not', 'Not');
const andOp = logic('and', 'And');

export const not = (a: Tensor): Tensor => apply(notOp, [a], {});
export const and = (a: Tensor, b: Tensor): Tensor => apply(andOp, [a, b], {});
/** By De Morgan, because the WebGPU provider has no Or. */
export const or = (a: Tensor, b: Tensor): Tensor => not(and(not(a), not(b)));

const whereOp = defineOp<None>({
  name: 'where',
  infer: ([condition, a, b]) => {
    if (condition?.dtype !== 'bool' || a === undefined || a.dtype !== b?.dtype || a.dtype === 'bool') {
      throw new GraphError('expects a bool condition and two numeric tensors of the same dtype');
    }
    return { dtype: a.dtype, shape: broadcastShapes(condition.shape, a.shape, b.shape) };
  },
  derivative: ({ inputs: [condition, a, b], cotangent: g, needs }) => {
    if (condition === undefined || a === undefined || b === undefined) return [];
    return [
      undefined,
      needs[1] ? sumTo(where(condition, g, 0), a.shape) : undefined,
      needs[2] ? sumTo(where(condition, 0, g), b.shape) : undefined,
    ];
  },
  lower: (lowering, node) =>
    lowering.emit(
      'Where',
      node.inputs.map((x) => lowering.name(x)),
    ),
  // A copy for each branch, from which the result is put together.
  scratchBytes: ({ shape, dtype }) => 2 * sizeOf(shape) * bytesPerElement(dtype),
});

/** `a` where the condition holds, `b` elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  return apply(whereOp, [condition, toTensor(a, dtype), toTensor(b, dtype)], {});
}
