/** Which checkpoint of a run is meant: the newest, the best, or that of a step. */

import { UserError } from '../base/errors.ts';
import { findBestCheckpoint } from './best-checkpoint.ts';
import {
  type Checkpoint,
  findWhole,
  loadCheckpoint,
  loadNewestCheckpoint,
  type RefusedCheckpoint,
  readNames,
} from './checkpoint.ts';
import type { Run } from './run-folder.ts';

/** A number is a step. */
export type CheckpointChoice = 'newest' | 'best' | number;

/**
 * Loads the newest checkpoint that is whole, the best, or the one of a step; and tells which ones were refused before it.
 *
 * throws  UserError that names what there is, if there is none such; with the reason for each that was refused
 */
export function loadChosenCheckpoint(
  run: Run,
  choice: CheckpointChoice,
): { readonly checkpoint: Checkpoint; readonly refused: readonly RefusedCheckpoint[] } {
  if (choice === 'newest') return loadNewestCheckpoint(run);
  const best = findBestCheckpoint(run);
  if (choice === 'best') {
    if (best !== undefined) return { checkpoint: loadCheckpoint(best.folder, run.fileSystem), refused: [] };
    throw noneSuch(run, 'no best checkpoint, since none was scored', 'Train with --evaluate-every N to have one');
  }
  const ofStep = [...readNames(run), ...readNames(run, 'best')].filter(({ step }) => step === choice);
  const { checkpoint, refused } = findWhole(run, ofStep);
  if (checkpoint !== undefined) return { checkpoint, refused };
  const reasons = refused.map(({ reason }) => `\n  ${reason}`).join('');
  throw noneSuch(run, `no checkpoint of step ${choice} that can be used`, 'Choose one of them', reasons);
}

function noneSuch(run: Run, seen: string, remedy: string, reasons = ''): UserError {
  const names = readNames(run).map(({ step }) => `step ${step}`);
  const best = findBestCheckpoint(run);
  const known = [...new Set(names), ...(best === undefined ? [] : [`best (step ${best.step})`])];
  const kept = known.length === 0 ? 'one that is kept, and none is yet' : `one that is kept: ${known.join(', ')}`;
  return new UserError(`${run.checkpointsPath}: there is ${seen}; expected ${kept}. ${remedy}.${reasons}`);
}
