/** Presets: complete recipes by name, `<model>-<dataset>[-<resolution>][-mini]`. */

import { suggest, UserError } from '../base/errors.ts';
import type { ConfigInput } from './config.ts';

export interface Preset {
  readonly name: string;
  /** One line for lists. */
  readonly summary: string;
  /** Where the numbers come from. */
  readonly source: string;
  readonly config: Omit<ConfigInput, 'data'> & {
    readonly data: Omit<ConfigInput['data'], 'source'> & { source?: string };
  };
}

const saganPaper =
  'Zhang et al. 2019, arXiv:1805.08318, section 4; β₂ and ε are those of the released code (Adam, TensorFlow defaults)';

const miniSource =
  'a quarter of the 32×32 widths; two discriminator updates a step instead of two time scales, and classes that differ ' +
  'from the start, because the run is short: found by trial on MNIST (docs/benchmarks.md)';

/** What the presets of our own were tuned with, where the released code does otherwise: shorter averages suit short runs. */
const ours = {
  name: 'sagan',
  batchNormDecay: 0.9,
  lastBatchNormDecay: 0.9,
  spectralNormGradient: 'constant',
} as const;

const mini = {
  model: {
    ...ours,
    generatorChannels: 16,
    discriminatorChannels: 16,
    latentDim: 64,
    attentionAt: [16],
    classDeviation: 0.5,
  },
  batch: 32,
  discriminatorSteps: 2,
  generator: { learningRate: 1e-3, beta2: 0.99 },
  discriminator: { learningRate: 1e-3, beta2: 0.99 },
  ema: { decay: 0.99 },
} as const;

export const presets: readonly Preset[] = [
  {
    name: 'sagan-mnist-mini',
    summary: 'a small conditional SAGAN on MNIST at 32×32: recognisable digits in minutes on two cores',
    source: miniSource,
    config: {
      ...mini,
      data: { source: 'mnist', resolution: 32 },
      images: { resolution: 32, channels: 1, classes: 10, classNames: [...'0123456789'] },
      steps: 700,
      sampleEverySteps: 50,
      checkpointEverySteps: 100,
    },
  },
  {
    name: 'sagan-fashion-mnist-mini',
    summary: 'the same small SAGAN on Fashion-MNIST; give its folder with --data fashion-mnist:FOLDER',
    source: miniSource,
    config: {
      ...mini,
      data: { resolution: 32 },
      images: { resolution: 32, channels: 1, classes: 10, classNames: [] },
      steps: 2000,
      sampleEverySteps: 100,
      checkpointEverySteps: 500,
    },
  },
  {
    name: 'sagan-images-32',
    summary: 'SAGAN at 32×32 on a folder of images, a class per sub-folder or none',
    source:
      "SNGAN's 32×32 widths (256 and 128 channels) with attention at 16×16; optimisers as sagan-imagenet-128; batch, " +
      'steps and moving average are ours, and nobody has run it to its end',
    config: {
      model: { ...ours, attentionAt: [16] },
      data: { resolution: 32 },
      images: { resolution: 32, channels: 3, classes: 0, classNames: [] },
      batch: 64,
      steps: 50_000,
      ema: { decay: 0.9999, startStep: 1000 },
    },
  },
  {
    name: 'sagan-images-64',
    summary: 'SAGAN at 64×64 on a folder of images, a class per sub-folder or none',
    source:
      `${saganPaper}; one block fewer for 64×64; batch, steps and moving average are ours, and nobody has run it to ` +
      'its end',
    config: {
      model: { ...ours, attentionAt: [32] },
      data: { resolution: 64 },
      images: { resolution: 64, channels: 3, classes: 0, classNames: [] },
      batch: 64,
      steps: 200_000,
      ema: { decay: 0.9999, startStep: 1000 },
    },
  },
  {
    name: 'sagan-imagenet-128',
    summary: "the paper's SAGAN: ImageNet at 128×128, 1000 classes, batch 256, a million steps; a big machine's work",
    source: `${saganPaper}; the released code averages no generator, and Sagan samples from one that keeps 0.999`,
    config: {
      model: { name: 'sagan', attentionAt: [32] },
      data: { resolution: 128, channels: 3 },
      images: { resolution: 128, channels: 3, classes: 1000, classNames: [] },
      batch: 256,
      steps: 1_000_000,
      generator: { learningRate: 1e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 },
      discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 },
    },
  },
];

/** Throws UserError that names the nearest preset if there is none of that name. */
export function findPreset(name: string): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const names = presets.map((preset) => preset.name);
  throw new UserError(`preset "${name}" does not exist. ${suggest(name, names)}`);
}
