/** The gradient penalty of WGAN-GP. Source: Gulrajani et al. 2017, arXiv:1704.00028, equation 3. */

import { add, mean, mul, reshape, square, sub } from '../../engine/ops/index.ts';
import { gradientNorms, type Penalty } from '../penalty.ts';

/**
 * E (‖∇D(x̂)‖₂ − 1)² at x̂ = real + α·(fake − real), one α ~ U(0, 1) an image. Usual weight: 10.
 */
export const gradientPenalty: Penalty = {
  name: 'gradientPenalty',
  penalize({ real, fake, judge, draw }) {
    const [n = 0] = real.shape;
    const alpha = reshape(draw('interpolation', [n], { kind: 'uniform', low: 0, high: 1 }), [n, 1, 1, 1]);
    const between = add(real, mul(alpha, sub(fake, real)));
    return mean(square(sub(gradientNorms(judge, between), 1)));
  },
};
