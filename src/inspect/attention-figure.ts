/**
 * Where self-attention blocks look: a row an image and block, first the image with its pins as dots, then each pin's
 * attention over the image, with arrows to where there is most of it.
 *
 * Source: Zhang et al. 2019, "Self-attention generative adversarial networks", arXiv:1805.08318, figure 5.
 */

import { fitStyle, textBlock } from '../picture/block.ts';
import { type Canvas, canvasToPng, createCanvas, type ImageBatch, paintTile, pixelOf } from '../picture/canvas.ts';
import { distinctColour, ink, surface } from '../picture/colours.ts';
import { disc, path, rectangle, svgDocument, text } from '../picture/svg.ts';
import { coordinate } from '../picture/text.ts';
import type { AttentionReading } from './attention-block.ts';
import { type AttentionScene, type SceneRow, sceneRows } from './attention-scene.ts';
import { chosenQueryLabels, type Grid, type Query } from './choose-queries.ts';
import { paintHeat, paintScale } from './heat-map.ts';

const tilePixels = 144;
const frame = 4;
const gap = 14;
const margin = 20;
const scaleBar = { width: 88, height: 9 } as const;
const titleStyle = { capHeight: 12, weight: 'bold' } as const;
const headingStyle = { capHeight: 10, weight: 'bold' } as const;
const noteStyle = { capHeight: 9 } as const;
const notePitch = 17;

/** Pixels, and paths over them: drawn, and in no format yet. */
export interface AttentionFigure {
  readonly canvas: Canvas;
  readonly overlay: readonly string[];
}

/** Draws the figure. Throws UserError as `sceneRows` does. */
export function attentionFigure(scene: AttentionScene): AttentionFigure {
  const rows = sceneRows(scene);
  const before = scene.asLearned && { ...scene, images: scene.asLearned };
  const layout = layOut(scene, rows, before === undefined ? 1 : 2);
  const { side, scale, columnLeft, rowTop, imageColumns } = layout;
  const canvas = createCanvas(layout.width, layout.height, surface.paper);
  const overlay = [...layout.title.draw(columnLeft(0), margin, ink.strong), ...headings(scene, layout)];
  for (const [n, { image, label, block, readings }] of rows.entries()) {
    const top = rowTop(n);
    const pixelIn = (batch: ImageBatch) => (y: number, x: number) =>
      pixelOf(batch, image, Math.floor(y / scale), Math.floor(x / scale));
    const shown = { left: columnLeft(imageColumns - 1), top, side };
    if (before !== undefined) paintTile(canvas, columnLeft(0), top, side, pixelIn(before));
    paintTile(canvas, shown.left, top, side, pixelIn(scene));
    const gamma = block.gamma === undefined ? '' : `, γ = ${signed(block.gamma)}`;
    const first = { left: columnLeft(0), top, side };
    overlay.push(note(`${block.name}${gamma}`, first), note(label, first, 1));
    for (const [i, reading] of readings.entries()) {
      const place = { left: columnLeft(imageColumns + i), top, side };
      const colour = distinctColour(i);
      paintHeat(canvas, place, reading.weights, reading.grid, pixelIn(scene));
      const edge = rectangle(place.left - frame / 2, top - frame / 2, side + frame, side + frame);
      overlay.push(
        path(edge, { stroke: colour, width: frame }),
        ...arrows(reading, gridOfCell(reading, block), place, colour),
        ...dot(centreOf(reading.cell, gridOfCell(reading, block), shown), 6, colour),
        note(`${reading.entropyBits.toFixed(1)} of ${Math.log2(reading.weights.length).toFixed(1)} bits`, place),
      );
    }
  }
  overlay.push(...layout.caption.draw(columnLeft(0), layout.footTop, ink.soft), ...scaleLegend(canvas, layout));
  return { canvas, overlay };
}

export function attentionPng({ canvas, overlay }: AttentionFigure): Promise<Buffer> {
  return canvasToPng(canvas, overlay);
}

/** The figure as one SVG document, its pixels embedded. */
export async function attentionSvg({ canvas, overlay }: AttentionFigure): Promise<string> {
  const pixels = (await canvasToPng(canvas, [])).toString('base64');
  const { width, height } = canvas;
  return svgDocument(width, height, [
    `<image width="${width}" height="${height}" href="data:image/png;base64,${pixels}"/>`,
    ...overlay,
  ]);
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

type Point = readonly [x: number, y: number];

/** The grid that a reading's own cell is in. */
function gridOfCell({ pin }: AttentionReading, { queryGrid, keyGrid }: SceneRow['block']): Grid {
  return pin.direction === 'lookedAtBy' ? keyGrid : queryGrid;
}

function centreOf({ row, column }: Query, [rows, columns]: Grid, { left, top, side }: Place): Point {
  return [left + ((column + 0.5) / columns) * side, top + ((row + 0.5) / rows) * side];
}

/** A disc with a light and a dark ring, to be seen on any image. */
function dot([x, y]: Point, radius: number, colour: string): string[] {
  return [
    path(disc(x, y, radius + 2.5), { fill: ink.strong }),
    path(disc(x, y, radius + 1.5), { fill: surface.panel }),
    path(disc(x, y, radius), { fill: colour }),
  ];
}

/** From a query to the keys that it looks at most, or to a key from the queries that do; the wider the more attention. */
function arrows(reading: AttentionReading, grid: Grid, place: Place, colour: string): string[] {
  const own = centreOf(reading.cell, grid, place);
  const heaviest = reading.peaks[0]?.weight ?? 1;
  const drawn = reading.peaks.flatMap((peak) => {
    const other = centreOf(peak, reading.grid, place);
    const [from, to] = reading.pin.direction === 'lookedAtBy' ? [other, own] : [own, other];
    return arrow(from, to, 1.5 + 2.5 * (peak.weight / heaviest), colour);
  });
  return [...drawn, ...dot(own, 3.5, colour)];
}

/** None if there is no room for its head. */
function arrow(from: Point, to: Point, width: number, colour: string): string[] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const head = 5 + 2 * width;
  if (length < head + 4) return [];
  const [ux, uy] = [dx / length, dy / length];
  const at = (along: number, aside: number) =>
    `${coordinate(from[0] + ux * along - uy * aside)} ${coordinate(from[1] + uy * along + ux * aside)}`;
  const shaft = `M${at(0, 0)}L${at(length - head, 0)}`;
  const tip = `M${at(length, 0)}L${at(length - head, head / 2)}L${at(length - head, -head / 2)}Z`;
  return [
    path(shaft, { stroke: surface.panel, width: width + 2.5 }),
    path(tip, { fill: surface.panel, stroke: surface.panel, width: 2.5 }),
    path(shaft, { stroke: colour, width }),
    path(tip, { fill: colour }),
  ];
}

