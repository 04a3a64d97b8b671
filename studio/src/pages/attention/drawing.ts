/** Draws the picture, its heat and its marks on a canvas of whole pixels. */

import { heatOver } from './heat.ts';
import { bytesOf, type Reading } from './maps.ts';
import type { Block, Cell, Grid } from './pins.ts';
import type { Pixels } from './use-pair.ts';

export type Pen = CanvasRenderingContext2D;
type Point = readonly [x: number, y: number];

/** Fills the square canvas with an image, beneath the heat of a reading if there is one. */
export function drawPicture(pen: Pen, { side, data }: Pixels, reading: Reading | undefined, opacity: number): void {
  const shown =
    reading === undefined ? Uint8ClampedArray.from(data) : heatOver(data, side, reading.weights, reading.grid, opacity);
  const small = new OffscreenCanvas(side, side);
  small.getContext('2d')?.putImageData(new ImageData(shown, side, side), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, pen.canvas.width, pen.canvas.height);
}

/** Cells narrower than this have no lines between them. */
const leastCellPixels = 10;

/** The lines between the cells of a grid. */
export function drawGrid(pen: Pen, [rows, columns]: Grid): void {
  const side = pen.canvas.width;
  if (side / columns < leastCellPixels) return;
  pen.fillStyle = 'rgb(255 255 255 / 0.13)';
  for (let row = 1; row < rows; row++) pen.fillRect(0, Math.round((row * side) / rows), side, 1);
  for (let column = 1; column < columns; column++) pen.fillRect(Math.round((column * side) / columns), 0, 1, side);
}

/** A frame round a cell, to be seen on light and on dark. */
export function drawFrame(pen: Pen, { row, column }: Cell, [rows, columns]: Grid, unit: number): void {
  const side = pen.canvas.width;
  const [left, top] = [Math.round((column * side) / columns), Math.round((row * side) / rows)];
  const [width, height] = [Math.round(side / columns), Math.round(side / rows)];
  for (const [colour, thick] of [
    ['#000000', 4 * unit],
    ['#ffffff', 2 * unit],
  ] as const) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.strokeRect(left, top, width, height);
  }
}

/** A dot where the asked pixel's cell is, and arrows to where there is most attention, or from there. */
export function drawPin(pen: Pen, reading: Reading, colour: string, unit: number): void {
  const own = centre(reading.cell, reading.own, pen.canvas.width);
  const [heaviest] = reading.peaks;
  for (const peak of reading.peaks) {
    const other = centre(peak, reading.grid, pen.canvas.width);
    const [from, to] = reading.pin.direction === 'lookedAtBy' ? [other, own] : [own, other];
    drawArrow(pen, from, to, unit * (1.5 + 2.5 * (peak.weight / (heaviest?.weight ?? 1))), colour, unit);
  }
  for (const [radius, fill] of [
    [8, '#000000'],
    [7, '#ffffff'],
    [5, colour],
  ] as const) {
    drawDisc(pen, own, radius * unit, fill);
  }
}

/** Where the maxima of pooled keys come from: discs as large as the share of channels, in the cells of `peaks` or in all. */
export function drawOrigins(pen: Pen, block: Block, cells: readonly Cell[] | undefined): void {
  if (block.keyOrigins === undefined) return;
  const { queryGrid, keyGrid } = block;
  const size = pen.canvas.width / queryGrid[1];
  for (const [i, byte] of bytesOf(block.keyOrigins).entries()) {
    const at = { row: Math.floor(i / queryGrid[1]), column: i % queryGrid[1] };
    const isIn = ({ row, column }: Cell) =>
      row === Math.floor((at.row * keyGrid[0]) / queryGrid[0]) &&
      column === Math.floor((at.column * keyGrid[1]) / queryGrid[1]);
    if (cells !== undefined && !cells.some(isIn)) continue;
    const radius = 0.42 * size * Math.sqrt(byte / 255);
    const middle = centre(at, queryGrid, pen.canvas.width);
    drawDisc(pen, middle, radius + 1, 'rgb(0 0 0 / 0.55)');
    drawDisc(pen, middle, radius, '#ffffff');
  }
}

const centre = ({ row, column }: Cell, [rows, columns]: Grid, side: number): Point => [
  ((column + 0.5) / columns) * side,
  ((row + 0.5) / rows) * side,
];

function drawDisc(pen: Pen, [x, y]: Point, radius: number, fill: string): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
}

/** None if there is no room for its head. */
function drawArrow(pen: Pen, from: Point, to: Point, width: number, colour: string, unit: number): void {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const head = 5 * unit + 2 * width;
  if (length < head + 4 * unit) return;
  const at = (along: number, aside: number): Point => [
    from[0] + (dx * along - dy * aside) / length,
    from[1] + (dy * along + dx * aside) / length,
  ];
  const shaft = new Path2D();
  shaft.moveTo(...from);
  shaft.lineTo(...at(length - head, 0));
  const tip = new Path2D();
  tip.moveTo(...to);
  tip.lineTo(...at(length - head, head / 2));
  tip.lineTo(...at(length - head, -head / 2));
  tip.closePath();
  for (const [paint, outline] of [
    ['#ffffff', 2.5 * unit],
    [colour, 0],
  ] as const) {
    pen.strokeStyle = paint;
    pen.fillStyle = paint;
    pen.lineWidth = width + outline;
    pen.stroke(shaft);
    pen.lineWidth = outline;
    if (outline > 0) pen.stroke(tip);
    pen.fill(tip);
  }
}
