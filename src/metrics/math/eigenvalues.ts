/** Eigenvalues of symmetric matrices. */

import type { Runtime } from '../../engine/index.ts';
import { reduceToBand } from './band-reduction.ts';
import { tridiagonalEigenvalues, tridiagonalize } from './tridiagonal.ts';

/**
 * The eigenvalues of a symmetric matrix, float64 [n,n], ascending; each within a few roundings of the largest.
 *
 * In two steps, to a band and from there to a tridiagonal matrix, because nearly all of the first is products of matrices.
 * `runtime` is one of the CPU, which has float64.
 */
export async function eigenvaluesSymmetric(
  runtime: Runtime,
  matrix: Float64Array,
  size: number,
): Promise<Float64Array> {
  return tridiagonalEigenvalues(tridiagonalize(await reduceToBand(runtime, matrix, size)));
}
