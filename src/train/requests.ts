/** What is asked of a run while it trains: the run's answers, and whether it is to wait, to go on or to stop. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Control, Refusal } from '../store/index.ts';
import type { LoopEvent } from './loop.ts';
import type { Trainer } from './trainer.ts';

/** Hands over, in order, what has been asked since it was last called. */
export type Inbox = () => readonly (Control | Refusal)[];

/** While a run is paused it looks for requests this often. */
const pollIntervalMs = 100;

/** What the loop does itself where it is asked for; undefined where there is nothing to do. */
export interface LoopActions {
  sample(): LoopEvent;
  checkpoint(): LoopEvent | undefined;
  /** Whether something other than a request ends the run. */
  isEnding(): boolean;
}

export class Requests {
  private readonly inbox: Inbox;
  private readonly trainer: Trainer;
  private readonly actions: LoopActions;
  private isPaused = false;
  private stopped = false;
  private pauseAt: number | undefined;

  constructor(inbox: Inbox, trainer: Trainer, actions: LoopActions) {
    this.inbox = inbox;
    this.trainer = trainer;
    this.actions = actions;
  }

  get isStopped(): boolean {
    return this.stopped;
  }

  /**
   * Between two steps: answers what is asked, and waits while the run is paused. What comes together with a `stop`, after it, is
   * dropped, except for rates: those are asked of the run, and hold for whoever resumes it.
   */
  async *attend(): AsyncGenerator<LoopEvent> {
    if (this.trainer.step === this.pauseAt) yield this.pause();
    for (;;) {
      for (const request of this.inbox()) {
        if (this.stopped && !('do' in request && request.do === 'learningRates')) continue;
        const event = this.answer(request);
        if (event !== undefined) yield event;
      }
      if (this.stopped || !this.isPaused || this.actions.isEnding()) return;
      await wait(pollIntervalMs);
    }
  }

  /** The run has gone back: steps that were asked for are counted on from where it stands now. Tells what holds from here. */
  *afterReturnFrom(step: number): Generator<LoopEvent> {
    yield* this.changedRates();
    if (this.pauseAt === undefined) return;
    this.pauseAt += this.trainer.step - step;
    yield this.goOn();
  }

  /** The rates, where the run goes on with others than its config's. */
  *changedRates(): Generator<LoopEvent> {
    if (this.trainer.changedLearningRates !== undefined) yield this.learningRates();
  }

  private answer(request: Control | Refusal): LoopEvent | undefined {
    const { trainer } = this;
    if ('refused' in request) return { type: 'refused', step: trainer.step, reason: request.refused };
    switch (request.do) {
      case 'pause':
        return this.isPaused ? undefined : this.pause();
      case 'continue':
        if (!this.isPaused && this.pauseAt === undefined) return undefined;
        this.pauseAt = undefined;
        return this.goOn();
      case 'advance':
        this.pauseAt = trainer.step + request.steps;
        return this.goOn();
      case 'learningRates':
        trainer.setLearningRates(request);
        return this.learningRates();
      case 'sample':
        return this.actions.sample();
      case 'checkpoint':
        return this.actions.checkpoint();
      case 'stop':
        this.stopped = true;
        return undefined;
    }
  }

  private pause(): LoopEvent {
    this.isPaused = true;
    this.pauseAt = undefined;
    return { type: 'paused', step: this.trainer.step };
  }

  private goOn(): LoopEvent {
    this.isPaused = false;
    const { pauseAt, trainer } = this;
    return { type: 'continued', step: trainer.step, ...(pauseAt !== undefined && { pauseAt }) };
  }

  private learningRates(): LoopEvent {
    return { type: 'learningRates', step: this.trainer.step, ...this.trainer.learningRates };
  }
}
