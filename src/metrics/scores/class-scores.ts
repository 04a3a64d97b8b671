/**
 * What a classifier makes of images that were generated class by class.
 *
 * It says whether the generator heeds its labels, which classes it takes for which, how many of its images are recognisable,
 * and how evenly they fall into classes. It does not see diversity within a class: a generator that repeats one good image a
 * class is perfect here. Scores depend on the classifier: compare those by the same file only. Real images score what the
 * classifier does on its test images, not 1.
 */

import { UserError } from '../../base/errors.ts';
import { refuseNonFinite } from './checked-features.ts';

/** An image counts as recognised where its class has at least this probability. */
export const recognisedFrom = 0.9;

export interface ClassAccuracy {
  /** Share of the images that were assigned to the class asked for. */
  readonly accuracy: number;
  /** [K] The same among the images of each class; null for a class that was not asked for. */
  readonly perClass: readonly (number | null)[];
  /** [K][K] Images by the class asked for, then by the class assigned. */
  readonly confusion: readonly (readonly number[])[];
  /** Share of the images whose class has a probability of 0.9 or more, whichever class it is. */
  readonly recognised: number;
  /** e to the entropy of the classes assigned: K where all are equally frequent, 1 where there is but one. */
  readonly effectiveClasses: number;
}

/** The scores of images that come in batches; it keeps K·K counts. */
export class ClassScores {
  private readonly confusion: number[][];
  private count = 0;
  private recognised = 0;

  /** `classes` is K. */
  constructor(classes: number) {
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /**
   * Takes the logits of images, float32 [N,K], and the classes that were asked for, [N]. An image is assigned to its likeliest
   * class, the lowest where several tie.
   *
   * Throws UserError that names the image where a logit is not finite, as `addAssigned` does.
   */
  add(logits: Float32Array, asked: Int32Array): void {
    const classes = this.confusion.length;
    refuseNonFinite('class scores: the logits', logits, classes, this.count);
    const count = logits.length / classes;
    const assigned = new Int32Array(count);
    const confidence = new Float32Array(count);
    for (let n = 0; n < count; n++) {
      const row = logits.subarray(n * classes, (n + 1) * classes);
      const largest = row.reduce((most, logit) => Math.max(most, logit));
      assigned[n] = row.indexOf(largest);
      confidence[n] = 1 / row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    }
    this.addAssigned(assigned, confidence, asked);
  }

  /**
   * Takes the classes that images were assigned to, the probability of each, and the classes that were asked for, all [N].
   *
   * Throws UserError where there is not one label an image, or a label is no class of the classifier.
   */
  addAssigned(assigned: Int32Array, confidence: Float32Array, asked: Int32Array): void {
    const classes = this.confusion.length;
    if (asked.length !== assigned.length) {
      throw new UserError(
        `class scores: ${asked.length} labels for ${assigned.length} images; expected one an image. ` +
          'Pass the labels that the images were generated with.',
      );
    }
    const wrong = asked.findIndex((label) => label < 0 || label >= classes);
    if (wrong !== -1) {
      throw new UserError(
        `class scores: label ${this.count + wrong} is ${asked[wrong]}; expected 0 to ${classes - 1}, the classes of the ` +
          'classifier. Use a classifier of the dataset that the generator was trained on.',
      );
    }
    for (const [n, label] of asked.entries()) {
      const row = this.confusion[label] ?? [];
      row[assigned[n] ?? 0] = (row[assigned[n] ?? 0] ?? 0) + 1;
    }
    this.count += asked.length;
    this.recognised += confidence.filter((probability) => probability >= recognisedFrom).length;
  }

  /** Throws UserError where no image has come. */
  result(): ClassAccuracy {
    const { confusion, count } = this;
    if (count === 0) throw new UserError('class scores: there are no images; expected at least one. Raise the count.');
    const sum = (counts: readonly number[]) => counts.reduce((total, images) => total + images, 0);
    const right = confusion.map((row, k) => row[k] ?? 0);
    const shares = confusion.map((_, k) => sum(confusion.map((row) => row[k] ?? 0)) / count);
    const entropy = -sum(shares.map((share) => (share === 0 ? 0 : share * Math.log(share))));
    return {
      accuracy: sum(right) / count,
      perClass: confusion.map((row, k) => (sum(row) === 0 ? null : (right[k] ?? 0) / sum(row))),
      confusion: confusion.map((row) => [...row]),
      recognised: this.recognised / count,
      effectiveClasses: Math.exp(entropy),
    };
  }
}
