/** The training loop: steps, and what is due after them. The only place where time passes. */

import type { State } from '../engine/index.ts';
import type { LearningRates } from '../store/index.ts';
import type { Analyser, Analysis } from './analysis.ts';
import { type Inbox, Requests } from './requests.ts';
import type { StepReport } from './step-report.ts';
import { DivergenceError, type Trainer } from './trainer.ts';
import type { Cleared, Finding, Watch, WatchAction, WatchMemory, WatchNews } from './watch.ts';
import type { Progress } from './watch-progress.ts';

export interface Schedule {
  /** The step at which the run is finished. */
  readonly steps: number;
  readonly sampleEverySteps: number;
  readonly checkpointEverySteps: number;
  /** Default: never. */
  readonly evaluate?: { readonly everySteps: number };
}

/** Who looks after a run, and what is done about what they find. */
export interface Oversight {
  readonly watch: Watch;
  /** Called after the first step, which need not wait for it. */
  readonly openAnalyser: (() => Promise<Analyser>) | undefined;
  readonly analyseEverySteps: number;
  readonly action: WatchAction;
  readonly mostRollbacks: number;
  /** The step that the run last went back to; 0 if it never has. */
  readonly origin: number;
}

/** Where a run goes back to: a saved step, or by default its beginning. */
export interface ReturnPoint {
  readonly step: number;
  readonly state: State;
  /** Default: nothing remembered. */
  readonly watch: WatchMemory | undefined;
  /** Default: the config's. */
  readonly learningRates?: LearningRates | undefined;
}

export type LoopEvent =
  | ({ readonly type: 'step'; readonly step: number; readonly imagesSeen: number; readonly ms: number } & StepReport)
  | ({ readonly type: 'analysis'; readonly step: number } & Analysis)
  | ({ readonly type: 'finding' } & Finding)
  | ({ readonly type: 'cleared'; readonly step: number } & Cleared)
  /**
   * The run goes back: the consumer calls `returnTo` with the last state from before `before` that it has. What follows is
   * the run's branch of that number.
   */
  | {
      readonly type: 'rollback';
      readonly step: number;
      readonly before: number;
      readonly branch: number;
      readonly returnTo: (point?: ReturnPoint) => void;
    }
  /** Samples are due; the consumer draws them before it asks for the next event. Also after the first step and at the end. */
  | { readonly type: 'sample'; readonly step: number; readonly generator: () => Promise<State> }
  /** An evaluation is due; likewise. Also after the last step. The state is there to be kept if it turns out to be the best. */
  | {
      readonly type: 'evaluate';
      readonly step: number;
      readonly imagesSeen: number;
      readonly progress: Progress | undefined;
      readonly generator: () => Promise<State>;
      readonly state: () => Promise<State>;
    }
  /** A checkpoint is due; likewise. The last one from before each step of `keepBefore` should be kept too. */
  | {
      readonly type: 'checkpoint';
      readonly step: number;
      readonly imagesSeen: number;
      readonly progress: Progress | undefined;
      readonly keepBefore: readonly number[];
      readonly state: () => Promise<State>;
    }
  /** As was asked, nothing is computed until the run is continued or stopped. */
  | { readonly type: 'paused'; readonly step: number }
  /** As was asked, steps follow: until `pauseAt` of them are done in all, or to the end. */
  | { readonly type: 'continued'; readonly step: number; readonly pauseAt?: number }
  /** The base rates from the next step on: as was asked, or since the state that the run goes on from had them. */
  | ({ readonly type: 'learningRates'; readonly step: number } & LearningRates)
  /** Something was asked that cannot be done. */
  | { readonly type: 'refused'; readonly step: number; readonly reason: string }
  | { readonly type: 'diverged'; readonly step: number; readonly error: DivergenceError }
  | {
      readonly type: 'finished';
      readonly step: number;
      readonly reason: 'steps' | 'stopped' | 'diverged' | 'collapsed';
    };

/**
 * Advances a trainer to `schedule.steps`. Each event is handed over before the next step begins, so a consumer that
 * saves a checkpoint saves the state of exactly that step. `signal` stops the loop after the step in progress; what is
 * unsaved is then offered as a checkpoint, as it is at the end and before a divergence is reported.
 *
 * With an `oversight` each step is watched, and analysed when due. A collapse, or a step that is not finite, is answered
 * with its action; a run that may not go back any more stops as `collapsed`, or `diverged`. However it ends, the trainer is
 * closed.
 *
 * The `inbox` is looked into before each step. While the run is paused nothing is computed, and what is asked is done.
 */
export async function* loop(
  trainer: Trainer,
  schedule: Schedule,
  signal?: AbortSignal,
  oversight?: Oversight,
  inbox: Inbox = () => [],
): AsyncGenerator<LoopEvent> {
  try {
    yield* steps(trainer, schedule, signal, oversight, inbox);
  } finally {
    await trainer.close();
  }
}

