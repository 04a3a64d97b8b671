/** Pixels to ask about: how they stand in the address, where they lie on a grid, how they come and go. */

import type { TaskResult } from '../../../../src/compute/tasks/index.ts';
import { type Codec, list } from '../../query-codecs.ts';

export type Observed = TaskResult<'attention'>['learned'];
export type Block = Observed['blocks'][number];
export type Grid = Block['queryGrid'];
export type Direction = 'looksAt' | 'lookedAtBy';

/** A pixel of the image, from the left and the top, and what is asked about it. */
export interface Pin {
  readonly x: number;
  readonly y: number;
  readonly direction: Direction;
}

/** A cell of a grid, from 0. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** `q12-5`: where the query at pixel 12,5 looks; `k12-5`: who looks at the key there. */
const pinCodec: Codec<Pin> = {
  parse(text) {
    const [, kind, x, y] = /^([qk])(\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
    if (kind === undefined) return undefined;
    return { x: Number(x), y: Number(y), direction: kind === 'k' ? 'lookedAtBy' : 'looksAt' };
  },
  format: ({ x, y, direction }) => `${direction === 'lookedAtBy' ? 'k' : 'q'}${x}-${y}`,
};

/** Pins with commas between, no more than there are colours: links are made by hand, too. */
export const pinsCodec: Codec<readonly Pin[]> = {
  parse: (text) => list(pinCodec).parse(text)?.slice(0, pinColours.length),
  format: list(pinCodec).format,
};

/** Okabe and Ito's palette, as in the figures; with more pins than colours two would look alike. */
export const pinColours = ['#0072b2', '#e69f00', '#cc79a7', '#009e73', '#d55e00', '#56b4e9'] as const;

export const isSamePin = (a: Pin, b: Pin) => a.x === b.x && a.y === b.y && a.direction === b.direction;

export const isWithin = ({ x, y }: Pin, resolution: number) => x < resolution && y < resolution;

/** The pin, or the nearest one in an image that is smaller than the one it was set in. */
export function pinWithin(pin: Pin, resolution: number): Pin {
  return { ...pin, x: Math.min(pin.x, resolution - 1), y: Math.min(pin.y, resolution - 1) };
}

/** The cell, or the nearest one of a grid that is coarser than its own. */
export function cellWithin({ row, column }: Cell, [rows, columns]: Grid): Cell {
  return { row: Math.min(row, rows - 1), column: Math.min(column, columns - 1) };
}

/** The grid that a pin's pixel is looked up in. */
export function ownGrid({ queryGrid, keyGrid }: Block, { direction }: Pick<Pin, 'direction'>): Grid {
  return direction === 'lookedAtBy' ? keyGrid : queryGrid;
}

/** The cell of a grid that a pixel lies in. */
export function cellAt({ x, y }: Pick<Pin, 'x' | 'y'>, resolution: number, [rows, columns]: Grid): Cell {
  return { row: Math.floor((y * rows) / resolution), column: Math.floor((x * columns) / resolution) };
}

/** The pixel in the middle of a cell: `cellAt` of it is the cell. */
export function pixelOfCell(
  { row, column }: Cell,
  resolution: number,
  [rows, columns]: Grid,
): { x: number; y: number } {
  return {
    x: Math.floor(((column + 0.5) * resolution) / columns),
    y: Math.floor(((row + 0.5) * resolution) / rows),
  };
}

/** The pin some cells further on, not beyond the edge. */
export function movedPin(pin: Pin, down: number, right: number, resolution: number, grid: Grid): Pin {
  const { row, column } = cellAt(pin, resolution, grid);
  const within = (at: number, length: number) => Math.min(length - 1, Math.max(0, at));
  const cell = { row: within(row + down, grid[0]), column: within(column + right, grid[1]) };
  return { ...pin, ...pixelOfCell(cell, resolution, grid) };
}

/** With one pin more, the newest last; the first gives way where there is no colour left. A pin that is there stays. */
export function withPin(pins: readonly Pin[], pin: Pin): readonly Pin[] {
  if (pins.some((other) => isSamePin(other, pin))) return pins;
  return [...pins, pin].slice(-pinColours.length);
}
