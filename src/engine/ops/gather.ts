/** Selection by integer index, and its adjoint. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { equal } from './compare.ts';
import { cast, iota } from './constant.ts';
import { reshape } from './shape.ts';

const gatherOp = defineOp<Record<string, never>>({
  name: 'gather',
  infer: ([table, indices]) => {
    if (table === undefined || table.rank < 1 || indices?.dtype !== 'int32') {
      throw new GraphError('expects a table of rank 1 or more and int32 indices');
    }
    return { dtype: table.dtype, shape: [...indices.shape, ...table.shape.slice(1)] };
  },
  derivative: ({ inputs: [table, indices], cotangent }) =>
    table === undefined || indices === undefined
      ? []
      : [scatterAdd(indices, cotangent, table.shape[0] ?? 0), undefined],
  lower: (lowering, node) =>
    lowering.emit(
      'Gather',
      node.inputs.map((x) => lowering.name(x)),
      { axis: 0 },
    ),
});

/** Row `indices[…]` of `table` [K, …] for every index: [...indices, …]. Indices must lie in 0 … K − 1. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  return apply(gatherOp, [table, indices], {});
}

const scatterAddOp = defineOp<{ rows: number }>({
  name: 'scatterAdd',
  infer: ([indices, values], { rows }) => {
    if (
      indices?.dtype !== 'int32' ||
      values?.dtype !== 'float32' ||
      indices.shape.some((n, i) => n !== values.shape[i])
    ) {
      throw new GraphError('expects int32 indices and float32 values whose leading axes are those of the indices');
    }
    return { dtype: 'float32', shape: [rows, ...values.shape.slice(indices.rank)] };
  },
  derivative: ({ inputs: [indices], cotangent }) =>
    indices === undefined ? [] : [undefined, gather(cotangent, indices)],
  lower: (lowering, node, { rows }) => {
    const [indices, values] = node.inputs;
    if (indices === undefined || values === undefined) throw new GraphError('scatterAdd lost its inputs.');
    const tail = values.shape.slice(indices.rank);
    const data = new Float32Array(sizeOf(node.shape));
    return lowering.emit(
      'ScatterND',
      [
        lowering.constant({ dtype: 'float32', shape: [rows, ...tail], data }),
        // ScatterND wants int64 coordinates with a last axis of length 1.
        lowering.emit(
          'Cast',
          [lowering.emit('Reshape', [lowering.name(indices), lowering.int64([...indices.shape, 1])])],
          { to: 7 },
        ),
        lowering.name(values),
      ],
      { reduction: 'add' },
    );
  },
});

/** A table of `rows` rows, each the sum of the values whose index names it: the adjoint of `gather`. */
export function scatterAdd(indices: Tensor, values: Tensor, rows: number): Tensor {
  return apply(scatterAddOp, [indices, values], { rows });
}

/** float32 [...indices, classes] with a 1 where the last coordinate is the index. */
export function oneHot(indices: Tensor, classes: number): Tensor {
  return cast(equal(reshape(indices, [...indices.shape, 1]), iota(classes)), 'float32');
}
