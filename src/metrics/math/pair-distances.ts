/**
 * Which rows of two sets are close: comparisons of Euclidean distances, a block of pairs at a time.
 *
 * A float32 product of matrices screens the pairs: |x|² + |y|² − 2x·y with the bound of its error. What lies within that
 * bound of a limit is decided by Σ (x − y)² in float64, in one order. So equal rows have distance 0, equal distances are
 * ties, and neither blocks nor threads nor the device can change an answer.
 */

import { graph, input, matmul, type Runtime } from '../../engine/index.ts';
import type { FeatureRows } from '../features/feature-rows.ts';

export interface PairBlockOptions {
  /** Rows of a set that are in memory at a time; a matter of memory and speed only. Default 1024. */
  readonly blockRows?: number;
  /** Of a set with itself: only blocks with pairs i < j. */
  readonly upperTriangle?: boolean;
}

/** All pairs of rows of `a` and `b`, of D dimensions both, block by block. */
export async function* pairBlocks(
  runtime: Runtime,
  a: FeatureRows,
  b: FeatureRows,
  { blockRows = 1024, upperTriangle = false }: PairBlockOptions = {},
): AsyncGenerator<PairBlock> {
  for (let firstA = 0; firstA < a.count; firstA += blockRows) {
    const rowsA = readBlock(a, firstA, blockRows);
    for (let firstB = upperTriangle ? firstA : 0; firstB < b.count; firstB += blockRows) {
      const rowsB = readBlock(b, firstB, blockRows);
      yield new PairBlock(rowsA, rowsB, await products(runtime, rowsA, rowsB));
    }
  }
}

interface RowBlock {
  /** Of its set. */
  readonly first: number;
  readonly count: number;
  readonly dimensions: number;
  /** float32 [n,D] */
  readonly data: Float32Array;
  /** |x|² [n] */
  readonly squaredNorms: Float64Array;
}

function readBlock(rows: FeatureRows, first: number, blockRows: number): RowBlock {
  const { dimensions } = rows;
  const count = Math.min(blockRows, rows.count - first);
  const data = new Float32Array(count * dimensions);
  rows.read(first, data);
  const squaredNorms = new Float64Array(count);
  for (let n = 0; n < count; n++) {
    let sum = 0;
    for (let i = n * dimensions; i < (n + 1) * dimensions; i++) sum += (data[i] ?? 0) ** 2;
    squaredNorms[n] = sum;
  }
  return { first, count, dimensions, data, squaredNorms };
}

/** x·y of all pairs, [n,m]. */
async function products(runtime: Runtime, a: RowBlock, b: RowBlock): Promise<Float32Array> {
  const x = input('a', 'float32', [a.count, a.dimensions]);
  const y = input('b', 'float32', [b.count, b.dimensions]);
  const program = await runtime.compile(graph('pairProducts', [['products', matmul(x, y, { transposeB: true })]]));
  const { products } = await program.compute({
    a: { dtype: 'float32', shape: x.shape, data: a.data },
    b: { dtype: 'float32', shape: y.shape, data: b.data },
  });
  if (!(products?.data instanceof Float32Array)) throw new Error('pairBlocks: the program returned no products.');
  return products.data;
}

/** Pairs of the rows i = a.first … and j = b.first …; i and j count from there. */
export class PairBlock {
  readonly a: RowBlock;
  readonly b: RowBlock;
  private readonly products: Float32Array;
  /** The error of |x|² + |y|² − 2x·y is at most relative·(|x|² + |y|²) + absolute. */
  private readonly relative: number;
  private readonly absolute: number;

  constructor(a: RowBlock, b: RowBlock, products: Float32Array) {
    this.a = a;
    this.b = b;
    this.products = products;
    // D roundings of a float32 dot product, each of 2^-24 (Higham 2002, eq. 3.5); the hundredth more is for float64's. What
    // underflows is lost whole.
    this.relative = 1.01 * a.dimensions * 2 ** -24;
    this.absolute = 2 * a.dimensions * 2 ** -126;
  }

  /** Whether the squared distance of the pair is below `limit`, or not above it where `inclusive`. */
  isWithin(i: number, j: number, limit: number, inclusive: boolean): boolean {
    const norms = (this.a.squaredNorms[i] ?? 0) + (this.b.squaredNorms[j] ?? 0);
    const squared = norms - 2 * (this.products[i * this.b.count + j] ?? 0);
    const error = this.relative * norms + this.absolute;
    // Products may overflow; then only the slow way knows.
    if (Number.isFinite(squared)) {
      if (squared - error > limit) return false;
      if (squared + error < limit) return true;
    }
    const exact = this.squaredDistance(i, j);
    return inclusive ? exact <= limit : exact < limit;
  }

  /** Σ (x − y)², in float64. */
  squaredDistance(i: number, j: number): number {
    const { dimensions } = this.a;
    const { data: x } = this.a;
    const { data: y } = this.b;
    const startX = i * dimensions;
    const startY = j * dimensions;
    let sum = 0;
    for (let d = 0; d < dimensions; d++) {
      const difference = (x[startX + d] ?? 0) - (y[startY + d] ?? 0);
      sum += difference * difference;
    }
    return sum;
  }
}
