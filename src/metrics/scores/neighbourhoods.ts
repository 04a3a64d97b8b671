/**
 * What precision and recall of every kind are made of: a ball around each image, as wide as its k-th nearest neighbour is
 * far, and which images of the other set lie in which balls.
 */

import { UserError } from '../../base/errors.ts';
import type { Runtime } from '../../engine/index.ts';
import type { FeatureRows } from '../features/feature-rows.ts';
import { pairBlocks } from '../math/pair-distances.ts';
import { checkFeatures } from './checked-features.ts';

export interface NeighbourhoodOptions {
  /** k. The image itself is not one of its neighbours; a copy of it is. */
  readonly neighbours: number;
  /** Rows in memory at a time; a matter of memory and speed only. Default 1024. */
  readonly blockRows?: number;
}

export interface Neighbourhoods {
  /** Share of the images that lie in the ball of a reference. */
  readonly precision: number;
  /** Share of the references that lie in the ball of an image. */
  readonly recall: number;
  /** Balls of references that an image lies in, on average, divided by k. */
  readonly density: number;
  /** Share of the references in whose ball an image lies. */
  readonly coverage: number;
  readonly warnings: readonly string[];
}

/**
 * Counts who lies in whose ball. `inclusive`: whether a point on the surface lies inside. Takes memory for a block of pairs
 * and k distances an image.
 *
 * Throws UserError where a set has no more than k images, where dimensions differ, or where a feature is not finite.
 */
export async function neighbourhoods(
  metric: string,
  runtime: Runtime,
  images: FeatureRows,
  reference: FeatureRows,
  { neighbours, inclusive, ...blocks }: NeighbourhoodOptions & { readonly inclusive: boolean },
): Promise<Neighbourhoods> {
  checkFeatures(metric, images, reference);
  const fewest = Math.min(images.count, reference.count);
  if (!(neighbours >= 1 && fewest > neighbours)) {
    throw new UserError(
      `${metric}: the smaller set has ${fewest} images, for balls that reach to neighbour ${neighbours}; expected at least ` +
        'one neighbour, and more images than neighbours. Give more images.',
    );
  }
  const imageRadii = await squaredRadii(runtime, images, neighbours, blocks);
  const referenceRadii = await squaredRadii(runtime, reference, neighbours, blocks);
  const ballsOfImage = new Uint32Array(images.count);
  const isCovered = new Uint8Array(reference.count);
  const isRecalled = new Uint8Array(reference.count);
  for await (const block of pairBlocks(runtime, reference, images, blocks)) {
    for (let i = 0; i < block.a.count; i++) {
      const row = block.a.first + i;
      const radius = referenceRadii[row] ?? 0;
      for (let j = 0; j < block.b.count; j++) {
        const column = block.b.first + j;
        if (block.isWithin(i, j, radius, inclusive)) {
          ballsOfImage[column] = (ballsOfImage[column] ?? 0) + 1;
          isCovered[row] = 1;
        }
        if (isRecalled[row] === 0 && block.isWithin(i, j, imageRadii[column] ?? 0, inclusive)) isRecalled[row] = 1;
      }
    }
  }
  return {
    precision: ballsOfImage.reduce((sum, balls) => sum + Math.min(balls, 1), 0) / images.count,
    recall: sumOf(isRecalled) / reference.count,
    density: sumOf(ballsOfImage) / (neighbours * images.count),
    coverage: sumOf(isCovered) / reference.count,
    warnings: warningsOf(imageRadii, referenceRadii, neighbours),
  };
}

/** [N] The squared distance of each row to its k-th nearest neighbour. */
async function squaredRadii(
  runtime: Runtime,
  rows: FeatureRows,
  neighbours: number,
  blocks: { readonly blockRows?: number },
): Promise<Float64Array> {
  const nearest = new Nearest(rows.count, neighbours);
  for await (const block of pairBlocks(runtime, rows, rows, { ...blocks, upperTriangle: true })) {
    for (let i = 0; i < block.a.count; i++) {
      const row = block.a.first + i;
      for (let j = Math.max(0, row + 1 - block.b.first); j < block.b.count; j++) {
        const column = block.b.first + j;
        const limit = Math.max(nearest.farthestOf(row), nearest.farthestOf(column));
        if (!block.isWithin(i, j, limit, false)) continue;
        const squared = block.squaredDistance(i, j);
        nearest.add(row, squared);
        nearest.add(column, squared);
      }
    }
  }
  return Float64Array.from({ length: rows.count }, (_, row) => nearest.farthestOf(row));
}

/** The k smallest numbers of each row, in order. */
class Nearest {
  private readonly kept: Float64Array;
  private readonly k: number;

  constructor(rows: number, k: number) {
    this.kept = new Float64Array(rows * k).fill(Number.POSITIVE_INFINITY);
    this.k = k;
  }

  /** The largest number that is kept; infinite until there are k. */
  farthestOf(row: number): number {
    return this.kept[(row + 1) * this.k - 1] ?? 0;
  }

  add(row: number, value: number): void {
    if (value >= this.farthestOf(row)) return;
    const first = row * this.k;
    let place = first + this.k - 1;
    for (; place > first && (this.kept[place - 1] ?? 0) > value; place--) this.kept[place] = this.kept[place - 1] ?? 0;
    this.kept[place] = value;
  }
}

function sumOf(values: Uint8Array | Uint32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function warningsOf(imageRadii: Float64Array, referenceRadii: Float64Array, neighbours: number): string[] {
  const warnings: string[] = [];
  if (imageRadii.length !== referenceRadii.length) {
    warnings.push(
      `${imageRadii.length} images against ${referenceRadii.length}: a larger set has smaller balls, so compare only with ` +
        'scores of the same two numbers.',
    );
  }
  for (const [whose, radii] of [
    ['images', imageRadii],
    ['references', referenceRadii],
  ] as const) {
    const points = radii.filter((radius) => radius === 0).length;
    if (points > 0) warnings.push(`${points} ${whose} have ${neighbours} copies or more: their balls are points.`);
  }
  return warnings;
}
