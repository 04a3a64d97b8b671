/** Pooling and nearest-neighbour upsampling. */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Tensor, type TensorType } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { equal } from './compare.ts';
import { cast, constant, full } from './constant.ts';
import {
  type ConvOptions,
  checkWindow,
  convolvedExtents,
  convTransposeOp,
  toWindow,
  type Window,
} from './convolution.ts';
import { add, div, mul } from './elementwise.ts';
import { pad, reshape, slice } from './shape.ts';

interface PoolAttributes extends Window {
  readonly kernel: readonly number[];
}

interface AveragePoolAttributes extends PoolAttributes {
  /** 1 if padding counts as zeros in the average, 0 if it is left out. */
  readonly countPadding: number;
}

export interface PoolOptions extends Pick<ConvOptions, 'stride' | 'padding'> {
  /** Average pooling: whether padding counts as zeros. Default true. */
  readonly countPadding?: boolean;
}

function inferPooled([x]: readonly Tensor[], attributes: PoolAttributes): TensorType {
  if (x?.dtype !== 'float32' || x.rank < 3)
    throw new GraphError(`expects a float32 tensor [N,C,…], got ${x ?? 'nothing'}`);
  const { kernel, before, after } = attributes;
  checkWindow(attributes, x.rank - 2);
  const sensible = (k: number, axis: number) =>
    Number.isInteger(k) && k > (before[axis] ?? 0) && k > (after[axis] ?? 0);
  if (kernel.length !== x.rank - 2 || !kernel.every(sensible)) {
    throw new GraphError(`the window [${kernel}] must have ${x.rank - 2} extents, each larger than its padding`);
  }
  const spatial = convolvedExtents(x.shape.slice(2), kernel, attributes);
  if (spatial.some((n) => n < 1)) throw new GraphError(`the window [${kernel}] is larger than the padded input`);
  return { dtype: 'float32', shape: [...x.shape.slice(0, 2), ...spatial] };
}

function onnxPool({ kernel, strides, before, after }: PoolAttributes) {
  return { kernel_shape: kernel, strides, pads: [...before, ...after] };
}

/** True if windows tile the input: no padding, no overlap, nothing left over. */
function tiles(x: Tensor, { kernel, strides, before, after }: PoolAttributes): boolean {
  return (
    [...before, ...after].every((n) => n === 0) &&
    kernel.every((k, axis) => k === strides[axis] && (x.shape[axis + 2] ?? 0) % k === 0)
  );
}

function only([x]: readonly Tensor[]): Tensor {
  if (x === undefined) throw new GraphError('expects one tensor');
  return x;
}

// --- average pooling -------------------------------------------------------------------------------------------------

const averagePoolOp = defineOp<AveragePoolAttributes>({
  name: 'averagePool',
  infer: inferPooled,
  derivative: ({ inputs, output, cotangent, attributes }) => {
    const x = only(inputs);
    const taps = sizeOf(attributes.kernel);
    if (tiles(x, attributes)) return [mul(upsample(cotangent, attributes.kernel), 1 / taps)];
    const weighted = mul(cotangent, weights(x, output, attributes));
    // The adjoint of a sum over windows: a transposed convolution of each channel by ones.
    const channels = sizeOf(x.shape.slice(0, 2));
    const spread = apply(
      convTransposeOp,
      [reshape(weighted, [channels, 1, ...output.shape.slice(2)]), full(1, [1, 1, ...attributes.kernel])],
      { ...windowOf(attributes), spatial: x.shape.slice(2) },
    );
    return [reshape(spread, x.shape)];
  },
  lower: (lowering, node, attributes) =>
    lowering.emit('AveragePool', [lowering.name(only(node.inputs))], {
      ...onnxPool(attributes),
      count_include_pad: attributes.countPadding,
    }),
});

function windowOf({ strides, before, after, dilations }: Window): Window {
  return { strides, before, after, dilations, groups: 1 };
}

/** One over the number of elements that each window averages: a number, or one a position at padded edges. */
function weights(x: Tensor, output: Tensor, attributes: AveragePoolAttributes): number | Tensor {
  if (attributes.countPadding === 1) return 1 / sizeOf(attributes.kernel);
  const spatial = output.shape.slice(2);
  const counts = spatial.map((n, axis) =>
    Array.from({ length: n }, (_, i) => {
      const start = i * (attributes.strides[axis] ?? 1) - (attributes.before[axis] ?? 0);
      const end = Math.min(start + (attributes.kernel[axis] ?? 1), x.shape[axis + 2] ?? 0);
      return end - Math.max(start, 0);
    }),
  );
  const products = counts.reduce<number[]>((all, row) => all.flatMap((a) => row.map((b) => a * b)), [1]);
  return constant({ dtype: 'float32', shape: spatial, data: Float32Array.from(products, (count) => 1 / count) });
}

/** The mean of each window of x [N,C,…]; the stride defaults to the window. */
export function averagePool(x: Tensor, kernel: number | readonly number[], options: PoolOptions = {}): Tensor {
  const attributes = poolAttributes(x, kernel, options);
  return apply(averagePoolOp, [x], { ...attributes, countPadding: (options.countPadding ?? true) ? 1 : 0 });
}

