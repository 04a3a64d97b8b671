/** Samples of constants, of ops that move elements, and of ops that gather and reduce them. */

import type { Shape, Tensor } from '../../src/engine/index.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { type Sample, type SampleTable, sample } from './sample.ts';

const shapes: readonly Shape[] = [[], [4], [2, 3], [2, 1, 3], [2, 2, 1, 3]];

/** A constant alone has no input, so it is added to one. */
const beside = (make: (shape: Shape) => Tensor): Sample[] =>
  shapes.map((shape) => sample(`of [${shape}]`, { x: { shape } }, ({ x }) => ops.mul(x, make(shape))));

const counted = (shape: Shape) => {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 4 - 1);
  return ops.constant({ dtype: 'float32', shape, data });
};

const constantSamples: SampleTable = {
  constant: [
    ...beside(counted),
    sample('longer than 64 bytes', { x: { shape: [5, 7] } }, ({ x }) => ops.add(counted([5, 7]), x)),
    sample('of bool', { x: { shape: [3] } }, ({ x }) =>
      ops.where(ops.constant({ dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }), x, 0),
    ),
  ],
  full: beside((shape) => ops.full(0.75, shape)),
  scalar: beside(() => ops.scalar(2.5)),
  zeros: beside(ops.zeros),
  iota: [1, 2, 3, 8, 17].map((length) =>
    sample(`up to ${length}`, { x: { shape: [length] } }, ({ x }) => ops.mul(x, ops.cast(ops.iota(length), 'float32'))),
  ),
  input: [
    ...shapes.map((shape) => sample(`of [${shape}]`, { x: { shape } }, ({ x }) => x)),
    sample('of uint8', { x: { shape: [3], dtype: 'uint8' } }, ({ x }) => x),
  ],
  stopGradient: shapes.map((shape) =>
    sample(`of [${shape}]`, { x: { shape } }, ({ x }) => ops.stopGradient(x), { smooth: false }),
  ),
};

const orderSamples: SampleTable = {
  after: shapes.map((shape) =>
    sample(`of [${shape}]`, { x: { shape }, other: { shape: [2] } }, ({ x, other }) => ops.after(x, ops.sum(other))),
  ),
};

const moved = (name: string, shape: Shape, build: (x: Tensor) => Tensor): Sample =>
  sample(`${name} of [${shape}]`, { x: { shape } }, ({ x }) => build(x));

