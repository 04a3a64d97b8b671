/** A metric, as evaluation sees it: what it needs of the images, and how it makes scores of that. */

import type { Runtime } from '../../engine/index.ts';
import type { FeatureExtractor } from '../features/extractor.ts';
import type { ImageDistance } from '../features/image-distance.ts';
import type { Score } from '../passport.ts';
import type { PplDefinition, Protocol } from '../protocols/protocol.ts';
import type { PathLength } from '../scores/ppl.ts';
import type { FeatureBatch, Measured, Need } from './measure.ts';

/** A score before its passport says where it comes from. */
export interface Draft {
  /** Without the name of the network: `fid`, not `fid-mnist`. */
  readonly metric: string;
  readonly value: number;
  readonly spread?: number | undefined;
  readonly better: Score['better'];
  readonly perClass?: readonly (number | null)[];
  /** What the number depends on besides the images and the network; `definition` says whose it is. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  readonly warnings: readonly string[];
  readonly comparesWithReference: boolean;
  /** What images were compared by, where that is not the network that features are taken with. */
  readonly distance?: ImageDistance;
  /** [K][K], of class scores. */
  readonly confusion?: readonly (readonly number[])[];
}

/** What is known before the images pass. */
export interface MetricSetup {
  readonly runtime: Runtime;
  readonly protocol: Protocol;
  readonly extractor: FeatureExtractor;
  readonly classNames: readonly string[];
  /** Images to come. */
  readonly count: number;
  /** Whether scores by class are wanted. */
  readonly classWise: boolean;
  /** Measures the path length of the generator that makes the images; undefined where there is none. */
  readonly pathLength: PathLengthMeter | undefined;
}

export type PathLengthMeter = (
  definition: PplDefinition,
  onProgress?: (done: number, total: number) => void,
) => Promise<PathLength & { readonly distance: ImageDistance }>;

/** A metric at work on one set of images. */
export interface MetricRun {
  /** Sees the features of the images as they pass. */
  readonly see?: (batch: FeatureBatch) => void;
  /** `reference` is there whenever the metric needs one. */
  readonly finish: (images: Measured, reference: Measured | undefined) => Promise<readonly Draft[]>;
}

export interface Metric {
  /** As the command line takes it. */
  readonly name: string;
  /** In a sentence: what it measures. */
  readonly about: string;
  /** What its scores are called, without the name of the network; the first says most. */
  readonly scores: readonly string[];
  /** What a protocol says of it; undefined for a metric of ours, which none defines. */
  readonly definition: (protocol: Protocol) => { readonly source: string } | undefined;
  readonly needsReference: boolean;
  readonly needs: readonly Need[];
  /** Throws UserError where the metric cannot be had of such images or such a network. */
  readonly begin: (setup: MetricSetup) => MetricRun;
}
