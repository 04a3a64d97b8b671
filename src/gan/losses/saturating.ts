/** The original GAN's minimax loss. Source: Goodfellow et al. 2014, arXiv:1406.2661, equation 1. */

import { add, mean, neg, softplus } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';
import { crossEntropy } from './cross-entropy.ts';

/**
 * D: −E log σ(D(x)) − E log(1 − σ(D(G(z)))).  G: E log(1 − σ(D(G(z)))), whose gradient vanishes where the discriminator is
 * sure: the paper's own reason for the non-saturating form.
 */
function withTarget(target: number): GanLoss {
  return {
    name: 'saturating',
    discriminator: (realLogits, fakeLogits) => add(crossEntropy(realLogits, target), mean(softplus(fakeLogits))),
    generator: (fakeLogits) => neg(mean(softplus(fakeLogits))),
    smoothed: withTarget,
  };
}

export const saturating = withTarget(1);
