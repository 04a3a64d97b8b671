/** Which places of an image to ask an attention block about, when nobody says. */
import { UserError } from '../base/errors.ts';
import { type ImageBatch, pixelOf } from '../picture/canvas.ts';
import { luminanceOf } from '../picture/colours.ts';

/** A cell of the query grid, counted from the top left. */
export interface Query {
  readonly row: number;
  readonly column: number;
}

/** Rows and columns of the positions that ask (queries) or are looked at (keys). */
export type Grid = readonly [rows: number, columns: number];

/** What {@link chooseQueries} picks, in its order. */
export const chosenQueryLabels = ['on the subject', 'at its edge', 'background'] as const;

/**
 * Three telling queries of image `n`: where it differs most from its border, where it changes most, and where it is most
 * like its border. A function of the pixels alone; ties go to the first cell in reading order.
 *
 * The rim is left out, so that every query has neighbours on all sides. Throws UserError on a grid below 4 × 4.
 */
export function chooseQueries(batch: ImageBatch, n: number, grid: Grid): readonly [Query, Query, Query] {
  const [rows, columns] = grid;
  if (Math.min(rows, columns) < 4) {
    throw new UserError(
      `chooseQueries: the query grid is ${rows}×${columns}; expected at least 4×4 to tell subject, edge and background ` +
        'apart. Name the queries yourself.',
    );
  }
  const brightness = cellBrightness(batch, n, grid);
  const at = (row: number, column: number) => brightness[clamp(row, rows) * columns + clamp(column, columns)] ?? 0;
  const background = median(brightness.filter((_, i) => isRim(cell(i, columns), grid)));
  const difference = ({ row, column }: Query) => {
    const around = neighbours.map(([dy, dx]) => Math.abs(at(row + dy, column + dx) - background));
    // The cell itself counts as much as its neighbourhood: a thin line beats the hole beside it.
    return Math.abs(at(row, column) - background) + mean(around);
  };
  const slope = ({ row, column }: Query) =>
    Math.hypot(at(row + 1, column) - at(row - 1, column), at(row, column + 1) - at(row, column - 1));

  const candidates = brightness.map((_, i) => cell(i, columns)).filter((query) => !isRim(query, grid));
  const subject = best(candidates, difference);
  const edge = best(apart(candidates, subject, grid), slope);
  const calm = best(apart(apart(candidates, subject, grid), edge, grid), (query) => -difference(query) - slope(query));
  return [subject, edge, calm];
}

const neighbours = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const));

/** Mean luminance of the pixels under each cell of `grid`, reading order, 0…255. */
function cellBrightness(batch: ImageBatch, n: number, [rows, columns]: Grid): number[] {
  const sums = new Array<number>(rows * columns).fill(0);
  const counts = new Array<number>(rows * columns).fill(0);
  for (let y = 0; y < batch.resolution; y++) {
    for (let x = 0; x < batch.resolution; x++) {
      const i = Math.floor((y * rows) / batch.resolution) * columns + Math.floor((x * columns) / batch.resolution);
      sums[i] = (sums[i] ?? 0) + luminanceOf(pixelOf(batch, n, y, x));
      counts[i] = (counts[i] ?? 0) + 1;
    }
  }
  return sums.map((sum, i) => sum / Math.max(1, counts[i] ?? 0));
}

/** The first candidate with the highest score. */
function best(candidates: readonly Query[], score: (query: Query) => number): Query {
  return candidates.reduce((leader, query) => (score(query) > score(leader) ? query : leader));
}

/** The candidates at least a fifth of the grid away from `taken`, so that dots do not hide each other. */
function apart(candidates: readonly Query[], taken: Query, grid: Grid): Query[] {
  const least = Math.max(1, Math.min(...grid) / 5);
  return candidates.filter(
    ({ row, column }) => Math.max(Math.abs(row - taken.row), Math.abs(column - taken.column)) >= least,
  );
}

function cell(index: number, columns: number): Query {
  return { row: Math.floor(index / columns), column: index % columns };
}

function isRim({ row, column }: Query, [rows, columns]: Grid): boolean {
  return row === 0 || column === 0 || row === rows - 1 || column === columns - 1;
}

function clamp(index: number, length: number): number {
  return Math.min(length - 1, Math.max(0, index));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
