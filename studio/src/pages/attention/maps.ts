/** Reads attention maps as the task sends them: along their rows, or their columns. */

import { type Block, type Cell, cellAt, type Grid, isSamePin, ownGrid, type Pin } from './pins.ts';

type EncodedMap = NonNullable<Block['map']>;

export interface Peak extends Cell {
  readonly weight: number;
}

/** What a block answers to a pin. */
export interface Reading {
  readonly pin: Pin;
  /** That the pixel lies in, and the grid that it is of. */
  readonly cell: Cell;
  readonly own: Grid;
  /** The grid of the weights. */
  readonly grid: Grid;
  /** In reading order, sum 1: what a query gives the keys, or the shares of the queries in all that a key is given. */
  readonly weights: Float32Array;
  readonly entropyBits: number;
  /** What the key is given, as a multiple of an even share; undefined of a query. */
  readonly received: number | undefined;
  /** Local maxima, the heaviest first. */
  readonly peaks: readonly Peak[];
  /** The heaviest cell. */
  readonly top: Peak;
}

/** The answer of a block; undefined where neither its map nor an answer to this pin has been sent. */
export function readBlock(block: Block, pin: Pin, resolution: number): Reading | undefined {
  const own = ownGrid(block, pin);
  const cell = cellAt(pin, resolution, own);
  const grid = pin.direction === 'lookedAtBy' ? block.queryGrid : block.keyGrid;
  const answer = (weights: Float32Array, received: number | undefined): Reading => {
    const top = weights.indexOf(Math.max(...weights));
    return {
      pin,
      cell,
      own,
      grid,
      weights,
      entropyBits: entropyBits(weights),
      received,
      peaks: peaksOf(weights, grid),
      top: { ...cellNumber(top, grid), weight: weights[top] ?? 0 },
    };
  };
  if (block.map === undefined) {
    const sent = block.readings.find(({ pin: { x, y, direction = 'looksAt' } }) => isSamePin({ x, y, direction }, pin));
    return sent && answer(decodeMap(sent.weights), sent.received);
  }
  const map = decoded(block.map);
  const keyCount = block.keyGrid[0] * block.keyGrid[1];
  const at = cell.row * own[1] + cell.column;
  if (pin.direction === 'looksAt') return answer(map.subarray(at * keyCount, (at + 1) * keyCount), undefined);
  const column = Float32Array.from({ length: map.length / keyCount }, (_, i) => map[i * keyCount + at] ?? 0);
  const total = column.reduce((sum, weight) => sum + weight, 0);
  const shares = column.map((weight) => (total > 0 ? weight / total : 1 / column.length));
  return answer(shares, (total * keyCount) / column.length);
}

const known = new WeakMap<EncodedMap, Float32Array>();

function decoded(map: EncodedMap): Float32Array {
  const weights = known.get(map) ?? decodeMap(map);
  known.set(map, weights);
  return weights;
}

/** float32 [Lq, Lk] of base64: `(roots[i] / 65535)² · maxima[row]`. */
export function decodeMap({ roots, maxima }: EncodedMap): Float32Array {
  const [cells, rows] = [new DataView(bytesOf(roots).buffer), new DataView(bytesOf(maxima).buffer)];
  const length = cells.byteLength / 2;
  const keyCount = length / (rows.byteLength / 4);
  return Float32Array.from({ length }, (_, i) => {
    return (cells.getUint16(2 * i, true) / 65535) ** 2 * rows.getFloat32(4 * Math.floor(i / keyCount), true);
  });
}

/** The bytes of base64. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function entropyBits(weights: Float32Array): number {
  return weights.reduce((bits, p) => (p > 0 ? bits - p * Math.log2(p) : bits), 0);
}

const mostPeaks = 3;
/** Shares of the largest weight, and of an even one, below which a cell is no peak. */
const leastOfLargest = 0.25;
const leastOfEven = 1.5;

/** Local maxima among eight neighbours that stand out, as `attentionPeaks` of src/inspect finds them. */
function peaksOf(weights: Float32Array, grid: Grid): Peak[] {
  const [rows, columns] = grid;
  const least = Math.max(leastOfLargest * Math.max(...weights), leastOfEven / weights.length);
  const isPeak = (weight: number, index: number) => {
    const { row, column } = cellNumber(index, grid);
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
      weight >= least && isPeak(weight, index) ? [{ ...cellNumber(index, grid), weight }] : [],
    )
    .sort((a, b) => b.weight - a.weight)
    .slice(0, mostPeaks);
}

const cellNumber = (index: number, [, columns]: Grid): Cell => ({
  row: Math.floor(index / columns),
  column: index % columns,
});
