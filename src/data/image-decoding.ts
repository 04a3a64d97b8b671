/** One image file to pixels of one size: decode, turn upright, crop to the centre, resize. */

import { readFile } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { UserError } from '../base/errors.ts';
import { checkSignature, imageFormats } from './image-formats.ts';
import { centreSquare } from './original.ts';
import type { SourceImage } from './report.ts';

/** Larger images are refused from their header: a small file can ask for gigabytes. */
export const MAX_PIXELS = 64_000_000;

/** What made the pixels; a cache made by another filter is not used. */
export const resizeFilter = `lanczos3, libvips ${sharp.versions.vips}`;

export interface DecodeOptions {
  readonly resolution: number;
  readonly channels: 1 | 3;
  /** CSS colour behind transparent pixels. */
  readonly background: string;
}

export interface DecodedImage extends SourceImage {
  /** [C, R, R], sRGB or grey, 8 bit */
  readonly pixels: Uint8Array;
  readonly isGrey: boolean;
}

/**
 * Decodes the first frame of a PNG, JPEG, WebP or GIF file.
 *
 * Throws an error whose message is the reason, where the file is empty, of another format, too large or damaged.
 */
export async function decodeImage(file: string, options: DecodeOptions): Promise<DecodedImage> {
  const { resolution, channels, background } = options;
  const { header, upright } = await openImage(file);
  const { width, height } = header.autoOrient;
  const { left, top, side } = centreSquare(width, height, Math.min(width, height));
  const interleaved = await upright
    .flatten({ background })
    .extract({ left, top, width: side, height: side })
    .resize(resolution, resolution, { fit: 'fill', kernel: 'lanczos3' })
    .greyscale(channels === 1)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  const isGrey = header.space === 'b-w' || header.space === 'grey16';
  const model = isGrey ? 'grey' : header.space === 'cmyk' ? 'CMYK' : 'colour';
  const depth = header.depth === 'ushort' ? ['16 bit'] : [];
  const alpha = header.hasAlpha ? ['alpha'] : [];
  return {
    pixels: toPlanes(interleaved, channels),
    width,
    height,
    isGrey,
    kind: [model, ...depth, ...alpha].join(', '),
  };
}

/** The PNG of a whole file's first frame, upright, at most `mostSide` pixels wide and high. Throws as `decodeImage` does. */
export async function drawImage(file: string, mostSide: number): Promise<Buffer> {
  const { upright } = await openImage(file);
  return upright
    .resize(mostSide, mostSide, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .png()
    .toBuffer();
}

async function openImage(file: string): Promise<{ header: Metadata; upright: Sharp }> {
  const bytes = await readFile(file);
  checkSignature(bytes, imageFormats);
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (header.width * header.height > MAX_PIXELS) {
    throw new UserError(`${header.width}x${header.height} pixels, more than ${MAX_PIXELS / 1e6} megapixels`);
  }
  return { header, upright: sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, autoOrient: true }) };
}

/** [H, W, C] to [C, H, W]. */
function toPlanes(interleaved: Uint8Array, channels: number): Uint8Array {
  const planes = new Uint8Array(interleaved.length);
  const planeSize = interleaved.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0; i < planeSize; i++) planes[channel * planeSize + i] = interleaved[i * channels + channel] ?? 0;
  }
  return planes;
}
