/** The evaluations of a run in training: each is written to the run's folder, and the best checkpoint is kept. */

import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import type { State } from '../engine/index.ts';
import type { Score, ScoreFile } from '../metrics/index.ts';
import { scoreFileBytes } from '../metrics/score-file.ts';
import {
  type CheckpointScore,
  findBestCheckpoint,
  isBetter,
  type Run,
  saveBestCheckpoint,
  writeFileAtomic,
} from '../store/index.ts';
import type { LoopEvent } from '../train/index.ts';
import type { RunEvaluator } from './run-evaluator.ts';

export interface RunEvaluation {
  readonly step: number;
  /** By the metric of their passports. */
  readonly scores: Readonly<Record<string, number>>;
  /** Of scores that have them, by class. */
  readonly perClass?: Readonly<Record<string, readonly (number | null)[]>>;
  /** Whether no evaluation of the run before has been as good. */
  readonly isBest: boolean;
}

export class RunScores {
  private readonly run: Run;
  private readonly evaluator: RunEvaluator;
  private readonly keepBest: string;
  private best: { readonly step: number; readonly score: CheckpointScore } | undefined;

  /** `keepBest` is the metric of a score, with or without the name of its features. Goes on from the best that the run has. */
  constructor(run: Run, evaluator: RunEvaluator, keepBest: string) {
    this.run = run;
    this.evaluator = evaluator;
    this.keepBest = keepBest;
    this.best = findBestCheckpoint(run);
  }

  /** Where the scores of a step are, or will be. */
  pathOf(step: number): string {
    return join(this.run.path, 'scores', `step-${String(step).padStart(6, '0')}.json`);
  }

  /**
   * Scores the state of a step, writes the scores, and keeps the state if it is the best. Where it cannot be scored, which is
   * no reason for training to end: why not.
   *
   * Throws UserError if the disk refuses, or if no score has the name that checkpoints are kept by.
   */
  async take({ step, imagesSeen, progress, generator, state }: Due): Promise<RunEvaluation | string> {
    const file = await this.scoresOf(await generator(), step);
    if (typeof file === 'string') return file;
    const { passport, value, better } = this.keptBy(file);
    writeFileAtomic(this.pathOf(step), scoreFileBytes(file), this.run.fileSystem);
    const score = { metric: passport.metric, value, better };
    const isNew = isBetter(score, this.best?.score);
    if (isNew) {
      saveBestCheckpoint(this.run, { step, imagesSeen, state: await state(), training: progress }, score);
      this.best = { step, score };
    }
    const perClass = file.scores.flatMap((each) => (each.perClass ? [[each.passport.metric, each.perClass]] : []));
    return {
      step,
      scores: Object.fromEntries(file.scores.map((each) => [each.passport.metric, each.value])),
      ...(perClass.length > 0 && { perClass: Object.fromEntries(perClass) }),
      // A run that is resumed from before its best comes by it again.
      isBest: isNew || (this.best?.step === step && this.best.score.value === value),
    };
  }

  private async scoresOf(generator: State, step: number): Promise<ScoreFile | string> {
    try {
      const file = await this.evaluator.evaluate(generator, step);
      const wrong = file.scores.find(({ value }) => !Number.isFinite(value));
      return wrong === undefined ? file : `${wrong.passport.metric} is ${wrong.value}`;
    } catch (error) {
      if (error instanceof UserError) return error.message;
      throw error;
    }
  }

  private keptBy({ scores }: ScoreFile): Score {
    const names = scores.map(({ passport }) => passport.metric);
    const found = scores.find(
      ({ passport: { metric } }) => metric === this.keepBest || metric.startsWith(`${this.keepBest}-`),
    );
    if (found !== undefined) return found;
    throw new UserError(
      `evaluate.keepBest is "${this.keepBest}"; expected one of the scores that were taken: ${names.join(', ')}. ` +
        'Name one of them, or leave it out for the first.',
    );
  }
}

type Due = Extract<LoopEvent, { type: 'evaluate' }>;
