/** How ops that are no convolutions are computed on maps [H,W,N,C]: they follow their operands. */

import { apply, type Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { constant } from '../ops/constant.ts';
import { matmul } from '../ops/matmul.ts';
import { sum } from '../ops/reduce.ts';
import { broadcastTo, reshape } from '../ops/shape.ts';
import { elementwiseOps } from './elementwise-ops.ts';
import { type LaidOut, type LayoutRule, type Layouts, positionsFirst, standard } from './layouts.ts';

/** Axis of [H,W,N,C] where [N,C,H,W] has `axis`. */
const movedAxis = (axis: number) => (axis + 2) % 4;

/** The entries of [H,W,N,C] for those of [N,C,H,W]. */
const movedEntries = (entries: readonly number[]) => [...entries.slice(2), ...entries.slice(0, 2)];

const followElementwise: LayoutRule = (node, layouts) => {
  if (node.rank !== 4 || !node.inputs.some(layouts.isPositionsFirst)) return undefined;
  const inputs = node.inputs.map((x) => (x.rank === 0 ? layouts.standard(x) : layouts.positionsFirst(x)));
  return positionsFirst(apply(node.op, inputs, node.attributes));
};

const followAfter: LayoutRule = (node, layouts) => {
  const [x, signal] = node.inputs;
  if (x === undefined || signal === undefined || !layouts.isPositionsFirst(x)) return undefined;
  return positionsFirst(apply(node.op, [layouts.positionsFirst(x), layouts.standard(signal)], node.attributes));
};

/** An op of which each attribute named is a list with an entry an axis. */
function followAxisLists(...names: readonly string[]): LayoutRule {
  return onePositionsFirst((node, x) => {
    const lists = names.map((name) => [name, movedEntries(numbers(node, name))] as const);
    return apply(node.op, [x], { ...node.attributes, ...Object.fromEntries(lists) });
  });
}

const followConcat: LayoutRule = (node, layouts) => {
  if (!node.inputs.some(layouts.isPositionsFirst) || node.rank !== 4) return undefined;
  const axis = movedAxis(Number(node.attributes.axis));
  return positionsFirst(apply(node.op, node.inputs.map(layouts.positionsFirst), { axis }));
};

const followReduction: LayoutRule = (node, layouts) => {
  const [x] = node.inputs;
  if (x === undefined || x.dtype !== 'float32' || !layouts.isPositionsFirst(x)) return undefined;
  const { keepDims } = node.attributes;
  const axes = numbers(node, 'axes').map(movedAxis).sort();
  const kept = [0, 1, 2, 3].filter((axis) => !axes.includes(axis));
  const crossesPlanes = kept.some((axis) => axis < 2) && kept.some((axis) => axis >= 2);
  // What is left of both pairs of axes would come out in another order.
  if (keepDims !== true && crossesPlanes) return undefined;
  const reduced = reduce(node, layouts.positionsFirst(x), axes);
  return keepDims === true ? positionsFirst(reduced) : standard(reshape(reduced, node.shape));
};

/** Reduces x [H,W,N,C] over `axes`, keeping them as 1. Sums over all positions are products with ones, which are quicker. */
function reduce(node: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const [height = 0, width = 0, batch = 0, channels = 0] = x.shape;
  if (node.op.name === 'reduceMax' || !axes.includes(0) || !axes.includes(1)) {
    return apply(node.op, [x], { axes, keepDims: true });
  }
  const positions = height * width;
  const factor = node.op.name === 'mean' ? sizeOf(node.shape) / sizeOf(x.shape) : 1;
  const weights = constant({
    dtype: 'float32',
    shape: [1, positions],
    data: new Float32Array(positions).fill(factor),
  });
  const overPositions = reshape(matmul(weights, reshape(x, [positions, batch * channels])), [1, 1, batch, channels]);
  return sum(overPositions, axes.slice(2), { keepDims: true });
}

const followBroadcast: LayoutRule = (node, layouts) => {
  const [x] = node.inputs;
  if (x === undefined || !layouts.isPositionsFirst(x) || node.rank !== 4) return undefined;
  return positionsFirst(broadcastTo(layouts.positionsFirst(x), movedEntries(node.shape)));
};

/** Repetition along H and W: whole rows of [N,C] are copied. */
const followUpsample = onePositionsFirst((node, x) => {
  const [height = 0, width = 0, ...rest] = x.shape;
  const [down = 1, across = 1] = numbers(node, 'scale');
  const repeated = broadcastTo(reshape(x, [height, 1, width, 1, ...rest]), [height, down, width, across, ...rest]);
  return reshape(repeated, movedEntries(node.shape));
});

/** Windows that tile the map are averaged by a matrix an axis; others stay where they were. */
const followAveragePool: LayoutRule = (node, layouts) => {
  const [, , height = 0, width = 0] = node.inputs[0]?.shape ?? [];
  const [down = 1, across = 1] = numbers(node, 'kernel');
  const tiles =
    numbers(node, 'kernel').join() === numbers(node, 'strides').join() &&
    [...numbers(node, 'before'), ...numbers(node, 'after')].every((n) => n === 0) &&
    height % down === 0 &&
    width % across === 0;
  return tiles ? averageTiles(node, layouts) : undefined;
};

const averageTiles = onePositionsFirst((node, x) => {
  const [height = 0, width = 0, ...rest] = x.shape;
  const [down = 1, across = 1] = numbers(node, 'kernel');
  const rows = matmul(averages(height, down), reshape(x, [height, width * sizeOf(rest)]));
  const both = matmul(averages(width, across), reshape(rows, [height / down, width, sizeOf(rest)]));
  return reshape(both, movedEntries(node.shape));
});

/** [extent/size, extent]: row i averages the i-th `size` elements. */
function averages(extent: number, size: number): Tensor {
  const data = new Float32Array((extent / size) * extent);
  for (let i = 0; i < extent; i++) data[Math.floor(i / size) * extent + i] = 1 / size;
  return constant({ dtype: 'float32', shape: [extent / size, extent], data });
}

/** A rule for an op of one map, which runs where its map is. */
function onePositionsFirst(compute: (node: Tensor, x: Tensor) => Tensor): LayoutRule {
  return (node: Tensor, layouts: Layouts): LaidOut | undefined => {
    const [x] = node.inputs;
    if (x === undefined || x.rank !== 4 || !layouts.isPositionsFirst(x)) return undefined;
    return positionsFirst(compute(node, layouts.positionsFirst(x)));
  };
}

function numbers(node: Tensor, name: string): Shape {
  const value = node.attributes[name];
  return Array.isArray(value) ? value : [];
}

export const mapRules: readonly (readonly [string, LayoutRule])[] = [
  ...[...elementwiseOps].map((name) => [name, followElementwise] as const),
  ['after', followAfter],
  ['slice', followAxisLists('starts', 'ends', 'steps')],
  ['pad', followAxisLists('before', 'after')],
  ['concat', followConcat],
  ['sum', followReduction],
  ['mean', followReduction],
  ['reduceMax', followReduction],
  ['broadcastTo', followBroadcast],
  ['upsample', followUpsample],
  ['averagePool', followAveragePool],
];
