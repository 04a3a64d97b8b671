/** How attention came about: the same latents at one checkpoint after another. */

import type { Runtime } from '../engine/index.ts';
import { latents } from '../sample/index.ts';
import { readNames } from '../store/checkpoint.ts';
import type { Run } from '../store/index.ts';
import { type BlockReport, meanReport, reportBlock } from './attention.ts';
import { AttentionObserver, type NetworkName } from './attention-network.ts';
import type { TrainedRun } from './trained-run.ts';

/** Latents that attention is measured at: the first of the run's seed, with classes spread over all. */
const measuredImages = 8;

export interface MeasuredAttention {
  readonly step: number;
  /** Means over the images; of the discriminator at what the generator makes. */
  readonly blocks: readonly (BlockReport & { readonly network: NetworkName })[];
}

/** Measures all attention blocks of both networks at one checkpoint. */
export async function measureAttention(runtime: Runtime, trained: TrainedRun): Promise<MeasuredAttention> {
  const { config, model, checkpoint } = trained;
  const observer = new AttentionObserver(runtime, trained);
  const z = latents(config.seed, measuredImages, model);
  const seen = new Map<string, (BlockReport & { network: NetworkName })[]>();
  for (let n = 0; n < measuredImages; n++) {
    const subject = {
      kind: 'generated',
      z: z.slice(n * model.latentDim, (n + 1) * model.latentDim),
      label: Math.floor((n * model.images.classes) / measuredImages),
    } as const;
    for (const network of ['G', 'D'] as const) {
      for (const block of (await observer.observe(network, subject)).blocks) {
        const name = `${network}.${block.name}`;
        seen.set(name, [...(seen.get(name) ?? []), { network, ...reportBlock(block) }]);
      }
    }
  }
  await observer.release();
  return { step: checkpoint.step, blocks: [...seen.values()].map(meanReport) };
}

/** Steps with a checkpoint, ascending; whether it is whole shows when it is opened. */
export function checkpointSteps(run: Run): number[] {
  const steps = [...readNames(run), ...readNames(run, 'best')].map(({ step }) => step);
  return [...new Set(steps)].sort((a, b) => a - b);
}
