/** Scores of a run by name: the few that an ablation compares runs by. */

import { suggest, UserError } from '../base/errors.ts';
import { openRuntime } from '../engine/index.ts';
import { pairMatch } from '../metrics/index.ts';
import type { CheckpointChoice } from '../store/index.ts';
import { evaluate } from './evaluate.ts';
import { checkFeatures } from './evaluation-features.ts';
import { generatedImages } from './generated-images.ts';
import { statedImages } from './run-model.ts';
import { openTrainedRun, type TrainedRun } from './trained-run.ts';

interface RunMetric {
  readonly better: 'higher' | 'lower';
  /** What it is, in a line. */
  readonly meaning: string;
}

/** The scores that there are. */
export const runMetrics = {
  fid: { better: 'lower', meaning: 'Fréchet Inception distance to all training images' },
  kid: { better: 'lower', meaning: 'kernel Inception distance to all training images' },
  is: { better: 'higher', meaning: 'Inception score' },
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

/** The scores that suit the dataset of a run: by its classifier where one comes with Sagan, else by Inception. */
export function usualRunMetrics(source: string): RunMetricName[] {
  const [dataset = ''] = source.split(':');
  if (dataset === 'matching-pairs') return ['pair-match', 'pair-agreement', 'pair-found', 'pair-hues'];
  const fid = `fid-${dataset}`;
  return isRunMetric(fid) ? [fid, 'class-accuracy'] : ['fid'];
}

/** Throws UserError where scores need a network that is not on this machine, so that it is known before runs are trained. */
export function requireNetworks(metrics: readonly RunMetricName[], source: string): void {
  for (const features of evaluationsOf(metrics, source).keys()) checkFeatures(features);
}

export interface ScoreOptions {
  /** Images that are generated. Default 2000. */
  readonly count?: number | undefined;
  /** Of their latents. Default 0. */
  readonly seed?: number | undefined;
  /** Default: the newest. */
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly threads?: number | undefined;
}

/**
 * Scores the averaged generator of a run as `evaluate` does, which keeps the scores with their passports in the run's folder.
 *
 * Throws UserError for a run without such a checkpoint, and for scores that do not fit its images.
 */
export async function scoreRun(
  path: string,
  metrics: readonly RunMetricName[],
  options: ScoreOptions = {},
): Promise<Record<string, number>> {
  const { count = 2000, seed = 0, checkpoint = 'newest', threads } = options;
  const trained = openTrainedRun(path, { checkpoint });
  const { source } = trained.config.data;
  const scores: Record<string, number> = {};
  if (metrics.some((metric) => metric.startsWith('pair-'))) {
    Object.assign(scores, await pairScores(trained, { count, seed, threads }));
  }
  for (const [features, names] of evaluationsOf(metrics, source)) {
    const { file } = await evaluate(path, { metrics: names, features, count, seed, checkpoint, threads });
    for (const { passport, value } of file.scores) {
      scores[passport.metric === `class-accuracy-${features}` ? 'class-accuracy' : passport.metric] = value;
    }
  }
  return Object.fromEntries(metrics.map((metric) => [metric, scores[metric] ?? Number.NaN]));
}

/** What `evaluate` is asked for: the metrics by each network. */
function evaluationsOf(metrics: readonly RunMetricName[], source: string): ReadonlyMap<string, readonly string[]> {
  const wanted = new Map<string, string[]>();
  for (const score of metrics) {
    if (score.startsWith('pair-')) continue;
    const [metric = '', network = 'inception'] =
      score === 'class-accuracy' ? [score, source.split(':')[0]] : splitOnce(score);
    wanted.set(network, [...(wanted.get(network) ?? []), metric]);
  }
  return wanted;
}

/** `fid-fashion-mnist` as `fid` and `fashion-mnist`. */
function splitOnce(score: string): [metric: string, network: string | undefined] {
  const at = score.indexOf('-');
  return at === -1 ? [score, undefined] : [score.slice(0, at), score.slice(at + 1)];
}

async function pairScores(
  trained: TrainedRun,
  { count, seed, threads }: { readonly count: number; readonly seed: number; readonly threads: number | undefined },
): Promise<Readonly<Record<string, number>>> {
  const { run, checkpoint, config } = trained;
  const runtime = await openRuntime({ ...(threads && { threads }), passes: config.passes });
  const origin = { ...trained, name: run.path, step: checkpoint.step };
  const { set } = await generatedImages(runtime, origin, checkpoint.state, { count, seed });
  const batches: Uint8Array[] = [];
  for await (const { pixels } of set.batches(count)) batches.push(pixels);
  const { channels, resolution } = statedImages(config);
  const { rate, found, agreement, effectiveHues } = pairMatch(Buffer.concat(batches), { channels, resolution });
  return { 'pair-match': rate, 'pair-agreement': agreement, 'pair-found': found, 'pair-hues': effectiveHues };
}
