/**
 * Batch normalisation, plain and conditional on a class.
 * Source: Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 1; Dumoulin, Shlens, Kudlur 2017, arXiv:1610.07629, for the conditional.
 */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { add, div, gather, max, mean, mul, reshape, sqrt, square, sub } from '../engine/ops/index.ts';
import { normal, ones, zeros } from './initializers.ts';
import type { Scope } from './variables.ts';

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the running statistics that a step keeps. Default 0.9. */
  readonly decay?: number;
}

export interface ConditionalBatchNormOptions extends BatchNormOptions {
  /** Standard deviation of the classes' gains (around 1) and biases (around 0) at the start. Default 0. */
  readonly classDeviation?: number;
}

/** x [N,C,H,W] → [N,C,H,W] with a gain and a bias a channel. */
export function batchNorm(scope: Scope, x: Tensor, options: BatchNormOptions = {}): Tensor {
  const channels = extent(x, 1);
  const gain = scope.parameter('gain', [channels], ones);
  const bias = scope.parameter('bias', [channels], zeros);
  return normalize(scope, x, reshape(gain, [1, channels, 1, 1]), reshape(bias, [1, channels, 1, 1]), options);
}

/** x [N,C,H,W], labels int32[N] → [N,C,H,W] with gains and biases [classes, C] looked up by class. */
export function conditionalBatchNorm(
  scope: Scope,
  x: Tensor,
  labels: Tensor,
  classes: number,
  options: ConditionalBatchNormOptions = {},
): Tensor {
  const [n = 0, channels = 0] = x.shape;
  const { classDeviation = 0 } = options;
  const table = (name: string, centre: number) =>
    gather(scope.parameter(name, [classes, channels], normal(classDeviation, centre)), labels);
  const gain = table('gain', 1);
  const bias = table('bias', 0);
  return normalize(scope, x, reshape(gain, [n, channels, 1, 1]), reshape(bias, [n, channels, 1, 1]), options);
}

/** (x − mean) / √(variance + ε) · gain + bias, with the batch's biased statistics in training and the running ones else. */
function normalize(scope: Scope, x: Tensor, gain: Tensor, bias: Tensor, options: BatchNormOptions): Tensor {
  const channels = extent(x, 1);
  const decay = options.decay ?? 0.9;
  const runningMean = scope.buffer('mean', [channels], zeros);
  const runningVariance = scope.buffer('variance', [channels], ones);
  const perChannel = (statistic: Tensor) => reshape(statistic, [1, channels, 1, 1]);
  const deviation = (variance: Tensor) => sqrt(add(variance, options.epsilon ?? 1e-5));
  const affine = (centre: Tensor, variance: Tensor) => {
    const scale = div(gain, deviation(variance));
    return add(mul(x, scale), sub(bias, mul(centre, scale)));
  };
  if (!scope.training) return affine(perChannel(runningMean), perChannel(runningVariance));
  const overBatch = (values: Tensor) => mean(values, [0, 2, 3], { keepDims: true });
  const batchMean = overBatch(x);
  // E x² − (E x)² reads the map once less than E (x − E x)² and keeps no centred copy for the way back; rounding can
  // take it below 0 where the variance is tiny beside the mean.
  const batchVariance = max(sub(overBatch(square(x)), square(batchMean)), 0);
  const move = (running: Tensor, batch: Tensor) => add(mul(running, decay), mul(reshape(batch, [channels]), 1 - decay));
  scope.update('mean', () => move(runningMean, batchMean));
  scope.update('variance', () => move(runningVariance, batchVariance));
  return affine(batchMean, batchVariance);
}
