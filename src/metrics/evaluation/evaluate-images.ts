/** Scores of a set of images under a protocol, each with its passport. */

import { UserError } from '../../base/errors.ts';
import type { Runtime } from '../../engine/index.ts';
import type { FeatureExtractor } from '../features/extractor.ts';
import type { ImageSet } from '../images/image-set.ts';
import type { Preprocessing } from '../images/preprocessing.ts';
import type { GeneratorOrigin, ImageOrigin, Passport, Score, ScoreFile } from '../passport.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { type Instrument, type Measured, measure, type Need } from './measure.ts';
import type { Draft, Metric, MetricSetup } from './metric.ts';
import { measureReference, type Reference } from './reference.ts';

export interface EvaluationOptions {
  readonly runtime: Runtime;
  readonly extractor: FeatureExtractor;
  readonly protocol: Protocol;
  readonly metrics: readonly Metric[];
  readonly images: ImageSet;
  /** Of generated images. */
  readonly generator?: GeneratorOrigin | undefined;
  /** What the images are compared with; needed by some metrics. */
  readonly reference?: Reference | undefined;
  /** Whether scores by class are told where there are any. */
  readonly classWise?: boolean | undefined;
  readonly pathLength?: MetricSetup['pathLength'];
  /** Where measurements of references are kept; undefined for nowhere. */
  readonly cacheFolder?: string | undefined;
  /** `sagan 0.1.0` */
  readonly software: string;
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined;
}

export interface EvaluationProgress {
  /** `scores`: what is computed when all features are there. */
  readonly stage: 'reference' | 'images' | 'scores';
  readonly done: number;
  readonly total: number;
}

/**
 * Scores images. The reference is measured first, or found in the cache; then the images pass once.
 *
 * Throws UserError where a metric cannot be had, a reference is missing, or images cannot be read.
 */
export async function evaluateImages(options: EvaluationOptions): Promise<ScoreFile> {
  const { runtime, extractor, protocol, metrics, images, classWise = false, pathLength, onProgress } = options;
  const { classNames, count } = images;
  const instrument: Instrument = { runtime, extractor, preprocessing: preprocessingOf(protocol, extractor) };
  const setup: MetricSetup = { runtime, protocol, extractor, classNames, count, classWise, pathLength };
  const runs = metrics.map((metric) => metric.begin(setup));
  const needs = new Set(metrics.flatMap((metric) => metric.needs));
  const reference = await measuredReference(options, instrument);
  try {
    const measured = await measure(instrument, images, {
      needs,
      see: (batch) => {
        for (const run of runs) run.see?.(batch);
      },
      onProgress: (done, total) => onProgress?.({ stage: 'images', done, total }),
    });
    try {
      const drafts: Draft[] = [];
      for (const [i, run] of runs.entries()) {
        onProgress?.({ stage: 'scores', done: i, total: runs.length });
        drafts.push(...(await run.finish(measured, reference)));
      }
      const confusion = drafts.find((draft) => draft.confusion !== undefined)?.confusion;
      return {
        formatVersion: 1,
        scores: drafts.map((draft) => withPassport(draft, options, instrument, measured, reference)),
        ...(classNames.length > 0 && { classNames }),
        ...(confusion !== undefined && { confusion }),
      };
    } finally {
      measured.release();
    }
  } finally {
    reference?.release();
  }
}

/** The protocol's for Inception; other networks want their images their way, resized with antialiasing. */
export function preprocessingOf(protocol: Protocol, { normalization }: FeatureExtractor): Preprocessing {
  return normalization === undefined
    ? protocol.preprocessing
    : { resizer: 'pillow-bicubic', clip: true, normalization };
}

async function measuredReference(options: EvaluationOptions, instrument: Instrument) {
  const { metrics, reference, cacheFolder, onProgress } = options;
  const comparing = metrics.filter((metric) => metric.needsReference);
  if (comparing.length === 0) return undefined;
  if (reference === undefined) {
    const names = comparing.map(({ name }) => name).join(', ');
    throw new UserError(
      `metric ${names}: there is nothing to compare the images with; expected a reference. Pass --against DATASET, FOLDER or ` +
        'FILE.npz.',
    );
  }
  const needs = new Set(comparing.flatMap((metric): readonly Need[] => metric.needs));
  return measureReference(instrument, reference, {
    needs,
    cacheFolder,
    onProgress: (done, total) => onProgress?.({ stage: 'reference', done, total }),
  });
}

function withPassport(
  draft: Draft,
  { protocol, generator, software }: EvaluationOptions,
  { extractor, preprocessing }: Instrument,
  images: Measured,
  reference: Measured | undefined,
): Score {
  const { metric, value, spread, better, perClass, parameters, warnings, distance } = draft;
  const compared = draft.comparesWithReference ? reference : undefined;
  const network = distance ?? extractor;
  const passport: Passport = {
    metric: network.name === '' ? metric : `${metric}-${network.name}`,
    protocol: protocol.name,
    features: {
      network: network.description,
      weightsSha256: network.weightsSha256,
      ...(distance === undefined ? preprocessing : unprepared),
    },
    parameters,
    images: { ...originOf(images), ...(generator !== undefined && { generator }) },
    reference: compared && originOf(compared),
    warnings: [...new Set([...warnings, ...images.warnings, ...(compared?.warnings ?? [])])],
    software,
  };
  return {
    value,
    ...(spread !== undefined && { spread }),
    better,
    ...(perClass !== undefined && { perClass }),
    passport,
  };
}

/** A distance takes pixels as they are. */
const unprepared = { resizer: 'none', clip: false, normalization: 'none' } as const;

function originOf({ name, count, sha256 }: Measured): ImageOrigin {
  return { name, count, sha256 };
}
