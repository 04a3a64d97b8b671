/**
 * Kernel Inception distance: the squared maximum mean discrepancy of two sets of features under a cubic kernel.
 *
 * k(x, y) = (x·y/D + 1)³, and of subsets of m images each
 * MMD² = Σ_{i≠j} [k(x_i, x_j) + k(y_i, y_j)] / m(m−1) − 2·Σ_ij k(x_i, y_j) / m².
 * Source: Bińkowski, Sutherland, Arbel, Gretton 2018, arXiv:1801.01401, section 4.
 *
 * The estimator has no bias at any number of images, so it may be negative where the sets are alike.
 */

import { UserError } from '../../base/errors.ts';
import { type Graph, graph, type Program, type Runtime, type Tensor } from '../../engine/index.ts';
import { add, cast, input, matmul, mul, square, sub, sum } from '../../engine/ops/index.ts';
import type { FeatureRows } from '../features/feature-rows.ts';
import { RandomState } from '../math/random-state.ts';
import { checkFeatures } from './checked-features.ts';
import { meanAndSpread } from './mean-and-spread.ts';

export interface KernelDistanceOptions {
  readonly subsets: number;
  /** m: images of a subset, drawn from each set without replacement. */
  readonly subsetSize: number;
  /** Whether subsets shrink to the smaller set where one has fewer than m images, as clean-fid's do; else they are refused. */
  readonly shrinks: boolean;
  /**
   * Of the `RandomState` that draws subsets. clean-fid's come from a generator without a seed: its numbers cannot be
   * repeated, and with any seed ours have the same expectation.
   */
  readonly seed: number;
  /** Whose subset is drawn first, each time. */
  readonly firstDrawn: 'images' | 'reference';
}

export interface KernelDistanceResult {
  readonly mean: number;
  /** Standard deviation over subsets, ddof 0. */
  readonly spread: number;
  /** m, as it was used. */
  readonly subsetSize: number;
  readonly warnings: readonly string[];
}

/**
 * The distance of two sets of features; all is computed in float64, on a `runtime` whose device is the CPU.
 *
 * Throws UserError where subsets cannot be drawn, where dimensions differ, or where a feature is not finite.
 */
export async function kernelDistance(
  runtime: Runtime,
  images: FeatureRows,
  reference: FeatureRows,
  options: KernelDistanceOptions,
): Promise<KernelDistanceResult> {
  checkFeatures('KID', images, reference);
  const { subsetSize, warnings } = chooseSubsetSize(Math.min(images.count, reference.count), options);
  const program = await runtime.compile(traceDiscrepancy(subsetSize, images.dimensions));
  const random = new RandomState(options.seed);
  const draw = (rows: FeatureRows) => rowsAt(rows, random.choice(rows.count, subsetSize));
  const discrepancies: number[] = [];
  for (let subset = 0; subset < options.subsets; subset++) {
    const first = draw(options.firstDrawn === 'images' ? images : reference);
    const second = draw(options.firstDrawn === 'images' ? reference : images);
    // The estimator is the same with its sets exchanged.
    discrepancies.push(await discrepancy(program, first, second, [subsetSize, images.dimensions]));
  }
  return { ...meanAndSpread(discrepancies), subsetSize, warnings };
}

function chooseSubsetSize(
  available: number,
  { subsetSize, subsets, shrinks }: KernelDistanceOptions,
): { subsetSize: number; warnings: string[] } {
  const used = shrinks ? Math.min(subsetSize, available) : subsetSize;
  if (used < 2 || used > available || subsets < 1) {
    throw new UserError(
      `KID: the smaller set has ${available} images, for ${subsets} subsets of ${used}; expected at least one subset of 2 ` +
        'images or more, and no set smaller than a subset. Give more images, or ask for smaller subsets.',
    );
  }
  const warnings =
    used < subsetSize ? [`Subsets have ${used} images instead of ${subsetSize}: there are no more.`] : [];
  return { subsetSize: used, warnings };
}

function rowsAt(rows: FeatureRows, indices: Uint32Array): Float32Array {
  const data = new Float32Array(indices.length * rows.dimensions);
  for (const [i, index] of indices.entries()) {
    rows.read(index, data.subarray(i * rows.dimensions, (i + 1) * rows.dimensions));
  }
  return data;
}

/** x and y float32[m,D] → MMD² float64[] */
function traceDiscrepancy(m: number, dimensions: number): Graph {
  const x = cast(input('x', 'float32', [m, dimensions]), 'float64');
  const y = cast(input('y', 'float32', [m, dimensions]), 'float64');
  // (x·y/D + 1)³ is (x·y + D)³ / D³. ONNX Runtime would fold a factor of float64 products into their MatMul as a float32.
  const sumOfKernel = (products: Tensor) => {
    const base = add(products, dimensions);
    return sum(mul(square(base), base));
  };
  const kernel = (a: Tensor, b: Tensor) => sumOfKernel(matmul(a, b, { transposeB: true }));
  const others = (a: Tensor) => sub(kernel(a, a), sumOfKernel(sum(square(a), [1])));
  const within = mul(add(others(x), others(y)), 1 / (m * (m - 1)));
  const between = mul(kernel(x, y), 2 / m ** 2);
  return graph('kernelDiscrepancy', [['discrepancy', mul(sub(within, between), dimensions ** -3)]]);
}

async function discrepancy(
  program: Program,
  x: Float32Array,
  y: Float32Array,
  shape: readonly [number, number],
): Promise<number> {
  const result = await program.compute({
    x: { dtype: 'float32', shape, data: x },
    y: { dtype: 'float32', shape, data: y },
  });
  const value = result.discrepancy?.data[0];
  if (value === undefined) throw new Error('kernelDistance: the program returned no discrepancy.');
  return value;
}
