/** Spectral normalisation. Source: Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957, algorithm 1. */

import { extent, type Tensor, withScope } from '../engine/ir/tensor.ts';
import {
  add,
  div,
  matmul,
  max,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  transpose,
} from '../engine/ops/index.ts';
import { unitVector } from './initializers.ts';
import type { Scope } from './variables.ts';

/** Where the programs of the field differ. The defaults are those of the released SAGAN code but for the gradient. */
export interface SpectralNormOptions {
  /** Keeps the division by a vector's norm finite. Default 1e-12. */
  readonly epsilon?: number;
  /** A norm is divided by `norm + ε` (`added`, the default), or by max(norm, ε) (`floor`, as PyTorch does). */
  readonly epsilonAs?: 'added' | 'floor';
  /**
   * Whether the power iteration's vectors are constants to differentiation (`constant`, the default: the paper, PyTorch) or
   * functions of the weight (`through`: the released SAGAN code). `overwritten`: constants, but those of the network's last
   * application before its update, in programs that overwrite the vectors of earlier ones before they differentiate.
   */
  readonly gradient?: 'constant' | 'through' | 'overwritten';
  /**
   * What divides when the network does not train: the next estimate, which is not kept (`iterated`, the default), or the one
   * of the last training step, for which `v` [1, rest] stands in the state beside `u` (`kept`: PyTorch's own).
   */
  readonly atRest?: 'iterated' | 'kept';
  /** The weight's axis that becomes the matrix's rows. Default 0; a transposed convolution's output channels are axis 1. */
  readonly rowAxis?: number;
}

/**
 * `weight` [O, …] divided by an estimate of its largest singular value as a matrix [O, rest].
 *
 * One power iteration a step, from the vector `u` [1, O] in the state, which moves to its next estimate. σ is observable
 * as `sigma`.
 */
export function spectralNorm(scope: Scope, weight: Tensor, options: SpectralNormOptions = {}): Tensor {
  const normalized = () => {
    const { rowAxis = 0, gradient = 'constant', atRest = 'iterated' } = options;
    const outputs = extent(weight, rowAxis);
    const matrix = asMatrix(weight, rowAxis);
    const detach = gradient === 'through' ? (x: Tensor) => x : stopGradient;
    const iterate = (u: Tensor) => {
      const v = detach(normalize(matmul(u, matrix), options)); // [1, rest]
      const next = detach(normalize(matmul(v, matrix, { transposeB: true }), options)); // [1, O]
      return { next, v, sigma: estimate(next, v) };
    };
    const estimate = (left: Tensor, right: Tensor) => matmul(matmul(left, matrix), right, { transposeB: true }); // [1, 1]
    const u = scope.buffer('u', [1, outputs], unitVector);
    const iterated = iterate(u);
    const { next } = iterated;
    let { sigma } = iterated;
    if (atRest === 'kept') {
      const kept = scope.buffer('v', [1, extent(matrix, 1)], unitVector);
      if (!scope.training) sigma = estimate(u, kept);
      scope.update('v', () => stopGradient(iterated.v));
    }
    scope.update('u', () => stopGradient(next));
    scope.observe('sigma', reshape(sigma, []));
    const ahead = gradient === 'overwritten' ? scope.applicationsAhead : 0;
    let last = { next, sigma };
    for (let k = 0; k < ahead; k++) last = iterate(last.next);
    // The value of this application, the gradient of the last.
    const divisor = ahead === 0 ? sigma : add(last.sigma, stopGradient(sub(sigma, last.sigma))); // [1, 1]
    return div(
      weight,
      reshape(
        divisor,
        weight.shape.map(() => 1),
      ),
    );
  };
  return scope.once('normalized', () => withScope('spectralNorm', normalized));
}

/** A weight as the matrix [rows, rest] whose singular values are spoken of. */
export function asMatrix(weight: Tensor, rowAxis = 0): Tensor {
  const upright = rowAxis === 0 ? weight : transpose(weight, toFront(weight.rank, rowAxis));
  return reshape(upright, [extent(weight, rowAxis), -1]);
}

/** The permutation that brings `axis` to the front. */
function toFront(rank: number, axis: number): number[] {
  return [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)];
}

function normalize(x: Tensor, { epsilon = 1e-12, epsilonAs = 'added' }: SpectralNormOptions): Tensor {
  const norm = sqrt(sum(square(x), undefined, { keepDims: true }));
  return div(x, epsilonAs === 'added' ? add(norm, epsilon) : max(norm, epsilon));
}
