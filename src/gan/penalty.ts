/** What a penalty is: a term of the discriminator's loss that reads the discriminator's gradient by its input. */

import { grad } from '../engine/autodiff/grad.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import type { Shape } from '../engine/ir/tensor-data.ts';
import { max, sqrt, square, sum } from '../engine/ops/index.ts';
import type { Distribution } from './draws.ts';

export interface PenaltyContext {
  /** float32[N,C,H,W] in −1 … 1. */
  readonly real: Tensor;
  /** float32[N,C,H,W], as data: no gradient flows into the generator. */
  readonly fake: Tensor;
  /** int32[N], of the real images. */
  readonly labels: Tensor;
  /** images float32[N,C,H,W], with `labels` → logits float32[N]. Moves no buffer. */
  judge(images: Tensor): Tensor;
  /** A random input of the program. */
  draw(name: string, shape: Shape, distribution: Distribution): Tensor;
}

export interface Penalty {
  readonly name: string;
  /** A scalar, before it is weighted. */
  penalize(context: PenaltyContext): Tensor;
}

/** ‖∇ₓD(x)‖² of every image [N]. Differentiable: what a penalty is made of. */
export function squaredGradientNorms(judge: (images: Tensor) => Tensor, images: Tensor): Tensor {
  const [gradient = images] = grad(sum(judge(images)), [images]);
  return sum(square(gradient), [1, 2, 3]);
}

/**
 * ‖∇ₓD(x)‖₂ of every image [N]. Where it is 0 its own gradient is taken as 0: a discriminator that is dead there gets no
 * direction, and no NaN.
 */
export function gradientNorms(judge: (images: Tensor) => Tensor, images: Tensor): Tensor {
  return sqrt(max(squaredGradientNorms(judge, images), smallestNormal));
}

/** Of float32. */
const smallestNormal = 2 ** -126;