const movementSamples: SampleTable = {
  reshape: [
    moved('to [6]', [2, 3], (x) => ops.reshape(x, [6])),
    moved('to [3,-1]', [2, 3, 2], (x) => ops.reshape(x, [3, -1])),
    moved('to a scalar', [1, 1], (x) => ops.reshape(x, [])),
    moved('from a scalar', [], (x) => ops.reshape(x, [1, 1, 1])),
    moved('to [2,2,3,1,1]', [4, 3], (x) => ops.reshape(x, [2, 2, 3, 1, 1])),
  ],
  transpose: [
    moved('1,0', [2, 3], (x) => ops.transpose(x, [1, 0])),
    moved('2,0,1', [2, 3, 4], (x) => ops.transpose(x, [2, 0, 1])),
    moved('0,2,3,1', [2, 3, 2, 2], (x) => ops.transpose(x, [0, 2, 3, 1])),
    moved('4,2,0,3,1', [2, 1, 3, 2, 2], (x) => ops.transpose(x, [4, 2, 0, 3, 1])),
    moved('0,1', [2, 3], (x) => ops.transpose(x, [0, 1])),
  ],
  slice: [
    moved('2:', [5], (x) => ops.slice(x, [2])),
    moved('1:4:2', [5], (x) => ops.slice(x, [1], [4], [2])),
    moved('0:5:3, 1:3', [5, 4], (x) => ops.slice(x, [0, 1], [5, 3], [3, 1])),
    moved('1:6:4, leaving a remainder', [7, 2], (x) => ops.slice(x, [1, 0], [6, 2], [4, 1])),
    moved('of four axes', [2, 3, 4, 5], (x) => ops.slice(x, [1, 0, 1, 0], [2, 3, 3, 5], [1, 2, 1, 2])),
    sample('of integers', { x: { shape: [6], dtype: 'int32' } }, ({ x }) => ops.slice(x, [1], [5], [2])),
  ],
  sliceAxis: [
    moved('axis 0', [4, 2], (x) => ops.sliceAxis(x, 0, 1, 3)),
    moved('axis 1', [2, 5], (x) => ops.sliceAxis(x, 1, 0, 2)),
    moved('axis -1', [2, 5], (x) => ops.sliceAxis(x, -1, 1, 5, 3)),
    moved('axis 2', [2, 3, 4, 2], (x) => ops.sliceAxis(x, 2, 3, 4)),
    moved('axis -3', [2, 3, 4, 2], (x) => ops.sliceAxis(x, -3, 0, 3, 2)),
  ],
  pad: [
    moved('1 and 2', [3], (x) => ops.pad(x, [1], [2])),
    moved('with 7', [2, 2], (x) => ops.pad(x, [0, 1], [1, 0], 7)),
    moved('behind', [2, 3], (x) => ops.pad(x, [0, 0], [0, 2])),
    moved('an image', [1, 2, 3, 2], (x) => ops.pad(x, [0, 0, 1, 2], [0, 0, 0, 1], -1)),
    moved('a volume', [1, 1, 2, 2, 2], (x) => ops.pad(x, [0, 0, 1, 0, 1], [0, 0, 0, 1, 2])),
  ],
  concat: [
    ...[0, 1, -1].map((axis) =>
      sample(`axis ${axis}`, { a: { shape: [2, 3] }, b: { shape: [2, 3] } }, ({ a, b }) => ops.concat([a, b], axis)),
    ),
    sample('of unequal extents', { a: { shape: [2, 1, 2] }, b: { shape: [2, 3, 2] } }, ({ a, b }) =>
      ops.concat([a, b, a], 1),
    ),
    sample('of one tensor', { a: { shape: [2, 3] } }, ({ a }) => ops.concat([a], 0)),
    sample('of 19 tensors', { a: { shape: [2, 1] } }, ({ a }) =>
      ops.concat(
        Array.from({ length: 19 }, (_, i) => ops.mul(a, i + 0.5)),
        1,
      ),
    ),
  ],
  split: [
    moved('the middle of 1,2,1', [4, 2], (x) => ops.split(x, 0, [1, 2, 1])[1] ?? x),
    moved('the last of 3,1', [2, 4], (x) => ops.split(x, -1, [3, 1])[1] ?? x),
    moved('one part', [3], (x) => ops.split(x, 0, [3])[0] ?? x),
    moved('the product of both halves', [2, 4, 3], (x) =>
      ops.split(x, 1, [2, 2]).reduce((product, part) => ops.mul(product, part)),
    ),
    moved('the first of 2,3', [1, 1, 5, 2], (x) => ops.split(x, 2, [2, 3])[0] ?? x),
  ],
  broadcastTo: [
    moved('to [4]', [], (x) => ops.broadcastTo(x, [4])),
    moved('to [2,3]', [3], (x) => ops.broadcastTo(x, [2, 3])),
    moved('to [2,3]', [2, 1], (x) => ops.broadcastTo(x, [2, 3])),
    moved('to [2,3,4,2]', [3, 1, 2], (x) => ops.broadcastTo(x, [2, 3, 4, 2])),
    moved('to [2,1,3,1,2]', [1, 1, 1, 1, 2], (x) => ops.broadcastTo(x, [2, 1, 3, 1, 2])),
  ],
  sumTo: [
    moved('to a scalar', [2, 3], (x) => ops.sumTo(x, [])),
    moved('to [3]', [2, 3], (x) => ops.sumTo(x, [3])),
    moved('to [2,1]', [2, 3], (x) => ops.sumTo(x, [2, 1])),
    moved('to [1,3,1]', [2, 4, 3, 2], (x) => ops.sumTo(x, [1, 3, 1])),
    moved('to itself', [2, 3], (x) => ops.sumTo(x, [2, 3])),
  ],
};

