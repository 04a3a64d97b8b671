/** What is left to say of a run when it ends. */

import type { TrainEvent } from '../api/train-run.ts';

export interface TrainSummary {
  readonly run: string;
  /** Generator updates that the run has by now. */
  readonly steps: number;
  readonly imagesSeen: number;
  /** Of this call, from its start to its end. */
  readonly seconds: number;
  /** Of the last step; null if there was none. */
  readonly lossD: number | null;
  readonly lossG: number | null;
  /** The newest checkpoint; null if there is none. */
  readonly checkpoint: string | null;
}

export const emptySummary: TrainSummary = {
  run: '',
  steps: 0,
  imagesSeen: 0,
  seconds: 0,
  lossD: null,
  lossG: null,
  checkpoint: null,
};

/** The summary after one more event. */
export function updated(summary: TrainSummary, event: TrainEvent): TrainSummary {
  switch (event.type) {
    case 'started': {
      const { run, step, config, checkpoint = null } = event;
      return { ...summary, run, steps: step, imagesSeen: step * config.batch * config.discriminatorSteps, checkpoint };
    }
    case 'step': {
      const { step, imagesSeen, lossD, lossG } = event;
      return { ...summary, steps: step, imagesSeen, lossD, lossG };
    }
    case 'checkpoint':
      return { ...summary, checkpoint: event.path };
    default:
      return summary;
  }
}
