/** Grids of pictures: which walks they are. */

import type { Point } from '../../points.ts';
import { movedBy } from './lattice.ts';
import type { GridKind } from './view.ts';
import type { WalkRequest } from './walk.ts';

export type GridRequest = WalkRequest;

/** Of a grid whose classes were not chosen. */
export const mostRows = 10;

/** The end that an address names: `here`, `right`, or a kept point by its number from 1. */
export function endPoint(name: string, here: Point, kept: readonly Point[]): Point {
  if (name === 'right') return { ...here, latent: { ...here.latent, ...movedBy(here.latent, 1, 0) } };
  return kept[Number(name) - 1] ?? here;
}

/** undefined where no row is chosen. */
export function gridOf(
  kind: GridKind,
  grid: {
    readonly here: Point;
    readonly from: Point;
    readonly to: Point;
    readonly classCount: number;
    /** Classes; none for the first ten. */
    readonly rows: readonly number[];
    readonly coordinates: readonly number[];
    /** So many of the strongest. */
    readonly directions: number;
    readonly reach: number;
    readonly columns: number;
  },
): GridRequest | undefined {
  const { here, from, to, classCount, reach, columns: frames } = grid;
  const timing = { frames, loop: false };
  if (kind === 'classes') {
    const chosen = grid.rows.filter((label) => label < classCount);
    const all = Array.from({ length: Math.min(classCount, mostRows) }, (_, label) => label);
    const rows = chosen.length > 0 ? chosen : all;
    return { points: [from.latent, to.latent], ...(rows.length > 0 && { rows }), ...timing };
  }
  const what = kind === 'coordinates' ? 'coordinate' : 'direction';
  const numbers =
    kind === 'coordinates' ? grid.coordinates : Array.from({ length: grid.directions }, (_, number) => number);
  if (numbers.length === 0) return undefined;
  const traversals = numbers.map((number) => ({ what, number, reach }) as const);
  return { points: [here.latent], ...(classCount > 0 && { classes: [here.classes] }), traversals, ...timing };
}
