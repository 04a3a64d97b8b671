/**
 * A protocol: all that a published program does between images and a score.
 *
 * The same images score differently in each, so a score without its protocol means nothing. What a program does not define
 * follows whoever published the metric; `source` says who that is, and passports repeat it.
 */

import type { Preprocessing } from '../images/preprocessing.ts';
import type { PathDefinition } from '../scores/ppl.ts';

/** Fréchet Inception distance, Heusel et al. 2017, arXiv:1706.08500, eq. 6. */
export interface FidDefinition {
  readonly source: string;
  /** Of the covariance, which is divided by N − 1; no program does otherwise. */
  readonly ddof: 1;
}

/** Inception score, Salimans et al. 2016, arXiv:1606.03498, section 4. */
export interface InceptionScoreDefinition {
  readonly source: string;
  /** Whether the logits include the last layer's bias. */
  readonly logitBias: boolean;
  readonly splits: number;
  /** Of the permutation that the images are shuffled by; undefined where they stay in order. */
  readonly shuffleSeed: number | undefined;
  /** Of the standard deviation over splits. */
  readonly spreadDdof: 0 | 1;
}

/** Kernel Inception distance, Bińkowski et al. 2018, arXiv:1801.01401, section 4: polynomial kernel, unbiased. */
export interface KidDefinition {
  readonly source: string;
  readonly subsets: number;
  readonly subsetSize: number;
  /** Whether subsets shrink to the number of images where there are fewer. */
  readonly shrinks: boolean;
  readonly seed: number;
  /** Whose subset is drawn first. */
  readonly firstDrawn: 'images' | 'reference';
}

/** Improved precision and recall, Kynkäänniemi et al. 2019, arXiv:1904.06991, eq. 1–2. */
export interface PrecisionRecallDefinition {
  readonly source: string;
  readonly neighbours: number;
}

/** Density and coverage with their precision and recall, Naeem et al. 2020, arXiv:2002.09797, eq. 1–5. */
export interface PrdcDefinition {
  readonly source: string;
  readonly neighbours: number;
}

/** Perceptual path length in latent space, Karras et al. 2019, arXiv:1812.04948, eq. 2. */
export interface PplDefinition extends PathDefinition {
  readonly source: string;
  /** Pixels a side that images are brought to. */
  readonly resolution: number;
}

export interface Protocol {
  readonly name: string;
  /** In a sentence: whose it is and what sets it apart. */
  readonly about: string;
  /** Of images for the Inception network; other networks bring their own. */
  readonly preprocessing: Preprocessing;
  readonly fid: FidDefinition;
  readonly is: InceptionScoreDefinition;
  readonly kid: KidDefinition;
  readonly precisionRecall: PrecisionRecallDefinition;
  readonly prdc: PrdcDefinition;
  readonly ppl: PplDefinition;
}
