/** Ablations: runs that differ in few settings, over several seeds, and what they allow one to say. */

import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { comparePaired, holm, type PairedComparison, type Summary, significance, summarize } from '../inspect/index.ts';
import { listCheckpoints, loadCheckpoint, openRun, readEvents, writeFileAtomic } from '../store/index.ts';
import {
  type AblationPlan,
  type AblationPlanOptions,
  type PlannedArm,
  type PlannedRun,
  planAblation,
} from './ablate-plan.ts';
import { type TrainedOutcome, trainRuns } from './ablate-runs.ts';
import { markdownOf } from './ablation-table.ts';
import {
  checkRunMetrics,
  type RunMetricName,
  requireNetworks,
  runMetrics,
  scoreRun,
  usualRunMetrics,
} from './score-run.ts';

export interface AblationOptions extends AblationPlanOptions {
  /** Names of scores; default: those that suit the dataset. */
  readonly metrics?: readonly string[] | undefined;
  /** Images that each score is taken of. Default 2000. */
  readonly count?: number | undefined;
  /** Runs that are trained at a time, on one thread each. Default 1. */
  readonly jobs?: number | undefined;
  /** Also score the earlier checkpoints that a run has kept (`keepCheckpoints`). Default false. */
  readonly everyCheckpoint?: boolean | undefined;
  /** Saves the runs in training and ends the ablation, to go on another time. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: AblationEvent) => void) | undefined;
}

export type AblationEvent =
  | { readonly type: 'planned'; readonly plan: AblationPlan; readonly metrics: readonly RunMetricName[] }
  /** `stepsDone` of `stepsToDo` are those of the whole ablation in this session. */
  | {
      readonly type: 'step';
      readonly run: PlannedRun;
      readonly step: number;
      readonly stepsDone: number;
      readonly stepsToDo: number;
    }
  | { readonly type: 'trained'; readonly run: PlannedRun; readonly step: number; readonly reason: string }
  | { readonly type: 'scored'; readonly run: ScoredRun };

export type Scores = Readonly<Partial<Record<RunMetricName, number>>>;

export interface ScoredRun {
  readonly arm: string;
  readonly seed: number;
  readonly path: string;
  readonly step: number;
  /** False where it ended before its last step, as runs do that diverge or collapse: its scores count for nothing. */
  readonly isFinished: boolean;
  /** What its steps took, on one thread. */
  readonly trainingSeconds: number;
  readonly scores: Scores;
  /** The scores of earlier checkpoints, if they were asked for. */
  readonly earlier: readonly { readonly step: number; readonly scores: Scores }[];
}

export type Verdict = 'better' | 'worse' | 'not distinguishable';

export interface ArmComparison extends PairedComparison {
  /** Holm's, over the comparisons of this score. */
  readonly adjustedPValue: number;
  readonly verdict: Verdict;
}

export interface ArmResult extends PlannedArm {
  readonly scores: Readonly<Partial<Record<RunMetricName, Summary>>>;
  /** With the first arm, over the seeds that finished in both; none for the first arm, or without such seeds. */
  readonly comparisons: Readonly<Partial<Record<RunMetricName, ArmComparison>>>;
}

export interface Ablation {
  readonly source: string;
  readonly preset: string | undefined;
  /** Settings that all arms share. */
  readonly settings: readonly string[];
  readonly steps: number;
  readonly seeds: number;
  /** Images that each score was taken of. */
  readonly count: number;
  readonly metrics: readonly RunMetricName[];
  readonly arms: readonly ArmResult[];
  readonly runs: readonly ScoredRun[];
}

export const defaultScoreCount = 2000;

/**
 * Trains what is not trained yet, scores every run in the same way, compares the arms with the first, and writes
 * `ablation.json` and `ablation.md` into the folder. Undefined if `signal` ended it before all runs had ended.
 *
 * The verdict on an arm is `better` or `worse` where the paired t-test over the seeds gives, after Holm's correction for the
 * number of arms compared by that score, p ≤ 0.05; else it is `not distinguishable`, which does not mean equal.
 *
 * Throws UserError as `planAblation`, `trainRuns` and `scoreRun` do.
 */
export async function ablate(options: AblationOptions): Promise<Ablation | undefined> {
  const { signal, onEvent = () => {}, jobs = 1, count = defaultScoreCount } = options;
  for (const [name, value] of Object.entries({ seeds: options.seeds, jobs, count })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new UserError(`ablate: ${name} is ${value}; expected a whole number, 1 or more.`);
  }
  const plan = await planAblation(options);
  const metrics = options.metrics === undefined ? usualRunMetrics(plan.source) : checkRunMetrics(options.metrics);
  requireNetworks(metrics, plan.source);
  onEvent({ type: 'planned', plan, metrics });
  const isStopped = () => signal?.aborted === true;
  await trainPlanned(plan, jobs, signal, onEvent);
  const runs: ScoredRun[] = [];
  for (const run of plan.runs) {
    if (isStopped()) return undefined;
    const scored = await scorePlanned(run, metrics, { count, everyCheckpoint: options.everyCheckpoint });
    runs.push(scored);
    onEvent({ type: 'scored', run: scored });
  }
  const { source, steps } = plan;
  const { preset, settings = [], seeds } = options;
  const arms = compareArms(plan.arms, runs, metrics);
  const ablation = { source, preset, settings, steps, seeds, count, metrics, arms, runs };
  writeFileAtomic(join(options.out, 'ablation.json'), Buffer.from(`${JSON.stringify(ablation, null, 2)}\n`));
  writeFileAtomic(join(options.out, 'ablation.md'), Buffer.from(markdownOf(ablation)));
  return ablation;
}

async function trainPlanned(
  { options, runs }: AblationPlan,
  jobs: number,
  signal: AbortSignal | undefined,
  onEvent: (event: AblationEvent) => void,
): Promise<void> {
  const unfinished = runs.filter((run) => run.stepsDone !== run.steps);
  const stepsToDo = unfinished.reduce((sum, run) => sum + run.steps - (run.stepsDone ?? 0), 0);
  const reached = new Map(unfinished.map((run) => [run.path, run.stepsDone ?? 0]));
  const before = [...reached.values()].reduce((sum, step) => sum + step, 0);
  const note = (run: PlannedRun, step: number) => {
    reached.set(run.path, step);
    return [...reached.values()].reduce((sum, at) => sum + at, 0) - before;
  };
  await trainRuns(options, unfinished, {
    jobs,
    signal,
    onStep: (run, step) => onEvent({ type: 'step', run, step, stepsDone: note(run, step), stepsToDo }),
    onEnd: (run, { step, reason }: TrainedOutcome) => {
      note(run, run.steps);
      onEvent({ type: 'trained', run, step, reason });
    },
  });
}

async function scorePlanned(
  { arm, seed, path, steps }: PlannedRun,
  metrics: readonly RunMetricName[],
  options: { count: number; everyCheckpoint?: boolean | undefined },
): Promise<ScoredRun> {
  const { everyCheckpoint = false, ...scoring } = options;
  const run = openRun(path);
  const kept = listCheckpoints(run).slice(0, everyCheckpoint ? undefined : 1);
  const [newest, ...older] = new Set(kept.map((folder) => loadCheckpoint(folder).step));
  const { events } = readEvents(run.eventsPath);
  const milliseconds = events.reduce((sum, { type, ms }) => sum + (type === 'step' ? Number(ms) : 0), 0);
  const scoresAt = (checkpoint: number) => scoreRun(path, metrics, { ...scoring, checkpoint, threads: 1 });
  const earlier: { step: number; scores: Scores }[] = [];
  for (const step of older.reverse()) earlier.push({ step, scores: await scoresAt(step) });
  return {
    arm,
    seed,
    path,
    step: newest ?? 0,
    isFinished: newest === steps,
    trainingSeconds: Math.round(milliseconds / 100) / 10,
    scores: newest === undefined ? {} : await scoresAt(newest),
    earlier,
  };
}

/** Means and comparisons with the first arm, of runs that have been scored. */
export function compareArms(
  arms: readonly PlannedArm[],
  runs: readonly ScoredRun[],
  metrics: readonly RunMetricName[],
): ArmResult[] {
  const results = arms.map((arm) => ({ ...arm, scores: new Map(), comparisons: new Map() }));
  const [baseline] = arms;
  for (const metric of metrics) {
    const bySeed = (name: string) =>
      new Map(
        runs.flatMap(({ arm, seed, isFinished, scores }) => {
          const score = scores[metric];
          return arm === name && isFinished && score !== undefined ? [[seed, score] as const] : [];
        }),
      );
    const reference = bySeed(baseline?.name ?? '');
    const compared = results.map(({ name, scores }, i) => {
      const own = bySeed(name);
      scores.set(metric, summarize([...own.values()]));
      const shared = [...own.keys()].filter((seed) => reference.has(seed));
      const valuesOf = (of: ReadonlyMap<number, number>) => shared.map((seed) => of.get(seed) ?? Number.NaN);
      return i === 0 || shared.length === 0 ? undefined : comparePaired(valuesOf(own), valuesOf(reference));
    });
    const adjusted = holm(compared.map((comparison) => comparison?.pValue ?? Number.NaN));
    for (const [i, comparison] of compared.entries()) {
      if (comparison === undefined) continue;
      const adjustedPValue = adjusted[i] ?? Number.NaN;
      const verdict = verdictOf(metric, comparison.difference, adjustedPValue);
      results[i]?.comparisons.set(metric, { ...comparison, adjustedPValue, verdict });
    }
  }
  return results.map(({ scores, comparisons, ...arm }) => ({
    ...arm,
    scores: Object.fromEntries(scores),
    comparisons: Object.fromEntries(comparisons),
  }));
}

function verdictOf(metric: RunMetricName, difference: number, adjustedPValue: number): Verdict {
  if (!(adjustedPValue <= significance)) return 'not distinguishable';
  return difference > 0 === (runMetrics[metric].better === 'higher') ? 'better' : 'worse';
}