function poolAttributes(x: Tensor, kernel: number | readonly number[], options: PoolOptions): PoolAttributes {
  const spatialRank = x.rank - 2;
  const sides = typeof kernel === 'number' ? Array.from({ length: spatialRank }, () => kernel) : kernel;
  return { ...toWindow({ stride: sides, ...options }, spatialRank), kernel: sides };
}

// --- max pooling -----------------------------------------------------------------------------------------------------

const maxPoolOp = defineOp<PoolAttributes>({
  name: 'maxPool',
  infer: inferPooled,
  derivative: ({ inputs, output, cotangent, attributes }) => {
    const x = only(inputs);
    return [
      tiles(x, attributes)
        ? tiledMaxGradient(x, output, cotangent, attributes)
        : maxGradient(x, output, cotangent, attributes),
    ];
  },
  lower: (lowering, node, attributes) =>
    lowering.emit('MaxPool', [lowering.name(only(node.inputs))], onnxPool(attributes)),
});

/** Each window's cotangent goes to its largest elements, in equal shares. */
function tiledMaxGradient(x: Tensor, y: Tensor, g: Tensor, { kernel }: PoolAttributes): Tensor {
  const winners = cast(equal(x, upsample(y, kernel)), 'float32');
  const count = mul(averagePool(winners, kernel), sizeOf(kernel));
  return mul(winners, upsample(div(g, count), kernel));
}

/** The same for windows that overlap: a tap at a time, as strided slices of the padded input. */
function maxGradient(x: Tensor, y: Tensor, g: Tensor, attributes: PoolAttributes): Tensor {
  const { kernel, before, after, strides } = attributes;
  const around = [
    [0, 0, ...before],
    [0, 0, ...after],
  ] as const;
  const padded = pad(x, ...around, Number.NEGATIVE_INFINITY);
  const offsets = kernel.reduce<number[][]>(
    (all, k) => all.flatMap((o) => Array.from({ length: k }, (_, i) => [...o, i])),
    [[]],
  );
  const tap = (source: Tensor, offset: readonly number[]) => {
    const ends = offset.map((o, axis) => o + ((y.shape[axis + 2] ?? 0) - 1) * (strides[axis] ?? 1) + 1);
    return slice(source, [0, 0, ...offset], [...source.shape.slice(0, 2), ...ends], [1, 1, ...strides]);
  };
  const masks = offsets.map((offset) => cast(equal(tap(padded, offset), y), 'float32'));
  const share = div(
    g,
    masks.reduce((total, mask) => add(total, mask)),
  );
  // Back to the padded input: the shares of all taps are a transposed convolution by one-hot kernels.
  const [batch = 0, channels = 0] = x.shape;
  const stacked = masks.map((mask) => reshape(mul(mask, share), [batch * channels, 1, ...y.shape.slice(2)]));
  const spread = stacked
    .map((part, i) => {
      const oneTap = new Float32Array(sizeOf(kernel));
      oneTap[i] = 1;
      const kernelOfTap = constant({ dtype: 'float32', shape: [1, 1, ...kernel], data: oneTap });
      return apply(convTransposeOp, [part, kernelOfTap], { ...windowOf(attributes), spatial: x.shape.slice(2) });
    })
    .reduce((total, part) => add(total, part));
  return reshape(spread, x.shape);
}

/** The largest element of each window of x [N,C,…]; the stride defaults to the window. */
export function maxPool(
  x: Tensor,
  kernel: number | readonly number[],
  options: Omit<PoolOptions, 'countPadding'> = {},
): Tensor {
  return apply(maxPoolOp, [x], poolAttributes(x, kernel, options));
}

// --- nearest-neighbour upsampling ------------------------------------------------------------------------------------

const upsampleOp = defineOp<{ scale: readonly number[] }>({
  name: 'upsample',
  infer: ([x], { scale }) => {
    if (x?.dtype !== 'float32' || x.rank !== scale.length + 2) {
      throw new GraphError(`expects a float32 tensor with ${scale.length} spatial axes, got ${x ?? 'nothing'}`);
    }
    if (!scale.every((factor) => Number.isInteger(factor) && factor >= 1)) {
      throw new GraphError(`expects whole factors of 1 or more, got [${scale}]`);
    }
    return { dtype: 'float32', shape: x.shape.map((n, axis) => n * (axis < 2 ? 1 : (scale[axis - 2] ?? 1))) };
  },
  derivative: ({ cotangent, attributes: { scale } }) => [mul(averagePool(cotangent, scale), sizeOf(scale))],
  lower: (lowering, node, { scale }) =>
    lowering.emit(
      'Resize',
      [
        lowering.name(only(node.inputs)),
        '',
        lowering.constant({ dtype: 'float32', shape: [node.rank], data: Float32Array.of(1, 1, ...scale) }),
      ],
      { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    ),
});

/** Repeats every element of x [N,C,…] `scale` times along each spatial axis. */
export function upsample(x: Tensor, scale: number | readonly number[] = 2): Tensor {
  const factors = typeof scale === 'number' ? x.shape.slice(2).map(() => scale) : scale;
  return factors.every((factor) => factor === 1) ? x : apply(upsampleOp, [x], { scale: factors });
}
