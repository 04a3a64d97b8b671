/** What every score asks of the features that it compares. */

import { UserError } from '../../base/errors.ts';
import type { FeatureRows } from '../features/feature-rows.ts';

const blockNumbers = 2 ** 20;

/**
 * Throws UserError where `images` and `reference` have not the same dimensions, where one is empty, or where a feature is
 * NaN or infinite; the message names the row. `metric` is the score's name for messages.
 */
export function checkFeatures(metric: string, images: FeatureRows, reference: FeatureRows): void {
  if (images.dimensions !== reference.dimensions) {
    throw new UserError(
      `${metric}: the images have features of ${images.dimensions} dimensions, the reference of ${reference.dimensions}; ` +
        'expected the same. Take both from the same layer of the same network.',
    );
  }
  checkFinite(`${metric}: the images`, images);
  checkFinite(`${metric}: the reference`, reference);
}

function checkFinite(whose: string, rows: FeatureRows): void {
  const { count, dimensions } = rows;
  if (!(count > 0)) throw new UserError(`${whose}: there are none; expected at least one. Check what was given.`);
  const blockRows = Math.max(1, Math.floor(blockNumbers / dimensions));
  const buffer = new Float32Array(Math.min(blockRows, count) * dimensions);
  for (let first = 0; first < count; first += blockRows) {
    const block = buffer.subarray(0, Math.min(blockRows, count - first) * dimensions);
    rows.read(first, block);
    refuseNonFinite(whose, block, dimensions, first);
  }
}

/** Throws UserError that names the first row of `block`, float32 [n,D], with NaN or infinity; its rows count from `first`. */
export function refuseNonFinite(whose: string, block: Float32Array, dimensions: number, first: number): void {
  let bad = 0;
  while (bad < block.length && Number.isFinite(block[bad])) bad++;
  if (bad === block.length) return;
  throw new UserError(
    `${whose}: row ${first + Math.floor(bad / dimensions)} holds ${block[bad]} at place ${bad % dimensions}; expected finite ` +
      'numbers. Look at that image, and at the network that took its features.',
  );
}
