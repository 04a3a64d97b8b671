/**
 * Density and coverage, with the precision and recall that belong to them.
 *
 * density = 1/(k·M) Σ_j #{i : image j lies in the ball of reference i}, which may exceed 1;
 * coverage = share of references in whose ball an image lies. Balls reach to the k-th neighbour, surface excluded.
 * Source: Naeem, Oh, Uh, Choi, Yoo 2020, arXiv:2002.09797, equations 1 to 5; the paper takes k = 5.
 *
 * Precision and recall are not those of `precisionRecall`, which counts the surface and takes another k.
 */

import type { Runtime } from '../../engine/index.ts';
import type { FeatureRows } from '../features/feature-rows.ts';
import { type NeighbourhoodOptions, type Neighbourhoods, neighbourhoods } from './neighbourhoods.ts';

/** Throws UserError where a set has no more than k images, where dimensions differ, or where a feature is not finite. */
export function prdc(
  runtime: Runtime,
  images: FeatureRows,
  reference: FeatureRows,
  options: NeighbourhoodOptions,
): Promise<Neighbourhoods> {
  return neighbourhoods('density and coverage', runtime, images, reference, { ...options, inclusive: false });
}
