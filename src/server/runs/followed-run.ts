/** All that the studio knows of one run: its log, its files, its lock, its process. */

import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import {
  controlStateOf,
  type LockOwner,
  lockOwner,
  openRun,
  pendingControls,
  type Run,
  type RunEvent,
} from '../../store/index.ts';
import type { RunDetail, RunSummary } from '../api.ts';
import { type FileMark, markOf, sameMark } from './file-mark.ts';
import { LogFollower } from './log-follower.ts';
import { type RunFiles, RunFilesReader } from './run-files.ts';
import { type Standing, standingOf } from './run-standing.ts';
import { lastError, residentBytes, type TrainingProcess } from './training-process.ts';

const text = z.string().optional().catch(undefined);

/** What a summary shows of a config; what it lacks, or has otherwise, is undefined. */
const configSchema = z.object({
  preset: text,
  model: z.object({ name: text }).catch({ name: undefined }),
  data: z.object({ source: text }).catch({ source: undefined }),
  evaluate: z.object({ keepBest: text }).catch({ keepBest: undefined }),
  steps: z.number().catch(0),
});

const evaluationSchema = z.object({ step: z.number(), scores: z.record(z.string(), z.number()) });

export class FollowedRun {
  readonly name: string;
  readonly path: string;
  readonly log: LogFollower;
  /** As of the last look. */
  summary: RunSummary;
  private readonly outputPath: string;
  private readonly filesReader: RunFilesReader;
  private files: RunFiles;
  private config = configSchema.parse({});
  private configMark: FileMark | undefined;
  private run: Run | undefined;
  private control: RunDetail['control'];
  private problem: string | undefined;

  constructor(name: string, path: string, outputPath: string) {
    this.name = name;
    this.path = path;
    this.outputPath = outputPath;
    this.log = new LogFollower(join(path, 'events.jsonl'));
    this.filesReader = new RunFilesReader(path);
    this.files = this.filesReader.read();
    this.summary = this.summaryAs({ state: 'damaged', reason: undefined }, undefined, undefined);
  }

  /** Whether somebody trains it. */
  get isLive(): boolean {
    return ['starting', 'training', 'paused'].includes(this.summary.state);
  }

  /** When its config was written, which is when it was begun. */
  get begunAtMs(): number {
    return this.configMark?.mtimeMs ?? Number.POSITIVE_INFINITY;
  }

  /** The run, to be asked something of. Throws UserError if its folder cannot be read as one. */
  opened(): Run {
    return this.run ?? openRun(this.path);
  }

  /** Reads a piece of the log. Returns whether there is more. */
  advance(): boolean {
    return this.log.advance();
  }

  /** Looks at the rest and sums up. Returns whether anything has changed. Whatever is wrong with the folder is its state. */
  look(process: TrainingProcess | undefined): boolean {
    const before = JSON.stringify(this.summary);
    this.files = this.filesReader.read();
    try {
      this.openAgain();
      const { run } = this;
      this.control = run && controlStateOf(this.log.history.events, run.config, pendingControls(run));
      const owner = run && lockOwner(run);
      this.summary = this.summaryAs(this.standing(owner, process), owner, process);
    } catch (error) {
      const reason = error instanceof UserError ? error.message : `${this.path}: it cannot be read (${error}).`;
      this.summary = this.summaryAs({ state: 'damaged', reason }, undefined, process);
    }
    return JSON.stringify(this.summary) !== before;
  }

  detail(): RunDetail {
    const { history } = this.log;
    const { samples, checkpoints, best } = this.files;
    return {
      ...this.summary,
      config: this.run?.config,
      samples: samples.filter((step) => this.counts(step)),
      checkpoints,
      bestCheckpoint: best.find((step) => step === this.summary.bestScore?.step) ?? best.at(-1),
      events: history.events,
      control: this.control,
      seriesNames: history.seriesNames,
    };
  }

  /** The file of the sheet of a step; undefined if there is none. */
  samplePath(step: number): string | undefined {
    const name = this.filesReader.sampleName(step);
    return name === undefined ? undefined : join(this.path, 'samples', name);
  }

  /** Opens the run when its config is new. Throws UserError if it is none. */
  private openAgain(): void {
    const mark = markOf(join(this.path, 'config.json'));
    if (mark === undefined || !sameMark(mark, this.configMark)) {
      this.run = undefined;
      this.problem = undefined;
      try {
        this.run = mark && openRun(this.path);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        this.problem = error.message;
      }
      this.config = configSchema.parse(this.run?.config ?? {});
      this.configMark = mark;
    }
    if (this.problem !== undefined) throw new UserError(this.problem);
  }

