/** Images as they were before the loader cropped, padded and resized them. */

import sharp from 'sharp';

export interface Original {
  /** In pixels, as it is looked at. */
  readonly width: number;
  readonly height: number;
  /** The square that becomes the image. It reaches beyond the original where that is padded. */
  readonly crop: Square;
  /** Relative to the dataset's folder, with `/`; undefined where images share a file. */
  readonly path: string | undefined;
}

/** In pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The originals of a dataset, by the indices of its images. */
export interface Originals {
  at(index: number): Original;
  /** PNG, made smaller if it has more than `mostSide` pixels along a side. Throws UserError where the file has changed. */
  picture(index: number, mostSide: number): Promise<Buffer>;
}

/** A square of that side in the middle of an image, or around it; an odd pixel more lies at the right and at the bottom. */
export function centreSquare(width: number, height: number, side: number): Square {
  return { left: Math.trunc((width - side) / 2), top: Math.trunc((height - side) / 2), side };
}

/** The PNG of an image uint8 [C, H, W], C = 1 or 3. */
export async function planesToPng(planes: Uint8Array, width: number, height: number): Promise<Buffer> {
  const size = width * height;
  const channels = planes.length === size ? 1 : 3;
  const interleaved = new Uint8Array(planes.length); // [H, W, C]
  for (let i = 0; i < size; i++) {
    for (let channel = 0; channel < channels; channel++) {
      interleaved[i * channels + channel] = planes[channel * size + i] ?? 0;
    }
  }
  return sharp(interleaved, { raw: { width, height, channels } }).png().toBuffer();
}
