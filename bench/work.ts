/** What step benchmarks compute. Both sides are told it in the same words: `work-server.ts` and `pytorch/server.py`. */

import { z } from 'zod';
import { lossNames } from '../src/gan/index.ts';

const count = z.int().positive();
const optimizer = z.strictObject({
  learningRate: z.number(),
  beta1: z.number(),
  beta2: z.number(),
  epsilon: z.number(),
});

export const workSchema = z.strictObject({
  /**
   * `step`: an update of D, one of G, and the moving average; `critic`: an update of D alone; `sample`: G's forward pass with
   * running statistics, of latents that are given.
   */
  kind: z.enum(['step', 'critic', 'sample']),
  model: z.string(),
  /** The model's own; the twins know `generatorChannels`, `discriminatorChannels`, and `attentionAt`. */
  options: z.record(z.string(), z.union([z.int(), z.string(), z.array(z.int())])),
  resolution: count,
  channels: z.union([z.literal(1), z.literal(3)]),
  /** 0 for none. */
  classes: z.int().nonnegative(),
  batch: count,
  /** How often one timed step does the work: more than once where once is too short for a clock. */
  repeats: count,
  loss: z.enum(lossNames),
  /** Weight of WGAN-GP's penalty; 0 for none. */
  gradientPenalty: z.number(),
  /** 0 for none. */
  emaDecay: z.number(),
  generatorOptimizer: optimizer,
  discriminatorOptimizer: optimizer,
});

export type Work = z.infer<typeof workSchema>;

const adam = (learningRate: number, beta1: number, beta2: number) => ({ learningRate, beta1, beta2, epsilon: 1e-8 });
const common = { resolution: 32, channels: 3, batch: 64, repeats: 1, gradientPenalty: 0, emaDecay: 0 } as const;

/** SAGAN; `base` 64 is the full width: at 32×32 256 channels in G, 128 in D. */
function sagan(base: number): Work {
  return {
    ...common,
    kind: 'step',
    model: 'sagan',
    // No gradient through the power iteration: so do PyTorch's own spectral norm, and the twin.
    options: {
      generatorChannels: base,
      discriminatorChannels: base,
      attentionAt: [16],
      spectralNormGradient: 'constant',
    },
    classes: 10,
    loss: 'hinge',
    emaDecay: 0.999,
    generatorOptimizer: adam(1e-4, 0, 0.999),
    discriminatorOptimizer: adam(4e-4, 0, 0.999),
  };
}

/** DCGAN with 512 channels in its 4×4 maps at either resolution. */
function dcgan(resolution: 32 | 64): Work {
  const base = resolution === 32 ? 128 : 64;
  return {
    ...common,
    kind: 'step',
    model: 'dcgan',
    options: { generatorChannels: base, discriminatorChannels: base },
    resolution,
    classes: 0,
    loss: 'nonSaturating',
    generatorOptimizer: adam(2e-4, 0.5, 0.999),
    discriminatorOptimizer: adam(2e-4, 0.5, 0.999),
  };
}

const wganGp: Work = {
  ...common,
  kind: 'critic',
  model: 'wgan-gp',
  options: { generatorChannels: 128, discriminatorChannels: 128 },
  classes: 0,
  loss: 'wasserstein',
  gradientPenalty: 10,
  generatorOptimizer: adam(2e-4, 0, 0.9),
  discriminatorOptimizer: adam(2e-4, 0, 0.9),
};

const biggan: Work = {
  ...common,
  kind: 'step',
  model: 'biggan',
  options: { generatorChannels: 64, discriminatorChannels: 64, attentionAt: [16] },
  classes: 10,
  loss: 'hinge',
  emaDecay: 0.9999,
  generatorOptimizer: adam(2e-4, 0, 0.999),
  discriminatorOptimizer: adam(2e-4, 0, 0.999),
};

/** By the benchmark's name. */
export const works: Readonly<Record<string, Work>> = {
  step: sagan(64),
  'step-quarter': sagan(16),
  'dcgan-32': dcgan(32),
  'dcgan-64': dcgan(64),
  'wgan-gp': wganGp,
  'biggan-32': biggan,
  'sample-64': { ...sagan(64), kind: 'sample' },
  'sample-1': { ...sagan(64), kind: 'sample', batch: 1, repeats: 10 },
};

/** Works that differ in one size. */
export interface Curve {
  readonly along: 'batch' | 'resolution';
  readonly works: readonly Work[];
}

const quarter = sagan(16);

/** SAGAN's step at a quarter of the width; with the resolution attention moves as in the released code. */
export const curves: Readonly<Record<string, Curve>> = {
  'batch-curve': { along: 'batch', works: [4, 8, 16, 32, 64, 128].map((batch) => ({ ...quarter, batch })) },
  'resolution-curve': {
    along: 'resolution',
    works: [32, 64, 128].map((resolution) => ({
      ...quarter,
      options: { ...quarter.options, attentionAt: [resolution === 32 ? 16 : 32] },
      resolution,
      batch: 16,
    })),
  },
};
