/** BigGAN and BigGAN-deep. */

import { cifar10, imagenet, type Preset } from './preset.ts';

const paper = 'Brock, Donahue, Simonyan 2019, arXiv:1809.11096';
const code = 'github.com/ajbrock/BigGAN-PyTorch';

/** Section 3 and appendix C of the paper. */
const asPrinted = {
  batch: 2048,
  discriminatorSteps: 2,
  generator: { learningRate: 5e-5, beta1: 0, beta2: 0.999 },
  discriminator: { learningRate: 2e-4, beta1: 0, beta2: 0.999 },
  ema: { decay: 0.9999 },
  orthogonalRegularization: { generator: 1e-4, discriminator: 0, form: 'paper' },
} satisfies Partial<Preset['config']>;

const pieces =
  '; the batch is cut into pieces by accumulation, which the paper, with 128 processors and batch norm over all of them, did ' +
  'not need';

export const bigganPresets: readonly Preset[] = [
  {
    name: 'biggan-imagenet-128',
    summary: "the paper's BigGAN: ImageNet at 128×128, batch 2048; a big machine's work",
    source: `${paper}, section 3 and table 1${pieces}`,
    config: { ...imagenet(128), model: { name: 'biggan' }, ...asPrinted, accumulation: 32, steps: 165_000 },
  },
  {
    name: 'biggan-imagenet-256',
    summary: "the paper's BigGAN at 256×256",
    source: `${paper}, section 4${pieces}; steps as at 128×128`,
    config: { ...imagenet(256), model: { name: 'biggan' }, ...asPrinted, accumulation: 64, steps: 165_000 },
  },
  {
    name: 'biggan-imagenet-512',
    summary: "the paper's BigGAN at 512×512",
    source: `${paper}, section 4${pieces}; steps as at 128×128`,
    config: { ...imagenet(512), model: { name: 'biggan' }, ...asPrinted, accumulation: 256, steps: 165_000 },
  },
  {
    name: 'biggan-imagenet-128-biggan-pytorch',
    summary: "the authors' PyTorch recipe for BigGAN at 128×128: 256 images at a time, 8 times a step",
    source: `${code}, scripts/launch_BigGAN_bs256x8.sh; steps: its README's 150,000`,
    config: {
      ...imagenet(128),
      model: { name: 'biggan' },
      batch: 2048,
      accumulation: 8,
      steps: 150_000,
      generator: { learningRate: 1e-4, beta1: 0, beta2: 0.999, epsilon: 1e-6 },
      discriminator: { learningRate: 4e-4, beta1: 0, beta2: 0.999, epsilon: 1e-6 },
      ema: { decay: 0.9999, startStep: 20_000 },
    },
  },
  {
    name: 'biggan-cifar10',
    summary: "the authors' PyTorch recipe for CIFAR-10: wide networks without attention or a shared embedding",
    source: `${code}, scripts/launch_cifar_ema.sh: 500 passes over 50,000 images, 200 a step`,
    config: {
      ...cifar10,
      model: {
        name: 'biggan',
        generatorChannels: 64,
        discriminatorChannels: 64,
        sharedEmbedding: false,
        hierarchical: false,
        latentDim: 128,
        initializer: 'normal',
        spectralNormEpsilon: 1e-8,
      },
      batch: 50,
      discriminatorSteps: 4,
      steps: 125_000,
      generator: { learningRate: 2e-4, beta1: 0, beta2: 0.999 },
      discriminator: { learningRate: 2e-4, beta1: 0, beta2: 0.999 },
      ema: { decay: 0.9999, startStep: 1000 },
    },
  },
  {
    name: 'biggan-deep-imagenet-128',
    summary: 'BigGAN-deep on ImageNet at 128×128',
    source: `${paper}, appendix B${pieces}; optimisers and steps as BigGAN's at 128×128`,
    config: { ...imagenet(128), model: { name: 'biggan-deep' }, ...asPrinted, accumulation: 32, steps: 165_000 },
  },
];
