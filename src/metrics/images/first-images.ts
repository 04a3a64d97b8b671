/** The beginning of a set of images. */

import { UserError } from '../../base/errors.ts';
import type { ImageSet } from './image-set.ts';

/** The first `count` images of a set. Throws UserError where it has fewer: the score would be of another count than asked for. */
export function firstImages(images: ImageSet, count: number): ImageSet {
  if (count > images.count) {
    throw new UserError(
      `${images.name}: it has ${images.count} images, and ${count} are asked for; expected no more than there are. Leave ` +
        '--count out to score all of them.',
    );
  }
  const { name, classNames, fingerprint } = images;
  return {
    name: `${name}, the first ${count}`,
    count,
    classNames,
    fingerprint: fingerprint && `${fingerprint} first ${count}`,
    get warnings() {
      return images.warnings;
    },
    async *batches(size) {
      let left = count;
      for await (const batch of images.batches(size)) {
        const taken = Math.min(left, batch.count);
        const imageBytes = batch.pixels.length / batch.count;
        yield {
          ...batch,
          count: taken,
          pixels: batch.pixels.subarray(0, taken * imageBytes),
          labels: batch.labels.subarray(0, taken),
        };
        left -= taken;
        if (left === 0) return;
      }
    },
  };
}
