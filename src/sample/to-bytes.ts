/** From what a generator makes to what a picture holds. */
import { UserError } from '../base/errors.ts';

/**
 * Turns generated images, float32 −1…1, into bytes 0…255: −1 is 0, 1 is 255, values beyond are clamped, the rest go to
 * the nearest byte. Any shape; the order of elements is kept. Throws UserError when an element is not a number.
 */
export function toBytes(images: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(images.length);
  for (const [i, value] of images.entries()) {
    if (Number.isNaN(value)) {
      throw new UserError(
        `toBytes: element ${i} of the generated images is NaN; expected numbers from −1 to 1. ` +
          'The generator has diverged: sample an earlier checkpoint.',
      );
    }
    bytes[i] = Math.round((Math.min(1, Math.max(-1, value)) + 1) * 127.5);
  }
  return bytes;
}
