/** The zero-centred penalty on real images. Source: Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406, equation 9. */

import { mean, mul } from '../../engine/ops/index.ts';
import { type Penalty, squaredGradientNorms } from '../penalty.ts';

/** ½ E ‖∇D(x)‖₂² at real images; the weight is the paper's γ, there 10. */
export const r1: Penalty = {
  name: 'r1',
  penalize: ({ real, judge }) => mul(mean(squaredGradientNorms(judge, real)), 0.5),
};
