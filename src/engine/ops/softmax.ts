/** Normalised exponentials. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Tensor } from '../ir/tensor.ts';
import { stopGradient } from './constant.ts';
import { add, exp, log, mul, sub } from './elementwise.ts';
import { reduceMax, sum } from './reduce.ts';

const softmaxOp = defineOp<{ axis: number }>({
  name: 'softmax',
  infer: ([x], { axis }) => {
    if (x?.dtype !== 'float32' || axis < 0 || axis >= x.rank)
      throw new GraphError(`expects a float32 tensor with an axis ${axis}`);
    return x;
  },
  // dx = y ⊙ (g − Σ g⊙y)
  derivative: ({ output: y, cotangent: g, attributes: { axis } }) => [
    mul(y, sub(g, sum(mul(g, y), [axis], { keepDims: true }))),
  ],
  lower: (lowering, node, { axis }) =>
    lowering.emit(
      'Softmax',
      node.inputs.map((x) => lowering.name(x)),
      { axis },
    ),
});

/** eˣ / Σ eˣ along `axis` (default: the last). */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply(softmaxOp, [x], { axis: axis < 0 ? axis + x.rank : axis });
}

/** log Σ eˣ along `axis`, kept with extent 1; does not overflow. */
export function logSumExp(x: Tensor, axis = -1): Tensor {
  const shift = stopGradient(reduceMax(x, [axis], { keepDims: true }));
  return add(log(sum(exp(sub(x, shift)), [axis], { keepDims: true })), shift);
}

/** log softmax(x) along `axis` (default: the last). Built from parts: the WebGPU provider has no LogSoftmax. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return sub(x, logSumExp(x, axis));
}