  private standing(owner: LockOwner | undefined, process: TrainingProcess | undefined): Standing {
    if (this.run === undefined && process === undefined) {
      throw new UserError(
        `${this.path}: there is no config.json in this folder; expected the config of its run. Put it back, or delete the run.`,
      );
    }
    if (this.log.problem !== undefined) throw new UserError(this.log.problem);
    const loggedAtMs = this.log.mark?.mtimeMs ?? 0;
    const startedAtMs = process?.startedAtMs ?? 0;
    const isStarting = process !== undefined && process.ended === undefined && startedAtMs > loggedAtMs;
    const lockedAtMs = (this.run && markOf(this.run.lockPath)?.mtimeMs) ?? 0;
    return standingOf({
      session: this.log.history.session,
      isHeld: owner !== undefined || isStarting,
      isLogOlder: Math.max(lockedAtMs, startedAtMs) > loggedAtMs,
      isPaused: this.control?.isPaused === true,
      lastWords: () => this.lastWords(loggedAtMs, process),
    });
  }

  /** What the last process has said of its failure, unless another has written to the log since. */
  private lastWords(loggedAtMs: number, process: TrainingProcess | undefined): string | undefined {
    if ((markOf(this.outputPath)?.mtimeMs ?? 0) < loggedAtMs) return undefined;
    const failure = process?.ended?.isSuccess === false ? `Its process ${process.ended.how}.` : undefined;
    return lastError(this.outputPath) ?? failure;
  }

  private summaryAs(
    { state, reason }: Standing,
    owner: LockOwner | undefined,
    process: TrainingProcess | undefined,
  ): RunSummary {
    const { preset, model, data, evaluate, steps: planned } = this.config;
    const { history, mark } = this.log;
    const { step, imagesSeen } = history;
    const steps = state === 'finished' ? step : Math.max(history.session.steps ?? planned, step, process?.steps ?? 0);
    const pace = state === 'training' ? history.pace : undefined;
    const newestSample = this.files.samples.findLast((sample) => this.counts(sample));
    const newestSamplePath = newestSample === undefined ? undefined : this.samplePath(newestSample);
    const changedAtMs = Math.max(mark?.mtimeMs ?? 0, this.files.changedAtMs, this.configMark?.mtimeMs ?? 0);
    return {
      run: this.name,
      state,
      reason,
      model: model.name,
      preset,
      dataset: data.source,
      step,
      steps,
      imagesSeen,
      imagesPerSecond: pace && (1000 * pace.imagesPerStep) / pace.stepMs,
      secondsLeft: pace && ((steps - step) * pace.stepMs) / 1000,
      memoryBytes: owner?.host === hostname() ? residentBytes(owner.pid) : undefined,
      bestScore: bestScoreOf(history.bestEvaluation, evaluate.keepBest),
      newestSample,
      newestSampleAt: timeOf(newestSamplePath === undefined ? undefined : markOf(newestSamplePath)?.mtimeMs),
      changedAt: timeOf(changedAtMs),
    };
  }

  /** Whether what is of a step is of the run as it is now: after a return, what lies ahead is of a branch that was left. */
  private counts(step: number): boolean {
    const { history, problem } = this.log;
    return step <= history.step || history.seq === 0 || problem !== undefined;
  }
}

/** Whether a process holds the lock of the run in a folder. */
export function isTrained(path: string): boolean {
  try {
    return lockOwner(openRun(path)) !== undefined;
  } catch {
    return false;
  }
}

/** The score that checkpoints are kept by, of an evaluation; `keepBest` names its metric with or without its features. */
function bestScoreOf(evaluation: RunEvent | undefined, keepBest = ''): RunSummary['bestScore'] {
  const parsed = evaluationSchema.safeParse(evaluation).data;
  if (parsed === undefined) return undefined;
  const scores = Object.entries(parsed.scores);
  const [metric, value] =
    scores.find(([name]) => name === keepBest || name.startsWith(`${keepBest}-`)) ?? scores[0] ?? [];
  return metric === undefined || value === undefined ? undefined : { metric, value, step: parsed.step };
}

const timeOf = (ms: number | undefined) => (ms === undefined || ms === 0 ? undefined : new Date(ms).toISOString());
