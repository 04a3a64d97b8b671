/** SAGAN: the published recipes, in the programs that published them, and recipes for images of one's own. */

import { bothOptimizers, cifar10, faces, fallingOver, imagenet, noEma, type Preset } from './preset.ts';

const paper =
  'Zhang et al. 2019, arXiv:1805.08318, section 4; β₂ and ε are those of the released code (Adam, TensorFlow defaults)';

/** Recipes of our own keep shorter averages than the released code, which suit shorter runs. */
export const oursSagan = {
  name: 'sagan',
  batchNormDecay: 0.9,
  lastBatchNormDecay: 0.9,
  spectralNormGradient: 'constant',
} as const;

const twoTimeScales = {
  generator: { learningRate: 1e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 },
  discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-8 },
} as const;

export const saganPresets: readonly Preset[] = [
  {
    name: 'sagan-imagenet-128',
    summary: "the paper's SAGAN: ImageNet at 128×128, 1000 classes, batch 256, a million steps; a big machine's work",
    source: `${paper}; the released code, which averages no generator`,
    config: {
      ...imagenet(128),
      model: { name: 'sagan', attentionAt: [32] },
      batch: 256,
      steps: 1_000_000,
      ...twoTimeScales,
      ema: noEma,
    },
  },
  {
    name: 'sagan-imagenet-128-paper',
    summary: 'the same with attention and β₂ as the paper prints them, not as its code has them',
    source: 'Zhang et al. 2019, arXiv:1805.08318, sections 3 and 4',
    config: {
      ...imagenet(128),
      model: { name: 'sagan', variant: 'paper', attentionAt: [32] },
      batch: 256,
      steps: 1_000_000,
      generator: { learningRate: 1e-4, beta1: 0, beta2: 0.9 },
      discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.9 },
      ema: noEma,
    },
  },
  {
    name: 'sagan-imagenet-128-biggan-pytorch',
    summary: "BigGAN-PyTorch's SAGAN at 128×128: an average of the generator, 128 images at a time, twice a step",
    source: 'github.com/ajbrock/BigGAN-PyTorch, scripts/launch_SAGAN_bs128x2_ema.sh; steps as in the paper',
    config: {
      ...imagenet(128),
      model: { name: 'sagan', variant: 'biggan-pytorch' },
      batch: 256,
      accumulation: 2,
      steps: 1_000_000,
      ...twoTimeScales,
      ema: { decay: 0.9999, startStep: 2000 },
    },
  },
  {
    name: 'sagan-imagenet-128-studiogan',
    summary: "StudioGAN's SAGAN at 128×128",
    source: 'github.com/POSTECH-CVLab/PyTorch-StudioGAN, src/configs/ImageNet/SAGAN-256.yaml',
    config: {
      ...imagenet(128),
      model: { name: 'sagan', variant: 'studiogan' },
      data: { ...imagenet(128).data, flip: true },
      batch: 256,
      steps: 1_000_000,
      generator: { learningRate: 1e-4, beta1: 0, beta2: 0.999, epsilon: 1e-6 },
      discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-6 },
      ema: noEma,
    },
  },
  {
    name: 'sagan-cifar10-studiogan',
    summary: "StudioGAN's SAGAN on CIFAR-10, which has a published score",
    source:
      'github.com/POSTECH-CVLab/PyTorch-StudioGAN, src/configs/CIFAR10/SAGAN.yaml and the defaults of its config.py',
    config: {
      ...cifar10,
      model: { name: 'sagan', variant: 'studiogan' },
      data: { ...cifar10.data, flip: true },
      batch: 64,
      discriminatorSteps: 5,
      steps: 100_000,
      ...bothOptimizers({ learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-6 }),
      ema: noEma,
    },
  },
  {
    name: 'sagan-cifar10-mimicry',
    summary: "mimicry's SAGAN on CIFAR-10",
    source: "github.com/kwotsin/mimicry, nets/sagan/sagan_32.py, with its SNGAN's recipe: it publishes none for SAGAN",
    config: {
      ...cifar10,
      model: { name: 'sagan', variant: 'mimicry' },
      batch: 64,
      discriminatorSteps: 5,
      steps: 100_000,
      ...bothOptimizers({ learningRate: 2e-4, beta1: 0, beta2: 0.9, ...fallingOver(100_000) }),
      ema: noEma,
    },
  },
  {
    name: 'sagan-faces-64-heykeetae',
    summary: "heykeetae's SAGAN of transposed convolutions: faces at 64×64, without classes",
    source: 'github.com/heykeetae/Self-Attention-GAN, its defaults with the hinge loss of its README',
    config: {
      ...faces(64),
      model: { name: 'sagan-heykeetae' },
      batch: 64,
      steps: 1_000_000,
      generator: { learningRate: 1e-4, beta1: 0, beta2: 0.9 },
      discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.9 },
      ema: noEma,
    },
  },
  {
    name: 'sagan-images-32',
    summary: 'SAGAN at 32×32 on a folder of images, a class per sub-folder or none',
    source:
      "SNGAN's 32×32 widths (256 and 128 channels) with attention at 16×16; optimisers as sagan-imagenet-128; batch, " +
      'steps and moving average are ours, and nobody has run it to its end',
    config: {
      model: { ...oursSagan, attentionAt: [16] },
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
    source: `${paper}; one block fewer for 64×64; batch, steps and moving average are ours, and nobody has run it to its end`,
    config: {
      model: { ...oursSagan, attentionAt: [32] },
      data: { resolution: 64 },
      images: { resolution: 64, channels: 3, classes: 0, classNames: [] },
      batch: 64,
      steps: 200_000,
      ema: { decay: 0.9999, startStep: 1000 },
    },
  },
];
