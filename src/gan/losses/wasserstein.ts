/**
 * The Wasserstein loss. Source: Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875, algorithm 1. The discriminator must be
 * kept Lipschitz by other means: its optimiser's `clip`, a gradient penalty, or spectral norm.
 */

import { mean, neg, sub } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';

/** D: E D(G(z)) − E D(x).  G: −E D(G(z)). */
export const wasserstein: GanLoss = {
  name: 'wasserstein',
  discriminator: (realLogits, fakeLogits) => sub(mean(fakeLogits), mean(realLogits)),
  generator: (fakeLogits) => neg(mean(fakeLogits)),
};
