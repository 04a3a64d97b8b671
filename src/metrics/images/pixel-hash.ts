/** What images a score is of, to the pixel. */

import type { Hash } from 'node:crypto';
import type { ImageBatch } from './image-set.ts';

/** Adds each image to a hash: height and width, 32 bits little-endian, then its planes. Batches do not matter. */
export function hashBatch(hash: Hash, { pixels, count, height, width }: ImageBatch): void {
  const size = Buffer.alloc(8);
  size.writeUInt32LE(height, 0);
  size.writeUInt32LE(width, 4);
  const imageBytes = 3 * height * width;
  for (let n = 0; n < count; n++) hash.update(size).update(pixels.subarray(n * imageBytes, (n + 1) * imageBytes));
}
