/** WGAN-GP: github.com/igul222/improved_wgan_training. */

import { type ModelCase, type ModelRow, rgb } from '../model-row.ts';

const source = 'github.com/igul222/improved_wgan_training';
const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };
const narrow = { generatorChannels: 2, discriminatorChannels: 2 };
const grey = (classes: number) => ({ resolution: 32, channels: 1, classes });

export const wganGpRow: ModelRow = {
  name: 'wgan-gp',
  small: { options: small, images: rgb(32, 3) },
  tiny: { options: { ...small, ...narrow }, images: rgb(32, 3) },
  shapes: ['running', 'batch'].flatMap((samplingStatistics): ModelCase[] => [
    ...[rgb(32, 0), rgb(32, 3), grey(0), grey(3)].map((images) => ({
      options: { ...small, samplingStatistics },
      images,
    })),
    ...[rgb(32, 0), grey(0)].map((images) => ({
      options: { ...small, samplingStatistics, architecture: 'dcgan', criticNorm: images.channels === 1 },
      images,
    })),
  ]),
  parameterCounts: [
    {
      source: `${source}, gan_cifar_resnet.py`,
      options: {},
      images: rgb(32, 0),
      generator: 1_204_483,
      discriminator: 1_053_825,
    },
    {
      // Six norms have ten rows for one: 6·9·2·128 more; the classifier has 128·10 + 10.
      source: `${source}, gan_cifar_resnet.py, conditional`,
      options: {},
      images: rgb(32, 10),
      generator: 1_204_483 + 13_824,
      discriminator: 1_053_825 + 1290,
    },
    {
      source: `${source}, gan_cifar.py`,
      options: { architecture: 'dcgan' },
      images: rgb(32, 0),
      generator: 5_179_907,
      discriminator: 4_114_689,
    },
  ],
  golden: [
    { file: 'wgan-gp-resnet', options: {}, images: rgb(32, 0) },
    { file: 'wgan-gp-dcgan', options: { architecture: 'dcgan', samplingStatistics: 'batch' }, images: rgb(32, 0) },
  ],
};
