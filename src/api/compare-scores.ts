/** The scores of runs and files beside each other. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { FormatError, UserError } from '../base/errors.ts';
import {
  areComparable,
  type ComparedScores,
  compareScores,
  parseScoreFile,
  type ScoreSource,
} from '../metrics/index.ts';

export interface Comparison {
  readonly sources: readonly ScoreSource[];
  readonly rows: readonly ComparedScores[];
  /** Whether any scores stand beside each other, and all that do may be compared. */
  readonly areComparable: boolean;
  /** Files in folders of runs that hold no scores of this form. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Compares the scores of files and of runs, each of whose `scores/*.json` is a source of its own.
 *
 * Throws UserError where there are fewer than two sources, or where one that is named cannot be read.
 */
export function compareScoresOf(paths: readonly string[]): Comparison {
  const found = paths.map((path) => (isFolder(path) ? readRun(path) : { sources: [readScores(path)], leftOut: [] }));
  const sources = found.flatMap((one) => one.sources);
  if (sources.length < 2) {
    throw new UserError(
      `${paths.join(', ')}: there is one file of scores; expected two or more to compare. ` +
        'Name another run or file, or score the run again with "sagan evaluate".',
    );
  }
  const rows = compareScores(sources);
  return { sources, rows, areComparable: areComparable(rows), leftOut: found.flatMap((one) => one.leftOut) };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readScores(file: string, name = file): ScoreSource {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `${file}: cannot be read (${error instanceof Error ? error.message : error}); expected a file of scores or the ` +
        'folder of a run. Check the path.',
    );
  }
  return { name, file: parseScoreFile(text, file) };
}

/** A run with one file of scores is named by its folder, the files of others by theirs. */
function readRun(path: string): Pick<Comparison, 'sources' | 'leftOut'> {
  const folder = join(path, 'scores');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const sources: ScoreSource[] = [];
  const leftOut: { file: string; reason: string }[] = [];
  for (const file of files.sort().map((name) => join(folder, name))) {
    try {
      sources.push(readScores(file));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      leftOut.push({ file, reason: error.message.slice(`${file}: `.length) });
    }
  }
  const [only, ...others] = sources;
  if (only !== undefined) return { sources: others.length === 0 ? [{ ...only, name: path }] : sources, leftOut };
  const seen = files.length === 0 ? 'none' : files.map((file) => basename(file)).join(', ');
  throw new UserError(
    `${path}: there are no scores in it (files in scores/: ${seen}); expected scores/*.json as "sagan evaluate" writes them. ` +
      `Score the run: sagan evaluate ${path}`,
  );
}
