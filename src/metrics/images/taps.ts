/** Which pixels along one axis a resized pixel is made of, and with which weights. */

export interface Taps {
  /** [out] Index of the first pixel. */
  readonly first: Int32Array;
  /** [out] How many pixels from there on. */
  readonly count: Int32Array;
  /** The largest of `count`. */
  readonly most: number;
  /** [out, most] */
  readonly weights: Float64Array;
}

/** A filter kernel: 0 outside of −support … support. */
export interface Filter {
  /** In pixels of the finer grid. */
  readonly support: number;
  weigh(distance: number): number;
}

export const triangle: Filter = { support: 1, weigh: (distance) => Math.max(0, 1 - Math.abs(distance)) };

/** Keys 1981, "Cubic convolution interpolation for digital image processing", with a = −1/2. */
export const bicubic: Filter = {
  support: 2,
  weigh(distance) {
    const a = -0.5;
    const x = Math.abs(distance);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
  },
};

/** A sinc under the middle lobe of one three times as wide. */
export const lanczos: Filter = {
  support: 3,
  weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Every pixel as it is. */
export function identityTaps(size: number): Taps {
  return {
    first: Int32Array.from({ length: size }, (_, i) => i),
    count: new Int32Array(size).fill(1),
    most: 1,
    weights: new Float64Array(size).fill(1),
  };
}

/** Two neighbours a pixel, weighed by the distance to `placeOf(i)` ≥ 0; the weights are float32's. */
export function linearTaps(size: number, resolution: number, placeOf: (i: number) => number): Taps {
  const first = new Int32Array(resolution);
  const count = new Int32Array(resolution);
  const weights = new Float64Array(2 * resolution);
  for (let i = 0; i < resolution; i++) {
    const place = placeOf(i);
    const low = Math.min(Math.trunc(place), size - 1);
    const share = low === size - 1 ? 0 : Math.fround(place - low);
    first[i] = low;
    count[i] = share === 0 ? 1 : 2;
    weights[2 * i] = Math.fround(1 - share);
    weights[2 * i + 1] = share;
  }
  return { first, count, most: 2, weights };
}

/** A filter over pixel centres, as wide as the pixels of the coarser grid, whose weights add up to 1. */
export function filterTaps(size: number, resolution: number, { support, weigh }: Filter): Taps {
  const scale = size / resolution;
  const widening = Math.max(1, scale);
  const reach = support * widening;
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(resolution);
  const count = new Int32Array(resolution);
  const weights = new Float64Array(most * resolution);
  for (let i = 0; i < resolution; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const taps = Math.min(size, Math.trunc(centre + reach + 0.5)) - from;
    const row = weights.subarray(i * most, i * most + taps);
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += row[k] = weigh((from + k - centre + 0.5) / widening);
    for (let k = 0; k < taps; k++) row[k] = (row[k] ?? 0) / sum;
    first[i] = from;
    count[i] = taps;
  }
  return { first, count, most, weights };
}
