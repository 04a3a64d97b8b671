/**
 * What a position hears from all others: equation 1 of the non-local block, y_i = 1/C(x) Σ_j f(x_i, x_j) g(x_j).
 * Source: Wang, Girshick, Gupta, He 2018, arXiv:1711.07971, sections 3.1 and 3.2.
 */

import { inChunks } from '../engine/autodiff/chunks.ts';
import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { bytesPerElement, type Shape, sizeOf } from '../engine/ir/tensor-data.ts';
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
  /**
   * A map that would take more bytes than this is not kept: the response is computed in chunks of images or queries whose
   * maps have an eighth of it, and the derivative computes them again. Default 64 MiB.
   */
  readonly largestMapBytes?: number;
}

export interface Projections {
  /** [N, D, L] */
  readonly queries: Tensor;
  /** [N, D, L'] */
  readonly keys: Tensor;
  /** [N, V, L'] */
  readonly values: Tensor;
  /** Extents of the grids that L and L' positions are of. */
  readonly queryGrid: Shape;
  readonly keyGrid: Shape;
}

/**
 * The values that each query gathers, [N, V, L]. The weights it gives them, [N, L, L'] (row: query, column: key), are
 * observable as `map`, which takes its memory if it is asked for; in `concatenation`, w is the variable `pair.weight`
 * [1, 2D].
 */
export function respond(scope: Scope, projections: Projections, options: ResponseOptions): Tensor {
  const { queries, keys, values, queryGrid, keyGrid } = projections;
  const { pairwise = 'embeddedGaussian', scaled = false } = options;
  const isGaussian = pairwise === 'gaussian' || pairwise === 'embeddedGaussian';
  const { normaliser = isGaussian ? 'softmax' : 'count' } = options;
  const width = extent(queries, 1);
  const share = 1 / extent(keys, 2);
  const asking = scaled ? mul(queries, width ** -0.5) : queries;
  const comparison = pairwise === 'concatenation' ? pairs(scope, asking, keys, options) : products(asking, keys);
  const weigh: Comparison['score'] = (left, right) => {
    const scores = comparison.score(left, right); // [N, L, L']
    return normaliser === 'softmax' ? softmax(scores) : mul(isGaussian ? exp(scores) : scores, share);
  };
  const map = weigh(comparison.left, comparison.right);
  const used = scope.observe('map', map, { queryGrid, keyGrid, isDistribution: normaliser === 'softmax' });
  if (used !== map) return matmul(values, used, { transposeB: true });
  if (pairwise === 'dotProduct' && normaliser === 'count' && isQuickerAssociated(queries, keys, values)) {
    // (φᵀθ) g = φᵀ (θ g): without an exponential between the products, the map need not be made.
    return mul(matmul(matmul(values, keys, { transposeB: true }), asking), share);
  }
  const { largestMapBytes = 64 * 2 ** 20 } = options;
  if (sizeOf(map.shape) * bytesPerElement(map.dtype) <= largestMapBytes)
    return matmul(values, map, { transposeB: true });
  return respondInChunks({ ...comparison, score: weigh }, values, largestMapBytes / 8);
}

/** How a block of queries is compared with a block of keys, [N, L, L']. */
interface Comparison {
  /** Of the queries, which lie along `queryAxis`. */
  readonly left: Tensor;
  readonly queryAxis: number;
  /** Of the keys. */
  readonly right: Tensor;
  score(left: Tensor, right: Tensor): Tensor;
}

function products(queries: Tensor, keys: Tensor): Comparison {
  const score = (left: Tensor, right: Tensor) => matmul(left, right, { transposeA: true });
  return { left: queries, queryAxis: 2, right: keys, score };
}

/** ReLU(wᵀ[θ_i; φ_j]) as the outer sum of w_θᵀθ_i and w_φᵀφ_j: no tensor [N, 2D, L, L'] is made. */
function pairs(scope: Scope, queries: Tensor, keys: Tensor, options: LayerOptions): Comparison {
  const width = extent(queries, 1);
  const weight = scope.at('pair', (inner) => weightOf(inner, [1, 2 * width], options));
  const left = matmul(queries, sliceAxis(weight, 1, 0, width), { transposeA: true, transposeB: true }); // [N, L, 1]
  const right = matmul(sliceAxis(weight, 1, width, 2 * width), keys); // [N, 1, L']
  return { left, queryAxis: 1, right, score: (ofQueries, ofKeys) => relu(add(ofQueries, ofKeys)) };
}

/** [N, V, L], of as many images at a time as have maps of `chunkBytes`, or of one and as many of its queries. */
function respondInChunks({ left, queryAxis, right, score }: Comparison, values: Tensor, chunkBytes: number): Tensor {
  const rowBytes = extent(values, 2) * bytesPerElement(values.dtype);
  const images = Math.max(1, Math.floor(chunkBytes / (rowBytes * extent(left, queryAxis))));
  const queries = Math.max(1, Math.floor(chunkBytes / rowBytes));
  const whole = [left, right, values].map((tensor) => ({ tensor, axis: 0 }));
  return inChunks(whole, { size: images, axis: 0 }, ([l = left, r = right, v = values]) =>
    inChunks([{ tensor: l, axis: queryAxis }, { tensor: r }, { tensor: v }], { size: queries, axis: 2 }, (parts) => {
      const [someQueries = l, keys = r, gathered = v] = parts;
      return matmul(gathered, score(someQueries, keys), { transposeB: true });
    }),
  );
}

/** Whether values × keys, then × queries, takes fewer multiplications than queries × keys, then × values. */
function isQuickerAssociated(queries: Tensor, keys: Tensor, values: Tensor): boolean {
  const [width, valueWidth] = [extent(queries, 1), extent(values, 1)];
  const [positions, keyPositions] = [extent(queries, 2), extent(keys, 2)];
  return (positions + keyPositions) * width * valueWidth < positions * keyPositions * (width + valueWidth);
}
