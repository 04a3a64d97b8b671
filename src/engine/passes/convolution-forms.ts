/**
 * The forms in which convolutions are computed on maps [H,W,N,C]. Each writes the three ops of a convolution,
 * y = conv(x, w) and its adjoints in x and in w, with factors in common, which are then computed once.
 */

import { apply, type Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { constant } from '../ops/constant.ts';
import { convOp, convTransposeOp, type Window } from '../ops/convolution.ts';
import { matmul } from '../ops/matmul.ts';
import { sum } from '../ops/reduce.ts';
import { reshape, transpose } from '../ops/shape.ts';
import {
  bilinearConv,
  bilinearConvTranspose,
  bilinearKernelGradient,
  type PlaneProducts,
} from './bilinear-convolution.ts';
import { type LaidOut, type Layouts, positionsFirst, standard, swapPlanes } from './layouts.ts';

/** Maps are tensors of the old program; weights are of the new one, [O,I,kH,kW]. */
export interface Form {
  readonly change: string;
  conv(layouts: Layouts, x: Tensor, w: Tensor): LaidOut;
  convTranspose(layouts: Layouts, y: Tensor, w: Tensor): LaidOut;
  kernelGradient(layouts: Layouts, x: Tensor, y: Tensor): Tensor;
}

/** Fewer products than taps; `saving` is how many times fewer. */
export function bilinear(plane: PlaneProducts, saving: number): Form {
  return {
    change: `bilinear, ${saving.toFixed(2)} times fewer multiplications`,
    conv: (layouts, x, w) => positionsFirst(bilinearConv(plane, layouts.positionsFirst(x), w)),
    convTranspose: (layouts, y, w) => positionsFirst(bilinearConvTranspose(plane, layouts.positionsFirst(y), w)),
    kernelGradient: (layouts, x, y) =>
      bilinearKernelGradient(plane, layouts.positionsFirst(x), layouts.positionsFirst(y)),
  };
}

/** 1×1 at stride 1: a product over channels. */
export const pointwise: Form = {
  change: 'product over channels',
  conv: (layouts, x, w) => positionsFirst(overChannels(layouts.positionsFirst(x), transpose(matrixOf(w), [1, 0]))),
  convTranspose: (layouts, y, w) => positionsFirst(overChannels(layouts.positionsFirst(y), matrixOf(w))),
  kernelGradient: (layouts, x, y) =>
    reshape(overPositions(layouts.positionsFirst(y), layouts.positionsFirst(x)), [
      y.shape[1] ?? 0,
      x.shape[1] ?? 0,
      1,
      1,
    ]),
};

/** A map of few channels in: its patches are gathered, a channel a tap, and multiplied. */
export function thinInput(window: Window, w: Shape, x: Shape): Form {
  const [outputs = 0, inputs = 0, ...kernel] = w;
  const channels = inputs * sizeOf(kernel);
  const oneHot = oneHotTaps([channels, inputs, ...kernel]);
  const patches = (layouts: Layouts, thin: Tensor) =>
    swapPlanes(apply(convOp, [layouts.standard(thin), constant(oneHot)], window));
  return {
    change: 'product over patches',
    conv: (layouts, thin, weight) =>
      positionsFirst(overChannels(patches(layouts, thin), transpose(reshape(weight, [outputs, channels]), [1, 0]))),
    convTranspose: (layouts, y, weight) => {
      const slopes = overChannels(layouts.positionsFirst(y), reshape(weight, [outputs, channels]));
      return standard(
        apply(convTransposeOp, [swapPlanes(slopes), constant(oneHot)], { ...window, spatial: x.slice(2) }),
      );
    },
    kernelGradient: (layouts, thin, y) => reshape(overPositions(layouts.positionsFirst(y), patches(layouts, thin)), w),
  };
}

/** A map of few channels out: every position gives its share to each tap, and the shares are added where they belong. */
export function thinOutput(window: Window, w: Shape, x: Shape): Form {
  const [outputs = 0, inputs = 0, ...kernel] = w;
  const taps = sizeOf(kernel);
  const oneHot = oneHotTaps([outputs, outputs * taps, ...kernel]);
  const byTap = (weight: Tensor) =>
    reshape(transpose(reshape(weight, [outputs, inputs, taps]), [1, 0, 2]), [inputs, outputs * taps]);
  const slopes = (layouts: Layouts, thin: Tensor) =>
    swapPlanes(apply(convTransposeOp, [layouts.standard(thin), constant(oneHot)], { ...window, spatial: x.slice(2) }));
  return {
    change: 'product, then shares of taps',
    conv: (layouts, map, weight) => {
      const shares = overChannels(layouts.positionsFirst(map), byTap(weight));
      return standard(apply(convOp, [swapPlanes(shares), constant(oneHot)], window));
    },
    convTranspose: (layouts, thin, weight) =>
      positionsFirst(overChannels(slopes(layouts, thin), transpose(byTap(weight), [1, 0]))),
    kernelGradient: (layouts, map, thin) => {
      const gradient = overPositions(layouts.positionsFirst(map), slopes(layouts, thin)); // [I, O·taps]
      return reshape(transpose(reshape(gradient, [inputs, outputs, taps]), [1, 0, 2]), w);
    },
  };
}

/** x [H,W,N,I] times a matrix [I,O] → [H,W,N,O]; a row of the map at a time, which stays in the cache. */
function overChannels(x: Tensor, matrix: Tensor): Tensor {
  const [height = 0, width = 0, batch = 0, inputs = 0] = x.shape;
  const outputs = matrix.shape[1] ?? 0;
  return reshape(matmul(reshape(x, [height, width * batch, inputs]), matrix), [height, width, batch, outputs]);
}

/** a [H,W,N,A], b [H,W,N,B] → [A,B], summed over positions and images. */
function overPositions(a: Tensor, b: Tensor): Tensor {
  const rows = (map: Tensor) => {
    const [height = 0, width = 0, batch = 0, channels = 0] = map.shape;
    return reshape(map, [height, width * batch, channels]);
  };
  return sum(matmul(rows(a), rows(b), { transposeA: true }), [0]);
}

/** A weight of `shape` [O,I,kH,kW] that moves tap t of channel c to or from channel c·taps + t. */
function oneHotTaps(shape: Shape) {
  const [rows = 0, columns = 0, ...kernel] = shape;
  const taps = sizeOf(kernel);
  const data = new Float32Array(sizeOf(shape));
  for (let i = 0; i < Math.max(rows, columns); i++) {
    const channel = Math.floor(i / taps);
    const [row, column] = rows > columns ? [i, channel] : [channel, i];
    data[(row * columns + column) * taps + (i % taps)] = 1;
  }
  return { dtype: 'float32', shape, data } as const;
}

/** [O,I,1,1] → [O,I] */
function matrixOf(w: Tensor): Tensor {
  return reshape(w, w.shape.slice(0, 2));
}
