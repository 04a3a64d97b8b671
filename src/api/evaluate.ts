/** Scores a run, a folder of images or a file of them, each score with all that it hangs on. */

import {
  type Disagreement,
  disagreement,
  findProtocol,
  type ImageSet,
  type Measured,
  protocols,
  type ScoreFile,
} from '../metrics/index.ts';
import type { RefusedCheckpoint } from '../store/index.ts';
import { writeStatistics, writeStoredFeatures } from '../weights/index.ts';
import { keepScores } from './evaluation-scores.ts';
import { type EvaluateOptions, Subject } from './evaluation-subject.ts';

export type { EvaluateOptions } from './evaluation-subject.ts';

export interface Evaluation {
  readonly file: ScoreFile;
  /** Where the scores were written, for a run. */
  readonly path: string | undefined;
  /** Newer checkpoints of a run that could not be used, and why. */
  readonly refused: readonly RefusedCheckpoint[];
}

/**
 * Scores the images of `source`: a run, whose averaged generator makes them; a folder of images; an `.npz` file of them; a
 * dataset; or a set of your own. A run's scores are also written to its folder, `scores/`.
 *
 * Throws UserError where something is missing, cannot be read, or does not fit.
 */
export async function evaluate(source: string | ImageSet, options: EvaluateOptions = {}): Promise<Evaluation> {
  const protocol = findProtocol(options.protocol ?? 'torch-fidelity');
  const subject = await Subject.open(source, options);
  const file = await subject.score(protocol);
  const { trained } = subject;
  return { file, path: trained && keepScores(trained.run, file), refused: trained?.refused ?? [] };
}

/** Scores the images of `source` under every protocol, and tells which change makes which difference. Writes nothing. */
export async function disagree(
  source: string | ImageSet,
  options: Omit<EvaluateOptions, 'protocol'> = {},
): Promise<Disagreement> {
  const subject = await Subject.open(source, options);
  const [first = findProtocol('torch-fidelity')] = protocols;
  return disagreement(protocols, await subject.metrics(first), (protocol) => subject.score(protocol));
}

export interface SavedStatistics extends Pick<Evaluation, 'refused'> {
  readonly count: number;
}

/** Writes mean and covariance of the features of `source` as an `.npz` file, as pytorch-fid and clean-fid do and read. */
export async function saveStatistics(
  source: string | ImageSet,
  path: string,
  options: EvaluateOptions = {},
): Promise<SavedStatistics> {
  return saved(source, 'moments', options, ({ moments }) => {
    if (moments === undefined) throw new Error('saveStatistics: no moments were taken.');
    writeStatistics(path, { mu: moments.mean, sigma: moments.covariance });
  });
}

/** Writes the features of `source` one by one as an `.npz` file, as clean-fid keeps them for KID; all of them are in memory. */
export async function saveFeatures(
  source: string | ImageSet,
  path: string,
  options: EvaluateOptions = {},
): Promise<SavedStatistics> {
  return saved(source, 'rows', options, ({ rows }) => {
    if (rows === undefined) throw new Error('saveFeatures: no features were kept.');
    const features = new Float32Array(rows.count * rows.dimensions);
    rows.read(0, features);
    writeStoredFeatures(path, { features, count: rows.count, dimensions: rows.dimensions });
  });
}

async function saved(
  source: string | ImageSet,
  need: 'moments' | 'rows',
  options: EvaluateOptions,
  write: (measured: Measured) => void,
): Promise<SavedStatistics> {
  const subject = await Subject.open(source, options);
  const measured = await subject.measure(findProtocol(options.protocol ?? 'torch-fidelity'), need);
  try {
    write(measured);
  } finally {
    measured.release();
  }
  return { count: measured.count, refused: subject.trained?.refused ?? [] };
}
