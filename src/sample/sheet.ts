/** Sample sheets: many generated images on one page, every pixel of theirs enlarged by a whole number. */
import { UserError } from '../base/errors.ts';
import { fitStyle, textBlock } from '../picture/block.ts';
import { canvasToPng, countImages, createCanvas, type ImageBatch, paintTile, pixelOf } from '../picture/canvas.ts';
import { ink, surface } from '../picture/colours.ts';
import { text } from '../picture/svg.ts';
import { textWidth } from '../picture/text.ts';

const tilePixels = 64;
const gap = 4;
const margin = 16;
const titleStyle = { capHeight: 12, weight: 'bold' } as const;
const labelStyle = { capHeight: 9 } as const;
const blockStyle = { capHeight: 10, weight: 'bold' } as const;

export interface SampleSheetOptions extends ImageBatch {
  readonly columns: number;
  /** Divides the images, in their order, into as many equal blocks of rows, each with its title above it. */
  readonly blockTitles?: readonly string[];
  readonly title?: string;
  readonly caption?: string;
  /** One label a row, drawn to its left. */
  readonly rowLabels?: readonly string[];
  /** One label a column, drawn above it; a label wider than a tile is drawn smaller. */
  readonly columnLabels?: readonly string[];
  /** Pixels of the sheet to one pixel of an image; by default tiles come out about 64 pixels wide. */
  readonly scale?: number;
}

/**
 * The PNG of a sheet of images, row by row from the top left; the last row, or that of each block, may be short.
 *
 * images uint8 [N, C, H, W] with C = 1 or 3 and H = W = `resolution`. Throws UserError when the bytes are not whole
 * images, when columns or scale are not positive integers, when labels do not match the rows or columns, or when blocks
 * would not be equal.
 */
export async function sampleSheet(options: SampleSheetOptions): Promise<Buffer> {
  const { columns, resolution } = options;
  const scale = options.scale ?? Math.max(1, Math.round(tilePixels / resolution));
  const count = countImages(options, 'sampleSheet');
  requirePositive('columns', columns);
  requirePositive('scale', scale);
  const { blockTitles = [] } = options;
  const blocks = Math.max(1, blockTitles.length);
  if (count % blocks !== 0) {
    throw new UserError(
      `sampleSheet: ${count} images for ${blocks} blocks; expected as many in each. Give a title a block of equal size.`,
    );
  }
  const perBlock = count / blocks;
  const rowsPerBlock = Math.ceil(perBlock / columns);
  const rows = blocks * rowsPerBlock;
  const rowLabels = requireLabels('rowLabels', options.rowLabels, rows);
  const columnLabels = requireLabels('columnLabels', options.columnLabels, columns);

  const side = scale * resolution;
  const gridWidth = columns * (side + gap) - gap;
  const labelWidth = Math.max(...rowLabels.map((label) => Math.ceil(textWidth(label, labelStyle)) + 10), 0);
  const title = textBlock(options.title, titleStyle, labelWidth + gridWidth);
  const caption = textBlock(options.caption, labelStyle, labelWidth + gridWidth);
  const left = margin + labelWidth;
  const columnLabelBaseline = margin + (title.height > 0 ? title.height + 14 : 0) + labelStyle.capHeight;
  const top = columnLabelBaseline + (columnLabels.length > 0 ? 8 : -labelStyle.capHeight);
  const blockTitleHeight = blockTitles.length > 0 ? blockStyle.capHeight + 20 : 0;
  const topOf = (row: number) => top + row * (side + gap) + (Math.floor(row / rowsPerBlock) + 1) * blockTitleHeight;
  const bottom = topOf(rows - 1) + side;
  const height = bottom + (caption.height > 0 ? caption.height + 14 : 0) + margin;

  const canvas = createCanvas(left + gridWidth + margin, height, surface.paper);
  for (let n = 0; n < count; n++) {
    const inBlock = n % perBlock;
    const x = left + (inBlock % columns) * (side + gap);
    const y = topOf(Math.floor(n / perBlock) * rowsPerBlock + Math.floor(inBlock / columns));
    paintTile(canvas, x, y, side, (row, column) =>
      pixelOf(options, n, Math.floor(row / scale), Math.floor(column / scale)),
    );
  }
  return canvasToPng(canvas, [
    ...title.draw(margin, margin, ink.strong),
    ...columnLabels.map((label, column) =>
      text(label, {
        ...fitStyle(label, labelStyle, side),
        x: left + column * (side + gap) + side / 2,
        baseline: columnLabelBaseline,
        anchor: 'middle',
        colour: ink.soft,
      }),
    ),
    ...blockTitles.map((label, block) =>
      text(label, { ...blockStyle, x: left, baseline: topOf(block * rowsPerBlock) - 8, colour: ink.strong }),
    ),
    ...rowLabels.map((label, row) =>
      text(label, {
        ...labelStyle,
        x: left - 10,
        baseline: topOf(row) + Math.round((side + labelStyle.capHeight) / 2),
        anchor: 'end',
        colour: ink.soft,
      }),
    ),
    ...caption.draw(margin, bottom + 14, ink.soft),
  ]);
}

function requirePositive(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new UserError(
      `sampleSheet: ${name} is ${value}; expected an integer of at least 1. Set ${name} accordingly.`,
    );
  }
}

function requireLabels(name: string, labels: readonly string[] | undefined, expected: number): readonly string[] {
  if (labels !== undefined && labels.length !== expected) {
    throw new UserError(
      `sampleSheet: ${name} has ${labels.length} entries; expected ${expected}, one for each of the sheet's ` +
        `${name === 'rowLabels' ? 'rows' : 'columns'}. Give ${expected} labels or none.`,
    );
  }
  return labels ?? [];
}
