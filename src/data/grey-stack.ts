/** Brings a stack of equal-sized grey images to a resolution: pad to a square, resize. */

export interface GreyStack {
  /** [N, H, W] */
  readonly images: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** The side of the square that `padToSquare` makes: the least power of two that holds the image, 32 for 28x28. */
export function paddedSide(height: number, width: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(height, width)));
}

/** Centres every image on a square of zeros. Returns [N, S, S], S = `paddedSide`. */
export function padToSquare({ images, count, height, width }: GreyStack): Uint8Array {
  const side = paddedSide(height, width);
  const top = Math.floor((side - height) / 2);
  const left = Math.floor((side - width) / 2);
  const padded = new Uint8Array(count * side * side);
  for (let row = 0; row < count * height; row++) {
    const image = Math.floor(row / height);
    const start = (image * side + top + (row % height)) * side + left;
    padded.set(images.subarray(row * width, (row + 1) * width), start);
  }
  return padded;
}

/**
 * Resizes [N, S, S] to [N, R, R] with Lanczos3, widened to S/R when shrinking; weights beyond the edge are left out and
 * the rest sum to 1. Written here because one call of an image library for each tiny image takes ten times as long.
 */
export function resizeSquares(images: Uint8Array, side: number, resolution: number): Uint8Array {
  const taps = Array.from({ length: resolution }, (_, i) => lanczosTaps(i, side, resolution));
  const count = images.length / side ** 2;
  const resized = new Uint8ClampedArray(count * resolution ** 2);
  const narrow = new Float32Array(side * resolution); // [S, R]
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < side; y++) {
      const row = (n * side + y) * side;
      for (let x = 0; x < resolution; x++) {
        narrow[y * resolution + x] = weigh(images, row, 1, taps[x] ?? noTaps);
      }
    }
    for (let y = 0; y < resolution; y++) {
      const row = (n * resolution + y) * resolution;
      for (let x = 0; x < resolution; x++) {
        resized[row + x] = weigh(narrow, x, resolution, taps[y] ?? noTaps);
      }
    }
  }
  return new Uint8Array(resized.buffer);
}

interface Taps {
  /** The first source pixel that counts. */
  readonly first: number;
  readonly weights: Float64Array;
}

const noTaps: Taps = { first: 0, weights: new Float64Array(0) };

/** Which source pixels make up target pixel `i` along one axis, and how much of each. */
function lanczosTaps(i: number, side: number, resolution: number): Taps {
  const stretch = Math.max(1, side / resolution);
  const centre = ((i + 0.5) * side) / resolution - 0.5;
  const first = Math.max(0, Math.ceil(centre - 3 * stretch));
  const last = Math.min(side - 1, Math.floor(centre + 3 * stretch));
  const weights = Float64Array.from({ length: last - first + 1 }, (_, k) => lanczos3((first + k - centre) / stretch));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

/** sinc(x) · sinc(x / 3), for −3 ≤ x ≤ 3. */
function lanczos3(x: number): number {
  const angle = Math.PI * x;
  return x === 0 ? 1 : (3 * Math.sin(angle) * Math.sin(angle / 3)) / angle ** 2;
}

function weigh(source: Uint8Array | Float32Array, start: number, stride: number, { first, weights }: Taps): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += (weights[k] ?? 0) * (source[start + (first + k) * stride] ?? 0);
  return sum;
}
