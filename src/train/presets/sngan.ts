/** SNGAN, and SNGAN with projection. */

import { bothOptimizers, cifar10, cifar10Unconditional, fallingOver, imagenet, noEma, type Preset } from './preset.ts';

const paper = 'Miyato et al. 2018, arXiv:1802.05957';
const projection = 'Miyato, Koyama 2018, arXiv:1802.05637';
const code = 'github.com/pfnet-research/sngan_projection';

/** The authors' configs sn_cifar10_*.yml. */
const official = {
  batch: 64,
  generatorBatch: 128,
  discriminatorSteps: 5,
  steps: 50_000,
  ...bothOptimizers({ learningRate: 2e-4, beta1: 0, beta2: 0.9, ...fallingOver(50_000) }),
  ema: noEma,
} satisfies Partial<Preset['config']>;

const mimicry = {
  batch: 64,
  discriminatorSteps: 5,
  steps: 100_000,
  ...bothOptimizers({ learningRate: 2e-4, beta1: 0, beta2: 0.9, ...fallingOver(100_000) }),
  ema: noEma,
} satisfies Partial<Preset['config']>;

export const snganPresets: readonly Preset[] = [
  {
    name: 'sngan-cifar10',
    summary: 'SNGAN on CIFAR-10, without classes',
    source: `${paper}; ${code}, configs/sn_cifar10_unconditional.yml`,
    config: { ...cifar10Unconditional, model: { name: 'sngan' }, ...official },
  },
  {
    name: 'sngan-cifar10-projection',
    summary: 'SNGAN with a projection discriminator on CIFAR-10 with classes (cGAN-PD)',
    source: `${projection}; ${code}, configs/sn_cifar10_conditional.yml`,
    config: { ...cifar10, model: { name: 'sngan' }, ...official },
  },
  {
    name: 'sngan-imagenet-128-projection',
    summary: 'SNGAN with a projection discriminator on ImageNet at 128×128, 1000 classes',
    source: `${projection}; ${code}, configs/sn_projection.yml, a single processor's batch of 16`,
    config: {
      ...imagenet(128),
      model: { name: 'sngan' },
      batch: 16,
      generatorBatch: 32,
      discriminatorSteps: 5,
      steps: 450_000,
      ...bothOptimizers({ learningRate: 2e-4, beta1: 0, beta2: 0.9, decay: { fromStep: 400_000, toStep: 450_000 } }),
      ema: noEma,
    },
  },
  {
    name: 'sngan-cifar10-mimicry',
    summary: "mimicry's SNGAN on CIFAR-10, without classes",
    source: 'github.com/kwotsin/mimicry, examples/sngan_example.py',
    config: { ...cifar10Unconditional, model: { name: 'sngan', variant: 'mimicry' }, ...mimicry },
  },
  {
    name: 'sngan-cifar10-projection-mimicry',
    summary: "mimicry's cGAN-PD on CIFAR-10 with classes",
    source: 'github.com/kwotsin/mimicry, its recipe for CIFAR-10 with the projection discriminator',
    config: { ...cifar10, model: { name: 'sngan', variant: 'mimicry' }, ...mimicry },
  },
];