/** A line below a tile, the first or the one after it. */
function note(content: string, { left, top, side }: Place, line: 0 | 1 = 0): string {
  const style = fitStyle(content, noteStyle, side);
  const baseline = top + side + frame + 8 + noteStyle.capHeight + line * notePitch;
  return text(content, { ...style, x: left + side / 2, baseline, anchor: 'middle', colour: ink.soft });
}

function layOut(scene: AttentionScene, rows: readonly SceneRow[], imageColumns: number) {
  const pins = Math.max(...rows.map(({ readings }) => readings.length));
  const scale = Math.max(1, Math.round(tilePixels / scene.resolution));
  const side = scale * scene.resolution;
  const pitch = side + 2 * frame + gap;
  const width = 2 * margin + (pins + imageColumns) * pitch - gap;
  const inner = width - 2 * (margin + frame);
  const title = textBlock(scene.title, titleStyle, inner);
  const caption = textBlock(captionOf(scene, rows), noteStyle, inner - scaleBar.width - 40);
  const headingBaseline = margin + (title.height > 0 ? title.height + 18 : 0) + headingStyle.capHeight;
  const lines = rows.some(({ label }) => label !== '') ? notePitch : 0;
  const rowPitch = side + 2 * frame + noteStyle.capHeight + lines + 26;
  const top = headingBaseline + 9 + frame;
  const footTop = top + rows.length * rowPitch;
  return {
    scale,
    side,
    width,
    height: footTop + Math.max(caption.height, scaleBar.height + 16) + margin,
    imageColumns,
    pins,
    title,
    caption,
    headingBaseline,
    footTop,
    columnLeft: (column: number) => margin + frame + column * pitch,
    rowTop: (row: number) => top + row * rowPitch,
  };
}

type Layout = ReturnType<typeof layOut>;

function captionOf({ change }: AttentionScene, rows: readonly SceneRow[]): string {
  const grids = [...new Map(rows.map(({ block }) => [block.name, block])).values()].map(
    ({ name, queryGrid, keyGrid }) => `${name}: ${queryGrid.join('×')} queries, ${keyGrid.join('×')} keys.`,
  );
  return [
    ...(change === undefined ? [] : [`Changed: ${change}.`]),
    ...grids,
    'Heat is the attention of one query over all keys (it sums to 1), scaled to its maximum; arrows go to its largest local ' +
      'maxima; below each map its entropy. Attention is not an explanation.',
  ].join(' ');
}

function headings(scene: AttentionScene, { pins, side, imageColumns, columnLeft, headingBaseline }: Layout): string[] {
  const images = scene.asLearned === undefined ? [scene.kind] : ['as learned', 'changed'];
  const first = images.map((label, i) =>
    text(label, { ...headingStyle, x: columnLeft(i), baseline: headingBaseline, colour: ink.strong }),
  );
  const rest = Array.from({ length: pins }, (_, i) => {
    const label = scene.pins === undefined ? (chosenQueryLabels[i] ?? '') : pinLabel(scene, i);
    const style = fitStyle(label, headingStyle, side - 16);
    const left = columnLeft(imageColumns + i);
    return [
      path(disc(left + 5, headingBaseline - headingStyle.capHeight / 2, 5), { fill: distinctColour(i) }),
      text(label, { ...style, x: left + 16, baseline: headingBaseline, colour: ink.strong }),
    ];
  });
  return [...first, ...rest.flat()];
}

/** The pixel, if it is the same in all images. */
function pinLabel({ pins = [] }: AttentionScene, index: number): string {
  const pin = pins[0]?.[index];
  if (pin === undefined || pins.length > 1) return `query ${index + 1}`;
  return pin.direction === 'lookedAtBy' ? `who looks at ${pin.x},${pin.y}` : `from ${pin.x},${pin.y}`;
}

const signed = (value: number) => value.toFixed(3).replace('-', '−');

/** Paints the scale at the foot's right end; returns its labels. */
function scaleLegend(canvas: Canvas, { width, footTop }: Layout): string[] {
  const right = width - margin - frame;
  const left = right - scaleBar.width;
  paintScale(canvas, left, footTop, scaleBar.width, scaleBar.height);
  const style = { ...noteStyle, baseline: footTop + scaleBar.height + 7 + noteStyle.capHeight, colour: ink.soft };
  return [text('0', { ...style, x: left }), text('maximum', { ...style, x: right, anchor: 'end' })];
}
