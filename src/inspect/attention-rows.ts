/** What one figure or report shows of an attention block: some queries an image, each with its map and entropy. */
import { UserError } from '../base/errors.ts';
import { countImages, type ImageBatch } from '../picture/canvas.ts';
import { attentionEntropy } from './attention-entropy.ts';
import { chooseQueries, type Grid, type Query } from './choose-queries.ts';

export interface AttentionMaps extends ImageBatch {
  /** float32 [N, Lq, Lk], after the softmax over keys. */
  readonly maps: Float32Array;
  readonly queryGrid: Grid;
  /** Coarser than the query grid where keys are max-pooled. */
  readonly keyGrid: Grid;
  /** One list of queries an image, or a single list for all; by default `chooseQueries` of each image. */
  readonly queries?: readonly (readonly Query[])[];
}

export interface AttendedQuery {
  readonly query: Query;
  /** float32 [Lk], in reading order of the key grid. */
  readonly map: Float32Array;
  readonly entropyBits: number;
}

/**
 * The maps and entropies of the chosen queries, a list an image.
 *
 * Throws UserError when images, maps, grids and queries do not fit together, or when a map is no probability.
 */
export function attentionRows(input: AttentionMaps): AttendedQuery[][] {
  const { maps, queryGrid, keyGrid } = input;
  const count = countImages(input, 'attention');
  const [queryCount, keyCount] = [queryGrid[0] * queryGrid[1], keyGrid[0] * keyGrid[1]];
  if (maps.length !== count * queryCount * keyCount) {
    throw new UserError(
      `attention: the maps have ${maps.length} elements; expected ${count}×${queryCount}×${keyCount} for ${count} images, ` +
        `${queryGrid.join('×')} queries and ${keyGrid.join('×')} keys. Check the two grids.`,
    );
  }
  const given = input.queries;
  if (given !== undefined && given.length !== 1 && given.length !== count) {
    throw new UserError(
      `attention: there are ${given.length} lists of queries; expected 1, or ${count} for ${count} images. ` +
        'Give one list for all images, or one an image.',
    );
  }
  return Array.from({ length: count }, (_, n) => {
    const queries = given === undefined ? chooseQueries(input, n, queryGrid) : (given[n] ?? given[0] ?? []);
    return queries.map((query) => {
      const start = (n * queryCount + indexOf(query, queryGrid)) * keyCount;
      const map = maps.subarray(start, start + keyCount);
      return { query, map, entropyBits: attentionEntropy(map, keyCount).bits[0] ?? 0 };
    });
  });
}

function indexOf({ row, column }: Query, [rows, columns]: Grid): number {
  const isInside = (at: number, length: number) => Number.isInteger(at) && at >= 0 && at < length;
  if (!isInside(row, rows) || !isInside(column, columns)) {
    throw new UserError(
      `attention: a query is at row ${row}, column ${column}; expected whole numbers below ${rows} and ${columns}. ` +
        'Count in cells of the query grid, not in pixels.',
    );
  }
  return row * columns + column;
}
