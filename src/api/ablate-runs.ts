/** Trains the runs of an ablation, some at a time, each in a process of its own. */

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { UserError } from '../base/errors.ts';
import { type Job, newsSchema, stopMessage } from './ablate-job.ts';
import type { AblationPlanOptions, PlannedRun } from './ablate-plan.ts';

/** The same from src and from dist. */
const worker = fileURLToPath(import.meta.url).replace(/ablate-runs\.(\w+)$/, 'ablate-worker.$1');

/** How a run ended: as planned, stopped to go on later, or by itself. */
export interface TrainedOutcome {
  readonly step: number;
  readonly reason: string;
}

export interface RunsOptions {
  /** Runs that are trained at a time. */
  readonly jobs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep: (run: PlannedRun, step: number) => void;
  /** Called as each run ends; the next begins without waiting. */
  readonly onEnd: (run: PlannedRun, outcome: TrainedOutcome) => void;
}

/**
 * Trains runs in their order, `jobs` at a time, on one thread each, so that their numbers do not depend on how many there are.
 * After `signal` those in training are saved, and no more begin.
 *
 * Throws UserError where a run cannot be trained, once the others in training have been saved.
 */
export async function trainRuns(
  options: AblationPlanOptions,
  runs: readonly PlannedRun[],
  { jobs, signal, onStep, onEnd }: RunsOptions,
): Promise<void> {
  const waiting = [...runs];
  const failure = new AbortController();
  const stop = AbortSignal.any([failure.signal, ...(signal === undefined ? [] : [signal])]);
  const lane = async () => {
    for (let run = waiting.shift(); run !== undefined && !stop.aborted; run = waiting.shift()) {
      const planned = run;
      try {
        onEnd(run, await trainInProcess(jobOf(options, run), stop, (step) => onStep(planned, step)));
      } catch (error) {
        failure.abort();
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: jobs }, lane));
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason;
}

function jobOf({ preset, data }: AblationPlanOptions, run: PlannedRun): Job {
  const { path: out, steps, seed, settings } = run;
  if (run.stepsDone !== undefined) return { out, resume: true, steps, threads: 1 };
  return {
    out,
    resume: false,
    steps,
    seed,
    threads: 1,
    settings: [...settings],
    ...(preset !== undefined && { preset }),
    ...(data !== undefined && { data }),
  };
}

function trainInProcess(job: Job, stop: AbortSignal, onStep: (step: number) => void): Promise<TrainedOutcome> {
  const child = fork(worker, [JSON.stringify(job)]);
  return new Promise((resolve, reject) => {
    let outcome: TrainedOutcome | undefined;
    let problem: Error | undefined;
    const ask = () => tellToStop(child);
    stop.addEventListener('abort', ask);
    child.on('message', (message) => {
      const news = newsSchema.parse(message);
      if (news.type === 'step') onStep(news.step);
      else if (news.type === 'finished') outcome = { step: news.step, reason: news.reason };
      else problem = new UserError(news.message);
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      stop.removeEventListener('abort', ask);
      if (outcome !== undefined && problem === undefined) return resolve(outcome);
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(
        problem ??
          new UserError(
            `${job.out}: the process that trained this run ended ${how} before the run did; expected it to finish. ` +
              'Give the same command again: it goes on where the runs stopped. If memory was short, pass a smaller --jobs.',
          ),
      );
    });
  });
}

function tellToStop(child: ChildProcess): void {
  if (child.connected) child.send(stopMessage);
}
