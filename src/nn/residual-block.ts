/** A residual block of any size: what attention is compared with, so that its gain is not that of more parameters. */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { add, mul, relu } from '../engine/ops/index.ts';
import { zeros } from './initializers.ts';
import { conv2d, type LayerOptions } from './layers.ts';
import { type Scope, Variables } from './variables.ts';

export interface ResidualBlockOptions extends LayerOptions {
  /** How many trainable numbers the block shall have, as nearly as its width allows. */
  readonly parameters: number;
}

/**
 * x [N,C,H,W] → x + γ·conv1(ReLU(conv3(ReLU(x)))), γ starting at 0 as in self-attention, so that a fresh block changes
 * nothing. The 3×3 convolution gives M channels, the 1×1 convolution C again: 10·C·M + 1 numbers without biases.
 *
 * M is the whole number, 1 or more, that comes nearest to `parameters`. For the self-attention of SAGAN's released code,
 * C²/8 + C²/8 + C²/2 + C²/2 + 1, it is C/8 and the counts are equal; elsewhere they differ by 5·C at most, unless M is 1.
 * Source: the control of Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318, table 1, whose inner form is not told.
 */
export function residualBlock(scope: Scope, x: Tensor, { parameters, ...layer }: ResidualBlockOptions): Tensor {
  const channels = extent(x, 1);
  const biases = layer.bias === false ? 0 : 1;
  const width = Math.max(1, Math.round((parameters - 1 - biases * channels) / (10 * channels + biases)));
  const inner = scope.at('conv1', (s) => conv2d(s, relu(x), width, layer)); // [N, M, H, W]
  const update = scope.at('conv2', (s) => conv2d(s, relu(inner), channels, { ...layer, kernel: 1 })); // [N, C, H, W]
  const gamma = scope.parameter('gamma', [], zeros);
  scope.observe('gamma', gamma);
  return add(x, mul(update, gamma));
}

/** How many trainable numbers a block declares. */
export function parameterCount(block: (scope: Scope) => Tensor): number {
  const variables = new Variables();
  block(variables.scope('block', { training: true }));
  return variables.all.reduce((total, { shape, trainable }) => total + (trainable ? sizeOf(shape) : 0), 0);
}