type Reduction = (x: Tensor, axes?: readonly number[], options?: ops.ReduceOptions) => Tensor;

const reductions = (f: Reduction): Sample[] => [
  moved('over all', [2, 3], (x) => f(x)),
  moved('over 0', [3, 2], (x) => f(x, [0])),
  moved('over -1', [2, 3], (x) => f(x, [-1])),
  moved('over 1, keeping it,', [2, 3, 2], (x) => f(x, [1], { keepDims: true })),
  moved('over 0,2,3', [2, 3, 2, 2], (x) => f(x, [0, 2, 3])),
  moved('over 3 and 1', [2, 2, 1, 2, 2], (x) => f(x, [3, 1], { keepDims: true })),
  moved('over an axis of extent 1', [2, 1, 3], (x) => f(x, [1])),
];

const reductionSamples: SampleTable = {
  sum: [...reductions(ops.sum), moved('over no axis', [2], (x) => ops.sum(x, []))],
  mean: reductions(ops.mean),
  reduceMax: [
    ...reductions(ops.reduceMax),
    sample('at a tie', { x: { shape: [2, 3], values: [1, 2, 2, 3, 3, 3] } }, ({ x }) => ops.reduceMax(x, [1]), {
      smooth: false,
    }),
  ],
  variance: reductions(ops.variance),
};

const indices = (shape: Shape, values: readonly number[]) => ({ shape, dtype: 'int32', values }) as const;

const gatherSamples: SampleTable = {
  gather: [
    sample('rows, one twice', { table: { shape: [4, 3] }, i: indices([3], [2, 0, 2]) }, (x) =>
      ops.gather(x.table, x.i),
    ),
    sample('of a vector', { table: { shape: [5] }, i: indices([2, 2], [4, 1, 0, 4]) }, (x) => ops.gather(x.table, x.i)),
    sample('one row', { table: { shape: [3, 2] }, i: indices([], [1]) }, (x) => ops.gather(x.table, x.i)),
    sample('blocks', { table: { shape: [3, 2, 2] }, i: indices([1, 2], [2, 1]) }, (x) => ops.gather(x.table, x.i)),
    sample('of one row', { table: { shape: [1, 4] }, i: indices([3], [0, 0, 0]) }, (x) => ops.gather(x.table, x.i)),
    sample('of integers', { table: indices([3, 2], [5, 4, 3, 2, 1, 0]), i: indices([2], [2, 0]) }, (x) =>
      ops.gather(x.table, x.i),
    ),
  ],
  scatterAdd: [
    sample('rows, one twice', { i: indices([3], [2, 0, 2]), x: { shape: [3, 2] } }, (v) => ops.scatterAdd(v.i, v.x, 4)),
    sample('scalars', { i: indices([5], [1, 1, 1, 0, 1]), x: { shape: [5] } }, (v) => ops.scatterAdd(v.i, v.x, 2)),
    sample('one row', { i: indices([], [1]), x: { shape: [3] } }, (v) => ops.scatterAdd(v.i, v.x, 2)),
    sample('a grid', { i: indices([2, 2], [0, 1, 1, 2]), x: { shape: [2, 2, 3] } }, (v) => ops.scatterAdd(v.i, v.x, 3)),
    sample('blocks', { i: indices([2], [1, 1]), x: { shape: [2, 2, 2] } }, (v) => ops.scatterAdd(v.i, v.x, 2)),
  ],
  oneHot: [1, 2, 3, 5, 9].map((classes) =>
    sample(
      `${classes} classes`,
      { i: { shape: classes === 3 ? [2, 2] : [4], dtype: 'int32', range: [0, classes] }, x: { shape: [1] } },
      ({ i, x }) => ops.mul(ops.oneHot(i, classes), x),
    ),
  ),
};

export const shapeSamples: SampleTable = {
  ...constantSamples,
  ...orderSamples,
  ...movementSamples,
  ...reductionSamples,
  ...gatherSamples,
};
