/**
 * Inception score: how surely a network classifies each image, and how evenly all of them fall into its classes.
 *
 * exp(E_x KL(p(y|x) ‖ p(y))), of each split of the images, then the mean over splits. From 1 (all images alike) to K.
 * Source: Salimans et al. 2016, arXiv:1606.03498, section 4.
 *
 * It sees no reference, so it says nothing of likeness to real images, and it does not see a class whose images repeat.
 */

import { UserError } from '../../base/errors.ts';
import { RandomState } from '../math/random-state.ts';
import { refuseNonFinite } from './checked-features.ts';
import { meanAndSpread } from './mean-and-spread.ts';

export interface InceptionScoreOptions {
  /** Images to come. */
  readonly count: number;
  /** K */
  readonly classes: number;
  /** Split s takes the images s·N//S … (s+1)·N//S − 1, after shuffling. */
  readonly splits: number;
  /** Of `RandomState(seed).permutation(N)`, which shuffles the images; undefined where they stay in order. */
  readonly shuffleSeed: number | undefined;
  /** Of the standard deviation over splits: divided by S − ddof. */
  readonly spreadDdof: 0 | 1;
}

export interface InceptionScoreResult {
  readonly mean: number;
  /** Standard deviation over splits; undefined for one split with ddof 1, where the originals print NaN. */
  readonly spread: number | undefined;
  readonly warnings: readonly string[];
}

/**
 * The score of logits that come in batches, in any order; it keeps S·K sums and two bytes an image.
 *
 * Everything is float64, with log-softmax. A class whose probability is 0 in all images of a split adds 0, its limit; the
 * originals give NaN there.
 */
export class InceptionScore {
  private readonly options: InceptionScoreOptions;
  /** [N] The split of each image; `taken` once its logits have come. */
  private readonly splitOf: Uint16Array;
  /** [S,K] Σ p */
  private readonly probabilities: Float64Array;
  /** [S] Σ p·log p */
  private readonly negentropies: Float64Array;
  /** [K] Of the image at hand. */
  private readonly exponentials: Float64Array;
  private seen = 0;

  /** Throws UserError where there are fewer images than splits, or no images. */
  constructor(options: InceptionScoreOptions) {
    const { count, classes, splits, shuffleSeed } = options;
    if (!(splits >= 1 && splits < taken && count >= splits)) {
      throw new UserError(
        `Inception score: ${count} images for ${splits} splits; expected 1 to ${taken - 1} splits and at least one image ` +
          'each. Give more images, or ask for fewer splits.',
      );
    }
    this.options = options;
    this.splitOf = new Uint16Array(count);
    const order = shuffleSeed === undefined ? undefined : new RandomState(shuffleSeed).permutation(count);
    for (let split = 0; split < splits; split++) {
      for (let place = startOf(split, options); place < startOf(split + 1, options); place++) {
        this.splitOf[order?.[place] ?? place] = split;
      }
    }
    this.probabilities = new Float64Array(splits * classes);
    this.negentropies = new Float64Array(splits);
    this.exponentials = new Float64Array(classes);
  }

  /**
   * Takes the logits of the images `first` and following, float32 [n,K].
   *
   * Throws UserError that names the image where a logit is not finite, and RangeError where an image does not exist or has
   * come before.
   */
  add(first: number, logits: Float32Array): void {
    const { classes, count } = this.options;
    const images = logits.length / classes;
    if (!Number.isInteger(images) || first < 0 || first + images > count) {
      throw new RangeError(
        `InceptionScore.add: ${logits.length} logits from image ${first} on; expected ${classes} each of ${count}.`,
      );
    }
    refuseNonFinite('Inception score: the logits', logits, classes, first);
    for (let n = 0; n < images; n++) this.addImage(first + n, logits.subarray(n * classes, (n + 1) * classes));
  }

  private addImage(image: number, logits: Float32Array): void {
    const split = this.splitOf[image] ?? taken;
    if (split === taken) throw new RangeError(`InceptionScore.add: image ${image} has come before.`);
    this.splitOf[image] = taken;
    this.seen++;
    const sums = this.probabilities.subarray(split * logits.length, (split + 1) * logits.length);
    let largest = Number.NEGATIVE_INFINITY;
    for (const logit of logits) if (logit > largest) largest = logit;
    let total = 0;
    let weighted = 0;
    for (let k = 0; k < logits.length; k++) {
      const shifted = (logits[k] ?? 0) - largest;
      const exponential = Math.exp(shifted);
      this.exponentials[k] = exponential;
      total += exponential;
      weighted += exponential * shifted;
    }
    for (let k = 0; k < logits.length; k++) sums[k] = (sums[k] ?? 0) + (this.exponentials[k] ?? 0) / total;
    // Σ p·log p, where log p = shifted − log(total).
    this.negentropies[split] = (this.negentropies[split] ?? 0) + weighted / total - Math.log(total);
  }

  /** The score. Throws RangeError while images are missing. */
  result(): InceptionScoreResult {
    const { count, classes, splits, spreadDdof } = this.options;
    if (this.seen < count) throw new RangeError(`InceptionScore.result: ${this.seen} of ${count} images have come.`);
    const scores = Array.from({ length: splits }, (_, split) => this.scoreOf(split));
    const warnings: string[] = [];
    if (count < splits * classes) {
      warnings.push(
        `${Math.floor(count / splits)} images a split for ${classes} classes: the score is biased towards 1 with so few.`,
      );
    }
    const { mean, spread } = meanAndSpread(scores, spreadDdof);
    if (Number.isFinite(spread)) return { mean, spread, warnings };
    return { mean, spread: undefined, warnings: [...warnings, 'One split has no spread; the original prints NaN.'] };
  }

  /** exp(1/n Σ_x Σ_k p log p − Σ_k q log q), where q is the mean of p. */
  private scoreOf(split: number): number {
    const { classes } = this.options;
    const images = startOf(split + 1, this.options) - startOf(split, this.options);
    let information = (this.negentropies[split] ?? 0) / images;
    for (const sum of this.probabilities.subarray(split * classes, (split + 1) * classes)) {
      const share = sum / images;
      if (share > 0) information -= share * Math.log(share);
    }
    return Math.exp(information);
  }
}

const taken = 0xffff;

function startOf(split: number, { count, splits }: InceptionScoreOptions): number {
  return Math.floor((split * count) / splits);
}
