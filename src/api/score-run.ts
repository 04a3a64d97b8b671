/** Scores of a run by name: the few that an ablation compares runs by. */

import { suggest, UserError } from '../base/errors.ts';
import { openDataset } from '../data/index.ts';
import { openRuntime, type Runtime } from '../engine/index.ts';
import {
  type FeatureExtractor,
  frechetDistance,
  type ImageBatch,
  type Moments,
  MomentsAccumulator,
  openClassifierExtractor,
  pairMatch,
  preprocess,
} from '../metrics/index.ts';
import { type CheckpointChoice, loadChosenCheckpoint } from '../store/index.ts';
import type { Config } from '../train/index.ts';
import { generatedImages } from './generated-images.ts';
import { statedImages } from './run-model.ts';
import { openTrainedRun } from './trained-run.ts';

interface RunMetric {
  readonly better: 'higher' | 'lower';
  /** What it is, in a line. */
  readonly meaning: string;
}

/** The scores that there are. */
export const runMetrics = {
  'fid-mnist': {
    better: 'lower',
    meaning: "Fréchet distance to all training images, by the features of Sagan's classifier of MNIST",
  },
  'fid-fashion-mnist': {
    better: 'lower',
    meaning: "Fréchet distance to all training images, by the features of Sagan's classifier of Fashion-MNIST",
  },
  'class-accuracy': {
    better: 'higher',
    meaning: "share of the images that the dataset's classifier gives the class asked for; blind to diversity",
  },
  'pair-match': { better: 'higher', meaning: 'share of the images with both objects, of one colour' },
  'pair-agreement': {
    better: 'higher',
    meaning: 'share of the images with both objects whose objects have one colour',
  },
  'pair-found': { better: 'higher', meaning: 'share of the images with both objects' },
  'pair-hues': { better: 'higher', meaning: 'e to the entropy of the six hues of the left objects' },
} as const satisfies Readonly<Record<string, RunMetric>>;

export type RunMetricName = keyof typeof runMetrics;

const names = Object.keys(runMetrics).filter(isRunMetric);

function isRunMetric(name: string): name is RunMetricName {
  return Object.hasOwn(runMetrics, name);
}

/** Checks names of scores. Throws UserError with those that there are. */
export function checkRunMetrics(wanted: readonly string[]): RunMetricName[] {
  return wanted.map((name) => {
    if (isRunMetric(name)) return name;
    throw new UserError(
      `score "${name}" does not exist; expected one that runs are compared by. ${suggest(name, names)}`,
    );
  });
}

/** The scores that suit the dataset of a run. Throws UserError where none does. */
export function usualRunMetrics(source: string): RunMetricName[] {
  const [dataset = ''] = source.split(':');
  if (dataset === 'matching-pairs') return ['pair-match', 'pair-agreement', 'pair-found', 'pair-hues'];
  const fid = `fid-${dataset}`;
  if (isRunMetric(fid)) return [fid, 'class-accuracy'];
  throw new UserError(
    `ablate: no classifier of ${source} comes with Sagan, so that there are no usual scores. Pass --metrics with some of: ` +
      `${names.join(', ')}.`,
  );
}

export interface ScoreOptions {
  /** Images that are generated. Default 2000. */
  readonly count?: number | undefined;
  /** Of their latents. Default 0. */
  readonly seed?: number | undefined;
  /** Default: the newest. */
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly threads?: number | undefined;
  /** Moments of training images that are known already; what is not is added. */
  readonly references?: Map<string, Moments> | undefined;
}

/**
 * Scores the averaged generator of a run. Classes take turns.
 *
 * Throws UserError for a run without such a checkpoint, and for scores that do not fit its images.
 */
