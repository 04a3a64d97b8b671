/** Batch norm's statistics for sampling, taken of the latents that are sampled. */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { Runtime, State } from '../engine/index.ts';
import { type BoundModel, type SamplerOptions, traceStandingStatistics } from '../gan/index.ts';
import { type LatentNarrowing, latents } from './latents.ts';

/** The narrowing should be that of the samples: truncated latents have other statistics than those of training. */
export interface StandingStatisticsOptions extends LatentNarrowing {
  /** Batches that are averaged; BigGAN-PyTorch takes 16. */
  readonly accumulations: number;
  /** Images in a batch, as in training. */
  readonly batch: number;
  /** Of the latents and labels, which are not those of samples with the same seed. */
  readonly seed: number;
  /** Which generator. Default `ema.G`. */
  readonly network?: SamplerOptions['network'];
}

/**
 * The state with the running statistics of `network` replaced: each by the mean, over `accumulations` batches of random
 * latents and uniformly random classes, of the batch's mean or biased variance.
 *
 * Running statistics are those of the latents of training, lag behind a generator that moves, and were never those of the
 * averaged one. Source: Brock, Donahue, Simonyan 2019, arXiv:1809.11096, appendix C.1; the average is that of
 * BigGAN-PyTorch, `accumulate_standing_stats`. Throws UserError for a generator without running statistics, and for
 * counts that are not whole numbers of 1 or more; GraphError for a state that is not the model's.
 */
export async function standingStatistics(
  runtime: Runtime,
  model: BoundModel,
  state: State,
  options: StandingStatisticsOptions,
): Promise<State> {
  const { accumulations, batch, seed, network = 'ema.G', ...narrowing } = options;
  for (const [name, value] of Object.entries({ accumulations, batch })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new UserError(
        `standing statistics: ${name} is ${value}; expected a whole number of 1 or more. BigGAN-PyTorch takes 16 ` +
          'accumulations, in batches as large as those of training.',
      );
    }
  }
  const program = await runtime.compile(traceStandingStatistics(model, { batch, network }));
  const weights = Object.fromEntries([...state].map(([name, data]) => [name, runtime.upload(data)]));
  const sums = new Map<string, Float64Array>();
  for (let k = 0; k < accumulations; k++) {
    const z = latents(seed, batch, model, { ...narrowing, first: k * batch, stream: 'standing latents' });
    const labels = new Random(seed, 'standing labels', k).integers(batch, Math.max(1, model.images.classes));
    const outputs = await program.run({
      ...weights,
      z: runtime.upload({ dtype: 'float32', shape: [batch, model.latentDim], data: z }),
      labels: runtime.upload({ dtype: 'int32', shape: [batch], data: labels }),
    });
    for (const [name, tensor] of Object.entries(outputs)) {
      const { data } = await runtime.download(tensor);
      const sum = sums.get(name);
      sums.set(
        name,
        Float64Array.from(data, (value, channel) => (sum?.[channel] ?? 0) + value),
      );
    }
  }
  const averaged = new Map(state);
  for (const [name, sum] of sums) {
    averaged.set(name, {
      dtype: 'float32',
      shape: [sum.length],
      data: Float32Array.from(sum, (x) => x / accumulations),
    });
  }
  return averaged;
}
