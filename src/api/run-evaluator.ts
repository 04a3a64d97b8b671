/** What a run in training is scored by. */

import { suggest, UserError } from '../base/errors.ts';
import type { Dataset } from '../data/index.ts';
import type { Runtime, State } from '../engine/index.ts';
import type { BoundModel } from '../gan/index.ts';
import {
  datasetImages,
  defaultStatisticsFolder,
  evaluateImages,
  findMetrics,
  findProtocol,
  openReference,
  type ScoreFile,
} from '../metrics/index.ts';
import type { Run } from '../store/index.ts';
import type { Config } from '../train/index.ts';
import { checkFeatures, defaultFeatures, openFeatures } from './evaluation-features.ts';
import { onProcessor } from './evaluation-subject.ts';
import { generatedImages } from './generated-images.ts';
import { pathLengthOf } from './path-length.ts';
import { statedImages } from './run-model.ts';
import { softwareVersion } from './software.ts';

/** Scores one state of a run after another, always alike. */
export interface RunEvaluator {
  /** `generator` holds the averaged generator's variables, `ema.G…`, of the step. */
  evaluate(generator: State, step: number): Promise<ScoreFile>;
}

/** What is scored, and what it was trained on. */
export interface EvaluatedRun {
  readonly run: Run;
  readonly config: Config;
  readonly model: BoundModel;
  readonly dataset: Dataset;
}

/** All evaluations of all runs are of the same latents. */
const latentSeed = 0;

/**
 * What a config says of evaluation, with all that it leaves open filled in.
 *
 * Throws UserError for what cannot be evaluated, before anything is trained.
 */
export function settledEvaluation(config: Config): Config['evaluate'] {
  const { evaluate } = config;
  const features = evaluate.features ?? defaultFeatures(config.data.source);
  const knownClasses = inPlace('evaluate.features', () => checkFeatures(features));
  const { classes } = statedImages(config);
  const tellsClasses = classes > 0 && knownClasses === classes;
  const names = evaluate.metrics ?? (tellsClasses ? ['fid', 'class-accuracy'] : ['fid']);
  const metrics = inPlace('evaluate.metrics', () => findMetrics(names));
  if (names.includes('class-accuracy') && !tellsClasses) {
    throw new UserError(
      `evaluate.metrics: class-accuracy cannot be had: the run has ${classes} classes, the network "${features}" knows ` +
        `${knownClasses ?? 'its own'}; expected the same. Leave it out.`,
    );
  }
  const scores = metrics.flatMap((metric) => metric.scores);
  const keepBest = evaluate.keepBest ?? scores[0];
  if (keepBest === undefined || !scores.some((score) => keepBest === score || keepBest.startsWith(`${score}-`))) {
    throw new UserError(
      `evaluate.keepBest is "${keepBest}", which is not scored; expected a score of ${names.join(', ')}. ` +
        suggest(String(keepBest), scores),
    );
  }
  const protocol = inPlace('evaluate.protocol', () => findProtocol(evaluate.protocol ?? 'torch-fidelity').name);
  return { ...evaluate, features, metrics: metrics.map(({ name }) => name), protocol, keepBest };
}

/** Lets errors say where in the config their cause stands. */
function inPlace<T>(place: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${place}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Opens what the settled `evaluate` of a config asks for. Throws UserError where it cannot be had. */
export async function openRunEvaluator(runtime: Runtime, evaluated: EvaluatedRun): Promise<RunEvaluator> {
  const { run, config, model, dataset } = evaluated;
  const processor = await onProcessor(runtime);
  const { features = '', metrics: names = [], count, against, protocol: protocolName = '' } = config.evaluate;
  const protocol = findProtocol(protocolName);
  const metrics = findMetrics(names);
  const extractor = await openFeatures(runtime, { features, logitBias: protocol.is.logitBias });
  const { resolution } = statedImages(config);
  const reference =
    against === undefined ? { images: datasetImages(dataset) } : await openReference(against, { resolution });
  return {
    async evaluate(state, step) {
      const trained = { config, model, name: run.path, step };
      const generated = await generatedImages(runtime, trained, state, { count, seed: latentSeed });
      return evaluateImages({
        runtime: processor,
        extractor,
        protocol,
        metrics,
        images: generated.set,
        generator: generated.origin,
        reference,
        classWise: true,
        pathLength: pathLengthOf(runtime, generated, extractor, protocol),
        cacheFolder: defaultStatisticsFolder(),
        software: softwareVersion(),
      });
    },
  };
}
