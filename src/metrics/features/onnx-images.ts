/** How the input of a network in an ONNX file wants its images. */

import type { ModelValue, TensorData } from '../../engine/index.ts';

export interface ImageLayout {
  /** How many images it takes at a time; undefined for any number. */
  readonly batch: number | undefined;
  /** Whether images lie in an axis of their own. */
  readonly isBatched: boolean;
  readonly channels: 1 | 3;
  readonly channelsLast: boolean;
  /** Height and width in pixels; undefined where one may be any. */
  readonly sides: readonly (number | undefined)[];
}

/** [N,C,H,W], [N,H,W,C], [C,H,W] or [H,W,C] with one channel or three; undefined for what is none of these. */
export function imageLayout(shape: ModelValue['shape']): ImageLayout | undefined {
  const isBatched = shape.length === 4;
  const image = shape.slice(-3).map((extent) => (typeof extent === 'number' ? extent : undefined));
  const channelsLast = !isChannels(image[0]);
  const channels = channelsLast ? image[2] : image[0];
  if ((!isBatched && shape.length !== 3) || !isChannels(channels)) return undefined;
  const first = isBatched ? shape[0] : 1;
  return {
    batch: typeof first === 'number' ? first : undefined,
    isBatched,
    channels,
    channelsLast,
    sides: channelsLast ? image.slice(0, 2) : image.slice(1),
  };
}

function isChannels(extent: number | undefined): extent is 1 | 3 {
  return extent === 1 || extent === 3;
}

/** Lays out images float32 [N,3,R,R]; a network of one channel gets the average of the three planes. */
export function layOut(
  images: Float32Array,
  count: number,
  resolution: number,
  { isBatched, channels, channelsLast }: ImageLayout,
): TensorData {
  const planes = [resolution, resolution];
  const image = channelsLast ? [...planes, channels] : [channels, ...planes];
  const shape = isBatched ? [count, ...image] : image;
  if (channels === 3 && !channelsLast) return { dtype: 'float32', shape, data: images };
  const area = resolution * resolution;
  const data = new Float32Array(count * channels * area);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < area; i++) {
      const red = 3 * n * area + i;
      const [r = 0, g = 0, b = 0] = [images[red], images[red + area], images[red + 2 * area]];
      data.set(channels === 3 ? [r, g, b] : [(r + g + b) / 3], (n * area + i) * channels);
    }
  }
  return { dtype: 'float32', shape, data };
}
