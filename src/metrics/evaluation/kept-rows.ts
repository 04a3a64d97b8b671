/** Where the features of images wait until all of them are there: in memory, or in a file where that would be much. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFeatureFile, openFeatureFile } from '../features/feature-file.ts';
import { type FeatureRows, memoryRows } from '../features/feature-rows.ts';

const mostBytesInMemory = 2 ** 28;

export interface KeptRows {
  append(rows: Float32Array): void;
  /** All rows, once no more come. */
  finish(): FeatureRows;
  /** Frees what the rows take; they cannot be read afterwards. */
  release(): void;
}

/** Room for `count` rows of `dimensions` numbers; `mostBytes` of them are kept in memory, more in a temporary file. */
export function keepRows(count: number, dimensions: number, mostBytes = mostBytesInMemory): KeptRows {
  return count * dimensions * 4 <= mostBytes ? keepInMemory(count, dimensions) : keepInTemporaryFile(dimensions);
}

function keepInMemory(count: number, dimensions: number): KeptRows {
  const data = new Float32Array(count * dimensions);
  let filled = 0;
  return {
    append(rows) {
      data.set(rows, filled);
      filled += rows.length;
    },
    finish: () => memoryRows(data.subarray(0, filled), dimensions),
    release: () => undefined,
  };
}

function keepInTemporaryFile(dimensions: number): KeptRows {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-features-'));
  const kept = keepInFile(join(folder, 'rows.features'), dimensions);
  return {
    ...kept,
    release() {
      kept.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Keeps rows in a file, which is there whole once `finish` has been called, and stays. */
export function keepInFile(path: string, dimensions: number): KeptRows {
  const writer = createFeatureFile(path, dimensions);
  let close: (() => void) | undefined;
  return {
    append: (rows) => writer.append(rows),
    finish() {
      writer.finish();
      const file = openFeatureFile(path);
      close = () => file.close();
      return file;
    },
    release() {
      if (close === undefined) writer.discard();
      else close();
      close = () => undefined;
    },
  };
}
