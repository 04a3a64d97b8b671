/** The original GAN's loss with the generator's non-saturating form. Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3. */

import { add, mean, neg, softplus } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';
import { crossEntropy } from './cross-entropy.ts';

/** D: −E log σ(D(x)) − E log(1 − σ(D(G(z)))).  G: −E log σ(D(G(z))). Written with softplus, which cannot overflow. */
function withTarget(target: number): GanLoss {
  return {
    name: 'nonSaturating',
    discriminator: (realLogits, fakeLogits) => add(crossEntropy(realLogits, target), mean(softplus(fakeLogits))),
    generator: (fakeLogits) => mean(softplus(neg(fakeLogits))),
    smoothed: withTarget,
  };
}

export const nonSaturating = withTarget(1);
