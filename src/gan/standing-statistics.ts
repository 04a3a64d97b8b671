/** What batch norm sees of one batch, for statistics that stand for the samples rather than for the end of training. */

import { UserError } from '../base/errors.ts';
import { type Graph, graph } from '../engine/ir/graph.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { input } from '../engine/ops/index.ts';
import { Variables } from '../nn/index.ts';
import type { BoundModel } from './model.ts';
import type { SamplerOptions } from './sampler.ts';

/**
 * The statistics of one batch of the generator. Inputs: z float32[N,Z], labels int32[N], the generator's variables.
 * Outputs: float32[C], the batch's mean and biased variance, under the names of the running ones, `<path>.mean` and
 * `<path>.variance`. The generator is applied as in training, and nothing of it moves.
 *
 * Throws UserError if the generator keeps no running statistics.
 */
export function traceStandingStatistics(model: BoundModel, options: Omit<SamplerOptions, 'observe'>): Graph {
  const { observed, running } = batchStatistics(model, options);
  const statistics = observed.filter(([name]) => running.has(name));
  if (statistics.length === 0) {
    throw new UserError(
      `standing statistics: the generator of ${model.name} has no batch norm with running statistics; expected one whose ` +
        'statistics can be taken anew. Sample it without standing statistics: its images would be the same.',
    );
  }
  return graph('standingStatistics', statistics);
}

/** By which statistics a generator's batch norms normalise samples: those kept from training, the batch's, or it has none. */
export function samplingStatistics(model: BoundModel): 'running' | 'batch' | 'none' {
  const { observed, running } = batchStatistics(model, { batch: 2 });
  if (running.size > 0) return 'running';
  return observed.length > 0 ? 'batch' : 'none';
}

/** The mean and variance that each batch norm sees in a batch, by the names of its running ones, and which of these are kept. */
function batchStatistics(model: BoundModel, options: Omit<SamplerOptions, 'observe'>) {
  const variables = new Variables();
  const scope = variables.scope(options.network ?? 'ema.G', { training: true, updates: false });
  const z = input('z', 'float32', [options.batch, model.latentDim]);
  const labels = input('labels', 'int32', [options.batch]);
  model.generator(scope, z, labels);
  const declared = new Set(variables.all.map(({ name }) => name));
  const observed = [...variables.observations].flatMap(([name, tensor]): [string, Tensor][] => {
    const running = name.replace(/\.batchMean$/, '.mean').replace(/\.batchVariance$/, '.variance');
    return running === name ? [] : [[running, tensor]];
  });
  return { observed, running: new Set(observed.map(([name]) => name).filter((name) => declared.has(name))) };
}
