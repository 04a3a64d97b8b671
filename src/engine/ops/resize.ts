/** Bilinear resizing as two small matrix products, so that its derivatives of every order are matrix products too. */

import { refusal, type Tensor } from '../ir/tensor.ts';
import type { TensorData } from '../ir/tensor-data.ts';
import { constant } from './constant.ts';
import { matmul } from './matmul.ts';

export interface BilinearOptions {
  /**
   * How output pixel i is found in the input: `halfPixel` (PyTorch's default: (i + ½)·scale − ½), `alignCorners`
   * (the outermost pixels coincide) or `asymmetric` (i·scale: TensorFlow 1, and so the published FID). Default `halfPixel`.
   */
  readonly coordinates?: 'halfPixel' | 'alignCorners' | 'asymmetric';
}

/** x [N,C,H,W] → [N,C,height,width]. Does not low-pass: shrinking by more than 2 skips pixels, as PyTorch's does. */
export function resizeBilinear(x: Tensor, height: number, width: number, options: BilinearOptions = {}): Tensor {
  const [, , h, w] = x.shape;
  const sizes = [height, width].every((n) => Number.isInteger(n) && n >= 1);
  if (x.rank !== 4 || x.dtype !== 'float32' || h === undefined || w === undefined || !sizes) {
    throw refusal('resizeBilinear', `expects float32 [N,C,H,W] and a positive size, got ${height}×${width}`, [x]);
  }
  const coordinates = options.coordinates ?? 'halfPixel';
  const rows = w === width ? x : matmul(x, constant(interpolation(w, width, coordinates)), { transposeB: true });
  return h === height ? rows : matmul(constant(interpolation(h, height, coordinates)), rows);
}

/** [to, from]: row i holds the weights with which the inputs make output i. */
function interpolation(from: number, to: number, coordinates: NonNullable<BilinearOptions['coordinates']>): TensorData {
  const data = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const at = Math.min(Math.max(position(i, from, to, coordinates), 0), from - 1);
    const low = Math.floor(at);
    const high = Math.min(low + 1, from - 1);
    data[i * from + low] = (data[i * from + low] ?? 0) + 1 - (at - low);
    data[i * from + high] = (data[i * from + high] ?? 0) + at - low;
  }
  return { dtype: 'float32', shape: [to, from], data };
}

function position(i: number, from: number, to: number, coordinates: string): number {
  if (coordinates === 'alignCorners') return to === 1 ? 0 : (i * (from - 1)) / (to - 1);
  return coordinates === 'asymmetric' ? (i * from) / to : ((i + 0.5) * from) / to - 0.5;
}
