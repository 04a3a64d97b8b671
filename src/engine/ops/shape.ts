/** Ops that move elements without changing them. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, refusal, type Tensor } from '../ir/tensor.ts';
import { allocate, isFloat, type Shape, sizeOf } from '../ir/tensor-data.ts';
import { broadcastShapes, sumTo } from './broadcast.ts';
import { full } from './constant.ts';

function one([x]: readonly Tensor[]): Tensor {
  if (x === undefined) throw new GraphError('expects one tensor');
  return x;
}

const sameShape = (a: Shape, b: Shape) => a.length === b.length && a.every((n, i) => n === b[i]);

// --- reshape ---------------------------------------------------------------------------------------------------------

const reshapeOp = defineOp<{ shape: readonly number[] }>({
  name: 'reshape',
  infer: (inputs, { shape }) => {
    const x = one(inputs);
    if (sizeOf(x.shape) !== sizeOf(shape) || shape.some((n) => !Number.isInteger(n) || n < 0)) {
      throw new GraphError(`${x} has ${sizeOf(x.shape)} elements, [${shape.join(',')}] has ${sizeOf(shape)}`);
    }
    return { dtype: x.dtype, shape };
  },
  derivative: ({ inputs, cotangent }) => [reshape(cotangent, one(inputs).shape)],
  lower: (lowering, node, { shape }) =>
    lowering.emit('Reshape', [lowering.name(one(node.inputs)), lowering.int64(shape)]),
});

/** The same elements in the same order under another shape; one extent may be −1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = sizeOf(shape.filter((n) => n !== -1));
  const resolved = shape.map((n) => (n === -1 ? sizeOf(x.shape) / known : n));
  return sameShape(x.shape, resolved) ? x : apply(reshapeOp, [x], { shape: resolved });
}

// --- transpose -------------------------------------------------------------------------------------------------------

const transposeOp = defineOp<{ permutation: readonly number[] }>({
  name: 'transpose',
  infer: (inputs, { permutation }) => {
    const x = one(inputs);
    if (
      !sameShape(
        [...permutation].sort((a, b) => a - b),
        x.shape.map((_, i) => i),
      )
    ) {
      throw new GraphError(`[${permutation.join(',')}] is no ordering of the axes of ${x}`);
    }
    return { dtype: x.dtype, shape: permutation.map((axis) => x.shape[axis] ?? 0) };
  },
  derivative: ({ cotangent, attributes: { permutation } }) => [
    transpose(
      cotangent,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  lower: (lowering, node, { permutation }) =>
    lowering.emit('Transpose', [lowering.name(one(node.inputs))], { perm: permutation }),
});

/** Axis i of the result is axis `permutation[i]` of x. */
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return permutation.length === x.rank && permutation.every((axis, i) => axis === i)
    ? x
    : apply(transposeOp, [x], { permutation });
}

// --- slice, pad ------------------------------------------------------------------------------------------------------

const sliceOp = defineOp<{ starts: readonly number[]; ends: readonly number[]; steps: readonly number[] }>({
  name: 'slice',
  infer: (inputs, { starts, ends, steps }) => {
    const x = one(inputs);
    const shape = x.shape.map((n, axis) => {
      const [start, end, step] = [starts[axis] ?? 0, ends[axis] ?? n, steps[axis] ?? 1];
      if (!(0 <= start && start <= end && end <= n && step >= 1)) {
        throw new GraphError(`slice ${start}:${end}:${step} does not fit axis ${axis} of ${x}`);
      }
      return Math.ceil((end - start) / step);
    });
    return { dtype: x.dtype, shape };
  },
  derivative: ({ inputs, cotangent, attributes: { starts, steps } }) => {
    const { shape } = one(inputs);
    const spread = steps.reduce((g, step, axis) => spreadAxis(g, axis, step), cotangent);
    const after = shape.map((n, axis) => n - (starts[axis] ?? 0) - (spread.shape[axis] ?? 0));
    return [pad(spread, starts, after)];
  },
  lower: (lowering, node, { starts, ends, steps }) => {
    const axes = starts.map((_, axis) => axis);
    const kept = axes.filter(
      (axis) => starts[axis] !== 0 || ends[axis] !== one(node.inputs).shape[axis] || steps[axis] !== 1,
    );
    const of = (values: readonly number[]) => lowering.int64(kept.map((axis) => values[axis] ?? 0));
    return lowering.emit('Slice', [
      lowering.name(one(node.inputs)),
      of(starts),
      of(ends),
      lowering.int64(kept),
      of(steps),
    ]);
  },
});

/** x[start₀:end₀:step₀, start₁:end₁:step₁, …]; missing ends are the extents, missing steps are 1. */
export function slice(
  x: Tensor,
  starts: readonly number[],
  ends?: readonly number[],
  steps?: readonly number[],
): Tensor {
  const full = x.shape.map((n, axis) => ({
    start: starts[axis] ?? 0,
    end: ends?.[axis] ?? n,
    step: steps?.[axis] ?? 1,
  }));
  if (full.every(({ start, end, step }, axis) => start === 0 && end === x.shape[axis] && step === 1)) return x;
  return apply(sliceOp, [x], {
    starts: full.map(({ start }) => start),
    ends: full.map(({ end }) => end),
    steps: full.map(({ step }) => step),
  });
}

/** Elements `start` … `end` − 1 along one axis. */
export function sliceAxis(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const at = axis < 0 ? axis + x.rank : axis;
  if (x.shape[at] === undefined) throw refusal('sliceAxis', `axis ${axis} does not exist`, [x]);
  return slice(
    x,
    x.shape.map((_, i) => (i === at ? start : 0)),
    x.shape.map((n, i) => (i === at ? end : n)),
    x.shape.map((_, i) => (i === at ? step : 1)),
  );
}

