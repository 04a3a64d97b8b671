/** Moving pictures: tiles side by side, image after image, as files that play by themselves. */

import sharp from 'sharp';
import { UserError } from '../base/errors.ts';
import { countImages, type ImageBatch } from './canvas.ts';
import { rgbOf, surface } from './colours.ts';

export interface TiledFrames extends ImageBatch {
  /** Tiles in a frame; `images` holds them frame by frame, row by row. */
  readonly rows: number;
  readonly columns: number;
  /** Pixels of the picture to one pixel of an image, in either direction. */
  readonly scale: number;
  /** Pixels between tiles, in the colour of paper. Default 0. */
  readonly gap?: number;
}

export const animationFormats = ['webp', 'gif'] as const;
export type AnimationFormat = (typeof animationFormats)[number];

/** Longest side of a WebP picture, in pixels. */
const longestSide = 16_383;
/** All frames are in memory at once. */
const mostBytes = 2 ** 30;

interface Raw {
  /** uint8 [frames · height, width, 3] */
  readonly pixels: Uint8Array;
  readonly width: number;
  /** Of one frame. */
  readonly height: number;
  readonly frames: number;
}

/** The pixels of all frames, one below the other. Throws UserError where the images do not fill whole frames, or frames are too large. */
function layOut(tiled: TiledFrames): Raw {
  const { images, channels, resolution, rows, columns, scale, gap = 0 } = tiled;
  const frames = countImages(tiled, 'frames') / (rows * columns);
  if (!Number.isInteger(frames) || !Number.isInteger(scale) || scale < 1) {
    throw new UserError(
      `frames: ${frames * rows * columns} images in frames of ${rows} × ${columns}, enlarged ${scale} times; expected whole ` +
        'frames and a whole number of times.',
    );
  }
  const side = resolution * scale;
  const [width, height] = [columns * (side + gap) - gap, rows * (side + gap) - gap];
  const sizeBytes = frames * height * width * 3;
  if (Math.max(width, height) > longestSide || sizeBytes > mostBytes) {
    throw new UserError(
      `frames: ${frames} of ${width} × ${height} pixels; expected at most ${longestSide} on a side, and ` +
        `${Math.floor(mostBytes / 3)} pixels in all. Draw fewer images, or smaller ones.`,
    );
  }
  const pixels = new Uint8Array(sizeBytes);
  const paper = rgbOf(surface.paper);
  if (gap > 0) for (let i = 0; i < pixels.length; i += 3) pixels.set(paper, i);
  const plane = resolution ** 2;
  for (let n = 0; n < frames * rows * columns; n++) {
    const tile = n % (rows * columns);
    const top = Math.floor(n / (rows * columns)) * height + Math.floor(tile / columns) * (side + gap);
    const left = (tile % columns) * (side + gap);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const from = n * channels * plane + Math.floor(y / scale) * resolution + Math.floor(x / scale);
        const to = ((top + y) * width + left + x) * 3;
        for (let c = 0; c < 3; c++) pixels[to + c] = images[from + (channels === 1 ? 0 : c * plane)] ?? 0;
      }
    }
  }
  return { pixels, width, height, frames };
}

/** The PNG of one frame of tiles. Throws UserError where the images are not one frame. */
export async function tilesToPng(tiled: TiledFrames): Promise<Buffer> {
  const { pixels, width, height, frames } = layOut(tiled);
  if (frames !== 1) throw new UserError(`tiles: ${frames} frames; expected one. Give it as many rows as there are.`);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/**
 * A file that plays by itself, again and again: WebP without loss, or GIF with the colours that it can hold. The same images
 * give the same bytes.
 *
 * GIF counts in hundredths of a second, so that its frames may be a little longer or shorter. Throws UserError where the
 * images are not whole frames, for more than 100 frames a second, and for frames that are too large.
 */
export async function animate(tiled: TiledFrames, format: AnimationFormat, framesPerSecond: number): Promise<Buffer> {
  const { pixels, width, height, frames } = layOut(tiled);
  if (!(framesPerSecond >= 0.1 && framesPerSecond <= 100)) {
    throw new UserError(`animation: ${framesPerSecond} frames a second; expected 0.1 to 100, such as 20.`);
  }
  const delay = Array.from({ length: frames }, () => Math.round(1000 / framesPerSecond));
  const picture = sharp(pixels, { raw: { width, height: height * frames, channels: 3, pageHeight: height } });
  if (format === 'webp') return picture.webp({ lossless: true, loop: 0, delay }).toBuffer();
  return picture.gif({ loop: 0, delay, dither: 0 }).toBuffer();
}
