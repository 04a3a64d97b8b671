/** DRAGAN's penalty. Source: Kodali, Abernethy, Hays, Kira 2017, arXiv:1705.07215, section 2.3 and the authors' code. */

import { add, clamp, mean, mul, reshape, sqrt, square, sub } from '../../engine/ops/index.ts';
import { gradientNorms, type Penalty } from '../penalty.ts';

/**
 * E (‖∇D(x̂)‖₂ − 1)² near the real images: x̂ = x + α·½·σ·u with u ~ U(0, 1) a pixel, α ~ U(0, 1) an image, and σ the
 * deviation of all pixels of the batch. Usual weight: 10.
 */
export const dragan: Penalty = {
  name: 'dragan',
  penalize({ real, judge, draw }) {
    const [n = 0] = real.shape;
    const unit = { kind: 'uniform', low: 0, high: 1 } as const;
    const deviation = sqrt(clamp(sub(mean(square(real)), square(mean(real))), 0, 1));
    const alpha = reshape(draw('share', [n], unit), [n, 1, 1, 1]);
    const noise = mul(draw('noise', real.shape, unit), mul(deviation, 0.5));
    const near = add(real, mul(alpha, noise));
    return mean(square(sub(gradientNorms(judge, near), 1)));
  },
};
