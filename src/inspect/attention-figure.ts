/**
 * Where a self-attention block looks: a row an image, first the image with its queries as dots, then each query's
 * attention over all keys.
 *
 * Source: Zhang et al. 2019, "Self-attention generative adversarial networks", arXiv:1805.08318, figure 5.
 */
import { fitStyle, textBlock } from '../picture/block.ts';
import { type Canvas, canvasToPng, createCanvas, paintTile, pixelOf } from '../picture/canvas.ts';
import { distinctColour, ink, surface } from '../picture/colours.ts';
import { disc, path, rectangle, text } from '../picture/svg.ts';
import { type AttentionMaps, attentionRows } from './attention-rows.ts';
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

export interface AttentionFigureOptions extends AttentionMaps {
  /** The block's learned weight of attention. */
  readonly gamma: number;
  readonly blockName: string;
  readonly title?: string;
}

export interface AttentionFigure {
  readonly png: Buffer;
  /** The queries shown, a list an image. */
  readonly queries: readonly (readonly Query[])[];
  /** Entropy of the attention of each query shown, in bits, a list an image. */
  readonly entropyBits: readonly (readonly number[])[];
  /** The entropy of looking everywhere alike, log₂ Lk, in bits. */
  readonly maximumEntropyBits: number;
}

/**
 * Draws the figure and measures what it shows. Images uint8 [N, C, H, W], maps float32 [N, Lq, Lk].
 *
 * Throws UserError when images, maps, grids and queries do not fit together, or when a map is no probability.
 */
export async function attentionFigure(options: AttentionFigureOptions): Promise<AttentionFigure> {
  const rows = attentionRows(options);
  const maximumEntropyBits = Math.log2(options.keyGrid[0] * options.keyGrid[1]);
  const layout = layOut(options, rows.length, Math.max(...rows.map((row) => row.length)));
  const { side, scale, columnLeft, rowTop } = layout;
  const canvas = createCanvas(layout.width, layout.height, surface.paper);
  const overlay = [...layout.title.draw(columnLeft(0), margin, ink.strong), ...headings(options, layout)];

  for (const [n, row] of rows.entries()) {
    const top = rowTop(n);
    const pixel = (y: number, x: number) => pixelOf(options, n, Math.floor(y / scale), Math.floor(x / scale));
    paintTile(canvas, columnLeft(0), top, side, pixel);
    for (const [i, { query, map, entropyBits }] of row.entries()) {
      const left = columnLeft(i + 1);
      const colour = distinctColour(i);
      const [x, y] = dotOf(query, options.queryGrid, side);
      paintHeat(canvas, { left, top, side }, map, options.keyGrid, pixel);
      overlay.push(
        path(rectangle(left - frame / 2, top - frame / 2, side + frame, side + frame), {
          stroke: colour,
          width: frame,
        }),
        ...dot(columnLeft(0) + x, top + y, 6, colour),
        ...dot(left + x, top + y, 3.5, colour),
        text(`${entropyBits.toFixed(1)} of ${maximumEntropyBits.toFixed(1)} bits`, {
          ...noteStyle,
          x: left + side / 2,
          baseline: top + side + frame + 8 + noteStyle.capHeight,
          anchor: 'middle',
          colour: ink.soft,
        }),
      );
    }
  }
  overlay.push(...layout.caption.draw(columnLeft(0), layout.footTop, ink.soft), ...scaleLegend(canvas, layout));
  return {
    png: await canvasToPng(canvas, overlay),
    queries: rows.map((row) => row.map(({ query }) => query)),
    entropyBits: rows.map((row) => row.map(({ entropyBits }) => entropyBits)),
    maximumEntropyBits,
  };
}

/** Centre of a query's cell on a tile of `side` pixels: [x, y] from the tile's top left corner. */
function dotOf({ row, column }: Query, [rows, columns]: Grid, side: number): [x: number, y: number] {
  return [((column + 0.5) / columns) * side, ((row + 0.5) / rows) * side];
}

/** A disc with a light and a dark ring, to be seen on any image. */
function dot(x: number, y: number, radius: number, colour: string): string[] {
  return [
    path(disc(x, y, radius + 2.5), { fill: ink.strong }),
    path(disc(x, y, radius + 1.5), { fill: surface.panel }),
    path(disc(x, y, radius), { fill: colour }),
  ];
}

function layOut(options: AttentionFigureOptions, rows: number, queries: number) {
  const scale = Math.max(1, Math.round(tilePixels / options.resolution));
  const side = scale * options.resolution;
  const pitch = side + 2 * frame + gap;
  const width = 2 * margin + (queries + 1) * pitch - gap;
  const inner = width - 2 * (margin + frame);
  const title = textBlock(options.title, titleStyle, inner);
  const caption = textBlock(captionOf(options), noteStyle, inner - scaleBar.width - 40);
  const headingBaseline = margin + (title.height > 0 ? title.height + 18 : 0) + headingStyle.capHeight;
  const rowPitch = side + 2 * frame + noteStyle.capHeight + 26;
  const top = headingBaseline + 9 + frame;
  const footTop = top + rows * rowPitch;
  return {
    scale,
    side,
    width,
    height: footTop + Math.max(caption.height, scaleBar.height + 16) + margin,
    queries,
    title,
    caption,
    headingBaseline,
    footTop,
    columnLeft: (column: number) => margin + frame + column * pitch,
    rowTop: (row: number) => top + row * rowPitch,
  };
}

type Layout = ReturnType<typeof layOut>;

function captionOf({ blockName, gamma, queryGrid, keyGrid }: AttentionFigureOptions): string {
  return (
    `${blockName}, γ = ${gamma.toFixed(3).replace('-', '−')}. Attention of one query (of ${queryGrid.join('×')}) over all keys ` +
    `(${keyGrid.join('×')}): sums to 1; scaled to its maximum. Below each map its entropy.`
  );
}

function headings(options: AttentionFigureOptions, { queries, side, columnLeft, headingBaseline }: Layout): string[] {
  const first = text('generated', { ...headingStyle, x: columnLeft(0), baseline: headingBaseline, colour: ink.strong });
  const rest = Array.from({ length: queries }, (_, i) => {
    const numbered = `query ${i + 1}`;
    const label = options.queries === undefined ? (chosenQueryLabels[i] ?? numbered) : numbered;
    const style = fitStyle(label, headingStyle, side - 16);
    const left = columnLeft(i + 1);
    return [
      path(disc(left + 5, headingBaseline - headingStyle.capHeight / 2, 5), { fill: distinctColour(i) }),
      text(label, { ...style, x: left + 16, baseline: headingBaseline, colour: ink.strong }),
    ];
  });
  return [first, ...rest.flat()];
}

/** Paints the scale at the foot's right end; returns its labels. */
function scaleLegend(canvas: Canvas, { width, footTop }: Layout): string[] {
  const right = width - margin - frame;
  const left = right - scaleBar.width;
  paintScale(canvas, left, footTop, scaleBar.width, scaleBar.height);
  const style = { ...noteStyle, baseline: footTop + scaleBar.height + 7 + noteStyle.capHeight, colour: ink.soft };
  return [text('0', { ...style, x: left }), text('maximum', { ...style, x: right, anchor: 'end' })];
}
