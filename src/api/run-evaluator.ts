/** What a run in training is scored by. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { suggest, UserError } from '../base/errors.ts';
import type { Dataset } from '../data/index.ts';
import type { Runtime, State } from '../engine/index.ts';
import type { BoundModel } from '../gan/index.ts';
import {
  classifierFile,
  classifierNames,
  openClassifier,
  type Passport,
  type Score,
  type ScoreFile,
  traceClassify,
} from '../metrics/index.ts';
import { ClassScores, recognisedFrom } from '../metrics/scores/class-scores.ts';
import { type Run, sha256 } from '../store/index.ts';
import type { Config } from '../train/index.ts';
import { generatedImages } from './generated-images.ts';
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

const metricNames: readonly string[] = ['class-accuracy'];
const scoreNames: readonly string[] = ['class-accuracy', 'recognised', 'effective-classes'];

/** All evaluations of all runs are of the same latents. */
const latentSeed = 0;

/**
 * What a config says of evaluation, with all that it leaves open filled in; as it is where nothing is evaluated.
 *
 * Throws UserError for what cannot be evaluated, before anything is trained.
 */
export function settledEvaluation(config: Config): Config['evaluate'] {
  const { evaluate } = config;
  if (evaluate.everySteps === 0) return evaluate;
  const { classes, resolution } = statedImages(config);
  if (classes === 0) {
    throw new UserError(
      'evaluate.everySteps: the run has no classes; expected some, which samples are scored by. Leave evaluations out with ' +
        '--set evaluate.everySteps=0.',
    );
  }
  const [source = ''] = config.data.source.split(':');
  const features = requireKnown('features', evaluate.features ?? source, classifierNames);
  const metrics = (evaluate.metrics ?? metricNames).map((name) => requireKnown('metrics', name, metricNames));
  const keepBest = requireKnown('keepBest', evaluate.keepBest ?? 'class-accuracy', scoreNames);
  traceClassify(classes, 1, { channels: 3, resolution });
  return { ...evaluate, features, metrics, keepBest };
}

function requireKnown(key: string, seen: string, known: readonly string[]): string {
  if (known.includes(seen)) return seen;
  throw new UserError(
    `evaluate.${key}: "${seen}" cannot be used here; expected ${known.join(' or ')}. Set it with --set evaluate.${key}, or ` +
      `leave evaluations out with --set evaluate.everySteps=0. ${suggest(seen, known)}`,
  );
}

/** Opens what the settled `evaluate` of a config asks for. Throws UserError where it cannot be had. */
export async function openRunEvaluator(runtime: Runtime, { run, config, model }: EvaluatedRun): Promise<RunEvaluator> {
  const { features = '', count } = config.evaluate;
  const classifier = openClassifier(runtime, features);
  const weightsSha256 = sha256(readFileSync(classifierFile(features)));
  return {
    async evaluate(state, step) {
      const trained = { config, model, name: run.path, step };
      const { set, origin } = await generatedImages(runtime, trained, state, { count, seed: latentSeed });
      const classScores = new ClassScores(classifier.classes);
      const pixelHash = createHash('sha256');
      for await (const { pixels, labels, width } of set.batches(count)) {
        pixelHash.update(pixels);
        const judged = await classifier.classify(pixels, { channels: 3, resolution: width });
        classScores.addAssigned(judged.labels, judged.confidence, labels);
      }
      const { accuracy, perClass, confusion, recognised, effectiveClasses } = classScores.result();
      const passport: Omit<Passport, 'metric'> = {
        protocol: 'sagan',
        features: {
          network: `Sagan's classifier of ${features}, its probabilities`,
          weightsSha256,
          resizer: 'torch-bilinear',
          clip: false,
          normalization: 'symmetric',
        },
        parameters: { recognisedFrom },
        images: { name: run.path, count, sha256: pixelHash.digest('hex'), generator: origin },
        reference: undefined,
        warnings: [],
        software: softwareVersion(),
      };
      const scoreOf = (name: string, value: number): Score => ({
        value,
        better: 'higher',
        passport: { ...passport, metric: `${name}-${features}` },
      });
      return {
        formatVersion: 1,
        scores: [
          { ...scoreOf('class-accuracy', accuracy), perClass },
          scoreOf('recognised', recognised),
          scoreOf('effective-classes', effectiveClasses),
        ],
        classNames: set.classNames,
        confusion,
      };
    },
  };
}
