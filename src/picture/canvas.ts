/** Pixels: a picture whose tiles are exact, with lines and text laid over it. */
import sharp from 'sharp';
import { UserError } from '../base/errors.ts';
import { type Rgb, rgbOf } from './colours.ts';
import { svgDocument } from './svg.ts';

/** An RGB picture: `pixels` is uint8 [height, width, 3]. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8ClampedArray;
}

/** A batch of images, uint8 [N, channels, resolution, resolution]; grey (1 channel) or red, green, blue (3). */
export interface ImageBatch {
  readonly images: Uint8Array | Uint8ClampedArray;
  readonly channels: number;
  readonly resolution: number;
}

/** A canvas of one colour. */
export function createCanvas(width: number, height: number, background: string): Canvas {
  const pixels = new Uint8ClampedArray(width * height * 3);
  const colour = rgbOf(background);
  for (let i = 0; i < pixels.length; i += 3) pixels.set(colour, i);
  return { width, height, pixels };
}

/** Sets one pixel, rounding each channel to the nearest byte. */
export function setPixel(canvas: Canvas, x: number, y: number, colour: Rgb): void {
  canvas.pixels.set(colour, (y * canvas.width + x) * 3);
}

/** Number of images in a batch. Throws UserError when the bytes do not divide into whole images. */
export function countImages({ images, channels, resolution }: ImageBatch, where: string): number {
  if (channels !== 1 && channels !== 3) {
    throw new UserError(
      `${where}: images have ${channels} channels; expected 1 (grey) or 3 (red, green, blue). Pick the channels to show.`,
    );
  }
  const count = images.length / (channels * resolution * resolution);
  if (!Number.isInteger(count) || count === 0) {
    throw new UserError(
      `${where}: ${images.length} bytes are not a whole number of ${channels}×${resolution}×${resolution} images; ` +
        'expected uint8 [N,C,H,W] with N ≥ 1. Check channels and resolution.',
    );
  }
  return count;
}

/** The colour of one pixel of image `n`. */
export function pixelOf({ images, channels, resolution }: ImageBatch, n: number, row: number, column: number): Rgb {
  const plane = resolution * resolution;
  const at = n * channels * plane + row * resolution + column;
  const byte = (channel: number) => images[at + channel * plane] ?? 0;
  return channels === 1 ? [byte(0), byte(0), byte(0)] : [byte(0), byte(1), byte(2)];
}

/** Paints a square of `side` pixels at (left, top); `shade` gives the colour of each of its pixels, counted from there. */
export function paintTile(
  canvas: Canvas,
  left: number,
  top: number,
  side: number,
  shade: (row: number, column: number) => Rgb,
): void {
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) setPixel(canvas, left + x, top + y, shade(y, x));
  }
}

/** The PNG of image `n`, pixel for pixel, as a `data:` address. */
export async function dataUrlOf(batch: ImageBatch, n: number): Promise<string> {
  const { resolution } = batch;
  const canvas = createCanvas(resolution, resolution, '#000000');
  paintTile(canvas, 0, 0, resolution, (row, column) => pixelOf(batch, n, row, column));
  const png = await canvasToPng(canvas, []);
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** The PNG of a canvas with SVG elements drawn over it, one unit a pixel. Pixels no element touches stay exact. */
export function canvasToPng(canvas: Canvas, elements: readonly string[]): Promise<Buffer> {
  const { width, height, pixels } = canvas;
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svgDocument(width, height, elements)) }])
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
}
