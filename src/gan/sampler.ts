/** The generator on its own, as a tensor program: latents and labels in, images out. */

import { type Graph, graph } from '../engine/ir/graph.ts';
import { input } from '../engine/ops/index.ts';
import { type Intervene, type Variable, Variables } from '../nn/index.ts';
import type { BoundModel } from './model.ts';

export interface SamplerOptions {
  readonly batch: number;
  /** Which generator: the trained one or its moving average. Default `ema.G`. */
  readonly network?: 'G' | 'ema.G';
  /** Also return what the networks make observable: attention maps as `<path>.map`, gates as `<path>.gamma`. Default false. */
  readonly observe?: boolean;
  /** Whether `labels` are classes, int32[N], or weights of all classes, float32[N,K], for images between them. Default `classes`. */
  readonly labels?: 'classes' | 'weights';
  /** What goes on in the stead of what the networks make observable, such as `intervening` of `nn`. Default: that itself. */
  readonly intervene?: Intervene | undefined;
}

/**
 * Inputs: z float32[N,Z], labels int32[N] or float32[N,K], the generator's variables. Outputs: images float32[N,C,H,W] in −1 … 1, and the
 * observations if asked for. Uses running statistics, so an image does not depend on its neighbours in the batch.
 */
export function traceSampler(model: BoundModel, options: SamplerOptions): { graph: Graph; variables: Variable[] } {
  const variables = new Variables();
  const { intervene } = options;
  const scope = variables.scope(options.network ?? 'ema.G', { training: false, ...(intervene && { intervene }) });
  const z = input('z', 'float32', [options.batch, model.latentDim]);
  const labels =
    options.labels === 'weights'
      ? input('labels', 'float32', [options.batch, model.images.classes])
      : input('labels', 'int32', [options.batch]);
  const images = model.generator(scope, z, labels);
  const observations = options.observe === true ? [...variables.observations] : [];
  return { graph: graph('sampler', [['images', images], ...observations]), variables: variables.all };
}
