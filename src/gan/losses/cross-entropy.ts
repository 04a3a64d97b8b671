/** Binary cross-entropy of logits, which both forms of the original GAN's loss share. */

import type { Tensor } from '../../engine/ir/tensor.ts';
import { add, mean, mul, neg, softplus } from '../../engine/ops/index.ts';

/** logits float32[N] → E[−t·log σ(x) − (1 − t)·log(1 − σ(x))] for the target t in 0 … 1. */
export function crossEntropy(logits: Tensor, target: number): Tensor {
  const forReal = mean(softplus(neg(logits)));
  return target === 1 ? forReal : add(mul(forReal, target), mul(mean(softplus(logits)), 1 - target));
}
