/**
 * Perceptual path length: how far an image moves, as a network sees it, when its latent moves a little.
 *
 * E[d(G(I(z₀, z₁; t)), G(I(z₀, z₁; t + ε))) / ε²] at t = 0. Source: Karras, Laine, Aila 2019, arXiv:1812.04948, eq. 2, in the
 * latent space z and at the beginning of the path, as torch-fidelity 0.4 computes it (`metric_ppl.py`).
 *
 * Low where the generator is smooth. It sees no real image, and a generator that ignores its latents has 0. Rounded to bytes,
 * most pairs of images are either the same or, by a byte, far apart for such a small ε; unrounded images tell more.
 */

import { UserError } from '../../base/errors.ts';
import type { BoundModel, ImageType } from '../../gan/index.ts';
import type { ImageDistance, UnroundedImages } from '../features/image-distance.ts';
import { RandomState } from '../math/random-state.ts';
import { type Interpolation, stepTowards } from './latent-steps.ts';
import { meanAndSpread } from './mean-and-spread.ts';

export interface PathDefinition {
  /** The step, as a share of the way from one latent to the other. */
  readonly epsilon: number;
  readonly interpolation: Interpolation;
  /** Percentiles beyond which distances are left out; undefined to keep all. */
  readonly discard: readonly [lower: number, higher: number] | undefined;
  /** Whether images are rounded to bytes before they are compared. */
  readonly quantized: boolean;
  /** Of numpy's generator, which draws latents and labels. */
  readonly seed: number;
}

