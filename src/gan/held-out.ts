/**
 * What the discriminator says of images that it is not trained on, beside those that it is, as a tensor program that moves
 * nothing. Source: Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, arXiv:1704.00028, section 5.3 and figure 5: a critic
 * that overfits shows by its loss on held-out images.
 */

import { type Graph, graph } from '../engine/ir/graph.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { input } from '../engine/ops/index.ts';
import { Variables } from '../nn/index.ts';
import { type Draw, Draws } from './draws.ts';
import type { GanLoss } from './loss.ts';
import type { BoundModel } from './model.ts';
import { drawFakes, fromPixels } from './objective.ts';

export interface HeldOutProgram {
  /**
   * Inputs: `images.training` and `images.heldOut` uint8[N,C,H,W], `labels.training` and `labels.heldOut` int32[N], `draws`, the
   * state. Outputs: logits `training`, `heldOut` and `fake` [N]; `loss.training` and `loss.heldOut` [], the discriminator's loss
   * without penalties, on the same fakes.
   *
   * The discriminator judges each kind at rest: by running statistics where it keeps some, else by those of the kind. The
   * generator makes fakes as in training.
   */
  readonly graph: Graph;
  /** z and labels of the fakes. */
  readonly draws: readonly Draw[];
}

/** Traces the program for N `images` of each kind. */
export function traceHeldOut(model: BoundModel, loss: GanLoss, images: number): HeldOutProgram {
  const variables = new Variables();
  const draws = new Draws();
  const { resolution, channels } = model.images;
  const judge = (x: Tensor, labels: Tensor) =>
    model.discriminator(variables.scope('D', { training: false }), x, labels).logits;
  const judged = (of: string) =>
    judge(
      fromPixels(input(`images.${of}`, 'uint8', [images, channels, resolution, resolution])),
      input(`labels.${of}`, 'int32', [images]),
    );
  const fakes = drawFakes(draws, model, 'heldOut', images);
  const generator = variables.scope('G', { training: true, updates: false });
  const fake = judge(model.generator(generator, fakes.z, fakes.labels), fakes.labels);
  const [training, heldOut] = [judged('training'), judged('heldOut')];
  const outputs: [string, Tensor][] = [
    ['training', training],
    ['heldOut', heldOut],
    ['fake', fake],
    ['loss.training', loss.discriminator(training, fake)],
    ['loss.heldOut', loss.discriminator(heldOut, fake)],
  ];
  return { graph: graph('heldOut', outputs), draws: draws.all };
}
