/** SAGAN: github.com/brain-research/self-attention-gan, and those that follow it. */

import { type ModelCase, type ModelRow, rgb } from '../model-row.ts';

/** The sides of the maps that both networks have after a block. */
const sides = { 32: [8, 16], 64: [8, 16, 32], 128: [8, 16, 32, 64] } as const;

const shapes: ModelCase[] = ([32, 64, 128] as const).flatMap((resolution) =>
  [1, 3].flatMap((channels) =>
    [0, 5].flatMap((classes) =>
      [[], ...sides[resolution].map((side) => [side]), [...sides[resolution]]].map((attentionAt) => ({
        options: { generatorChannels: 8, discriminatorChannels: 8, attentionAt },
        images: { resolution, channels, classes },
      })),
    ),
  ),
);

const released = 'github.com/brain-research/self-attention-gan';
const mimicry = 'github.com/kwotsin/mimicry';
const bigganPytorch = 'github.com/ajbrock/BigGAN-PyTorch';

const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };

export const saganRow: ModelRow = {
  name: 'sagan',
  small: { options: { ...small, attentionAt: [16] }, images: rgb(32, 3) },
  shapes: [
    ...shapes,
    ...['official', 'paper', 'biggan-pytorch', 'studiogan', 'mimicry'].flatMap((variant) =>
      [32, 64, 128].map((resolution) => ({ options: { ...small, variant }, images: rgb(resolution, 5) })),
    ),
    ...([32, 64, 128] as const).map((resolution) => ({
      options: { ...small, widths: 'pyramid', attentionAt: [resolution], residualAt: sides[resolution] },
      images: rgb(resolution, 5),
    })),
    ...['discriminator', 'none'].map((spectralNorm) => ({ options: { ...small, spectralNorm }, images: rgb(32, 5) })),
  ],
  parameterCounts: [
    { source: released, options: {}, images: rgb(128, 1000), generator: 42_078_852, discriminator: 39_463_618 },
    {
      source: released,
      options: { attentionAt: [64] },
      images: rgb(128, 1000),
      generator: 42_017_412,
      discriminator: 39_448_258,
    },
    {
      source: released,
      options: { attentionAt: [] },
      images: rgb(128, 1000),
      generator: 41_996_931,
      discriminator: 39_443_137,
    },
    {
      // Its residual block has as many parameters as attention, here exactly.
      source: 'arXiv:1805.08318, table 1',
      options: { attentionAt: [], residualAt: [32] },
      images: rgb(128, 1000),
      generator: 42_078_852,
      discriminator: 39_463_618,
    },
    {
      // The paper's values have C/8 channels and its output convolution as many inputs: 2·(256·32 − 256·128) fewer, and
      // 2·(128·16 − 128·64) fewer.
      source: 'arXiv:1805.08318, section 3',
      options: { variant: 'paper' },
      images: rgb(128, 1000),
      generator: 42_078_852 - 49_152,
      discriminator: 39_463_618 - 12_288,
    },
    {
      source: `${bigganPytorch}, launch_SAGAN_bs128x2_ema.sh`,
      options: { variant: 'biggan-pytorch' },
      images: rgb(128, 1000),
      generator: 42_017_412,
      discriminator: 39_448_258,
    },
    {
      source: `${bigganPytorch}, launch_cifar_ema.sh`,
      options: { variant: 'biggan-pytorch', initializer: 'normal' },
      images: rgb(32, 10),
      generator: 4_304_387,
      discriminator: 4_207_361,
    },
    {
      source: 'github.com/POSTECH-CVLab/PyTorch-StudioGAN, CIFAR10/SAGAN.yaml',
      options: { variant: 'studiogan' },
      images: rgb(32, 10),
      generator: 4_386_308,
      discriminator: 1_075_586,
    },
    {
      source: mimicry,
      options: { variant: 'mimicry' },
      images: rgb(32, 10),
      generator: 4_386_308,
      discriminator: 1_075_586,
    },
    {
      source: mimicry,
      options: { variant: 'mimicry', discriminatorChannels: 8 },
      images: rgb(128, 1000),
      generator: 42_078_852,
      discriminator: 582_818,
    },
  ],
  golden: [
    { file: 'sagan-32', options: { attentionAt: [16] }, images: rgb(32, 10) },
    { file: 'sagan-128', options: {}, images: rgb(128, 1000) },
    { file: 'sagan-studiogan-32', options: { variant: 'studiogan' }, images: rgb(32, 10) },
  ],
};