export interface PathLengthOptions {
  /** Makes images, float32 [N,C,R,R] in −1 … 1, of latents float32 [N,Z] and labels [N]. */
  readonly generate: (z: Float32Array, labels: Int32Array) => Promise<Float32Array>;
  readonly format: Pick<ImageType, 'channels' | 'resolution'>;
  readonly space: Pick<BoundModel, 'latentDim' | 'latents'>;
  /** K; both ends of a path have the same label. 0 without classes. */
  readonly classes: number;
  readonly distance: ImageDistance;
  /** Pairs of images. */
  readonly count: number;
  /** Pairs made and compared at a time. Default 25. */
  readonly batch?: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface PathLength {
  /** Of the distances that were not discarded. */
  readonly mean: number;
  /** Their standard deviation (ddof 0). */
  readonly spread: number;
  /** [N] All distances, divided by ε². */
  readonly distances: Float64Array;
  /** Share of all distances that are exactly 0. */
  readonly zeroShare: number;
  readonly warnings: readonly string[];
  /** For the passport. */
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
}

/**
 * Measures the path length of a generator.
 *
 * Latents and labels are torch-fidelity's for the same seed: of all pairs the first ends, then the second ends, then the
 * labels. It keeps them all, 8·N·Z bytes. Throws UserError where an option cannot be, or an image holds NaN.
 */
export async function perceptualPathLength(
  definition: PathDefinition,
  options: PathLengthOptions,
): Promise<PathLength> {
  checkOptions(definition, options);
  const { epsilon, discard, quantized } = definition;
  const { generate, format, space, distance, count, batch = 25, onProgress } = options;
  const { latentDim } = space;
  const { starts, ends, labels } = drawPaths(definition, options);
  const distances = new Float64Array(count);
  for (let first = 0; first < count; first += batch) {
    const end = Math.min(first + batch, count);
    const pairs = end - first;
    const z = new Float32Array(2 * pairs * latentDim);
    z.set(starts.subarray(first * latentDim, end * latentDim));
    z.set(ends.subarray(first * latentDim, end * latentDim), pairs * latentDim);
    const asked = new Int32Array(2 * pairs);
    for (const at of [0, pairs]) asked.set(labels.subarray(first, end), at);
    const made = await generate(z, asked);
    const pixels = toPixels(made, format, quantized);
    const half = (part: 0 | 1): UnroundedImages => ({
      pixels: pixels.subarray((part * pixels.length) / 2, ((part + 1) * pixels.length) / 2),
      count: pairs,
      resolution: format.resolution,
    });
    const moved = await distance.measure(half(0), half(1));
    for (let n = 0; n < pairs; n++) distances[first + n] = (moved[n] ?? Number.NaN) / epsilon ** 2;
    onProgress?.(end, count);
  }
  refuseNaN(distances);
  const kept = discard === undefined ? [...distances] : withinPercentiles(distances, discard);
  const zeroShare = distances.filter((value) => value === 0).length / count;
  return {
    ...meanAndSpread(kept),
    distances,
    zeroShare,
    warnings: zeroShare === 0 ? [] : [zerosWarning(zeroShare, quantized)],
    parameters: {
      pairs: count,
      epsilon,
      interpolation: definition.interpolation,
      discarded: discard === undefined ? 'none' : `below percentile ${discard[0]}, above ${discard[1]}`,
      quantized,
      latents: `RandomState(${definition.seed}), ${space.latents}`,
      distance: distance.description,
      distanceWeightsSha256: distance.weightsSha256,
    },
  };
}

function checkOptions({ epsilon, discard }: PathDefinition, { count, format }: PathLengthOptions): void {
  const wrong = (name: string, seen: unknown, expected: string) =>
    new UserError(`path length: ${name} is ${seen}; expected ${expected}. Change it.`);
  if (![1, 3].includes(format.channels)) throw wrong('channels', format.channels, '1 or 3 colour channels');
  if (!(Number.isInteger(count) && count >= 1)) throw wrong('count', count, 'a whole number of pairs, at least 1');
  if (!(epsilon > 0 && epsilon <= 1)) throw wrong('epsilon', epsilon, 'a share of the way, above 0 and at most 1');
  const [lower, higher] = discard ?? [1, 99];
  if (!(lower > 0 && lower < higher && higher < 100)) {
    throw wrong('discard', `${lower} and ${higher}`, 'two percentiles between 0 and 100, the lower first');
  }
}

interface Paths {
  /** float32 [N,Z] */
  readonly starts: Float32Array;
  /** float32 [N,Z] The same, a step further. */
  readonly ends: Float32Array;
  /** [N] */
  readonly labels: Int32Array;
}

function drawPaths({ seed, epsilon, interpolation }: PathDefinition, options: PathLengthOptions): Paths {
  const { space, classes, count } = options;
  const { latentDim } = space;
  const random = new RandomState(seed);
  const draw = space.latents === 'normal' ? () => random.normal() : () => 2 * random.uniform() - 1;
  const starts = Float32Array.from({ length: count * latentDim }, draw);
  const ends = Float32Array.from({ length: count * latentDim }, draw);
  for (let at = 0; at < ends.length; at += latentDim) {
    const row = (z: Float32Array) => z.subarray(at, at + latentDim);
    ends.set(stepTowards(interpolation, row(starts), row(ends), epsilon), at);
  }
  const labels = Int32Array.from({ length: count }, () => (classes === 0 ? 0 : random.below(classes)));
  return { starts, ends, labels };
}

/** From [N,C,R,R] in −1 … 1 to [N,3,R,R] in 0 … 255, in bytes where that is asked for. */
function toPixels(
  images: Float32Array,
  { channels, resolution }: PathLengthOptions['format'],
  quantized: boolean,
): Float32Array {
  const planeSize = resolution ** 2;
  const copies = 3 / channels;
  const pixels = new Float32Array(images.length * copies);
  for (const [i, value] of images.entries()) {
    const pixel = quantized ? Math.round((Math.min(1, Math.max(-1, value)) + 1) * 127.5) : (value + 1) * 127.5;
    const plane = Math.floor(i / planeSize) * copies;
    for (let copy = 0; copy < copies; copy++) pixels[(plane + copy) * planeSize + (i % planeSize)] = pixel;
  }
  return pixels;
}

/** The values between two percentiles, both rounded outward to a value that occurs: numpy's `lower` and `higher`. */
export function withinPercentiles(values: Float64Array, [lower, higher]: readonly [number, number]): number[] {
  const sorted = values.toSorted();
  const place = (percentile: number) => (percentile / 100) * (sorted.length - 1);
  const least = sorted[Math.floor(place(lower))] ?? Number.NEGATIVE_INFINITY;
  const most = sorted[Math.ceil(place(higher))] ?? Number.POSITIVE_INFINITY;
  return [...values].filter((value) => least <= value && value <= most);
}

function refuseNaN(distances: Float64Array): void {
  const pair = distances.findIndex((value) => !Number.isFinite(value));
  if (pair === -1) return;
  throw new UserError(
    `path length: the distance of pair ${pair} is ${distances[pair]}; expected a number. The generator has diverged: take an ` +
      'earlier checkpoint.',
  );
}

function zerosWarning(share: number, quantized: boolean): string {
  const why = quantized
    ? 'rounded to bytes, both images are the same, so the mean rests on few pairs. Measure it without rounding as well'
    : 'the network sees both images as the same';
  return `${(100 * share).toFixed(1)} % of the distances are exactly 0: ${why}.`;
}
