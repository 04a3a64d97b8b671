/**
 * Presets for two cores and a few minutes: every model learns something visible on MNIST or Fashion-MNIST. Their numbers were
 * found by trial; what they reach stands in docs/models.
 */

import { mnist, type Preset } from './preset.ts';
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
];
