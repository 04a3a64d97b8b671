/**
 * Pair match: the share of pictures like those of the dataset `matching-pairs` in which both far objects are found and agree
 * in colour. Ours, for that dataset alone.
 *
 * It sees whether two places that are far apart know of each other. It does not see shapes, backgrounds or diversity: a
 * generator of one good picture scores 1, which is why the hues in use are told beside it. Pictures whose objects are
 * coloured independently score 1/6, one over the number of hues.
 */

import { UserError } from '../../base/errors.ts';
import { pairLayout } from '../../data/index.ts';
import type { ImageFormat } from '../features/classifier.ts';

/** The largest minus the smallest of red, green and blue from which on a pixel is coloured; what is painted has 163 or more. */
const leastChroma = 64;
/** Share of the picture's pixels that an object has at least: half of the smallest painted. */
const leastShare = 24 / 32 ** 2;
/** Mean squared distance of an object's pixels from their centre, of a side of 1: almost twice that of the largest painted. */
const mostScatter = 30 / 32 ** 2;
/** Length of the mean of the pixels' hues as unit vectors: 1 for one hue, 0 for all evenly. */
const leastCoherence = 0.9;
/** Colours of one painted hue differ by 12 at most, those of two by 48 at least. */
const toleranceDegrees = 20;

export interface PairMatch {
  /** Share of the pictures with both objects, of one colour. */
  readonly rate: number;
  /** Share of the pictures with both objects. */
  readonly found: number;
  /** rate / found: of the pictures with both objects, the share with one colour; 0 where there are none. */
  readonly agreement: number;
  /** e to the entropy of the hues of the left objects found, 1 … 6; 0 where there are none. */
  readonly effectiveHues: number;
}

/** Scores pictures, uint8 [N,3,R,R] flat. Throws UserError where they are none, grey, or not whole. */
export function pairMatch(images: Uint8Array, { channels, resolution }: ImageFormat): PairMatch {
  const size = 3 * resolution ** 2;
  const count = images.length / size;
  if (channels !== 3 || !Number.isInteger(count) || count === 0) {
    throw new UserError(
      `pairMatch: ${images.length} bytes of ${channels}-channel images; expected a positive multiple of ${size}, the size ` +
        `of one RGB image of ${resolution}×${resolution}. Score a run that was trained on matching-pairs.`,
    );
  }
  let found = 0;
  let matched = 0;
  const hues = new Float64Array(pairLayout.hues);
  for (let n = 0; n < count; n++) {
    const image = images.subarray(n * size, (n + 1) * size);
    const left = hueOfObject(image, resolution, 0, resolution * pairLayout.leftEnd);
    const right = hueOfObject(image, resolution, resolution * pairLayout.rightStart, resolution);
    if (left !== undefined) {
      const nearest = Math.round((left * hues.length) / 360) % hues.length;
      hues[nearest] = (hues[nearest] ?? 0) + 1;
    }
    if (left === undefined || right === undefined) continue;
    found++;
    const apart = Math.abs(left - right);
    if (Math.min(apart, 360 - apart) <= toleranceDegrees) matched++;
  }
  return {
    rate: matched / count,
    found: found / count,
    agreement: found === 0 ? 0 : matched / found,
    effectiveHues: perplexity(hues),
  };
}

/** The hue, 0 … 360, of the coloured pixels between two columns; undefined where they are no compact object of one hue. */
function hueOfObject(image: Uint8Array, resolution: number, from: number, to: number): number | undefined {
  const plane = resolution * resolution;
  let [pixels, x, y] = [0, 0, 0];
  let [rows, columns, squares] = [0, 0, 0];
  for (let row = 0; row < resolution; row++) {
    for (let column = Math.ceil(from); column < to; column++) {
      const at = row * resolution + column;
      const [red = 0, green = 0, blue = 0] = [image[at], image[plane + at], image[2 * plane + at]];
      if (Math.max(red, green, blue) - Math.min(red, green, blue) < leastChroma) continue;
      const [alpha, beta] = [red - (green + blue) / 2, (Math.sqrt(3) / 2) * (green - blue)];
      const length = Math.hypot(alpha, beta);
      pixels++;
      x += alpha / length;
      y += beta / length;
      rows += row;
      columns += column;
      squares += row ** 2 + column ** 2;
    }
  }
  if (pixels < leastShare * plane) return undefined;
  const scatter = squares / pixels - (rows / pixels) ** 2 - (columns / pixels) ** 2;
  if (scatter > mostScatter * plane || Math.hypot(x, y) < leastCoherence * pixels) return undefined;
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360;
}

function perplexity(counts: Float64Array): number {
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total === 0) return 0;
  const entropy = counts.reduce((sum, n) => sum - (n === 0 ? 0 : (n / total) * Math.log(n / total)), 0);
  return Math.exp(entropy);
}
