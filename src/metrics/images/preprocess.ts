/** From the pixels of an image to what a network is given. */

import type { ImageBatch } from './image-set.ts';
import type { NormalizationName, Preprocessing } from './preprocessing.ts';
import { planResize } from './resizers.ts';

/** value = pixel · scale + offset, by channel. */
interface Normalization {
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
}

function sameForAll(scale: number, offset: number): Normalization {
  return { scale: [scale, scale, scale], offset: [offset, offset, offset] };
}

// Of ImageNet's training images, as torchvision's models were trained with them.
const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;

const normalizations: Readonly<Record<NormalizationName, Normalization>> = {
  tensorflow: sameForAll(1 / 128, -1),
  symmetric: sameForAll(2 / 255, -1),
  unit: sameForAll(1 / 255, 0),
  imagenet: {
    scale: [1 / 255 / deviation[0], 1 / 255 / deviation[1], 1 / 255 / deviation[2]],
    offset: [-mean[0] / deviation[0], -mean[1] / deviation[1], -mean[2] / deviation[2]],
  },
};

/** A batch, whose pixels in 0 … 255 need not be rounded to bytes. */
type PixelBatch = Pick<ImageBatch, 'count' | 'height' | 'width'> & { readonly pixels: Uint8Array | Float32Array };

/** Resizes, clips and normalises a batch: float32 [N,3,R,R]. */
export function preprocess(batch: PixelBatch, preprocessing: Preprocessing, resolution: number): Float32Array {
  const { pixels, count, height, width } = batch;
  const { scale, offset } = normalizations[preprocessing.normalization];
  const resize = planResize(preprocessing.resizer, height, width, resolution);
  const plane = resolution * resolution;
  const values = new Float32Array(count * 3 * plane);
  for (let n = 0; n < count; n++) {
    const image = values.subarray(n * 3 * plane, (n + 1) * 3 * plane);
    resize(pixels.subarray(n * 3 * height * width, (n + 1) * 3 * height * width), image);
    if (preprocessing.clip) clip(image);
    for (const channel of [0, 1, 2] as const) {
      scaleBy(image.subarray(channel * plane, (channel + 1) * plane), scale[channel], offset[channel]);
    }
  }
  return values;
}

function clip(values: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    values[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

function scaleBy(values: Float32Array, scale: number, offset: number): void {
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * scale + offset;
}
