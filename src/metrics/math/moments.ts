/** Mean and covariance of features, in float64, from as many rows as there are. */

import { UserError } from '../../base/errors.ts';
import {
  add,
  cast,
  type DeviceTensor,
  type Graph,
  graph,
  input,
  matmul,
  type Program,
  type Runtime,
  sub,
  sum,
} from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import type { FeatureRows } from '../features/feature-rows.ts';

/** A normal distribution: what the Fréchet distance sees of features. */
export interface Gaussian {
  /** float64 [D] */
  readonly mean: Float64Array;
  /** float64 [D,D], symmetric. */
  readonly covariance: Float64Array;
}

export interface Moments extends Gaussian {
  readonly count: number;
  /** What was taken from the count to divide by: 1 makes the covariance unbiased, and is what all FID programs use. */
  readonly ddof: 0 | 1;
}

/** Rows that one product takes: more make it no faster. */
const blockRowsOf = (dimensions: number) => Math.min(2048, Math.max(256, dimensions));

/** What has been added up, relative to `shift`. */
interface Sums {
  readonly program: Program;
  /** float32 [D] */
  readonly shift: DeviceTensor;
  /** float64 [D] */
  readonly sum: DeviceTensor;
  /** float64 [D,D] */
  readonly scatter: DeviceTensor;
}

/**
 * Adds up rows of features. What it holds does not grow with their number: D² sums, and a block of rows. Nothing is
 * allocated before the first row comes, so there may be one for each class.
 *
 * Rows are taken relative to the mean of the first block, lest digits cancel where the mean is far from 0 (Chan, Golub and
 * LeVeque 1983), and their products are summed on the engine. `runtime` is one of the CPU, which has float64.
 */
export class MomentsAccumulator {
  readonly dimensions: number;
  private readonly runtime: Runtime;
  private rows = 0;
  /** Rows that are in the block and not yet in the sums. */
  private pending = 0;
  private block = new Float32Array();
  private sums: Sums | undefined;

  constructor(runtime: Runtime, dimensions: number) {
    this.runtime = runtime;
    this.dimensions = dimensions;
  }

  /** Rows added so far. */
  get count(): number {
    return this.rows;
  }

  /**
   * Adds rows, float32 [n,D]; to be awaited before the next.
   *
   * throws  UserError if the array is no whole number of rows, or a feature is not finite; none of its rows counts then
   */
  async add(features: Float32Array): Promise<void> {
    const { dimensions } = this;
    checkFeatures(features, dimensions, this.rows);
    if (this.block.length === 0) this.block = new Float32Array(blockRowsOf(dimensions) * dimensions);
    for (let at = 0; at < features.length; ) {
      const filled = this.pending * dimensions;
      const taken = features.subarray(at, at + this.block.length - filled);
      this.block.set(taken, filled);
      at += taken.length;
      this.pending += taken.length / dimensions;
      this.rows += taken.length / dimensions;
      if (filled + taken.length === this.block.length) await this.flush();
    }
  }

  /**
   * Mean and covariance of all rows so far; more may be added afterwards.
   *
   * throws  UserError if there are not more rows than `ddof`
   */
  async finish(ddof: 0 | 1 = 1): Promise<Moments> {
    const { rows: count, dimensions } = this;
    if (count <= ddof) {
      throw new UserError(
        `moments: ${count} rows of features were given; a covariance with ddof ${ddof} needs at least ${ddof + 1}. ` +
          'Are there images, of this class too?',
      );
    }
    const { shift, sum, scatter } = await this.flush();
    const numbers = async (tensor: DeviceTensor) => (await this.runtime.download(tensor)).data;
    const [centre, total, products] = [await numbers(shift), await numbers(sum), await numbers(scatter)];
    const covariance = new Float64Array(dimensions * dimensions);
    for (let i = 0; i < dimensions; i++) {
      for (let j = 0; j <= i; j++) {
        const product = (products[i * dimensions + j] ?? 0) - ((total[i] ?? 0) * (total[j] ?? 0)) / count;
        covariance[i * dimensions + j] = product / (count - ddof);
        covariance[j * dimensions + i] = product / (count - ddof);
      }
    }
    return { count, mean: Float64Array.from(total, (sum, i) => (centre[i] ?? 0) + sum / count), covariance, ddof };
  }

  /** Takes the pending rows into the sums. */
  private async flush(): Promise<Sums> {
    const { dimensions, runtime, block } = this;
    const sums = this.sums ?? (await this.begin());
    if (this.pending === 0) return sums;
    const centre = (await runtime.download(sums.shift)).data;
    // Rows equal to the shift add nothing.
    for (let at = this.pending * dimensions; at < block.length; at += dimensions) block.set(centre, at);
    const shape = [block.length / dimensions, dimensions];
    const rows = runtime.upload({ dtype: 'float32', shape, data: block });
    const { shift, program } = sums;
    const { sum, scatter } = await program.run({ rows, shift, sum: sums.sum, scatter: sums.scatter });
    if (sum === undefined || scatter === undefined) throw new TypeError('the program returns what it was asked for.');
    this.pending = 0;
    this.sums = { program, shift, sum, scatter };
    return this.sums;
  }

