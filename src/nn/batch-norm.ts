/**
 * Batch normalisation, plain and conditional on a class.
 * Source: Ioffe, Szegedy 2015, arXiv:1502.03167, algorithm 1; Dumoulin, Shlens, Kudlur 2017, arXiv:1610.07629, for the conditional.
 */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { add, div, max, mean, mul, reshape, sqrt, square, sub } from '../engine/ops/index.ts';
import { classRows } from './classes.ts';
import { type Initializer, normal, ones, zeros } from './initializers.ts';
import { type LayerOptions, linear } from './layers.ts';
import type { Scope } from './variables.ts';

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the running statistics that a step keeps. Default 0.9. */
  readonly decay?: number;
  /** What the running variance follows: Σ(x − mean)² over n (`biased`, the default) or over n − 1 (PyTorch). */
  readonly runningVariance?: 'biased' | 'unbiased';
  /** Initial gains of an unconditional norm. Default ones. */
  readonly gainInitializer?: Initializer;
  /** The batch's own statistics, always: no running ones are kept, and sampling normalises over its batch. Default false. */
  readonly batchStatisticsOnly?: boolean;
}

export interface ConditionalBatchNormOptions extends BatchNormOptions {
  /** Standard deviation of the classes' gains (around 1) and biases (around 0) at the start. Default 0. */
  readonly classDeviation?: number;
  /** Of the biases alone. Default: as `classDeviation`. */
  readonly classBiasDeviation?: number;
  /** Of the tables' distances from that, instead of N(0, classDeviation²). */
  readonly classInitializer?: Initializer;
}

/** x [N,C] or [N,C,…] → the same shape, with a gain and a bias a channel. */
export function batchNorm(scope: Scope, x: Tensor, options: BatchNormOptions = {}): Tensor {
  const channels = extent(x, 1);
  const gain = scope.parameter('gain', [channels], options.gainInitializer ?? ones);
  const bias = scope.parameter('bias', [channels], zeros);
  return normalize(
    scope,
    x,
    reshape(gain, [1, channels, ...ofSpace(x)]),
    reshape(bias, [1, channels, ...ofSpace(x)]),
    options,
  );
}

/**
 * x [N,C,…], labels int32[N] → the same shape with gains and biases [classes, C] looked up by class; mixed for weights
 * float32[N,classes].
 */
export function conditionalBatchNorm(
  scope: Scope,
  x: Tensor,
  labels: Tensor,
  classes: number,
  options: ConditionalBatchNormOptions = {},
): Tensor {
  const [n = 0, channels = 0] = x.shape;
  const { classDeviation = 0, classBiasDeviation = classDeviation, classInitializer } = options;
  const around = (centre: number, deviation: number): Initializer =>
    classInitializer === undefined
      ? normal(deviation, centre)
      : (shape, random) => classInitializer(shape, random).map((value) => centre + value);
  const table = (name: string, initializer: Initializer) =>
    classRows(scope.parameter(name, [classes, channels], initializer), labels);
  const gain = table('gain', around(1, classDeviation));
  const bias = table('bias', around(0, classBiasDeviation));
  return normalize(
    scope,
    x,
    reshape(gain, [n, channels, ...ofSpace(x)]),
    reshape(bias, [n, channels, ...ofSpace(x)]),
    options,
  );
}

/**
 * x [N,C,…], condition [N,D] → the same shape with gain 1 + A·condition and bias B·condition, where A and B are linear maps
 * [C,D] without bias, in the scopes `gain` and `bias`. Source: BigGAN, arXiv:1809.11096, appendix B.
 */
export function projectedBatchNorm(
  scope: Scope,
  x: Tensor,
  condition: Tensor,
  options: BatchNormOptions & { readonly layer?: Omit<LayerOptions, 'bias'> } = {},
): Tensor {
  const [n = 0, channels = 0] = x.shape;
  const project = (name: string) =>
    scope.at(name, (s) => linear(s, condition, channels, { ...options.layer, bias: false }));
  const gain = add(1, project('gain'));
  const bias = project('bias');
  return normalize(
    scope,
    x,
    reshape(gain, [n, channels, ...ofSpace(x)]),
    reshape(bias, [n, channels, ...ofSpace(x)]),
    options,
  );
}

/** An extent of 1 for every axis after batch and channels. */
const ofSpace = (x: Tensor) => x.shape.slice(2).map(() => 1);

/** (x − mean) / √(variance + ε) · gain + bias, with the batch's biased statistics in training and the running ones else. */
function normalize(scope: Scope, x: Tensor, gain: Tensor, bias: Tensor, options: BatchNormOptions): Tensor {
  const channels = extent(x, 1);
  const { decay = 0.9, batchStatisticsOnly = false } = options;
  const perChannel = (statistic: Tensor) => reshape(statistic, [1, channels, ...ofSpace(x)]);
  const deviation = (variance: Tensor) => sqrt(add(variance, options.epsilon ?? 1e-5));
  const affine = (centre: Tensor, variance: Tensor) => {
    const scale = div(gain, deviation(variance));
    return add(mul(x, scale), sub(bias, mul(centre, scale)));
  };
  const runningMean = batchStatisticsOnly ? undefined : scope.buffer('mean', [channels], zeros);
  const runningVariance = batchStatisticsOnly ? undefined : scope.buffer('variance', [channels], ones);
  if (!scope.training && runningMean !== undefined && runningVariance !== undefined)
    return affine(perChannel(runningMean), perChannel(runningVariance));
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const overBatch = (values: Tensor) => mean(values, axes, { keepDims: true });
  const batchMean = overBatch(x);
  // E x² − (E x)² reads the map once less than E (x − E x)² and keeps no centred copy for the way back; rounding can
  // take it below 0 where the variance is tiny beside the mean.
  const batchVariance = max(sub(overBatch(square(x)), square(batchMean)), 0);
  scope.observe('batchMean', reshape(batchMean, [channels]));
  scope.observe('batchVariance', reshape(batchVariance, [channels]));
  if (runningMean !== undefined && runningVariance !== undefined) {
    const count = sizeOf(x.shape) / channels;
    const correction = options.runningVariance === 'unbiased' ? count / (count - 1) : 1;
    const move = (running: Tensor, batch: Tensor, share: number) =>
      add(mul(running, decay), mul(reshape(batch, [channels]), share));
    scope.update('mean', () => move(runningMean, batchMean, 1 - decay));
    scope.update('variance', () => move(runningVariance, batchVariance, (1 - decay) * correction));
  }
  return affine(batchMean, batchVariance);
}
