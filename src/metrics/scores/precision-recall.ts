/**
 * Improved precision and recall: how many images look real, and how much of what is real the images reach.
 *
 * An image counts where it lies in a ball of the reference, a reference where it lies in a ball of the images; balls reach
 * to the k-th neighbour, surface included.
 * Source: Kynkäänniemi, Karras, Laine, Lehtinen, Aila 2019, arXiv:1904.06991, equations 1 and 2, as torch-fidelity computes
 * them; the paper takes features of VGG16 and k = 3.
 *
 * One outlier of the reference, with its wide ball, lets much pass; density and coverage (`prdc`) mend that. torch-fidelity
 * takes distances in float32, where copies are not quite at distance 0; here they are.
 */

import type { Runtime } from '../../engine/index.ts';
import type { FeatureRows } from '../features/feature-rows.ts';
import { type NeighbourhoodOptions, neighbourhoods } from './neighbourhoods.ts';

export interface PrecisionRecallResult {
  readonly precision: number;
  readonly recall: number;
  /** 2·P·R / (P + R); 0 where both are 0. */
  readonly fScore: number;
  readonly warnings: readonly string[];
}

/** Throws UserError where a set has no more than k images, where dimensions differ, or where a feature is not finite. */
export async function precisionRecall(
  runtime: Runtime,
  images: FeatureRows,
  reference: FeatureRows,
  options: NeighbourhoodOptions,
): Promise<PrecisionRecallResult> {
  const { precision, recall, warnings } = await neighbourhoods('precision and recall', runtime, images, reference, {
    ...options,
    inclusive: true,
  });
  return { precision, recall, fScore: (2 * precision * recall) / Math.max(1e-5, precision + recall), warnings };
}
