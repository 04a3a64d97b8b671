/** Who looks after a run in training: the analyses and the watch that its config asks for, and its way back. */

import { join } from 'node:path';
import type { Dataset } from '../data/index.ts';
import type { Runtime } from '../engine/index.ts';
import type { BoundModel, GanLoss } from '../gan/index.ts';
import { type Checkpoint, type Run, returnBefore } from '../store/index.ts';
import {
  Analyser,
  type Config,
  type Oversight,
  type Progress,
  type ReturnPoint,
  readProgress,
  Watch,
} from '../train/index.ts';

/** The progress that a checkpoint holds. Throws FormatError where another version of Sagan wrote it. */
export function progressOf({ training, folder }: Checkpoint): Progress | undefined {
  return readProgress(training, join(folder, 'manifest.json'));
}

export interface Overseen {
  readonly config: Config;
  readonly model: BoundModel;
  readonly loss: GanLoss;
  readonly dataset: Dataset;
  readonly heldOut: Dataset | undefined;
  readonly runtime: Runtime;
}

/** Sets up what a config says of analyses and the watch, which goes on with the memory of a checkpoint. */
export function overseen(
  { config, model, loss: judgedBy, dataset, heldOut, runtime }: Overseen,
  progress: Progress | undefined,
): Oversight {
  const { batch, accumulation, seed, loss, penalties, analysis, watch } = config;
  const context = { loss, penalties: penalties.map(({ name }) => name), classes: model.images.classes };
  const analysed = {
    model,
    dataset,
    runtime,
    seed,
    batch: Math.floor(batch / accumulation),
    heldOut: heldOut && { dataset: heldOut, loss: judgedBy },
  };
  return {
    watch: new Watch(context, progress?.watch),
    openAnalyser: analysis.everySteps === 0 ? undefined : () => Analyser.create(analysed),
    analyseEverySteps: analysis.everySteps,
    action: watch.action,
    mostRollbacks: watch.mostRollbacks,
    origin: progress?.origin ?? 0,
  };
}

/** The newest whole checkpoint of an earlier step, once later ones are removed; undefined for the run's beginning. */
export function returnPoint(run: Run, before: number): ReturnPoint | undefined {
  const checkpoint = returnBefore(run, before);
  if (checkpoint === undefined) return undefined;
  const progress = progressOf(checkpoint);
  const { step, state } = checkpoint;
  return { step, state, watch: progress?.watch, learningRates: progress?.learningRates };
}
