/** The lattice that points lie in: moving about in it, and what lies around. */

import { furthest } from '../../points.ts';

export interface Position {
  readonly x: number;
  readonly y: number;
}

/** Pixels of the screen that the pointer goes from corner to corner. */
export const cellPixels = 300;
/** Corners beside each other on the map: the cell's own, and one more to each side. */
export const mapSide = 4;

/** So many cells further, to the thousandth, as addresses have it. */
export function movedBy({ x, y }: Position, right: number, down: number): Position {
  const along = (at: number, by: number) =>
    Math.min(furthest, Math.max(-furthest, Math.round((at + by) * 1000) / 1000)) + 0;
  return { x: along(x, right), y: along(y, down) };
}

/** The nearest corner: there is a latent as it was drawn. */
export function nearestCorner({ x, y }: Position): Position {
  return { x: Math.round(x) + 0, y: Math.round(y) + 0 };
}

/** The first corner of the map around a position. */
export function mapOrigin({ x, y }: Position): Position {
  return { x: Math.floor(x) - 1, y: Math.floor(y) - 1 };
}

/** The corners of a map, row by row. */
export function mapCorners({ x, y }: Position): Position[] {
  return Array.from({ length: mapSide ** 2 }, (_, i) => ({ x: x + (i % mapSide), y: y + Math.floor(i / mapSide) }));
}

/** Where a position lies on a map, in shares of its side, at its edge if it lies beyond; corners are in the middle of their pictures. */
export function onMap(origin: Position, { x, y }: Position): Position {
  const share = (at: number, first: number) => Math.min(1, Math.max(0, (at - first + 0.5) / mapSide));
  return { x: share(x, origin.x), y: share(y, origin.y) };
}

/** The latent that `sagan sample` draws at a corner: its seed and number. */
export function drawnAt(seed: number, { x, y }: Position): { readonly seed: number; readonly index: number } {
  return { seed: seed + y, index: x };
}
