/** Networks whose features images are compared by. */

import type { NormalizationName } from '../images/preprocessing.ts';

export interface Features {
  /** float32 [N,D] */
  readonly features: Float32Array;
  /** float32 [N,K], where the network classifies. */
  readonly logits: Float32Array | undefined;
}

export interface FeatureExtractor {
  /** What scores by it are named for: '' for the Inception network of FID, `mnist`, or the name of a file. */
  readonly name: string;
  /** As passports say it: network, tap, kind of logits. */
  readonly description: string;
  /** SHA-256 of the file of weights, in hexadecimal digits. */
  readonly weightsSha256: string;
  /** Height and width of the images that it takes, in pixels. */
  readonly resolution: number;
  /** What its images are normalised as; undefined where the protocol says, as of the Inception network of FID. */
  readonly normalization?: NormalizationName;
  /** D */
  readonly dimensions: number;
  /** K; 0 where it has no logits. */
  readonly classes: number;
  /** Features of images that are preprocessed already: float32 [N,3,R,R]. Any N of 1 or more. */
  extract(images: Float32Array, count: number): Promise<Features>;
}
