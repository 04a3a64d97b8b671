/** What a loss is: two functions of logits. */

import type { Tensor } from '../engine/ir/tensor.ts';

export interface GanLoss {
  readonly name: string;
  /** realLogits, fakeLogits float32[N] → scalar that the discriminator minimises. */
  discriminator(realLogits: Tensor, fakeLogits: Tensor): Tensor;
  /** fakeLogits float32[N] → scalar that the generator minimises. */
  generator(fakeLogits: Tensor): Tensor;
}
