/**
 * Convolutions next to a doubling or halving of the map, with 2.25 times fewer multiplications for a 3×3 kernel.
 *
 * Repeating every pixel twice and then convolving sums each kernel tap over two neighbours; so does averaging pairs of
 * outputs. The taps can be summed beforehand: a kernel of side k becomes one of side k + 1, applied with stride 2. Exact,
 * and a matrix product on the kernel alone, so derivatives of every order take the short way too.
 */

import { refusal, type Tensor } from '../ir/tensor.ts';
import type { TensorData } from '../ir/tensor-data.ts';
import { constant } from './constant.ts';
import { conv2d, convTranspose2d } from './convolution.ts';
import { matmul } from './matmul.ts';
import { reshape, transpose } from './shape.ts';

/** Side of a square kernel [O,I,k,k] with odd k. Throws GraphError for any other. */
function oddSide(weight: Tensor, name: string): number {
  const [, , height = 0, width = 0] = weight.shape;
  if (weight.rank !== 4 || height !== width || height % 2 !== 1) {
    throw refusal(name, 'expects a weight [O,I,k,k] with odd k', [weight]);
  }
  return height;
}

/**
 * [k·k, (k+1)·(k+1)]: row (r, s) holds `value` where tap (r, s) contributes, which is to itself and to its next
 * neighbours along both axes; `turned` counts the result's taps from the other end.
 */
function boxSums(side: number, value: number, turned: boolean): TensorData {
  const wide = side + 1;
  const data = new Float32Array(side * side * wide * wide);
  for (let r = 0; r < side; r++) {
    for (let s = 0; s < side; s++) {
      for (const [row, column] of [
        [r, s],
        [r, s + 1],
        [r + 1, s],
        [r + 1, s + 1],
      ] as const) {
        const tap = turned ? (wide - 1 - row) * wide + (wide - 1 - column) : row * wide + column;
        data[(r * side + s) * wide * wide + tap] = value;
      }
    }
  }
  return { dtype: 'float32', shape: [side * side, wide * wide], data };
}

/** weight [O,I,k,k] → [O,I,k+1,k+1] */
function widened(weight: Tensor, side: number, value: number, turned: boolean): Tensor {
  const [outputs = 0, inputs = 0] = weight.shape;
  const taps = reshape(weight, [outputs * inputs, side * side]);
  return reshape(matmul(taps, constant(boxSums(side, value, turned))), [outputs, inputs, side + 1, side + 1]);
}

/** `conv2d(upsample(x, 2), weight)` with the padding that keeps the size: x [N,I,H,W] → [N,O,2H,2W]. */
export function upsampledConv2d(x: Tensor, weight: Tensor): Tensor {
  const side = oddSide(weight, 'upsampledConv2d');
  const wide = transpose(widened(weight, side, 1, true), [1, 0, 2, 3]); // [I, O, k+1, k+1]
  return convTranspose2d(x, wide, { stride: 2, padding: (side - 1) / 2 });
}

/** `averagePool(conv2d(x, weight), 2)` with the padding that keeps the size: x [N,I,2H,2W] → [N,O,H,W]. */
export function pooledConv2d(x: Tensor, weight: Tensor): Tensor {
  const side = oddSide(weight, 'pooledConv2d');
  if (x.shape.slice(2).some((extent) => extent % 2 !== 0)) {
    throw refusal('pooledConv2d', 'expects an even height and width', [x, weight]);
  }
  return conv2d(x, widened(weight, side, 1 / 4, false), { stride: 2, padding: (side - 1) / 2 });
}
