/**
 * What a few runs of each of two kinds allow one to say: means, spreads, and whether a difference is more than chance.
 *
 * Runs are compared in pairs of one seed, which share the initial weights of what they have in common, and the order of the
 * images. Sources: Student 1908, "The probable error of a mean", for the t-test of paired differences; Fisher 1935, "The
 * design of experiments", section 21, for the exact test by changes of sign; Holm 1979, "A simple sequentially rejective
 * multiple test procedure", for several comparisons at once.
 */

import { UserError } from '../base/errors.ts';

/** Differences so improbable by chance, after Holm's correction, are called differences. */
export const significance = 0.05;

export interface Summary {
  readonly count: number;
  readonly mean: number;
  /** Standard deviation of the sample, with n − 1; NaN below two values. */
  readonly deviation: number;
}

/** Mean and spread. NaN for no values. */
export function summarize(values: readonly number[]): Summary {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { count, mean, deviation: count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1)) };
}

export interface PairedComparison {
  readonly pairs: number;
  /** Mean of the differences, other − baseline. */
  readonly difference: number;
  /** 95 % confidence interval of the difference by Student's t, for this comparison alone. NaN below two pairs. */
  readonly interval: readonly [number, number];
  /** Two-sided, of the paired t-test. NaN below two pairs. */
  readonly pValue: number;
  /** Two-sided and exact: the share of all changes of sign of the differences that give as large a mean. */
  readonly signFlipPValue: number;
  /** The smallest that `signFlipPValue` can be with so many pairs: 2 / 2^pairs. */
  readonly smallestSignFlipPValue: number;
}

/** The most pairs whose changes of sign are counted out, all 2^20 of them. */
const mostPairs = 20;

/** Compares two lists of equal length whose members belong together in pairs. Throws UserError for no pairs, or over 20. */
export function comparePaired(other: readonly number[], baseline: readonly number[]): PairedComparison {
  const pairs = other.length;
  if (pairs === 0 || pairs > mostPairs || pairs !== baseline.length) {
    throw new UserError(
      `comparePaired: ${pairs} values and ${baseline.length}; expected as many of each, 1 to ${mostPairs}. ` +
        'Compare runs of the same seeds.',
    );
  }
  const differences = other.map((value, i) => value - (baseline[i] ?? Number.NaN));
  const { mean: difference, deviation } = summarize(differences);
  const error = deviation / Math.sqrt(pairs);
  const margin = error * studentQuantile(0.975, pairs - 1);
  return {
    pairs,
    difference,
    interval: [difference - margin, difference + margin],
    pValue: tTest(difference, error, pairs - 1),
    signFlipPValue: signFlipTest(differences),
    smallestSignFlipPValue: 2 / 2 ** pairs,
  };
}

function tTest(difference: number, error: number, freedom: number): number {
  if (freedom < 1) return Number.NaN;
  if (error === 0) return difference === 0 ? 1 : 0;
  return 2 * (1 - studentDistribution(Math.abs(difference / error), freedom));
}

function signFlipTest(differences: readonly number[]): number {
  const total = differences.reduce((sum, value) => sum + value, 0);
  const scale = differences.reduce((sum, value) => sum + Math.abs(value), 0);
  // Sums that are equal but for rounding count as equal.
  const least = Math.abs(total) - 1e-12 * scale;
  const flips = 2 ** differences.length;
  let asLarge = 0;
  for (let flip = 0; flip < flips; flip++) {
    const sum = differences.reduce((before, value, i) => before + ((flip >> i) & 1 ? -value : value), 0);
    if (Math.abs(sum) >= least) asLarge++;
  }
  return asLarge / flips;
}

/**
 * Holm's adjusted p-values, in the order of the given ones: rejecting where they are at most α keeps the probability of any
 * false rejection within α. NaN stays NaN and does not count as a comparison.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.flatMap((p, i) => (Number.isNaN(p) ? [] : [{ p, i }])).sort((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => Number.NaN);
  let largest = 0;
  for (const [rank, { p, i }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (order.length - rank) * p));
    adjusted[i] = largest;
  }
  return adjusted;
}

/** P(T ≤ t) of Student's t, for t ≥ 0: 1 − I_x(ν/2, 1/2) / 2 with x = ν/(ν + t²). */
export function studentDistribution(t: number, freedom: number): number {
  return 1 - regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/** The t ≥ 0 at which Student's distribution reaches `probability`, ½ or more; NaN without degrees of freedom. */
export function studentQuantile(probability: number, freedom: number): number {
  if (freedom < 1) return Number.NaN;
  let [low, high] = [0, 1];
  while (studentDistribution(high, freedom) < probability) high *= 2;
  for (let halving = 0; halving < 100; halving++) {
    const middle = (low + high) / 2;
    if (studentDistribution(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b), by the continued fraction of the NIST Handbook of Mathematical Functions, 8.17.22. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return Math.max(0, Math.min(1, x));
  // The fraction converges fast for x below this; beyond it, I_x(a, b) = 1 − I_(1−x)(b, a).
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let fraction = 1;
  for (let n = 200; n > 0; n--) {
    const m = Math.floor(n / 2);
    const term =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + term / fraction;
  }
  return front / fraction;
}

/** ln Γ(x) for x > 0: Stirling's series (NIST 5.11.1) after Γ(x + 1) = x·Γ(x) has made x large. */
function logGamma(x: number): number {
  if (x < 15) return logGamma(x + 1) - Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5) - 1 / (1680 * x ** 7);
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}