async function* steps(
  trainer: Trainer,
  schedule: Schedule,
  signal: AbortSignal | undefined,
  oversight: Oversight | undefined,
  inbox: Inbox,
): AsyncGenerator<LoopEvent> {
  const start = trainer.step;
  let origin = oversight?.origin ?? 0;
  let saved = { step: start, rates: trainer.learningRates };
  let sampled = start;
  let analyser: Analyser | undefined;
  const generator = () => trainer.snapshot((name) => name.startsWith('ema.G.'));
  const state = () => trainer.snapshot();
  const sample = (): LoopEvent => {
    sampled = trainer.step;
    return { type: 'sample', step: trainer.step, generator };
  };
  const progress = (): Progress | undefined => {
    const { branch, changedLearningRates: learningRates } = trainer;
    return oversight && { branch, origin, watch: oversight.watch.memory, ...(learningRates && { learningRates }) };
  };
  const evaluate = (): LoopEvent => {
    const { step, imagesSeen } = trainer;
    return { type: 'evaluate', step, imagesSeen, progress: progress(), generator, state };
  };
  const checkpoint = (): LoopEvent => {
    const { step, imagesSeen, learningRates: rates } = trainer;
    saved = { step, rates };
    return {
      type: 'checkpoint',
      step,
      imagesSeen,
      progress: progress(),
      keepBefore: oversight?.action === 'rollback' ? [1, origin, ...oversight.watch.mayReturnBefore(step)] : [],
      state,
    };
  };
  const isSaved = () => saved.step === trainer.step && saved.rates === trainer.learningRates;
  const isAborted = () => signal?.aborted === true;
  const requests = new Requests(inbox, trainer, {
    sample,
    checkpoint: () => (isSaved() && trainer.step > 0 ? undefined : checkpoint()),
    isEnding: isAborted,
  });
  const isStopped = () => requests.isStopped || isAborted();
  const isEvaluationDue = (step: number) => {
    const { everySteps = 0 } = schedule.evaluate ?? {};
    return everySteps > 0 && (step % everySteps === 0 || step === schedule.steps);
  };
  const mayGoBack = () => oversight?.action === 'rollback' && trainer.branch < oversight.mostRollbacks;
  const goBack = async function* (since: number): AsyncGenerator<LoopEvent> {
    const branch = trainer.branch + 1;
    // A branch that collapses before it has saved anything shows that where it began was no good place.
    const isStillborn = branch > 1 && since <= origin + schedule.checkpointEverySteps;
    const before = Math.max(1, isStillborn ? Math.min(origin, since) : since);
    const from = trainer.step;
    const returnTo = (point?: ReturnPoint) => {
      origin = point?.step ?? 0;
      trainer.goTo({ step: origin, state: point?.state, branch, learningRates: point?.learningRates });
      oversight?.watch.recall(point?.watch);
    };
    yield { type: 'rollback', step: from, before, branch, returnTo };
    yield* requests.afterReturnFrom(from);
    yield checkpoint();
  };
  yield* requests.changedRates();
  while (trainer.step < schedule.steps && !isAborted()) {
    yield* requests.attend();
    if (isStopped()) break;
    const startedAt = performance.now();
    let report: StepReport;
    try {
      report = await trainer.advance();
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      if (oversight !== undefined && mayGoBack()) {
        const finding = oversight.watch.afterDivergence(error.step, error.tensor);
        yield { type: 'finding', ...finding };
        yield* goBack(finding.since);
        continue;
      }
      if (!isSaved()) yield checkpoint();
      yield { type: 'diverged', step: error.step, error };
      yield { type: 'finished', step: trainer.step, reason: 'diverged' };
      return;
    }
    const { step, imagesSeen } = trainer;
    yield { type: 'step', step, imagesSeen, ms: performance.now() - startedAt, ...report };
    analyser ??= await oversight?.openAnalyser?.();
    const collapse = oversight && (yield* oversee(trainer, report, oversight, analyser));
    if (collapse !== undefined && oversight?.action !== 'warn') {
      if (mayGoBack()) {
        yield* goBack(collapse.since);
        continue;
      }
      if (!isSaved()) yield checkpoint();
      yield { type: 'finished', step, reason: 'collapsed' };
      return;
    }
    if (step % schedule.sampleEverySteps === 0 || step === start + 1) yield sample();
    if (isEvaluationDue(step)) yield evaluate();
    if (step % schedule.checkpointEverySteps === 0) yield checkpoint();
  }
  // Whoever stops a run waits for it, so only what would be lost is done.
  if (sampled !== trainer.step && !isStopped()) yield sample();
  if (!isSaved() || trainer.step === 0) yield checkpoint();
  yield { type: 'finished', step: trainer.step, reason: trainer.step >= schedule.steps ? 'steps' : 'stopped' };
}

/** Watches the step that was done; returns the collapse that it showed, the earliest if there are several. */
async function* oversee(
  trainer: Trainer,
  report: StepReport,
  { watch, analyseEverySteps }: Oversight,
  analyser: Analyser | undefined,
): AsyncGenerator<LoopEvent, Finding | undefined> {
  const { step } = trainer;
  const news: WatchNews[] = [watch.afterStep(step, report)];
  if (analyser !== undefined && step % analyseEverySteps === 0) {
    const analysis = await analyser.analyse(trainer);
    yield { type: 'analysis', step, ...analysis };
    news.push(watch.afterAnalysis(step, analysis));
  }
  for (const cleared of news.flatMap((part) => part.cleared)) yield { type: 'cleared', step, ...cleared };
  const findings = news.flatMap((part) => part.findings);
  for (const finding of findings) yield { type: 'finding', ...finding };
  return findings.filter(({ severity }) => severity === 'collapse').sort((a, b) => a.since - b.since)[0];
}
