/** Moments, eigenvalues and Fréchet distances as `test/reference/frechet.json` holds them, and the features behind them. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { memoryRows } from '../../src/metrics/features/feature-rows.ts';
import { drawn } from './recorded-scores.ts';

const numbers = z.array(z.number());
const drawnSchema = z.object({ seed: z.number(), count: z.number(), shift: z.number() });
const dimensions = z.number();

export const recordedFrechet = z
  .object({
    moments: drawnSchema.extend({ dimensions, mean: numbers, covariance: numbers, covarianceDdof0: numbers }),
    eigenvalues: z.array(z.object({ seed: z.number(), count: z.number(), dimensions, values: numbers })),
    distances: z.array(
      z.object({
        dimensions,
        images: drawnSchema,
        reference: drawnSchema,
        exact: z.number(),
        root: z.number(),
        eigenvalues: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../reference/frechet.json', import.meta.url), 'utf8')));

/** Features as make_frechet.py mixes them: neighbours added, scaled by powers of 1/2. */
export function mixed({ seed, count, shift }: z.infer<typeof drawnSchema>, dimensions: number): Float32Array {
  const plain = drawn({ seed, shape: [count, dimensions], scale: 1, shift });
  return plain.map((value, at) => {
    const column = at % dimensions;
    const neighbour = plain[at - column + ((column + 1) % dimensions)] ?? 0;
    return (value + neighbour / 2) * 0.5 ** (column % 8);
  });
}

export const mixedRows = (set: z.infer<typeof drawnSchema>, dimensions: number) =>
  memoryRows(mixed(set, dimensions), dimensions);

/** The largest difference, relative to the largest element. */
export function relativeDistance(actual: Float64Array, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...actual.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)))) / largest;
}

/**
 * A symmetric matrix [n,n] with these eigenvalues: a diagonal one between two reflections. The same eigenvalues in another
 * order make a matrix that commutes with it.
 */
export function matrixWith(eigenvalues: readonly number[]): Float64Array {
  const size = eigenvalues.length;
  let rows = eigenvalues.map((value, i) => eigenvalues.map((_, j) => (i === j ? value : 0)));
  for (const turn of [0.7, 2.3]) {
    const axis = eigenvalues.map((_, i) => Math.sin(turn * (i + 1)));
    const squares = axis.reduce((sum, x) => sum + x * x, 0);
    const reflected = (row: readonly number[]) => {
      const along = row.reduce((sum, x, i) => sum + x * (axis[i] ?? 0), 0);
      return row.map((x, i) => x - (2 * along * (axis[i] ?? 0)) / squares);
    };
    const halfway = rows.map(reflected);
    rows = halfway.map((_, j) => reflected(halfway.map((row) => row[j] ?? 0)));
  }
  const data = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) data[i * size + j] = data[j * size + i] = rows[i]?.[j] ?? 0;
  return data;
}
