/** What a model must tell of itself to be tested. */

import type { ImageType } from '../../src/gan/index.ts';

/** A model at a size. */
export interface ModelCase {
  readonly options: Readonly<Record<string, unknown>>;
  readonly images: ImageType;
}

/** How many trainable numbers the networks have according to `source`. */
export interface ParameterCount extends ModelCase {
  readonly source: string;
  readonly generator: number;
  readonly discriminator: number;
}

export interface ModelRow {
  /** The name in the registry. */
  readonly name: string;
  /** Small enough to run dozens of steps in a second or two. */
  readonly small: ModelCase;
  /** As narrow as the model can be, for the float64 interpreter, which is slow. Default: `small`. */
  readonly tiny?: ModelCase;
  /** Sizes that must trace. */
  readonly shapes: readonly ModelCase[];
  readonly parameterCounts: readonly ParameterCount[];
  /** State layouts that are kept in `test/golden/<file>.json`. */
  readonly golden: readonly (ModelCase & { readonly file: string })[];
}

export const rgb = (resolution: number, classes: number): ImageType => ({ resolution, channels: 3, classes });
