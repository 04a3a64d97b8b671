/** The first thing that a generator does to its latents, as a tensor program of its own. */

import { UserError } from '../base/errors.ts';
import { type Graph, graph } from '../engine/ir/graph.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { concat, reshape } from '../engine/ops/index.ts';
import type { BoundModel } from './model.ts';
import { type SamplerOptions, traceSampler } from './sampler.ts';

/** Ops that hand coordinates on as they are. */
const rearrangements = new Set(['reshape', 'transpose', 'slice', 'concat']);
/** Ops that are linear in an operand, if the others do not hear of the latents. */
const products = new Set(['matmul', 'conv', 'convTranspose']);

export interface LatentProjections {
  /** Inputs: z float32[N,Z], and of labels int32[N] and variables what matters. Output: projections float32[N,F]. */
  readonly graph: Graph;
  /** Paths of the layers whose products these are, in the order of the F columns. */
  readonly layers: readonly string[];
}

/**
 * All products of latents and weights that a generator begins with, side by side: those of its first layer, and where
 * latents enter at several places, of the layer at each. A projection is A·z, plus what other inputs of these layers say.
 *
 * Which layers these are is read off the program: latents are followed through reshapings, pieces and concatenations to
 * the first products. Throws UserError if they meet anything else before, as they may in a model of your own.
 */
export function traceLatentProjections(model: BoundModel, options: SamplerOptions): LatentProjections {
  const { batch } = options;
  const sampler = traceSampler(model, options).graph;
  const carriers = new Set<Tensor>();
  const projections: Tensor[] = [];
  for (const node of sampler.nodes) {
    const carrying = node.inputs.filter((operand) => carriers.has(operand));
    const isLatents = node === sampler.inputs.get('z');
    if (isLatents || (carrying.length > 0 && rearrangements.has(node.op.name))) carriers.add(node);
    else if (carrying.length === 1 && products.has(node.op.name) && node.shape[0] === batch) projections.push(node);
    else if (carrying.length > 0) {
      throw new UserError(
        `${model.name}: its latents meet ${node.op.name}${node.scope === '' ? '' : ` at ${node.scope}`} before any layer ` +
          'with weights; expected a linear layer or a convolution, whose weights tell which directions matter. This ' +
          'generator has no directions of this kind.',
      );
    }
  }
  const columns = projections.map((node) => reshape(node, [batch, -1]));
  return {
    graph: graph('latentProjections', [['projections', concat(columns, 1)]]),
    layers: [...new Set(projections.map(({ scope }) => scope))],
  };
}
