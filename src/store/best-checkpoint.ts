/**
 * The best checkpoint of a run, by a score. It stands beside those that training goes on from and is none of them, so a run
 * that keeps its best goes on, returns and ends as it would without.
 *
 * A better one is whole under its own name before the one that it replaces is removed. Where a crash leaves both, their
 * scores say which is the best: a pointer to it could lie.
 */

import { FormatError } from '../base/errors.ts';
import { removeFolderAtomic } from './atomic.ts';
import { type CheckpointContent, commitCheckpoint, readNames, verifyCheckpoint } from './checkpoint.ts';
import type { CheckpointScore } from './manifest.ts';
import type { Run } from './run-folder.ts';

export interface BestCheckpoint {
  readonly folder: string;
  readonly step: number;
  readonly score: CheckpointScore;
}

/** Whether a score is strictly better than another of its metric; anything is better than none, and NaN than nothing. */
export function isBetter(score: CheckpointScore, than: CheckpointScore | undefined): boolean {
  if (!Number.isFinite(score.value)) return false;
  if (than === undefined) return true;
  return score.better === 'lower' ? score.value < than.value : score.value > than.value;
}

/**
 * Saves a checkpoint as the run's best, reads it back, and then removes the one that was.
 *
 * returns the folder of the checkpoint
 * throws  UserError if the disk refuses or does not give back what was written; the one that was the best is then untouched
 */
export function saveBestCheckpoint(run: Run, checkpoint: CheckpointContent, score: CheckpointScore): string {
  const saved = commitCheckpoint(run, 'best', checkpoint, score);
  for (const { folder } of readNames(run, 'best')) if (folder !== saved) removeFolderAtomic(folder, run.fileSystem);
  return saved;
}

/**
 * The best checkpoint of a run, without its state; damaged ones do not count. Undefined if there is none.
 *
 * throws  UserError if the disk refuses
 */
export function findBestCheckpoint(run: Run): BestCheckpoint | undefined {
  let best: BestCheckpoint | undefined;
  for (const { folder, step } of readNames(run, 'best')) {
    const score = scoreOf(folder, run);
    if (score !== undefined && isBetter(score, best?.score)) best = { folder, step, score };
  }
  return best;
}

function scoreOf(folder: string, { fileSystem }: Run): CheckpointScore | undefined {
  try {
    return verifyCheckpoint(folder, fileSystem).score;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
