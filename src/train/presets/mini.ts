/**
 * Presets for two cores and a few minutes: every model learns something visible on MNIST or Fashion-MNIST. Their numbers were
 * found by trial; what they reach stands in docs/models.
 */

import { bothOptimizers, mnist, mnistUnconditional, type Preset } from './preset.ts';
import { oursSagan } from './sagan.ts';

const sagan = {
  model: {
    ...oursSagan,
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
} satisfies Partial<Preset['config']>;

const saganSource =
  'a quarter of the 32×32 widths; two discriminator updates a step instead of two time scales, and classes that differ ' +
  'from the start, because the run is short: found by trial on MNIST (docs/benchmarks.md)';

/** Two discriminator updates a step at one fast learning rate: what works for SAGAN works for its relatives. */
const relative = {
  ...mnist,
  batch: 32,
  discriminatorSteps: 2,
  ...bothOptimizers({ learningRate: 1e-3, beta1: 0, beta2: 0.99 }),
  ema: { decay: 0.99 },
  steps: 800,
  sampleEverySteps: 100,
  checkpointEverySteps: 200,
} satisfies Partial<Preset['config']>;

export const miniPresets: readonly Preset[] = [
  {
    name: 'sagan-mnist-mini',
    summary: 'a small conditional SAGAN on MNIST at 32×32: recognisable digits in minutes on two cores',
    source: saganSource,
    config: { ...sagan, ...mnist, steps: 700, sampleEverySteps: 50, checkpointEverySteps: 100 },
  },
  {
    name: 'sagan-fashion-mnist-mini',
    summary: 'the same small SAGAN on Fashion-MNIST; give its folder with --data fashion-mnist:FOLDER',
    source: saganSource,
    config: {
      ...sagan,
      data: { resolution: 32 },
      images: { ...mnist.images, classNames: [] },
      steps: 2000,
      sampleEverySteps: 100,
      checkpointEverySteps: 500,
    },
  },
  {
    name: 'dcgan-mnist-mini',
    summary: 'a small DCGAN on MNIST at 32×32, without classes',
    source:
      'a quarter and an eighth of the widths; a generator that learns five times as fast as the discriminator, and label ' +
      'smoothing, without which the discriminator wins at once: found by trial on MNIST',
    config: {
      ...mnistUnconditional,
      model: { name: 'dcgan', generatorChannels: 32, discriminatorChannels: 16 },
      loss: 'nonSaturating',
      realTarget: 0.9,
      batch: 64,
      steps: 4000,
      generator: { learningRate: 1e-3, beta1: 0.5 },
      discriminator: { learningRate: 2e-4, beta1: 0.5 },
      ema: { decay: 0.99 },
      sampleEverySteps: 250,
      checkpointEverySteps: 500,
    },
  },
  {
    name: 'sngan-mnist-mini',
    summary: 'a small SNGAN with projection on MNIST at 32×32',
    source: 'a quarter of the widths; optimisers and batch of sagan-mnist-mini',
    config: {
      ...relative,
      model: { name: 'sngan', latentDim: 64, generatorChannels: 16, discriminatorChannels: 16 },
    },
  },
  {
    name: 'wgan-gp-mnist-mini',
    summary: 'a small WGAN-GP on MNIST at 32×32, with classes that its critic tells apart',
    source:
      'a quarter of the widths; a weaker penalty and a stronger class term than the paper, because the run is short: found by ' +
      'trial on MNIST',
    config: {
      ...relative,
      model: { name: 'wgan-gp', latentDim: 64, generatorChannels: 32, discriminatorChannels: 32 },
      loss: 'wasserstein',
      penalties: [{ name: 'gradientPenalty', weight: 1 }],
      auxiliaryClassifier: { discriminatorWeight: 1, generatorWeight: 3 },
      discriminatorSteps: 3,
      ...bothOptimizers({ learningRate: 1e-3, beta1: 0, beta2: 0.9 }),
      steps: 1500,
    },
  },
  {
    name: 'biggan-mnist-mini',
    summary: 'a small BigGAN on MNIST at 32×32: shared embedding, hierarchical latents, attention at 16×16',
    source: 'a sixth of the widths; optimisers and batch of sagan-mnist-mini; orthogonal regularisation of the paper',
    config: {
      ...relative,
      model: {
        name: 'biggan',
        latentDim: 64,
        embeddingDim: 32,
        generatorChannels: 16,
        discriminatorChannels: 8,
        attentionAt: [16],
        discriminatorAttentionAt: [],
      },
      orthogonalRegularization: { generator: 1e-4 },
    },
  },
  {
    name: 'biggan-deep-mnist-mini',
    summary: 'a small BigGAN-deep on MNIST at 32×32',
    source:
      'an eighth of the widths; batch and moving average of sagan-mnist-mini, a little faster: found by trial on MNIST',
    config: {
      ...relative,
      model: {
        name: 'biggan-deep',
        latentDim: 64,
        embeddingDim: 32,
        generatorChannels: 16,
        discriminatorChannels: 16,
        attentionAt: [16],
        discriminatorAttentionAt: [],
      },
      ...bothOptimizers({ learningRate: 1.2e-3, beta1: 0, beta2: 0.99 }),
      steps: 1400,
    },
  },
  {
    name: 'csawgan-mnist-mini',
    summary: 'a small CSAWGAN on MNIST at 32×32: attention, spectral norm, Wasserstein loss with gradient penalty',
    source:
      "an eighth of the widths; WGAN-GP's penalty with fewer critic updates and faster optimisers: found by trial on MNIST",
    config: {
      ...relative,
      model: {
        name: 'csawgan',
        latentDim: 32,
        generatorChannels: 16,
        discriminatorChannels: 16,
        embeddingDim: 128,
        hiddenUnits: 256,
      },
      loss: 'wasserstein',
      penalties: [{ name: 'gradientPenalty', weight: 10 }],
      batch: 64,
      discriminatorSteps: 3,
      generator: { learningRate: 1e-3, beta1: 0, beta2: 0.9 },
      discriminator: { learningRate: 5e-4, beta1: 0, beta2: 0.9 },
      steps: 1500,
    },
  },
  {
    name: 'sagan-mnist-64-heykeetae-mini',
    summary: "a small SAGAN of heykeetae's on MNIST at 64×64, without classes",
    source: 'a quarter of the widths; its two time scales, faster: found by trial on MNIST',
    config: {
      ...relative,
      data: { ...mnistUnconditional.data, resolution: 64 },
      images: { ...mnistUnconditional.images, resolution: 64 },
      model: { name: 'sagan-heykeetae', latentDim: 64, generatorChannels: 16, discriminatorChannels: 16 },
      discriminatorSteps: 1,
      generator: { learningRate: 5e-4, beta1: 0, beta2: 0.9 },
      discriminator: { learningRate: 1e-3, beta1: 0, beta2: 0.9 },
      steps: 1500,
    },
  },
];
