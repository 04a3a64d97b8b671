/** Layers with weights: linear, convolution, embedding. Each is a function of its scope and its input. */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import {
  add,
  averagePool,
  type ConvOptions,
  conv2d as convolve,
  convTranspose2d as convolveTransposed,
  matmul,
  pooledConv2d,
  reshape,
  upsample,
  upsampledConv2d,
} from '../engine/ops/index.ts';
import { classRows } from './classes.ts';
import { type Initializer, uniform, xavierUniform, zeros } from './initializers.ts';
import { type SpectralNormOptions, spectralNorm } from './spectral-norm.ts';
import type { Scope } from './variables.ts';

export interface LayerOptions {
  /** Default true. */
  readonly bias?: boolean;
  /** Divide the weight by its largest singular value: yes, no (the default), or yes in another form. */
  readonly spectralNorm?: boolean | SpectralNormOptions;
  /** Of the weight. Default Xavier uniform. */
  readonly initializer?: Initializer;
  /** Of the bias. Default zeros; `uniformByFanIn`: U(±1/√fanIn) with the weight's fanIn, as PyTorch's layers begin. */
  readonly biasInitializer?: Initializer | 'uniformByFanIn';
}

export interface ConvLayerOptions extends LayerOptions {
  /** Side of the square kernel. Default 3. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default: half the kernel, so that stride 1 keeps the size of odd kernels' inputs. */
  readonly padding?: NonNullable<ConvOptions['padding']>;
}

/** Without them kernel 4, stride 2, padding 1: the map's sides double. */
export interface ConvTransposeLayerOptions extends ConvLayerOptions {
  /** Rows and columns more at the end of the result: 1 where an odd kernel of stride 2 shall double. Default 0. */
  readonly outputPadding?: number;
}

/** `up`: repeat every pixel 2×2 before the convolution; `down`: average 2×2 pixels after it; `none` (the default). */
export type Resampling = 'up' | 'down' | 'none';

export interface ResampledConvOptions extends LayerOptions {
  /** Side of the square kernel, odd. Default 3. */
  readonly kernel?: number;
  readonly resample?: Resampling;
}

/** The weight of a layer, normalised if its options say so; `rowAxis` is the axis of its outputs. */
export function weightOf(scope: Scope, shape: readonly number[], options: LayerOptions, rowAxis = 0): Tensor {
  const { spectralNorm: normalized = false } = options;
  const norm = { rowAxis, ...(typeof normalized === 'boolean' ? {} : normalized) };
  const weight = scope.parameter('weight', shape, options.initializer ?? xavierUniform, norm.rowAxis);
  return normalized === false ? weight : spectralNorm(scope, weight, norm);
}

function biasOf(scope: Scope, features: number, weight: Tensor, { biasInitializer = zeros }: LayerOptions): Tensor {
  const fanIn = sizeOf(weight.shape.slice(1));
  const initializer = biasInitializer === 'uniformByFanIn' ? uniform(1 / Math.sqrt(fanIn)) : biasInitializer;
  return scope.parameter('bias', [features], initializer);
}

/** x [N, I] → [N, features]; weight [features, I]. */
export function linear(scope: Scope, x: Tensor, features: number, options: LayerOptions = {}): Tensor {
  const weight = weightOf(scope, [features, extent(x, 1)], options);
  const product = matmul(x, weight, { transposeB: true });
  return options.bias === false ? product : add(product, biasOf(scope, features, weight, options));
}

function withBias(scope: Scope, y: Tensor, weight: Tensor, options: LayerOptions): Tensor {
  if (options.bias === false) return y;
  const channels = extent(y, 1);
  return add(y, reshape(biasOf(scope, channels, weight, options), [channels, 1, 1]));
}

/** x [N,I,H,W] → [N,channels,H',W']; weight [channels, I, kernel, kernel]. */
export function conv2d(scope: Scope, x: Tensor, channels: number, options: ConvLayerOptions = {}): Tensor {
  const kernel = options.kernel ?? 3;
  const weight = weightOf(scope, [channels, extent(x, 1), kernel, kernel], options);
  const padding = options.padding ?? Math.floor(kernel / 2);
  return withBias(scope, convolve(x, weight, { stride: options.stride ?? 1, padding }), weight, options);
}

/**
 * A size-keeping convolution next to a doubling or halving of the map, in the form with the fewest multiplications:
 * x [N,I,H,W] → [N,channels,H',W'] with H' = 2H, H/2 or H; weight [channels, I, kernel, kernel].
 */
export function resampledConv2d(scope: Scope, x: Tensor, channels: number, options: ResampledConvOptions = {}): Tensor {
  const { kernel = 3, resample = 'none' } = options;
  if (resample === 'none') return conv2d(scope, x, channels, { ...options, kernel });
  if (kernel === 1) {
    // A 1×1 convolution sees one pixel, so it commutes with both: it runs on the small map.
    if (resample === 'up') return upsample(conv2d(scope, x, channels, { ...options, kernel }), 2);
    return conv2d(scope, averagePool(x, 2), channels, { ...options, kernel });
  }
  const weight = weightOf(scope, [channels, extent(x, 1), kernel, kernel], options);
  return withBias(scope, resample === 'up' ? upsampledConv2d(x, weight) : pooledConv2d(x, weight), weight, options);
}

/**
 * x [N,I,H,W] → [N, channels, …]; weight [I, channels, kernel, kernel]. The adjoint of a strided convolution. Spectral
 * norm takes the output channels for the rows of its matrix, as PyTorch does, unless its `rowAxis` says otherwise.
 */
export function convTranspose2d(
  scope: Scope,
  x: Tensor,
  channels: number,
  options: ConvTransposeLayerOptions = {},
): Tensor {
  const { kernel = 4, stride = 2, padding = 1, outputPadding = 0 } = options;
  const weight = weightOf(scope, [extent(x, 1), channels, kernel, kernel], options, 1);
  return withBias(scope, convolveTransposed(x, weight, { stride, padding, outputPadding }), weight, options);
}

/** labels int32[N], or weights float32[N, rows] → [N, features]; the row of each label in a table [rows, features]. */
export function embedding(
  scope: Scope,
  labels: Tensor,
  rows: number,
  features: number,
  options: LayerOptions = {},
): Tensor {
  return classRows(weightOf(scope, [rows, features], options), labels);
}