/** Puts `step` − 1 zeros between neighbours along `axis`: extent n becomes (n − 1)·step + 1. */
function spreadAxis(x: Tensor, axis: number, step: number): Tensor {
  const n = x.shape[axis] ?? 0;
  if (step === 1 || n === 0) return x;
  const before = x.shape.slice(0, axis);
  const after = x.shape.slice(axis + 1);
  const columns = reshape(x, [...before, n, 1, ...after]);
  const padded = pad(
    columns,
    columns.shape.map(() => 0),
    columns.shape.map((_, i) => (i === axis + 1 ? step - 1 : 0)),
  );
  return sliceAxis(reshape(padded, [...before, n * step, ...after]), axis, 0, (n - 1) * step + 1);
}

const padOp = defineOp<{ before: readonly number[]; after: readonly number[]; value: number }>({
  name: 'pad',
  infer: (inputs, { before, after }) => {
    const x = one(inputs);
    if (!isFloat(x.dtype)) throw new GraphError('expects a float32 or float64 tensor');
    if (before.length !== x.rank || after.length !== x.rank || [...before, ...after].some((n) => n < 0)) {
      throw new GraphError(`pads [${before.join(',')}] and [${after.join(',')}] do not fit ${x}`);
    }
    return { dtype: x.dtype, shape: x.shape.map((n, axis) => n + (before[axis] ?? 0) + (after[axis] ?? 0)) };
  },
  derivative: ({ inputs, cotangent, attributes: { before } }) => {
    const { shape } = one(inputs);
    return [
      slice(
        cotangent,
        before,
        shape.map((n, axis) => n + (before[axis] ?? 0)),
      ),
    ];
  },
  lower: (lowering, node, { before, after, value }) =>
    lowering.emit('Pad', [
      lowering.name(one(node.inputs)),
      lowering.int64([...before, ...after]),
      lowering.constant({ dtype: node.dtype, shape: [], data: allocate(node.dtype, 1).fill(value) }),
    ]),
});

/** Surrounds a tensor of floats with `value`: `before[i]` elements ahead of axis i, `after[i]` behind it. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  return [...before, ...after].every((n) => n === 0) ? x : apply(padOp, [x], { before, after, value });
}

// --- concat, split ---------------------------------------------------------------------------------------------------

const concatOp = defineOp<{ axis: number }>({
  name: 'concat',
  infer: (inputs, { axis }) => {
    const x = one(inputs);
    const fits = (y: Tensor) =>
      y.dtype === x.dtype && y.rank === x.rank && y.shape.every((n, i) => i === axis || n === x.shape[i]);
    if (x.shape[axis] === undefined) throw new GraphError(`axis ${axis} does not exist in ${x}`);
    if (!inputs.every(fits)) throw new GraphError(`tensors differ in more than axis ${axis}`);
    return {
      dtype: x.dtype,
      shape: x.shape.map((n, i) => (i === axis ? inputs.reduce((total, y) => total + (y.shape[axis] ?? 0), 0) : n)),
    };
  },
  derivative: ({ inputs, cotangent, attributes: { axis }, needs }) => {
    let start = 0;
    return inputs.map((x, i) => {
      const end = start + (x.shape[axis] ?? 0);
      const part = needs[i] ? sliceAxis(cotangent, axis, start, end) : undefined;
      start = end;
      return part;
    });
  },
  lower: (lowering, node, { axis }) =>
    lowering.emit(
      'Concat',
      node.inputs.map((x) => lowering.name(x)),
      { axis },
    ),
});

/** A GPU kernel reads at most ten buffers, so longer lists become a tree. */
const concatWidth = 8;

export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors;
  if (first === undefined) throw refusal('concat', 'expects at least one tensor', tensors);
  if (tensors.length === 1) return first;
  const at = axis < 0 ? axis + first.rank : axis;
  if (tensors.length <= concatWidth) return apply(concatOp, tensors, { axis: at });
  const groups = Array.from({ length: Math.ceil(tensors.length / concatWidth) }, (_, i) =>
    concat(tensors.slice(i * concatWidth, (i + 1) * concatWidth), at),
  );
  return concat(groups, at);
}

/** Cuts x along `axis` into parts of the given sizes. */
export function split(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const at = axis < 0 ? axis + x.rank : axis;
  const total = sizes.reduce((sum, n) => sum + n, 0);
  if (total !== x.shape[at]) throw refusal('split', `sizes [${sizes.join(',')}] do not fill axis ${axis}`, [x]);
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return sliceAxis(x, at, start - size, start);
  });
}

// --- broadcast -------------------------------------------------------------------------------------------------------

const broadcastOp = defineOp<{ shape: readonly number[] }>({
  name: 'broadcastTo',
  infer: (inputs, { shape }) => {
    const x = one(inputs);
    if (!sameShape(broadcastShapes(x.shape, shape), shape)) {
      throw new GraphError(`${x} does not broadcast to [${shape.join(',')}]`);
    }
    return { dtype: x.dtype, shape };
  },
  derivative: ({ inputs, cotangent }) => [sumTo(cotangent, one(inputs).shape)],
  lower: (lowering, node, { shape }) =>
    lowering.emit('Expand', [lowering.name(one(node.inputs)), lowering.int64(shape)]),
});

/** Repeats x along axes of extent 1 until it has `shape`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply(broadcastOp, [x], { shape });
}

/** A float32 tensor of zeros. */
export const zeros = (shape: Shape): Tensor => full(0, shape);
