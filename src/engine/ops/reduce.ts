/** Sums, means, maxima and variances over axes. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Op, type Tensor, type TensorType } from '../ir/tensor.ts';
import { isFloat, type Shape, sizeOf } from '../ir/tensor-data.ts';
import { equal } from './compare.ts';
import { cast } from './constant.ts';
import { div, mul, square, sub } from './elementwise.ts';
import { broadcastTo, reshape } from './shape.ts';

export interface ReduceOptions {
  /** Keep the reduced axes with extent 1. Default false. */
  readonly keepDims?: boolean;
}

interface ReduceAttributes extends Record<string, boolean | readonly number[]> {
  axes: readonly number[];
  keepDims: boolean;
}

function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  return keepDims
    ? shape.map((n, axis) => (axes.includes(axis) ? 1 : n))
    : shape.filter((_, axis) => !axes.includes(axis));
}

function inferReduced([x]: readonly Tensor[], { axes, keepDims }: ReduceAttributes): TensorType {
  if (x === undefined || !isFloat(x.dtype)) {
    throw new GraphError(`expects one float32 or float64 tensor, got ${x ?? 'nothing'}`);
  }
  for (const axis of axes) {
    if (axis < 0 || axis >= x.rank) throw new GraphError(`axis ${axis} does not exist in ${x}`);
  }
  return { dtype: x.dtype, shape: reducedShape(x.shape, axes, keepDims) };
}

/** Puts the reduced axes back, with extent 1. */
function restoreAxes(y: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  return reshape(y, reducedShape(x.shape, axes, true));
}

type Rule = (x: Tensor, y: Tensor, g: Tensor, axes: readonly number[]) => Tensor;

/** `rule` gets the output and its cotangent with the reduced axes put back. */
function reduction(name: string, onnx: string, rule: Rule): Op<ReduceAttributes> {
  return defineOp<ReduceAttributes>({
    name,
    infer: inferReduced,
    derivative: ({ inputs: [x], output, cotangent, attributes: { axes } }) =>
      x === undefined ? [] : [rule(x, restoreAxes(output, x, axes), restoreAxes(cotangent, x, axes), axes)],
    lower: (lowering, node, { axes, keepDims }) => {
      const inputs = node.inputs.map((x) => lowering.name(x));
      const keepdims = keepDims ? 1 : 0;
      // Before opset 18 only ReduceSum takes its axes as an input.
      return onnx === 'ReduceSum' || lowering.opset >= 18
        ? lowering.emit(onnx, [...inputs, lowering.int64(axes)], { keepdims })
        : lowering.emit(onnx, inputs, { axes, keepdims });
    },
  });
}

const sumOp = reduction('sum', 'ReduceSum', (x, _, g) => broadcastTo(g, x.shape));

const meanOp = reduction('mean', 'ReduceMean', (x, y, g) =>
  broadcastTo(mul(g, sizeOf(y.shape) / sizeOf(x.shape)), x.shape),
);

/** Ties share the cotangent equally. */
const maxOp = reduction('reduceMax', 'ReduceMax', (x, y, g, axes) => {
  const winners = cast(equal(x, y), x.dtype);
  return mul(winners, div(g, sum(winners, axes, { keepDims: true })));
});

function reduce(
  op: Op<ReduceAttributes>,
  x: Tensor,
  axes: readonly number[] | undefined,
  options: ReduceOptions,
): Tensor {
  const all = axes ?? x.shape.map((_, axis) => axis);
  const normal = [...new Set(all.map((axis) => (axis < 0 ? axis + x.rank : axis)))].sort((a, b) => a - b);
  if (normal.length === 0) return x;
  return apply(op, [x], { axes: normal, keepDims: options.keepDims ?? false });
}

/** Sum over `axes` (default: all). Negative axes count from the end. */
export const sum = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(sumOp, x, axes, options);

/** Mean over `axes` (default: all). */
export const mean = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(meanOp, x, axes, options);

/** Maximum over `axes` (default: all). */
export const reduceMax = (x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor =>
  reduce(maxOp, x, axes, options);

/** Biased variance over `axes` (default: all): the mean square of x − mean(x). */
export function variance(x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor {
  return mean(square(sub(x, mean(x, axes, { keepDims: true }))), axes, options);
}
