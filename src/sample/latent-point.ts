/** Points of latent space that can be written down, sent and gone back to. */

import { UserError } from '../base/errors.ts';
import { type LatentNarrowing, type LatentSpace, latents } from './latents.ts';
import { normalScores } from './normal-scores.ts';

/**
 * A latent, as few numbers: a position in the lattice of a seed, and changes to what is there, in the order in which they
 * stand here.
 *
 * The lattice: (i, j) is latent number i of seed + j, as `latents` draws it and `sagan sample` shows it; so (i, 0) is the
 * seed's own latent i. Columns go on beyond number 2³² − 1, and before 0, as if in a ring, and so do seeds at 2⁵³.
 */
export interface LatentPoint extends LatentNarrowing {
  readonly seed: number;
  /** Default 0. */
  readonly x?: number | undefined;
  /** Default 0. */
  readonly y?: number | undefined;
  /** Adds `amount` times a direction of unit length (`latentDirections`), by its number from 0. */
  readonly directions?: readonly { readonly direction: number; readonly amount: number }[] | undefined;
  /** Sets single coordinates, by their number from 0. */
  readonly coordinates?: readonly { readonly coordinate: number; readonly value: number }[] | undefined;
}

/**
 * The latent of a point, float32 [latentDim]; `directions` holds those that the point may name, each [latentDim].
 *
 * Between the corners of a cell their coordinates are blended with bilinear weights, divided by the weights' length: the
 * sum of independent N(0, 1) is N(0, 1) again, so that what lies between is as long as what was trained on. Coordinates of
 * other distributions, truncated normal and uniform ones, are taken to normal scores first and back afterwards, and so stay
 * in their range. Truncation is that of the corners; `scale` multiplies the blend.
 *
 * Throws UserError as `latents` does, and for directions and coordinates that there are not.
 */
export function latentOf(
  point: LatentPoint,
  space: LatentSpace,
  directions: readonly Float32Array[] = [],
): Float32Array<ArrayBuffer> {
  const { latentDim } = space;
  const z = inLattice(point, space);
  for (const { direction, amount } of point.directions ?? []) {
    const unit = directions[direction];
    if (unit === undefined) {
      throw new UserError(
        `latent: direction ${direction} is asked for, and there are ${directions.length}, counted from 0; expected one of them.`,
      );
    }
    for (const [k, value] of unit.entries()) z[k] = (z[k] ?? 0) + amount * value;
  }
  for (const { coordinate, value } of point.coordinates ?? []) {
    if (coordinate >= latentDim) {
      throw new UserError(
        `latent: coordinate ${coordinate} is set, and the latents have ${latentDim}; expected 0 to ${latentDim - 1}.`,
      );
    }
    z[coordinate] = value;
  }
  return z;
}

function inLattice(point: LatentPoint, space: LatentSpace): Float32Array<ArrayBuffer> {
  const { seed, x = 0, y = 0, truncation, scale } = point;
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - column, y - row];
  const corners = [
    { column, row, weight: (1 - right) * (1 - down) },
    { column: column + 1, row, weight: right * (1 - down) },
    { column, row: row + 1, weight: (1 - right) * down },
    { column: column + 1, row: row + 1, weight: right * down },
  ]
    .filter(({ weight }) => weight > 0)
    .map((corner) => {
      const first = inRing(corner.column, 2 ** 32);
      return { ...corner, z: latents(inRing(seed + corner.row, 2 ** 53), 1, space, { truncation, scale, first }) };
    });
  const [only, ...others] = corners;
  if (only !== undefined && others.length === 0) return only.z;
  const scores = normalScores(space.latents, truncation);
  const length = Math.hypot(...corners.map(({ weight }) => weight));
  const blend = (k: number) =>
    corners.reduce((sum, { weight, z }) => sum + (weight / length) * scores.score((z[k] ?? 0) / (scale ?? 1)), 0);
  return Float32Array.from({ length: space.latentDim }, (_, k) => scores.value(blend(k)) * (scale ?? 1));
}

/** n modulo the size of the ring, 0 or more. */
const inRing = (n: number, size: number) => (n < 0 ? ((n % size) + size) % size : n % size);
