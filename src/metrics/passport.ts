/** What a score means: all that another score must share to be compared with it, and who made it. */

import type { NormalizationName, ResizerName } from './images/preprocessing.ts';

/** Where images came from. */
export interface ImageOrigin {
  /** A run, folder, file or dataset, as it was named. */
  readonly name: string;
  readonly count: number;
  /** SHA-256 over the decoded pixels, in order; of statistics from a file, over the file. */
  readonly sha256: string;
  /** Of generated images. */
  readonly generator?: GeneratorOrigin;
}

export interface GeneratorOrigin {
  readonly step: number;
  readonly network: 'ema.G' | 'G';
  /** `running statistics`, or `standing statistics of 16 × 64 images`, or `none`. */
  readonly batchNorm: string;
  /** Undefined for whole latents. */
  readonly truncation?: number;
  readonly scale?: number;
  /** Of the latents. */
  readonly seed: number;
}

export interface Passport {
  /** As it is printed: `fid`, `fid-mnist`, `is`, `kid`, `precision` … */
  readonly metric: string;
  readonly protocol: string;
  readonly features: {
    readonly network: string;
    readonly weightsSha256: string;
    readonly resizer: ResizerName | 'none';
    readonly clip: boolean;
    readonly normalization: NormalizationName | 'none';
  };
  /** Whatever else the number depends on: `ddof`, `splits`, `subsets`, `neighbours`, `shuffleSeed` … */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  readonly images: ImageOrigin;
  /** What the images were compared with; undefined for a score of the images alone. */
  readonly reference: ImageOrigin | undefined;
  /** What a reader must know, such as too few images for the dimension. */
  readonly warnings: readonly string[];
  /** `sagan 0.1.0` */
  readonly software: string;
}

export interface Score {
  readonly value: number;
  /** Standard deviation over splits or subsets, where the protocol gives one. */
  readonly spread?: number;
  readonly better: 'lower' | 'higher';
  /** By class, where it was asked for; null for a class without images. */
  readonly perClass?: readonly (number | null)[];
  readonly passport: Passport;
}

/** What `scores/*.json` of a run holds, and what `sagan evaluate --json` prints. */
export interface ScoreFile {
  readonly formatVersion: 1;
  readonly scores: readonly Score[];
  readonly classNames?: readonly string[];
  /** [K][K] Images by the class asked for, then by the class assigned. */
  readonly confusion?: readonly (readonly number[])[];
}
