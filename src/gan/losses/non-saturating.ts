/** The original GAN's loss with the generator's non-saturating form. Source: Goodfellow et al. 2014, arXiv:1406.2661, section 3. */

import { add, mean, neg, softplus } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';

/** D: −E log σ(D(x)) − E log(1 − σ(D(G(z)))).  G: −E log σ(D(G(z))). Written with softplus, which cannot overflow. */
export const nonSaturating: GanLoss = {
  name: 'nonSaturating',
  discriminator: (realLogits, fakeLogits) => add(mean(softplus(neg(realLogits))), mean(softplus(fakeLogits))),
  generator: (fakeLogits) => mean(softplus(neg(fakeLogits))),
};
