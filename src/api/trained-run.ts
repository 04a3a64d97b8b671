/** From the folder of a run to what was trained in it. */

import type { BoundModel, ModelEntry } from '../gan/index.ts';
import {
  type Checkpoint,
  type CheckpointChoice,
  loadChosenCheckpoint,
  openRun,
  type RefusedCheckpoint,
  type Run,
} from '../store/index.ts';
import { type Config, parseSavedConfig } from '../train/index.ts';
import { modelOf } from './run-model.ts';

export type { CheckpointChoice } from '../store/index.ts';

export interface TrainedRun {
  readonly run: Run;
  readonly config: Config;
  readonly model: BoundModel;
  readonly checkpoint: Checkpoint;
  /** Newer checkpoints, which are damaged. */
  readonly refused: readonly RefusedCheckpoint[];
}

export interface OpenTrainedOptions {
  /** The run's model, where it is your own. */
  readonly model?: ModelEntry | undefined;
  /** `newest` (the default), `best` by the run's evaluations, or a step. */
  readonly checkpoint?: CheckpointChoice | undefined;
}

/**
 * Opens a run at its newest checkpoint that is whole, or at another, and writes nothing.
 *
 * Throws UserError where the folder holds no run, or the run no such checkpoint that can be used.
 */
export function openTrainedRun(
  path: string,
  { model: custom, checkpoint = 'newest' }: OpenTrainedOptions = {},
): TrainedRun {
  const run = openRun(path);
  const config = parseSavedConfig(run.config, run.configPath, { model: custom });
  return { run, config, model: modelOf(config, custom), ...loadChosenCheckpoint(run, checkpoint) };
}
