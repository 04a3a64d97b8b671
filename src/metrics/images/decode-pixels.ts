/**
 * The pixels of an image file, as Pillow's `convert("RGB")` gives them to the programs whose scores are compared with.
 *
 * Transparency is dropped, not blended; colour profiles and the orientation that a camera notes are not applied. All this
 * differs from what an image looks like, and from what `data` trains on.
 */

import sharp from 'sharp';
import { UserError } from '../../base/errors.ts';
import { checkSignature, type ImageFileFormat, imageFormats, MAX_PIXELS, tiff } from '../../data/index.ts';
import { cmykToPlanes, toPlanes } from './planes.ts';

/** What makes the pixels. */
export const decoder = `libvips ${sharp.versions.vips}`;

export const decodedFormats: readonly ImageFileFormat[] = [...imageFormats, tiff];

/**
 * Where pixels are not what Pillow gives.
 *
 * - `grey16`: grey of 16 bits, whose lower 8 were dropped. Pillow makes all above 255 white.
 * - `transparent-gif`: its transparent pixels are black. Pillow gives them a colour of the palette.
 */
export const pixelRemarks = ['grey16', 'transparent-gif'] as const;
export type PixelRemark = (typeof pixelRemarks)[number];

export interface DecodedPixels {
  /** RGB planes, uint8 [3,H,W]. */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly remark: PixelRemark | undefined;
}

/**
 * Decodes the first frame of a PNG, JPEG, WebP, GIF or TIFF file. Of 16 bits a channel the upper 8 are kept.
 *
 * Throws an error whose message is the reason, where the file is empty, of another format or depth, too large or damaged.
 */
export async function decodePixels(bytes: Buffer): Promise<DecodedPixels> {
  checkSignature(bytes, decodedFormats);
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height, space, depth, format, hasAlpha } = header;
  if (width * height > MAX_PIXELS) {
    throw new UserError(`${width}x${height} pixels, more than ${MAX_PIXELS / 1e6} megapixels`);
  }
  const isCmyk = space === 'cmyk';
  if (depth !== 'uchar' && (depth !== 'ushort' || isCmyk)) {
    throw new UserError(`${space} of ${depth} numbers; expected 8 bits a channel, or 16 of grey or RGB`);
  }
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, ignoreIcc: true });
  const converted = isCmyk ? image.pipelineColourspace('cmyk').toColourspace('cmyk') : image.toColourspace('srgb');
  const { data, info } = await converted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(3 * width * height);
  if (isCmyk) cmykToPlanes(data, pixels);
  else toPlanes(data, info.channels, pixels);
  const remark =
    space === 'grey16' && !hasAlpha ? 'grey16' : format === 'gif' && hasAlpha ? 'transparent-gif' : undefined;
  return { pixels, height, width, remark };
}
