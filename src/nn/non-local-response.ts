/**
 * What a position hears from all others: equation 1 of the non-local block, y_i = 1/C(x) Σ_j f(x_i, x_j) g(x_j).
 * Source: Wang, Girshick, Gupta, He 2018, arXiv:1711.07971, sections 3.1 and 3.2.
 */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { add, exp, matmul, mul, relu, sliceAxis, softmax } from '../engine/ops/index.ts';
import { type LayerOptions, weightOf } from './layers.ts';
import type { Scope } from './variables.ts';

/**
 * f(x_i, x_j), of queries θ_i and keys φ_j (equations 2 to 5 of the paper):
 *
 * - `gaussian`: exp(x_iᵀx_j), of the features themselves;
 * - `embeddedGaussian`: exp(θ_iᵀφ_j), which is self-attention;
 * - `dotProduct`: θ_iᵀφ_j;
 * - `concatenation`: ReLU(wᵀ[θ_i; φ_j]) with one vector w.
 */
export type Pairwise = 'gaussian' | 'embeddedGaussian' | 'dotProduct' | 'concatenation';

/**
 * 1/C(x): `softmax` makes the weights of a query a distribution over the keys (of the exponents of the Gaussians, which
 * is their f divided by its sum, or of the values of the other two); `count` divides f by the number of keys.
 */
export type Normaliser = 'softmax' | 'count';

export interface ResponseOptions extends LayerOptions {
  /** Default `embeddedGaussian`. */
  readonly pairwise?: Pairwise;
  /** Default as in the paper: `softmax` for the Gaussians, `count` for dot products and concatenation. */
  readonly normaliser?: Normaliser;
  /** Divide products of queries and keys by √D, D the width of a query. Default false, as in the paper. */
  readonly scaled?: boolean;
}

export interface Projections {
  /** [N, D, L] */
  readonly queries: Tensor;
  /** [N, D, L'] */
  readonly keys: Tensor;
  /** [N, V, L'] */
  readonly values: Tensor;
}

/**
 * The values that each query gathers, [N, V, L]. The weights it gives them, [N, L, L'] (row: query, column: key), are
 * observable as `map`; in `concatenation`, w is the variable `pair.weight` [1, 2D].
 */
export function respond(scope: Scope, { queries, keys, values }: Projections, options: ResponseOptions): Tensor {
  const { pairwise = 'embeddedGaussian', scaled = false } = options;
  const isGaussian = pairwise === 'gaussian' || pairwise === 'embeddedGaussian';
  const { normaliser = isGaussian ? 'softmax' : 'count' } = options;
  const width = extent(queries, 1);
  const share = 1 / extent(keys, 2);
  const asking = scaled ? mul(queries, width ** -0.5) : queries;
  const scores =
    pairwise === 'concatenation'
      ? scoresOfPairs(scope, asking, keys, options)
      : matmul(asking, keys, { transposeA: true }); // [N, L, L']
  const map = normaliser === 'softmax' ? softmax(scores) : mul(isGaussian ? exp(scores) : scores, share);
  scope.observe('map', map);
  if (pairwise === 'dotProduct' && normaliser === 'count' && isQuickerAssociated(queries, keys, values)) {
    // (φᵀθ) g = φᵀ (θ g): without an exponential between the products, the map need not be made.
    return mul(matmul(matmul(values, keys, { transposeB: true }), asking), share);
  }
  return matmul(values, map, { transposeB: true });
}

/** ReLU(wᵀ[θ_i; φ_j]) as the outer sum of w_θᵀθ_i and w_φᵀφ_j: no tensor [N, 2D, L, L'] is made. */
function scoresOfPairs(scope: Scope, queries: Tensor, keys: Tensor, options: LayerOptions): Tensor {
  const width = extent(queries, 1);
  const weight = scope.at('pair', (inner) => weightOf(inner, [1, 2 * width], options));
  const ofQueries = matmul(queries, sliceAxis(weight, 1, 0, width), { transposeA: true, transposeB: true }); // [N, L, 1]
  const ofKeys = matmul(sliceAxis(weight, 1, width, 2 * width), keys); // [N, 1, L']
  return relu(add(ofQueries, ofKeys));
}

/** Whether values × keys, then × queries, takes fewer multiplications than queries × keys, then × values. */
function isQuickerAssociated(queries: Tensor, keys: Tensor, values: Tensor): boolean {
  const [width, valueWidth] = [extent(queries, 1), extent(values, 1)];
  const [positions, keyPositions] = [extent(queries, 2), extent(keys, 2)];
  return (positions + keyPositions) * width * valueWidth < positions * keyPositions * (width + valueWidth);
}
