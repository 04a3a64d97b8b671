/** Attention as heat over an image, in pixels; the scale is that of the figures (src/picture/colours.ts). */

import type { Grid } from './pins.ts';

type Rgb = readonly [red: number, green: number, blue: number];

/** From night blue over red to pale yellow. */
export const heatStops: readonly Rgb[] = [
  [13, 10, 36],
  [75, 18, 112],
  [168, 40, 95],
  [234, 91, 45],
  [251, 179, 47],
  [255, 251, 208],
];

/** How much of an image's brightness is left beneath the heat. */
const dimming = 0.5;

/** The scale at a value from 0 to 1. */
export function heatColour(value: number): Rgb {
  const at = Math.min(1, Math.max(0, value)) * (heatStops.length - 1);
  const index = Math.min(heatStops.length - 2, Math.floor(at));
  return mix(heatStops[index] ?? [0, 0, 0], heatStops[index + 1] ?? [0, 0, 0], at - index);
}

function mix(a: Rgb, b: Rgb, amount: number): Rgb {
  return [a[0] + (b[0] - a[0]) * amount, a[1] + (b[1] - a[1]) * amount, a[2] + (b[2] - a[2]) * amount];
}

/**
 * An image, RGBA [side · side], beneath the heat of a map, float32 [rows · columns], scaled to its maximum. Cells are drawn as
 * they are. `opacity` 0 leaves the image as it is; with 1 it is as in the figures: grey, and covered where there is much attention.
 */
export function heatOver(
  image: Uint8ClampedArray,
  side: number,
  weights: Float32Array,
  [rows, columns]: Grid,
  opacity: number,
): Uint8ClampedArray<ArrayBuffer> {
  const maximum = Math.max(...weights);
  const drawn = new Uint8ClampedArray(image.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = 4 * (y * side + x);
      const pixel: Rgb = [image[at] ?? 0, image[at + 1] ?? 0, image[at + 2] ?? 0];
      const cell = Math.floor((y * rows) / side) * columns + Math.floor((x * columns) / side);
      const value = maximum > 0 ? (weights[cell] ?? 0) / maximum : 0;
      const grey = (0.2126 * pixel[0] + 0.7152 * pixel[1] + 0.0722 * pixel[2]) * dimming;
      const heated = mix([grey, grey, grey], heatColour(value), 0.35 + 0.6 * value);
      drawn.set([...mix(pixel, heated, opacity), 255], at);
    }
  }
  return drawn;
}

/** How two images differ. */
export interface Difference {
  /** RGBA: the differences of each channel without their signs, stretched so that the largest is white. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  /** Of 255. */
  readonly largest: number;
  readonly mean: number;
}

/** Of two images RGBA of one size. */
export function differenceOf(a: Uint8ClampedArray, b: Uint8ClampedArray): Difference {
  const isColour = (i: number) => i % 4 !== 3;
  const apart = Array.from(a, (value, i) => (isColour(i) ? Math.abs(value - (b[i] ?? 0)) : 0));
  const largest = apart.reduce((most, value) => Math.max(most, value), 0);
  return {
    pixels: Uint8ClampedArray.from(apart, (value, i) => (isColour(i) ? (value * 255) / Math.max(1, largest) : 255)),
    largest,
    mean: apart.reduce((sum, value) => sum + value, 0) / ((apart.length * 3) / 4),
  };
}
