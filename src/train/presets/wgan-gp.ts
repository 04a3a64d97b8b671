/** Wasserstein GANs: WGAN-GP in its two architectures, and its forerunner with clipped weights. */

import { bothOptimizers, cifar10, cifar10Unconditional, fallingOver, noEma, type Preset } from './preset.ts';

const source = 'Gulrajani et al. 2017, arXiv:1704.00028, and the code of its authors';

const resnet = {
  loss: 'wasserstein',
  penalties: [{ name: 'gradientPenalty', weight: 10 }],
  batch: 64,
  generatorBatch: 128,
  discriminatorSteps: 5,
  steps: 100_000,
  ...bothOptimizers({ learningRate: 2e-4, beta1: 0, beta2: 0.9, ...fallingOver(100_000) }),
  ema: noEma,
} satisfies Partial<Preset['config']>;

const small = {
  ...cifar10Unconditional,
  loss: 'wasserstein',
  batch: 64,
  discriminatorSteps: 5,
  steps: 200_000,
  ema: noEma,
} satisfies Partial<Preset['config']>;

export const wganGpPresets: readonly Preset[] = [
  {
    name: 'wgan-gp-cifar10',
    summary: "WGAN-GP's ResNet on CIFAR-10, without classes",
    source: `${source}, gan_cifar_resnet.py`,
    config: {
      ...cifar10Unconditional,
      data: { ...cifar10Unconditional.data, dequantize: true },
      model: { name: 'wgan-gp' },
      ...resnet,
    },
  },
  {
    name: 'wgan-gp-cifar10-conditional',
    summary: "WGAN-GP's ResNet on CIFAR-10 with classes, which the critic tells apart (AC-GAN)",
    source: `${source}, gan_cifar_resnet.py with CONDITIONAL and ACGAN`,
    config: {
      ...cifar10,
      data: { ...cifar10.data, dequantize: true },
      model: { name: 'wgan-gp' },
      ...resnet,
      auxiliaryClassifier: { discriminatorWeight: 1, generatorWeight: 0.1 },
    },
  },
  {
    name: 'wgan-gp-cifar10-dcgan',
    summary: 'WGAN-GP on CIFAR-10 with networks of the size of DCGAN',
    source: `${source}, gan_cifar.py in the mode wgan-gp`,
    config: {
      ...small,
      model: { name: 'wgan-gp', architecture: 'dcgan' },
      penalties: [{ name: 'gradientPenalty', weight: 10 }],
      ...bothOptimizers({ learningRate: 1e-4, beta1: 0.5, beta2: 0.9 }),
    },
  },
  {
    name: 'wgan-cifar10',
    summary: 'the Wasserstein GAN with clipped weights on CIFAR-10: what the gradient penalty was made to replace',
    source: `Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875, algorithm 1; ${source}, gan_cifar.py in the mode wgan`,
    config: {
      ...small,
      model: { name: 'wgan-gp', architecture: 'dcgan', criticNorm: true },
      generator: { method: 'rmsprop', learningRate: 5e-5, beta2: 0.9, epsilon: 1e-10 },
      discriminator: { method: 'rmsprop', learningRate: 5e-5, beta2: 0.9, epsilon: 1e-10, clip: 0.01 },
    },
  },
];
