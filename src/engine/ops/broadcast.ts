/** NumPy's broadcasting rule, and its adjoint. */

import { GraphError } from '../../base/errors.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { sum } from './reduce.ts';
import { reshape } from './shape.ts';

/** The shape that all `shapes` broadcast to. Throws GraphError if they do not. */
export function broadcastShapes(...shapes: readonly Shape[]): Shape {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    let extent = 1;
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1;
      if (own !== 1 && extent !== 1 && own !== extent) {
        throw new GraphError(`shapes ${shapes.map((s) => `[${s.join(',')}]`).join(' and ')} do not broadcast`);
      }
      if (own !== 1) extent = own;
    }
    return extent;
  });
}

/** Sums `x` over the axes along which `shape` was broadcast: the adjoint of broadcasting `shape` to x's shape. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i])) return x;
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((n, axis) =>
    axis < lead || ((shape[axis - lead] ?? 1) === 1 && n !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? x : sum(x, axes, { keepDims: true });
  return sizeOf(summed.shape) === sizeOf(shape) ? reshape(summed, shape) : summed;
}

/** What `broadcastTo` repeated, or x itself if it is no repetition. */
export function beforeBroadcast(x: Tensor): Tensor {
  return x.op.name === 'broadcastTo' ? (x.inputs[0] ?? x) : x;
}
