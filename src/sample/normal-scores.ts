/** The normal distribution's cumulative probabilities and quantiles, and what coordinates of latents are in its terms. */

import type { LatentSpace } from './latents.ts';

const density = (x: number) => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);

/**
 * The probability that N(0, 1) is at most x, within 1e-15.
 *
 * Near 0 Marsaglia's series φ(x) Σ x²ᵏ⁺¹ / (1·3·5 … 2k+1), far from it Laplace's continued fraction; Marsaglia 2004,
 * "Evaluating the normal distribution".
 */
export function normalCumulative(x: number): number {
  if (x > 3) return 1 - normalCumulative(-x);
  if (x < -3) {
    let fraction = -x;
    for (let k = 80; k > 0; k--) fraction = k / fraction - x;
    return density(x) / fraction;
  }
  let sum = 0;
  let term = x;
  for (let k = 3; sum + term !== sum; k += 2) {
    sum += term;
    term *= x ** 2 / k;
  }
  return 0.5 + density(x) * sum;
}

/** The x that N(0, 1) is at most with a probability between 0 and 1: Abramowitz, Stegun 26.2.23, and two steps of Halley. */
export function normalQuantile(probability: number): number {
  if (probability > 0.5) return -normalQuantile(1 - probability);
  const t = Math.sqrt(-2 * Math.log(probability));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  let x = above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 2; step++) {
    const off = (normalCumulative(x) - probability) / density(x);
    x -= off / (1 + (x * off) / 2);
  }
  return x;
}

/** What a distribution's values would be, had they been drawn from N(0, 1) with the same luck; and the way back. */
export interface NormalScores {
  score(value: number): number;
  value(score: number): number;
}

/** Draws have 32 bits: none is luckier than this, but rounding to float32 can make it seem so. */
const leastProbability = 2 ** -33;

/** The scores of a coordinate of latents: N(0, 1) itself, N(0, 1) between ±truncation, or U(−1, 1). */
export function normalScores(latents: LatentSpace['latents'], truncation?: number): NormalScores {
  if (latents === 'normal' && truncation === undefined) return { score: (value) => value, value: (score) => score };
  const cut = truncation === undefined ? 0 : normalCumulative(-truncation);
  const cumulative = (value: number) =>
    truncation === undefined ? (value + 1) / 2 : (normalCumulative(value) - cut) / (1 - 2 * cut);
  const quantile = (probability: number) =>
    truncation === undefined ? 2 * probability - 1 : normalQuantile(cut + probability * (1 - 2 * cut));
  const bound = truncation ?? 1;
  return {
    score: (value) => normalQuantile(Math.min(1 - leastProbability, Math.max(leastProbability, cumulative(value)))),
    value: (score) => Math.min(bound, Math.max(-bound, quantile(normalCumulative(score)))),
  };
}
