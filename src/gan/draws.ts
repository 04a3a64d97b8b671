/** The random inputs of a program: which there are, and how each is drawn. */

import type { Random } from '../base/random.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { type Shape, sizeOf, type TensorData } from '../engine/ir/tensor-data.ts';
import { input } from '../engine/ops/index.ts';

/** Independent draws: N(0, 1), U(low, high), or one of the integers 0 … below − 1. */
export type Distribution =
  | { readonly kind: 'normal' }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  | { readonly kind: 'integers'; readonly below: number };

export interface Draw {
  /** Of the input. */
  readonly name: string;
  readonly shape: Shape;
  readonly distribution: Distribution;
}

/** Collects the random inputs of a program while it is traced. */
export class Draws {
  readonly all: Draw[] = [];

  /** A new random input: int32 for integers, else float32. */
  take(name: string, shape: Shape, distribution: Distribution): Tensor {
    this.all.push({ name, shape, distribution });
    return input(name, distribution.kind === 'integers' ? 'int32' : 'float32', shape);
  }
}

/** The values of a draw, from one stream of random numbers. */
export function drawValues({ shape, distribution }: Draw, random: Random): TensorData {
  const count = sizeOf(shape);
  if (distribution.kind === 'integers') {
    return { dtype: 'int32', shape, data: random.integers(count, distribution.below) };
  }
  if (distribution.kind === 'normal') return { dtype: 'float32', shape, data: random.normal(count) };
  const { low, high } = distribution;
  return {
    dtype: 'float32',
    shape,
    data: Float32Array.from({ length: count }, () => low + (high - low) * random.uniform()),
  };
}
