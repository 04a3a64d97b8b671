/**
 * Self-attention over the positions of a feature map.
 * Source: Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318, section 3, in the form of the authors' released code:
 * keys and values are max-pooled 2×2, values have C/2 channels, scores are not scaled and no convolution has a bias.
 */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { add, matmul, maxPool, mul, reshape, softmax } from '../engine/ops/index.ts';
import { zeros } from './initializers.ts';
import { conv2d, type LayerOptions } from './layers.ts';
import type { Scope } from './variables.ts';

/**
 * x [N,C,H,W] → x + γ·o(x), γ starting at 0, so that a fresh block changes nothing.
 *
 * The map [N, L, L/4] (L = H·W; row: query position, column: key position on the pooled grid, rows sum to 1) is
 * observable as `map`, γ as `gamma`. H, W and C/8 must be such that pooling and the channel cuts come out even.
 */
export function selfAttention(scope: Scope, x: Tensor, options: Omit<LayerOptions, 'bias'> = {}): Tensor {
  const [n = 0, channels = 0, height = 0, width = 0] = x.shape;
  const positions = height * width;
  const project = (name: string, input: Tensor, outputs: number) =>
    scope.at(name, (inner) => conv2d(inner, input, outputs, { ...options, kernel: 1, bias: false }));
  const flat = (map: Tensor) => reshape(map, [n, extent(map, 1), -1]);

  const queries = flat(project('query', x, channels / 8)); // [N, C/8, L]
  const keys = flat(maxPool(project('key', x, channels / 8), 2)); // [N, C/8, L/4]
  const values = flat(maxPool(project('value', x, channels / 2), 2)); // [N, C/2, L/4]
  const map = softmax(matmul(queries, keys, { transposeA: true })); // [N, L, L/4]
  const gathered = reshape(matmul(values, map, { transposeB: true }), [n, channels / 2, height, width]);
  const gamma = scope.parameter('gamma', [], zeros);
  scope.observe('map', reshape(map, [n, positions, positions / 4]));
  scope.observe('gamma', gamma);
  return add(x, mul(project('output', gathered, channels), gamma));
}
