/** Where values enter a program: inputs, constants, casts, and the point where gradients stop. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Tensor } from '../ir/tensor.ts';
import { allocate, type DType, isFloat, type Shape, sizeOf, type TensorData } from '../ir/tensor-data.ts';

const inputOp = defineOp<{ name: string; dtype: string; shape: readonly number[] }>({
  name: 'input',
  infer: (_, { dtype, shape }) => ({ dtype: dtype as DType, shape }),
  derivative: 'none',
  lower: (_, __, { name }) => name,
});

/** A value that the caller gives each time the program runs. */
export function input(name: string, dtype: DType, shape: Shape): Tensor {
  return apply(inputOp, [], { name, dtype, shape });
}

const constantOp = defineOp<{ value: TensorData }>({
  name: 'constant',
  infer: (_, { value }) => {
    if (value.data.length !== sizeOf(value.shape)) {
      throw new GraphError(`${value.data.length} values do not fill shape [${value.shape.join(',')}]`);
    }
    if (value.data.constructor !== allocate(value.dtype, 0).constructor) {
      throw new GraphError(`a ${value.data.constructor.name} does not hold ${value.dtype}`);
    }
    return value;
  },
  derivative: 'none',
  lower: (lowering, _, { value }) => lowering.constant(value),
});

/** Numbers that are part of the program. */
export function constant(value: TensorData): Tensor {
  return apply(constantOp, [], { value });
}

/** A scalar; float32 unless told. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  return full(value, [], dtype);
}

export function full(value: number, shape: Shape, dtype: DType = 'float32'): Tensor {
  return constant({ dtype, shape, data: allocate(dtype, sizeOf(shape)).fill(value) });
}

/** 0, 1, … `length` − 1 as int32. */
export function iota(length: number): Tensor {
  return constant({ dtype: 'int32', shape: [length], data: Int32Array.from({ length }, (_, i) => i) });
}

/** A tensor, or a number that stands for a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

export function toTensor(operand: Operand, dtype: DType = 'float32'): Tensor {
  return typeof operand === 'number' ? scalar(operand, dtype) : operand;
}

/** The number behind a scalar constant, or undefined: what lets `x * 1` be x. */
export function scalarValue(tensor: Tensor): number | undefined {
  if (tensor.op.name !== 'constant' || tensor.rank !== 0) return undefined;
  const { value } = tensor.attributes;
  return typeof value === 'object' && 'data' in value ? value.data[0] : undefined;
}

const onnxTypes: Readonly<Record<DType, number>> = { float32: 1, uint8: 2, int32: 6, bool: 9, float64: 11 };

const castOp = defineOp<{ to: string }>({
  name: 'cast',
  infer: ([x], { to }) => ({ dtype: to as DType, shape: x?.shape ?? [] }),
  derivative: ({ inputs: [x], output, cotangent }) =>
    x !== undefined && isFloat(x.dtype) && isFloat(output.dtype) ? [cast(cotangent, x.dtype)] : [undefined],
  lower: (lowering, node) =>
    lowering.emit(
      'Cast',
      node.inputs.map((x) => lowering.name(x)),
      { to: onnxTypes[node.dtype] },
    ),
});

/** The same values in another element type; a float to an integer type rounds toward zero. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply(castOp, [x], { to });
}

const stopGradientOp = defineOp<Record<string, never>>({
  name: 'stopGradient',
  infer: ([x]) => x ?? { dtype: 'float32', shape: [] },
  derivative: 'none',
  // An alias, not a node: it means something to differentiation only.
  lower: (lowering, node) => node.inputs.map((x) => lowering.name(x))[0] ?? '',
});

/** The same value, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x], {});
}

const afterOp = defineOp<Record<string, never>>({
  name: 'after',
  infer: ([x, signal]) => {
    if (x === undefined || signal?.dtype !== 'float32' || signal.rank !== 0) {
      throw new GraphError('expects a tensor and a float32 scalar');
    }
    return x;
  },
  derivative: ({ cotangent }) => [cotangent, undefined],
  // Both branches are alike: only the dependence on the signal is wanted. A choice between x and x would take three passes
  // over it, a product with a chosen 1 takes one.
  lower: (lowering, node) => {
    const [x = '', signal = ''] = node.inputs.map((input) => lowering.name(input));
    const either = (branch: string) =>
      lowering.emit('Where', [lowering.emit('Equal', [signal, signal]), branch, branch]);
    if (!isFloat(node.dtype)) return either(x);
    const one = lowering.constant({ dtype: node.dtype, shape: [], data: allocate(node.dtype, 1).fill(1) });
    return lowering.emit('Mul', [x, either(one)]);
  },
});

/**
 * x, not available before the scalar `signal` has been computed. Orders two parts of a program that share nothing, so
 * that the second does not hold memory while the first runs.
 */
export function after(x: Tensor, signal: Tensor): Tensor {
  return apply(afterOp, [x, signal], {});
}
