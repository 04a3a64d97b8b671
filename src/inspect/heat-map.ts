/** Attention as heat over a dimmed image. */
import { type Canvas, paintTile, setPixel } from '../picture/canvas.ts';
import { heatColour, luminanceOf, mix, type Rgb } from '../picture/colours.ts';
import type { Grid } from './choose-queries.ts';

/** How much of an image's brightness is left beneath the heat. */
const dimming = 0.5;

/**
 * Paints a tile of `side` pixels: `image(row, column)` in dimmed grey beneath the map, float32 [rows · columns], scaled to its
 * maximum. Cells are drawn as they are: between them there is nothing that a network has seen.
 */
export function paintHeat(
  canvas: Canvas,
  place: { readonly left: number; readonly top: number; readonly side: number },
  map: Float32Array,
  [rows, columns]: Grid,
  image: (row: number, column: number) => Rgb,
): void {
  const { left, top, side } = place;
  const maximum = Math.max(...map);
  paintTile(canvas, left, top, side, (row, column) => {
    const cell = Math.floor((row * rows) / side) * columns + Math.floor((column * columns) / side);
    return heatOver(image(row, column), (map[cell] ?? 0) / maximum);
  });
}

/** Paints the scale of {@link paintHeat} over black, from 0 on the left to the maximum on the right. */
export function paintScale(canvas: Canvas, left: number, top: number, width: number, height: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) setPixel(canvas, left + x, top + y, heatOver([0, 0, 0], x / (width - 1)));
  }
}

/** Little attention lets the dimmed image through; much attention covers it. */
function heatOver(pixel: Rgb, value: number): Rgb {
  const grey = luminanceOf(pixel) * dimming;
  return mix([grey, grey, grey], heatColour(value), 0.35 + 0.6 * value);
}