export async function scoreRun(
  path: string,
  metrics: readonly RunMetricName[],
  options: ScoreOptions = {},
): Promise<Record<string, number>> {
  const { count = 2000, seed = 0, checkpoint: choice = 'newest', threads, references = new Map() } = options;
  const trained = openTrainedRun(path);
  const { config } = trained;
  const { checkpoint } = loadChosenCheckpoint(trained.run, choice);
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  const origin = { ...trained, name: path, step: checkpoint.step };
  const { set } = await generatedImages(runtime, origin, checkpoint.state, { count, seed });
  const batches: ImageBatch[] = [];
  for await (const batch of set.batches(count)) batches.push(batch);
  const scores: Record<string, number> = {};
  for (const metric of metrics) {
    if (metric.startsWith('pair-')) Object.assign(scores, chosen(metrics, pairScores(batches, config)));
    else if (metric === 'class-accuracy') scores[metric] = await accuracyOf(runtime, batches, config);
    else {
      const extractor = openClassifierExtractor(runtime, metric.slice('fid-'.length));
      const key = JSON.stringify([metric, config.data]);
      const reference = references.get(key) ?? (await momentsOf(runtime, extractor, trainingBatches(config)));
      references.set(key, reference);
      scores[metric] = await frechetDistance(runtime, await momentsOf(runtime, extractor, batches), reference);
    }
  }
  return scores;
}

function chosen(metrics: readonly RunMetricName[], scores: Readonly<Record<string, number>>) {
  return Object.fromEntries(Object.entries(scores).filter(([name]) => metrics.some((metric) => metric === name)));
}

function pairScores(batches: readonly ImageBatch[], config: Config): Readonly<Record<string, number>> {
  const { channels, resolution } = statedImages(config);
  const images = Buffer.concat(batches.map(({ pixels }) => pixels));
  const { rate, found, agreement, effectiveHues } = pairMatch(images, { channels, resolution });
  return { 'pair-match': rate, 'pair-agreement': agreement, 'pair-found': found, 'pair-hues': effectiveHues };
}

async function accuracyOf(runtime: Runtime, batches: readonly ImageBatch[], config: Config): Promise<number> {
  const [dataset = ''] = config.data.source.split(':');
  if (statedImages(config).classes === 0) {
    throw new UserError(
      'class-accuracy: the run was trained without classes, so that none can be asked for. Leave this score out of --metrics.',
    );
  }
  const extractor = openClassifierExtractor(runtime, dataset);
  let [right, total] = [0, 0];
  for (const batch of batches) {
    const { logits = new Float32Array() } = await features(extractor, batch);
    for (const [n, label] of batch.labels.entries()) {
      const row = logits.subarray(n * extractor.classes, (n + 1) * extractor.classes);
      if (row.indexOf(Math.max(...row)) === label) right++;
    }
    total += batch.count;
  }
  return right / total;
}

function features(extractor: FeatureExtractor, batch: ImageBatch) {
  const preprocessing = { resizer: 'torch-bilinear', clip: false, normalization: 'symmetric' } as const;
  const values = preprocess(batch, preprocessing, extractor.resolution);
  return extractor.extract(values, batch.count);
}

async function momentsOf(
  runtime: Runtime,
  extractor: FeatureExtractor,
  batches: Iterable<ImageBatch> | AsyncIterable<ImageBatch>,
): Promise<Moments> {
  const accumulator = new MomentsAccumulator(runtime, extractor.dimensions);
  for await (const batch of batches) await accumulator.add((await features(extractor, batch)).features);
  return accumulator.finish();
}

/** All images that a run was trained on, in the order of the dataset. */
async function* trainingBatches(config: Config): AsyncGenerator<ImageBatch> {
  const { source, resolution, channels, background, skipBad } = config.data;
  const { dataset } = await openDataset(source, { resolution, channels, background, skipBad });
  const size = 3 * resolution ** 2;
  for (let first = 0; first < dataset.count; first += trainingBatch) {
    const count = Math.min(trainingBatch, dataset.count - first);
    const pixels = new Uint8Array(count * size);
    for (let n = 0; n < count; n++) {
      const image = dataset.image(first + n);
      for (let at = 0; at < size; at += image.length) pixels.set(image, n * size + at);
    }
    yield { pixels, count, height: resolution, width: resolution, labels: new Int32Array(count) };
  }
}

const trainingBatch = 500;
