/** Attention as heat over a dimmed image. */
import { type Canvas, paintTile, setPixel } from '../picture/canvas.ts';
import { heatColour, luminanceOf, mix, type Rgb } from '../picture/colours.ts';
import type { Grid } from './choose-queries.ts';

/** How much of an image's brightness is left beneath the heat. */
const dimming = 0.5;

/**
 * The map's value at (x, y), each from 0 to 1 across the map: bilinear between the centres of its cells, and level beyond
 * the outermost. `map` is float32 [rows · columns].
 */
export function valueAt(map: Float32Array, [rows, columns]: Grid, x: number, y: number): number {
  const [top, bottom, down] = between(y, rows);
  const [left, right, along] = between(x, columns);
  const at = (row: number, column: number) => map[row * columns + column] ?? 0;
  const upper = at(top, left) * (1 - along) + at(top, right) * along;
  const lower = at(bottom, left) * (1 - along) + at(bottom, right) * along;
  return upper * (1 - down) + lower * down;
}

/** Paints a tile of `side` pixels: `image(row, column)` in dimmed grey beneath the map, scaled to the map's maximum. */
export function paintHeat(
  canvas: Canvas,
  place: { readonly left: number; readonly top: number; readonly side: number },
  map: Float32Array,
  grid: Grid,
  image: (row: number, column: number) => Rgb,
): void {
  const { left, top, side } = place;
  const maximum = Math.max(...map);
  paintTile(canvas, left, top, side, (row, column) => {
    const value = valueAt(map, grid, (column + 0.5) / side, (row + 0.5) / side) / maximum;
    return heatOver(image(row, column), value);
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

/** The two cells whose centres lie around `position` (0 to 1), and how far it is from the first to the second. */
function between(position: number, cells: number): [first: number, second: number, fraction: number] {
  const at = Math.min(cells - 1, Math.max(0, position * cells - 0.5));
  const first = Math.floor(at);
  return [first, Math.min(cells - 1, first + 1), at - first];
}
