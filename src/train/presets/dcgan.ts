/** DCGAN and CSAWGAN, which is built on it. */

import { bothOptimizers, cifar10, faces, noEma, type Preset } from './preset.ts';

export const dcganPresets: readonly Preset[] = [
  {
    name: 'dcgan-faces-64',
    summary: "the paper's DCGAN: faces at 64×64, without classes",
    source:
      'Radford, Metz, Chintala 2016, arXiv:1511.06434, and faces/train_uncond_dcgan.py of the authors: batch, learning rate, ' +
      'β₁, weight decay; steps are its 25 passes over 350,000 faces, of which each network sees every other batch',
    config: {
      ...faces(64),
      model: { name: 'dcgan' },
      loss: 'nonSaturating',
      batch: 128,
      steps: 34_180,
      ...bothOptimizers({ learningRate: 2e-4, beta1: 0.5, beta2: 0.999, weightDecay: 1e-5 }),
      ema: noEma,
    },
  },
  {
    name: 'csawgan-cifar10',
    summary: 'CSAWGAN on CIFAR-10: conditional, self-attention, Wasserstein with gradient penalty',
    source:
      "the report's batch of 64 and 300 passes over the training images (with 5 critic updates a step); it states neither " +
      "learning rates nor λ nor how often the critic moves: these are WGAN-GP's (arXiv:1704.00028, algorithm 1)",
    config: {
      ...cifar10,
      model: { name: 'csawgan' },
      loss: 'wasserstein',
      penalties: [{ name: 'gradientPenalty', weight: 10 }],
      batch: 64,
      discriminatorSteps: 5,
      steps: 46_875,
      ...bothOptimizers({ learningRate: 1e-4, beta1: 0, beta2: 0.9 }),
      ema: noEma,
    },
  },
];
