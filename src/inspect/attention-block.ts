/** What can be said of an attention block's map in numbers, and how it is read: along its rows, or its columns. */

import { UserError } from '../base/errors.ts';
import { centreDistances } from '../nn/index.ts';
import { attentionEntropy } from './attention-entropy.ts';
import type { Grid, Query } from './choose-queries.ts';

/** What was observed of one block at one image. */
export interface AttentionBlock {
  /** Path of the block in its network. */
  readonly name: string;
  /** Its weight of attention, learned or set; undefined for a block without one. */
  readonly gamma: number | undefined;
  readonly queryGrid: Grid;
  /** Coarser than the query grid where keys are max-pooled. */
  readonly keyGrid: Grid;
  /** float32 [Lq, Lk], after the softmax over keys. */
  readonly map: Float32Array;
  /** float32 [Lq], of pooled keys and values: the share of channels whose maximum in a pooled cell came from this position. */
  readonly keyOrigins?: Float32Array | undefined;
  readonly valueOrigins?: Float32Array | undefined;
}

export interface AttentionSummary {
  /** Mean over the queries, in bits: 0 where each looks at one key only. */
  readonly meanEntropyBits: number;
  /** The entropy of looking everywhere alike, log₂ Lk, in bits. */
  readonly maximumEntropyBits: number;
  /** Mean over the queries of the weight of the key that is weighed most. */
  readonly meanLargestWeight: number;
  /**
   * How far queries look: Σ_j a_ij d_ij, the expected distance between the centres of query and key, in sides of the image,
   * averaged over the queries i.
   */
  readonly meanDistance: number;
  /** The same of the uniform map. */
  readonly uniformDistance: number;
}

/** Throws UserError where the map does not fit its grids, or is no probability. */
export function summarizeAttention({ map, queryGrid, keyGrid }: AttentionBlock): AttentionSummary {
  const keyCount = keyGrid[0] * keyGrid[1];
  const { bits, maximumBits } = attentionEntropy(map, keyCount);
  const distances = centreDistances(queryGrid, keyGrid);
  if (bits.length !== distances.length) {
    throw new UserError(
      `attention: the map has ${bits.length} queries; expected ${distances.length}, as the grid ${queryGrid.join('×')} has. ` +
        'Check the two grids.',
    );
  }
  const meanOfRows = (measure: (row: Float32Array, distances: readonly number[]) => number) =>
    mean(distances.map((row, i) => measure(map.subarray(i * keyCount, (i + 1) * keyCount), row)));
  return {
    meanEntropyBits: mean(bits),
    maximumEntropyBits: maximumBits,
    meanLargestWeight: meanOfRows((row) => Math.max(...row)),
    meanDistance: meanOfRows((row, far) => row.reduce((sum, weight, j) => sum + weight * (far[j] ?? 0), 0)),
    uniformDistance: meanOfRows((_, far) => mean(far)),
  };
}

/** A pixel of the image to ask a block about. */
export interface AttentionPin {
  /** Pixels from the left, and from the top. */
  readonly x: number;
  readonly y: number;
  /** `looksAt` (the default): where the query at this pixel looks; `lookedAtBy`: which queries look at the key here. */
  readonly direction?: 'looksAt' | 'lookedAtBy' | undefined;
}

/** What a block answers to a pin. */
export interface AttentionReading {
  readonly pin: AttentionPin;
  /** The cell that the pixel lies in: of the query grid, or of the key grid if that is asked for. */
  readonly cell: Query;
  /** The grid that the weights are on. */
  readonly grid: Grid;
  /**
   * float32, in reading order of the grid, sum 1: the weights that the query gives the keys, or the shares of the queries in
   * all the weight that the key is given.
   */
  readonly weights: Float32Array;
  /** Of the weights. */
  readonly entropyBits: number;
  /** What the key is given, as a multiple of what it would be given by uniform attention; undefined of a query. */
  readonly received: number | undefined;
  readonly peaks: readonly AttentionPeak[];
}

/** Reads the row of the map that a pin asks for, or the column. Throws UserError for a pin beside the image. */
export function readAttention(block: AttentionBlock, pin: AttentionPin, resolution: number): AttentionReading {
  const { map, queryGrid, keyGrid } = block;
  const isColumn = pin.direction === 'lookedAtBy';
  const cell = cellAt(pin, resolution, isColumn ? keyGrid : queryGrid);
  const keyCount = keyGrid[0] * keyGrid[1];
  const at = cell.row * (isColumn ? keyGrid : queryGrid)[1] + cell.column;
  const grid = isColumn ? queryGrid : keyGrid;
  const column = isColumn ? columnOf(map, at, keyCount) : undefined;
  const weights = column?.shares ?? map.subarray(at * keyCount, (at + 1) * keyCount);
  return {
    pin,
    cell,
    grid,
    weights,
    entropyBits: attentionEntropy(weights, weights.length).bits[0] ?? 0,
    received: column && (column.total * keyCount) / weights.length,
    peaks: attentionPeaks(weights, grid),
  };
}

