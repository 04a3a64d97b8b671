/** The training loop: steps, and what is due after them. The only place where time passes. */

import type { State } from '../engine/index.ts';
import { DivergenceError, type StepReport, type Trainer } from './trainer.ts';

export interface Schedule {
  /** The step at which the run is finished. */
  readonly steps: number;
  readonly sampleEverySteps: number;
  readonly checkpointEverySteps: number;
}

export type LoopEvent =
  | ({ readonly type: 'step'; readonly step: number; readonly imagesSeen: number; readonly ms: number } & StepReport)
  /** Samples are due; the consumer draws them before it asks for the next event. Also after the first step and at the end. */
  | { readonly type: 'sample'; readonly step: number; readonly generator: () => Promise<State> }
  /** A checkpoint is due; likewise. */
  | {
      readonly type: 'checkpoint';
      readonly step: number;
      readonly imagesSeen: number;
      readonly state: () => Promise<State>;
    }
  | { readonly type: 'diverged'; readonly step: number; readonly error: DivergenceError }
  | { readonly type: 'finished'; readonly step: number; readonly reason: 'steps' | 'stopped' | 'diverged' };

/**
 * Advances a trainer to `schedule.steps`. Each event is handed over before the next step begins, so a consumer that
 * saves a checkpoint saves the state of exactly that step. `signal` stops the loop after the step in progress; what is
 * unsaved is then offered as a checkpoint, as it is at the end and before a divergence is reported.
 */
export async function* loop(trainer: Trainer, schedule: Schedule, signal?: AbortSignal): AsyncGenerator<LoopEvent> {
  const sample = (): LoopEvent => ({
    type: 'sample',
    step: trainer.step,
    generator: () => trainer.snapshot((name) => name.startsWith('ema.G.')),
  });
  const checkpoint = (): LoopEvent => {
    saved = trainer.step;
    return { type: 'checkpoint', step: trainer.step, imagesSeen: trainer.imagesSeen, state: () => trainer.snapshot() };
  };
  let saved = trainer.step;
  const start = trainer.step;
  let sampled = start;
  while (trainer.step < schedule.steps && signal?.aborted !== true) {
    const startedAt = performance.now();
    let report: StepReport;
    try {
      report = await trainer.advance();
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      if (trainer.step > saved) yield checkpoint();
      yield { type: 'diverged', step: error.step, error };
      yield { type: 'finished', step: trainer.step, reason: 'diverged' };
      return;
    }
    const { step, imagesSeen } = trainer;
    yield { type: 'step', step, imagesSeen, ms: performance.now() - startedAt, ...report };
    if (step % schedule.sampleEverySteps === 0 || step === start + 1) {
      sampled = step;
      yield sample();
    }
    if (step % schedule.checkpointEverySteps === 0) yield checkpoint();
  }
  // Whoever stops a run waits for it, so only what would be lost is done.
  if (sampled !== trainer.step && signal?.aborted !== true) yield sample();
  if (saved !== trainer.step || trainer.step === 0) yield checkpoint();
  yield { type: 'finished', step: trainer.step, reason: trainer.step >= schedule.steps ? 'steps' : 'stopped' };
}
