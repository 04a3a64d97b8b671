/** The Fréchet distance of two normal distributions: what FID is. */

import { UserError } from '../../base/errors.ts';
import { graph, input, matmul, type Runtime, sliceAxis } from '../../engine/index.ts';
import { choleskyPivoted, type Factor } from './cholesky.ts';
import { eigenvaluesSymmetric } from './eigenvalues.ts';
import { compute64, paddedSize } from './matrices.ts';
import type { Gaussian } from './moments.ts';

/**
 * The squared Fréchet distance d² = |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr √(Σ₁Σ₂) (Dowson and Landau 1982; Heusel et al. 2017,
 * equation 6). It is symmetric, and 0 for equal sides up to rounding, which may make it slightly negative.
 *
 * With Σ₁ = FFᵀ and Σ₂ = GGᵀ, √(Σ₁Σ₂) has the trace of √(KKᵀ), K = FᵀG, whose eigenvalues are real and not negative.
 * F and G have as many columns as the covariances have ranks, so features of fewer images than dimensions do no harm.
 *
 * The originals take the root of Σ₁Σ₂ itself, which is not symmetric. Where both covariances have full rank they agree with
 * this to 1e-9. Where they do not, the root of each eigenvalue that should be 0 is the root of a rounding: torch-fidelity
 * adds up the real parts, within 1e-5 of the value here; pytorch-fid and StudioGAN drop an imaginary diagonal up to 1e-3 and
 * refuse a larger one, clean-fid drops any. If their root is not finite, these three add ε = 1e-6 to both diagonals under it:
 * their distance is then smaller by about 2√(ελ) for each direction that one side lacks and the other has with variance λ.
 *
 * throws  UserError if the sides differ in dimensions, hold a number that is not finite, or a matrix that is no covariance
 */
export async function frechetDistance(runtime: Runtime, a: Gaussian, b: Gaussian): Promise<number> {
  checkSides(a, b);
  const dimensions = a.mean.length;
  const between = a.mean.reduce((sum, mean, i) => sum + (mean - (b.mean[i] ?? 0)) ** 2, 0);
  const roots = await traceOfRoot(
    runtime,
    choleskyPivoted(a.covariance, dimensions),
    choleskyPivoted(b.covariance, dimensions),
    dimensions,
  );
  return between + trace(a) + trace(b) - 2 * roots;
}

/** tr √(FFᵀGGᵀ): the sum of the singular values of FᵀG, from the smaller of its two products with itself. */
async function traceOfRoot(runtime: Runtime, f: Factor, g: Factor, dimensions: number): Promise<number> {
  if (f.rank > g.rank) return traceOfRoot(runtime, g, f, dimensions);
  const shape = [dimensions, dimensions];
  const rank = Math.min(dimensions, paddedSize(f.rank));
  const columns = sliceAxis(input('f', 'float64', shape), 1, 0, rank);
  const overlap = matmul(columns, input('g', 'float64', shape), { transposeA: true });
  const gram = graph('gram', [['result', matmul(overlap, overlap, { transposeB: true })]]);
  const product = await compute64(runtime, gram, { f: f.data, g: g.data });
  const squares = await eigenvaluesSymmetric(runtime, product, rank);
  // From the smallest on, so that small ones are not lost beside the largest.
  return squares.reduce((sum, square) => sum + Math.sqrt(Math.max(square, 0)), 0);
}

function trace({ mean, covariance }: Gaussian): number {
  return mean.reduce((sum, _, i) => sum + (covariance[i * (mean.length + 1)] ?? 0), 0);
}

function checkSides(a: Gaussian, b: Gaussian): void {
  const dimensions = a.mean.length;
  for (const { mean, covariance } of [a, b]) {
    if (mean.length !== dimensions || covariance.length !== dimensions ** 2) {
      throw new UserError(
        `frechetDistance: a mean of ${mean.length} features and a covariance of ${covariance.length} numbers stand beside ` +
          `a mean of ${dimensions}; expected ${dimensions} and ${dimensions ** 2}. Were they made with the same network?`,
      );
    }
    const wrong = [mean, covariance]
      .map((part) => part.find((value) => !Number.isFinite(value)))
      .find((value) => value !== undefined);
    if (wrong !== undefined) {
      throw new UserError(
        `frechetDistance: the statistics hold ${wrong}; expected finite numbers. Compute them again from finite features.`,
      );
    }
  }
}
