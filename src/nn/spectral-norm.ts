/** Spectral normalisation. Source: Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957, algorithm 1. */

import type { Tensor } from '../engine/ir/tensor.ts';
import { add, div, matmul, reshape, sqrt, square, stopGradient, sum } from '../engine/ops/index.ts';
import { unitVector } from './initializers.ts';
import type { Scope } from './variables.ts';

/** What is added to a norm before dividing by it, as in the released SAGAN code. */
const normEpsilon = 1e-12;

/**
 * `weight` [O, …] divided by an estimate of its largest singular value as a matrix [O, rest].
 *
 * One power iteration a step, from the vector `u` [1, O] in the state, which moves to its next estimate. The vectors are
 * constants to differentiation, as in the paper's and PyTorch's implementation. σ is observable as `sigma`.
 */
export function spectralNorm(scope: Scope, weight: Tensor): Tensor {
  return scope.once('normalized', () => {
    const outputs = weight.shape[0] ?? 1;
    const matrix = reshape(weight, [outputs, -1]);
    const u = scope.buffer('u', [1, outputs], unitVector);
    const v = stopGradient(normalize(matmul(u, matrix))); // [1, rest]
    const next = stopGradient(normalize(matmul(v, matrix, { transposeB: true }))); // [1, O]
    scope.update('u', () => next);
    const sigma = matmul(matmul(next, matrix), v, { transposeB: true }); // [1, 1]
    scope.observe('sigma', reshape(sigma, []));
    return reshape(div(matrix, sigma), weight.shape);
  });
}

function normalize(x: Tensor): Tensor {
  return div(x, add(sqrt(sum(square(x), undefined, { keepDims: true })), normEpsilon));
}
