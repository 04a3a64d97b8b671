/** The plan that the ResNet GANs share: a generator of up blocks, and a trunk of down blocks below a discriminator's head. */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { relu, reshape, tanh } from '../engine/ops/index.ts';
import { conv2d, type LayerOptions, linear, type Scope } from '../nn/index.ts';
import { type DownBlockOptions, downBlock, type Norm, type UpBlockOptions, upBlock } from './blocks.ts';

/** The widths of both networks in multiples of a base width. */
export interface Widths {
  /** Of the smallest map, and after each block. */
  readonly generator: readonly number[];
  /** After each block, from the image down. */
  readonly discriminator: readonly number[];
  /** How many of the discriminator's blocks, from the first, keep the image's side: 0 (the default) or 1. */
  readonly keeping?: 0 | 1;
  /** How many of those that follow halve the map. */
  readonly downsampling: number;
}

interface Plan {
  /** Channels: of the smallest map (generator), and after each block. */
  readonly channels: readonly number[];
  /** What follows the first block that gives maps of a side, such as attention. Default nothing. */
  readonly between?: (scope: Scope, x: Tensor) => Tensor;
}

export interface ResnetGeneratorOptions extends Plan, Omit<UpBlockOptions, 'channels'> {
  readonly imageChannels: number;
  /** Side of the map that the latents become. Default 4. */
  readonly bottomSide?: number;
  /** The norm after the last block. */
  readonly lastNorm: Norm;
  /** Of the linear map of the latents and of the convolution to an image. */
  readonly outer?: LayerOptions;
}

/** latents [N,Z] → images [N,imageChannels,H,W]: linear → up blocks → norm → ReLU → conv3 → tanh. */
export function resnetGenerator(scope: Scope, latents: Tensor, options: ResnetGeneratorOptions): Tensor {
  const { channels, between = (_, x) => x, bottomSide = 4, lastNorm, outer, imageChannels, ...block } = options;
  const [first = 1, ...rest] = channels;
  let x = scope.at('linear', (s) => linear(s, latents, first * bottomSide ** 2, outer));
  x = reshape(x, [extent(latents, 0), first, bottomSide, bottomSide]);
  for (const [i, width] of rest.entries()) {
    x = scope.at(`block${i + 1}`, (s) => upBlock(s, x, { ...block, channels: width }));
    x = between(scope, x);
  }
  x = relu(scope.at('norm', (s) => lastNorm(s, x)));
  return tanh(scope.at('conv', (s) => conv2d(s, x, imageChannels, outer)));
}

export interface ResnetTrunkOptions
  extends Plan,
    Omit<DownBlockOptions, 'channels' | 'hidden' | 'halve' | 'preactivation'> {
  /** How many of the blocks, from the first, keep the image's side: 0 (the default) or 1. */
  readonly keeping?: 0 | 1;
  /** How many of those that follow halve the map. */
  readonly downsampling: number;
  /** Between the convolutions of a block: the width of its result (`wide`, the default) or input (`thin`, but for the first). */
  readonly hidden?: 'wide' | 'thin';
}

/** Images [N,C,H,W] → the map after the last block, before its ReLU. */
export function resnetTrunk(scope: Scope, images: Tensor, options: ResnetTrunkOptions): Tensor {
  const { channels, between = (_, x) => x, keeping = 0, downsampling, hidden = 'wide', ...block } = options;
  let x = images;
  for (const [i, width] of channels.entries()) {
    const first = i === 0;
    const inner = hidden === 'thin' && !first ? extent(x, 1) : width;
    const halve = i >= keeping && i < keeping + downsampling;
    const shape = { channels: width, hidden: inner, halve, preactivation: !first };
    x = scope.at(`block${i + 1}`, (s) => downBlock(s, x, { ...block, ...shape }));
    if (halve || i < keeping) x = between(scope, x);
  }
  return x;
}
