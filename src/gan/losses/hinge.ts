/** The hinge loss. Source: Lim, Ye 2017, arXiv:1705.02894; SAGAN, arXiv:1805.08318, equation 4. */

import { add, mean, neg, relu, sub } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';

/** D: E max(0, 1 − D(x)) + E max(0, 1 + D(G(z))).  G: −E D(G(z)). */
export const hinge: GanLoss = {
  name: 'hinge',
  discriminator: (realLogits, fakeLogits) => add(mean(relu(sub(1, realLogits))), mean(relu(add(1, fakeLogits)))),
  generator: (fakeLogits) => neg(mean(fakeLogits)),
};