  /** Sums of nothing, relative to the mean of the pending rows. */
  private async begin(): Promise<Sums> {
    const { dimensions, runtime, block, pending } = this;
    const program = await runtime.compile(traceSums(block.length / dimensions, dimensions));
    const total = new Float64Array(dimensions);
    for (let i = 0; i < pending * dimensions; i++)
      total[i % dimensions] = (total[i % dimensions] ?? 0) + (block[i] ?? 0);
    const zeros = (...shape: number[]) =>
      runtime.upload({ dtype: 'float64', shape, data: new Float64Array(sizeOf(shape)) });
    const shift = Float32Array.from(total, (sum) => sum / pending);
    return {
      program,
      shift: runtime.upload({ dtype: 'float32', shape: [dimensions], data: shift }),
      sum: zeros(dimensions),
      scatter: zeros(dimensions, dimensions),
    };
  }
}

/** The sums with a block of rows added. */
function traceSums(blockRows: number, dimensions: number): Graph {
  const rows = cast(input('rows', 'float32', [blockRows, dimensions]), 'float64');
  const centred = sub(rows, cast(input('shift', 'float32', [dimensions]), 'float64'));
  const products = matmul(centred, centred, { transposeA: true });
  return graph('sums of features', [
    ['sum', add(input('sum', 'float64', [dimensions]), sum(centred, [0]))],
    ['scatter', add(input('scatter', 'float64', [dimensions, dimensions]), products)],
  ]);
}

/** `before` rows came before these. */
function checkFeatures(features: Float32Array, dimensions: number, before: number): void {
  if (features.length % dimensions !== 0) {
    throw new UserError(
      `moments: ${features.length} numbers are no whole number of rows of ${dimensions} features. Was the array cut short?`,
    );
  }
  const wrong = features.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const row = before + Math.floor(wrong / dimensions);
  throw new UserError(
    `moments: feature ${wrong % dimensions} of row ${row} is ${features[wrong]}; expected a finite number. Look at image ` +
      `${row} (the first is 0), and at the network that saw it: its weights may have diverged.`,
  );
}

export interface MomentsOptions {
  /** Default 1. */
  readonly ddof?: 0 | 1;
  /** The rows that count, such as those of one class; default: all. */
  readonly chosen?: ArrayLike<number>;
}

/** Mean and covariance of rows that are there already. */
export async function momentsOf(runtime: Runtime, rows: FeatureRows, options: MomentsOptions = {}): Promise<Moments> {
  const { ddof = 1, chosen } = options;
  const accumulator = new MomentsAccumulator(runtime, rows.dimensions);
  const count = chosen?.length ?? rows.count;
  const atOnce = 256;
  for (let first = 0; first < count; first += atOnce) {
    const part = new Float32Array(Math.min(atOnce, count - first) * rows.dimensions);
    if (chosen === undefined) rows.read(first, part);
    else {
      for (let i = 0; i * rows.dimensions < part.length; i++) {
        rows.read(chosen[first + i] ?? 0, part.subarray(i * rows.dimensions, (i + 1) * rows.dimensions));
      }
    }
    await accumulator.add(part);
  }
  return accumulator.finish(ddof);
}

/** The moments of two sets of rows together (Chan, Golub and LeVeque 1983, equation 2.1). Their ddof must be the same. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.ddof !== b.ddof || a.mean.length !== b.mean.length) {
    throw new UserError(
      `mergeMoments: one side has ${a.mean.length} features and ddof ${a.ddof}, the other ${b.mean.length} and ddof ` +
        `${b.ddof}; expected the same. Compute both by the same protocol.`,
    );
  }
  const { ddof } = a;
  const count = a.count + b.count;
  const dimensions = a.mean.length;
  const offset = b.mean.map((mean, i) => mean - (a.mean[i] ?? 0));
  const between = (a.count * b.count) / count;
  const covariance = a.covariance.map((own, at) => {
    const shared = (offset[Math.floor(at / dimensions)] ?? 0) * (offset[at % dimensions] ?? 0) * between;
    return (own * (a.count - ddof) + (b.covariance[at] ?? 0) * (b.count - ddof) + shared) / (count - ddof);
  });
  return { count, mean: a.mean.map((mean, i) => mean + ((offset[i] ?? 0) * b.count) / count), covariance, ddof };
}
