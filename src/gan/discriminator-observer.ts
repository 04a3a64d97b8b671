/** The discriminator on its own, as a tensor program that moves nothing: what it makes of images, and what can be seen of it. */

import { type Graph, graph } from '../engine/ir/graph.ts';
import { input } from '../engine/ops/index.ts';
import { type Intervene, type Variable, Variables } from '../nn/index.ts';
import type { BoundModel } from './model.ts';

export interface DiscriminatorObserverOptions {
  readonly batch: number;
  /** What goes on in the stead of what the network makes observable. Default: that itself. */
  readonly intervene?: Intervene | undefined;
}

/**
 * Inputs: images float32[N,C,H,W] in −1 … 1, labels int32[N], the discriminator's variables. Outputs: logits float32[N], high
 * for real, and all that the network makes observable, below `D`: it has no moving average.
 *
 * It judges at rest: by running statistics where it keeps some, else by those of the batch.
 */
export function traceDiscriminatorObserver(
  model: BoundModel,
  { batch, intervene }: DiscriminatorObserverOptions,
): { graph: Graph; variables: Variable[] } {
  const variables = new Variables();
  const { resolution, channels } = model.images;
  const images = input('images', 'float32', [batch, channels, resolution, resolution]);
  const labels = input('labels', 'int32', [batch]);
  const scope = variables.scope('D', { training: false, ...(intervene && { intervene }) });
  const { logits } = model.discriminator(scope, images, labels);
  return { graph: graph('observer', [['logits', logits], ...variables.observations]), variables: variables.all };
}
