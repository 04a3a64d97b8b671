/** What a loss is: two functions of logits. */

import type { Tensor } from '../engine/ir/tensor.ts';

export interface GanLoss {
  readonly name: string;
  /** realLogits float32[N], fakeLogits float32[M] → scalar that the discriminator minimises. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** fakeLogits float32[N] → scalar that the generator minimises. */
  generator(fakeLogits: Tensor): Tensor;
  /**
   * The loss whose discriminator is to say `target` (below 1) of real images: one-sided label smoothing. Only a loss that
   * has a target has it. Source: Salimans et al. 2016, arXiv:1606.03498, section 3.4.
   */
  smoothed?(target: number): GanLoss;
}
