/** Images that come one by one, of any size, as batches of one size each. */

import type { ImageBatch } from './image-set.ts';

export interface LabelledImage {
  /** uint8 [3,H,W] */
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly label: number;
}

/** Batches of at most `size` images; one ends early where the next image has another size. */
export async function* inBatches(images: AsyncIterable<LabelledImage>, size: number): AsyncGenerator<ImageBatch> {
  checkBatchSize(size);
  let waiting: LabelledImage[] = [];
  for await (const image of images) {
    const [first] = waiting;
    if (
      first !== undefined &&
      (waiting.length === size || first.height !== image.height || first.width !== image.width)
    ) {
      yield joined(waiting, first);
      waiting = [];
    }
    waiting.push(image);
  }
  const [first] = waiting;
  if (first !== undefined) yield joined(waiting, first);
}

function joined(images: readonly LabelledImage[], { height, width }: LabelledImage): ImageBatch {
  const imageBytes = 3 * height * width;
  const pixels = new Uint8Array(images.length * imageBytes);
  for (const [n, image] of images.entries()) pixels.set(image.pixels, n * imageBytes);
  return { pixels, count: images.length, height, width, labels: Int32Array.from(images, ({ label }) => label) };
}

/** Throws RangeError unless `size` is a whole number of 1 or more. */
export function checkBatchSize(size: number): void {
  if (Number.isInteger(size) && size >= 1) return;
  throw new RangeError(`ImageSet.batches: size is ${size}; expected a whole number of 1 or more.`);
}
