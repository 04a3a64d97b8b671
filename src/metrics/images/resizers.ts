/**
 * Brings images to the size of a network's input, as the library does that a protocol's numbers were made with.
 *
 * Sources: TensorFlow 1's resize_bilinear without half pixels; PyTorch's upsample_bilinear2d; Pillow's resize of float32
 * planes (mode F). Each works along the rows first, then along the columns, and keeps float32 in between.
 */

import type { ResizerName } from './preprocessing.ts';
import { bicubic, filterTaps, identityTaps, lanczos, linearTaps, type Taps, triangle } from './taps.ts';

/** Resizes [3,H,W] into float32 [3,R,R], in units of 0 … 255, neither clipped nor rounded. */
export type Resize = (image: Uint8Array | Float32Array, target: Float32Array) => void;

type Planner = (height: number, width: number, resolution: number) => Resize;

const planners: Readonly<Record<ResizerName, Planner>> = {
  'tensorflow-bilinear': planLerp,
  // PyTorch's scale is float32, but its compilers fuse the product with the subtraction after it: places are not rounded.
  'torch-bilinear': planTaps((size, resolution) => {
    const scale = Math.fround(size / resolution);
    return linearTaps(size, resolution, (i) => Math.max(0, scale * (i + 0.5) - 0.5));
  }),
  'torch-bilinear-corners': planTaps((size, resolution) => {
    const scale = resolution === 1 ? 0 : Math.fround((size - 1) / (resolution - 1));
    return linearTaps(size, resolution, (i) => scale * i);
  }),
  'pillow-bilinear': planTaps((size, resolution) => filterTaps(size, resolution, triangle)),
  'pillow-bicubic': planTaps((size, resolution) => filterTaps(size, resolution, bicubic)),
  'pillow-lanczos': planTaps((size, resolution) => filterTaps(size, resolution, lanczos)),
};

/**
 * Prepares the resizing of images of one size, height and width in pixels. An image of the wanted size is copied.
 *
 * What it returns keeps scratch memory, so it may not be shared between threads.
 */
export function planResize(resizer: ResizerName, height: number, width: number, resolution: number): Resize {
  return planners[resizer](height, width, resolution);
}

/** Weighted sums of neighbouring pixels, added up in float64. */
function planTaps(tapsOf: (size: number, resolution: number) => Taps): Planner {
  return (height, width, resolution) => {
    const across = width === resolution ? identityTaps(width) : tapsOf(width, resolution);
    const down = height === resolution ? identityTaps(height) : tapsOf(height, resolution);
    const stretched = new Float32Array(height * resolution); // [H,R]
    return (image, target) => {
      for (let channel = 0; channel < 3; channel++) {
        sumAcross(image, channel * height * width, height, width, across, stretched);
        sumDown(stretched, resolution, down, target, channel * resolution * resolution);
      }
    };
  };
}

function sumAcross(
  image: Uint8Array | Float32Array,
  start: number,
  height: number,
  width: number,
  { first, count, most, weights }: Taps,
  stretched: Float32Array,
): void {
  const resolution = first.length;
  for (let y = 0; y < height; y++) {
    const row = start + y * width;
    for (let x = 0; x < resolution; x++) {
      const from = row + (first[x] ?? 0);
      const taps = count[x] ?? 0;
      const weight = x * most;
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += (image[from + k] ?? 0) * (weights[weight + k] ?? 0);
      stretched[y * resolution + x] = sum;
    }
  }
}

function sumDown(
  stretched: Float32Array,
  resolution: number,
  { first, count, most, weights }: Taps,
  target: Float32Array,
  start: number,
): void {
  for (let y = 0; y < resolution; y++) {
    const from = (first[y] ?? 0) * resolution;
    const end = from + (count[y] ?? 0) * resolution;
    const row = start + y * resolution;
    for (let x = 0; x < resolution; x++) {
      let sum = 0;
      for (let i = from + x, weight = y * most; i < end; i += resolution, weight++) {
        sum += (stretched[i] ?? 0) * (weights[weight] ?? 0);
      }
      target[row + x] = sum;
    }
  }
}

/** TensorFlow 1: the pixel at i · in/out, which begins at a corner and repeats the last rows; every step in float32. */
function planLerp(height: number, width: number, resolution: number): Resize {
  const across = lerpPlaces(width, resolution);
  const down = lerpPlaces(height, resolution);
  const stretched = new Float32Array(height * resolution); // [H,R]
  const plane = resolution * resolution;
  return (image, target) => {
    for (let channel = 0; channel < 3; channel++) {
      lerpAcross(image, channel * height * width, height, width, across, stretched);
      lerpDown(stretched, down, target.subarray(channel * plane, (channel + 1) * plane));
    }
  };
}

interface LerpPlaces {
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** Of `high`. */
  readonly weight: Float32Array;
}

function lerpPlaces(size: number, resolution: number): LerpPlaces {
  const scale = Math.fround(size / resolution);
  const position = Float32Array.from({ length: resolution }, (_, i) => i * scale);
  const low = Int32Array.from(position);
  return {
    low,
    high: low.map((index) => Math.min(index + 1, size - 1)),
    weight: position.map((place, i) => place - (low[i] ?? 0)),
  };
}

function lerpAcross(
  image: Uint8Array | Float32Array,
  start: number,
  height: number,
  width: number,
  { low, high, weight }: LerpPlaces,
  stretched: Float32Array,
): void {
  const resolution = low.length;
  for (let y = 0; y < height; y++) {
    const row = start + y * width;
    for (let x = 0; x < resolution; x++) {
      const left = image[row + (low[x] ?? 0)] ?? 0;
      const right = image[row + (high[x] ?? 0)] ?? 0;
      stretched[y * resolution + x] = left + Math.fround(Math.fround(right - left) * (weight[x] ?? 0));
    }
  }
}

function lerpDown(stretched: Float32Array, { low, high, weight }: LerpPlaces, target: Float32Array): void {
  const resolution = low.length;
  for (let y = 0; y < resolution; y++) {
    const above = (low[y] ?? 0) * resolution;
    const below = (high[y] ?? 0) * resolution;
    const share = weight[y] ?? 0;
    for (let x = 0; x < resolution; x++) {
      const upper = stretched[above + x] ?? 0;
      const lower = stretched[below + x] ?? 0;
      target[y * resolution + x] = upper + Math.fround(Math.fround(lower - upper) * share);
    }
  }
}
