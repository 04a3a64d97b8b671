/** Which network images are compared by: from what a person asks for to an extractor that is ready. */

import { existsSync } from 'node:fs';
import { suggest, UserError } from '../base/errors.ts';
import type { NodeDevice, Runtime } from '../engine/index.ts';
import {
  classifierFile,
  classifierNames,
  type FeatureExtractor,
  type InceptionTap,
  inceptionTaps,
  type NormalizationName,
  type OnnxExtractorOptions,
  openClassifierExtractor,
  openInception,
  openOnnxExtractor,
  readClassifier,
  requireFeatureWeights,
} from '../metrics/index.ts';

export interface FeatureChoice {
  /** `inception`, `inception:768` and other taps, the name of a classifier that comes with Sagan, or an ONNX file. */
  readonly features: string;
  /** File of the weights of `inception`; default: where fetched weights are. */
  readonly featuresFile?: string | undefined;
  /** Of images for an ONNX file. */
  readonly normalization?: NormalizationName | undefined;
  /** What to use of an ONNX file, where it leaves a choice. */
  readonly onnx?: Omit<OnnxExtractorOptions, 'normalization'> | undefined;
  /** Of Inception's logits. */
  readonly logitBias: boolean;
  readonly threads?: number | undefined;
  readonly device?: NodeDevice | undefined;
}

/**
 * Looks whether a network is there, without opening it. Returns the number of classes that it is known to tell apart, of a
 * classifier that comes with Sagan.
 *
 * Throws UserError where there is no such network, or where its weights are not on this machine.
 */
export function checkFeatures(features: string): number | undefined {
  if (classifierNames.includes(features)) return readClassifier(classifierFile(features)).classes;
  if (!/\.onnx$/i.test(features)) {
    parseInception(features);
    requireFeatureWeights('inception');
  } else if (!existsSync(features)) {
    throw new UserError(`features ${features}: there is no such file; expected an ONNX model. Check the path.`);
  }
  return undefined;
}

/** Throws UserError where there is no such network, or its weights are missing, damaged or not what they claim to be. */
export async function openFeatures(runtime: Runtime, choice: FeatureChoice): Promise<FeatureExtractor> {
  const { features, featuresFile, normalization, onnx, logitBias, threads, device } = choice;
  if (classifierNames.includes(features)) return openClassifierExtractor(runtime, features);
  if (/\.onnx$/i.test(features))
    return openOnnxExtractor(runtime, features, { ...onnx, ...(normalization && { normalization }) });
  const tap = parseInception(features);
  const file = featuresFile ?? requireFeatureWeights('inception');
  return openInception(file, { tap, logitBias, ...(threads && { threads }), ...(device && { device }) });
}

/** The tap of `inception` or `inception:768`. */
function parseInception(features: string): InceptionTap {
  const [network, tapName = '2048'] = features.split(':');
  const tap = inceptionTaps.find((known) => String(known) === tapName);
  if (network === 'inception' && tap !== undefined) return tap;
  const known = ['inception', ...inceptionTaps.map((other) => `inception:${other}`), ...classifierNames];
  const seen = existsSync(features) ? 'is a file of another kind' : 'does not exist';
  throw new UserError(
    `features "${features}": ${seen}; expected a name below or a file FILE.onnx. ${suggest(features, known)}`,
  );
}

/**
 * What is asked for where nobody asks: the classifier of the dataset that the images are of, if one comes with Sagan, since
 * it is small, at hand, and knows them; else Inception.
 */
export function defaultFeatures(dataset: string | undefined): string {
  const name = dataset?.split(':')[0] ?? '';
  return classifierNames.includes(name) ? name : 'inception';
}
