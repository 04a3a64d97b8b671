/** The least-squares loss. Source: Mao et al. 2017, arXiv:1611.04076, equation 9 (0 for fake, 1 for real). */

import { add, mean, mul, square, sub } from '../../engine/ops/index.ts';
import type { GanLoss } from '../loss.ts';

/** D: ½ E(D(x) − 1)² + ½ E D(G(z))².  G: ½ E(D(G(z)) − 1)². */
function withTarget(target: number): GanLoss {
  return {
    name: 'leastSquares',
    discriminator: (realLogits, fakeLogits) =>
      add(mul(mean(square(sub(realLogits, target))), 0.5), mul(mean(square(fakeLogits)), 0.5)),
    generator: (fakeLogits) => mul(mean(square(sub(fakeLogits, 1))), 0.5),
    smoothed: withTarget,
  };
}

export const leastSquares = withTarget(1);
