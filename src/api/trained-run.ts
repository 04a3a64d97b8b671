/** From the folder of a run to what was trained in it. */

import type { BoundModel, ModelEntry } from '../gan/index.ts';
import { type Checkpoint, loadNewestCheckpoint, openRun, type RefusedCheckpoint, type Run } from '../store/index.ts';
import { type Config, parseSavedConfig } from '../train/index.ts';
import { modelOf } from './run-model.ts';

export interface TrainedRun {
  readonly run: Run;
  readonly config: Config;
  readonly model: BoundModel;
  readonly checkpoint: Checkpoint;
  /** Newer checkpoints, which are damaged. */
  readonly refused: readonly RefusedCheckpoint[];
}

/**
 * Opens a run at its newest checkpoint that is whole, and writes nothing. `custom` is its model where that is your own.
 *
 * Throws UserError where the folder holds no run, or the run no checkpoint that can be used.
 */
export function openTrainedRun(path: string, custom?: ModelEntry): TrainedRun {
  const run = openRun(path);
  const config = parseSavedConfig(run.config, run.configPath, { model: custom });
  return { run, config, model: modelOf(config, custom), ...loadNewestCheckpoint(run) };
}
