/** Sets of images to be scored: read in order, as often as they are wanted, and never all in memory. */

/** Images of one size. */
export interface ImageBatch {
  /** RGB planes, uint8 [N,3,H,W]; of a grey image three equal ones. */
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** int32 [N]; all 0 in a set without classes. */
  readonly labels: Int32Array;
}

export interface ImageSet {
  /** As messages and passports say it: a folder, a file, a dataset, a run. */
  readonly name: string;
  readonly count: number;
  /** Empty where the images have no labels. */
  readonly classNames: readonly string[];
  /**
   * Changes whenever the images may have: what cached statistics are found by. Not a hash of pixels. Undefined where nothing
   * should be cached, as for generated images.
   */
  readonly fingerprint: string | undefined;
  /**
   * Warnings that belong into the passport of each score, such as files that were left out; complete once the first batch has
   * been given out.
   */
  readonly warnings: readonly string[];
  /**
   * All images in their order, in batches of at most `size`. A batch ends early where the next image has another size, so
   * that a set may hold any.
   */
  batches(size: number): AsyncIterable<ImageBatch>;
}