/** A key that nobody looks at is shared evenly. */
function columnOf(map: Float32Array, key: number, keyCount: number): { shares: Float32Array; total: number } {
  const column = Float32Array.from({ length: map.length / keyCount }, (_, i) => map[i * keyCount + key] ?? 0);
  const total = column.reduce((sum, weight) => sum + weight, 0);
  return { total, shares: column.map((weight) => (total > 0 ? weight / total : 1 / column.length)) };
}

/** The cell of a grid that a pixel of the image lies in. Throws UserError for a pixel beside the image. */
export function cellAt({ x, y }: AttentionPin, resolution: number, [rows, columns]: Grid): Query {
  const isInside = (at: number) => at >= 0 && at < resolution;
  if (!isInside(x) || !isInside(y)) {
    throw new UserError(
      `attention: the pixel ${x},${y} is not in the image; expected two numbers from 0 to ${resolution - 1}, from the left and ` +
        'from the top.',
    );
  }
  return { row: Math.floor((y * rows) / resolution), column: Math.floor((x * columns) / resolution) };
}

/** The pixel in the middle of a cell: `cellAt` of it is the cell. */
export function pixelOfCell(
  { row, column }: Query,
  resolution: number,
  [rows, columns]: Grid,
): { x: number; y: number } {
  return {
    x: Math.floor(((column + 0.5) * resolution) / columns),
    y: Math.floor(((row + 0.5) * resolution) / rows),
  };
}

/** A cell that is weighed more than its neighbours. */
export interface AttentionPeak extends Query {
  readonly weight: number;
}

const mostPeaks = 3;
/** Shares of the largest weight, and of an even one, below which a cell is no peak. */
const leastOfLargest = 0.25;
const leastOfEven = 1.5;

/**
 * The local maxima of a map among their eight neighbours, the heaviest first, three at most; of a plateau its first cell.
 * Cells that are weighed little more than an even share are none, so a uniform map has no peaks.
 */
export function attentionPeaks(weights: Float32Array, [rows, columns]: Grid): AttentionPeak[] {
  const least = Math.max(leastOfLargest * Math.max(...weights), leastOfEven / weights.length);
  const isPeak = (weight: number, index: number) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
        const other = r * columns + c;
        const rival = weights[other] ?? 0;
        if (rival > weight || (rival === weight && other < index)) return false;
      }
    }
    return true;
  };
  return [...weights]
    .flatMap((weight, index) =>
      weight >= least && isPeak(weight, index)
        ? [{ row: Math.floor(index / columns), column: index % columns, weight }]
        : [],
    )
    .sort((a, b) => b.weight - a.weight)
    .slice(0, mostPeaks);
}

/**
 * A map in little room: a weight is `(roots[i] / 65535)² · maxima[row]`. Roots, because of a query that looks at one key most of
 * all the many small weights make up its entropy; it is exact to a few ten-thousandths of a bit.
 */
export interface EncodedMap {
  /** base64 of uint16 [Lq, Lk], the lower byte first. */
  readonly roots: string;
  /** base64 of float32 [Lq], the lowest byte first: the largest weight of each row. */
  readonly maxima: string;
}

/** Encodes float32 [Lq, Lk]. */
export function encodeMap(map: Float32Array, keyCount: number): EncodedMap {
  const roots = Buffer.alloc(map.length * 2);
  const maxima = Buffer.alloc((map.length / keyCount) * 4);
  for (let start = 0; start < map.length; start += keyCount) {
    const row = map.subarray(start, start + keyCount);
    const maximum = Math.max(...row);
    maxima.writeFloatLE(maximum, (start / keyCount) * 4);
    if (maximum === 0) continue;
    for (const [i, weight] of row.entries()) {
      roots.writeUInt16LE(Math.round(65535 * Math.sqrt(weight / maximum)), (start + i) * 2);
    }
  }
  return { roots: roots.toString('base64'), maxima: maxima.toString('base64') };
}

/** Encodes numbers from 0 to 1 as base64 of uint8, 255 for 1. */
export function encodeShares(shares: Float32Array): string {
  return Buffer.from(shares.map((share) => Math.round(255 * share))).toString('base64');
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
