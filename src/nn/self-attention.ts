/**
 * Self-attention over the positions of a feature map: the non-local block with the switches of the self-attention GAN.
 * Source: Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318, section 3.
 */

import type { Tensor } from '../engine/ir/tensor.ts';
import { type NonLocalOptions, nonLocal } from './non-local.ts';
import type { Scope } from './variables.ts';

export type SelfAttentionOptions = Omit<NonLocalOptions, 'pairwise' | 'normaliser' | 'gate'>;

/**
 * The programs that are called SAGAN, as options of `selfAttention`:
 *
 * - `official`: the authors' released code, and BigGAN-PyTorch's, StudioGAN's and mimicry's. Keys and values are
 *   max-pooled 2×2, values have C/2 channels;
 * - `paper`: section 3 as printed, no pooling, and values of C/8 channels;
 * - `heykeetae`: github.com/heykeetae/Self-Attention-GAN. Values have C channels and are added as they are; biases.
 *
 * All but `heykeetae` normalise every weight of the block: that is the option `spectralNorm`.
 */
export const selfAttentionForms = {
  official: {},
  paper: { valueDivisor: 8, keyPooling: 'none' },
  heykeetae: { valueDivisor: 1, keyPooling: 'none', output: false, bias: true },
} as const satisfies Readonly<Record<string, SelfAttentionOptions>>;

/**
 * x [N,C,H,W] → x + γ·o(x), γ starting at 0, so that a fresh block changes nothing. Without options the `official` form.
 *
 * The map [N, L, L'] (L = H·W; row: query position, column: key position on the pooled grid, rows sum to 1) is
 * observable as `map`, γ as `gamma`. Throws GraphError if 8 does not divide C.
 */
export function selfAttention(scope: Scope, x: Tensor, options: SelfAttentionOptions = {}): Tensor {
  return nonLocal(scope, x, { queryDivisor: 8, keyPooling: 'afterProjection', bias: false, ...options });
}
