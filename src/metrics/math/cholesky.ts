/** The factor of a covariance, whatever its rank. */

import { UserError } from '../../base/errors.ts';

export interface Factor {
  /** float64 [n,n]: F with F·Fᵀ = S, of which only the first `rank` columns are not 0. */
  readonly data: Float64Array;
  readonly rank: number;
}

/** What a small covariance has behind it: it is a sum of products itself. */
const fewestRoundings = 64;

/** A diagonal element that falls this far below 0, relative to what it was, is no rounding. */
const negativeTolerance = 1e-3;

/**
 * Cholesky's decomposition with diagonal pivoting, S = F·Fᵀ, of a symmetric positive semidefinite matrix, float64 [n,n].
 *
 * A row is left out as soon as what remains of its diagonal element is within n roundings of nothing, so the rank is what
 * the numbers bear out: of the covariance of N < n rows, N − 1. Each row is measured by itself, so that features of small
 * variance count as those of large variance do.
 *
 * Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 10.3.
 *
 * throws  UserError if the matrix has a negative eigenvalue that no rounding explains
 */
export function choleskyPivoted(matrix: Float64Array, size: number): Factor {
  const variances = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i] ?? 0);
  const rests = Float64Array.from(variances);
  const roundings = Math.max(size, fewestRoundings) * Number.EPSILON;
  const smallest = variances.map((variance) => roundings * variance);
  const isLeft = (i: number) => (rests[i] ?? 0) > (smallest[i] ?? 0);
  const factor = new Float64Array(size * size);
  const products = new Float64Array(size + 3);
  let left = Uint32Array.from({ length: size }, (_, i) => i).filter(isLeft);
  let rank = 0;
  for (; left.length > 0; rank++) {
    const pivot = left.reduce((best, i) => ((rests[i] ?? 0) > (rests[best] ?? 0) ? i : best));
    const root = Math.sqrt(rests[pivot] ?? 0);
    factor[pivot * size + rank] = root;
    rests[pivot] = 0;
    left = left.filter(isLeft);
    multiplyRows(factor, size, left, pivot, rank, products);
    for (const [k, i] of left.entries()) {
      const value = ((matrix[pivot * size + i] ?? 0) - (products[k] ?? 0)) / root;
      factor[i * size + rank] = value;
      rests[i] = (rests[i] ?? 0) - value * value;
    }
    left = left.filter(isLeft);
  }
  checkDefinite(rests, variances);
  return { data: factor, rank };
}

/** `products[k]` = row `rows[k]` · row `pivot`, over the first `length` columns. Four rows at a time, each a sum of its own. */
function multiplyRows(
  factor: Float64Array,
  size: number,
  rows: Uint32Array,
  pivot: number,
  length: number,
  products: Float64Array,
): void {
  const start = pivot * size;
  for (let k = 0; k < rows.length; k += 4) {
    const a = (rows[k] ?? 0) * size - start;
    const b = (rows[k + 1] ?? 0) * size - start;
    const c = (rows[k + 2] ?? 0) * size - start;
    const d = (rows[k + 3] ?? 0) * size - start;
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let j = start; j < start + length; j++) {
      const value = factor[j] ?? 0;
      sumA += value * (factor[a + j] ?? 0);
      sumB += value * (factor[b + j] ?? 0);
      sumC += value * (factor[c + j] ?? 0);
      sumD += value * (factor[d + j] ?? 0);
    }
    products[k] = sumA;
    products[k + 1] = sumB;
    products[k + 2] = sumC;
    products[k + 3] = sumD;
  }
}

function checkDefinite(rests: Float64Array, variances: Float64Array): void {
  const worst = rests.findIndex((rest, i) => !(rest >= -negativeTolerance * Math.abs(variances[i] ?? 0)));
  if (worst < 0) return;
  throw new UserError(
    `choleskyPivoted: diagonal element ${worst} is ${variances[worst]}, and ${rests[worst]} of it is left beside what the ` +
      'others explain; expected a covariance matrix, which has no negative eigenvalues. Were these statistics computed ' +
      'with too few digits, or is the file another matrix?',
  );
}
