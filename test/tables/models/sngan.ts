/** SNGAN: github.com/pfnet-research/sngan_projection, and mimicry's. */

import { type ModelRow, rgb } from '../model-row.ts';

const official = 'github.com/pfnet-research/sngan_projection';
const mimicry = 'github.com/kwotsin/mimicry';
const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };
const narrow = { generatorChannels: 2, discriminatorChannels: 2 };

export const snganRow: ModelRow = {
  name: 'sngan',
  small: { options: small, images: rgb(32, 3) },
  tiny: { options: { ...small, ...narrow }, images: rgb(32, 3) },
  shapes: ['official', 'mimicry'].flatMap((variant) =>
    [32, 48, 64, 128].flatMap((resolution) =>
      [0, 3].flatMap((classes) =>
        [1, 3].map((channels) => ({ options: { ...small, variant }, images: { resolution, channels, classes } })),
      ),
    ),
  ),
  parameterCounts: [
    {
      // Its last linear map has no bias.
      source: official,
      options: {},
      images: rgb(32, 0),
      generator: 4_276_739,
      discriminator: 1_053_825 - 1,
    },
    { source: official, options: {}, images: rgb(32, 10), generator: 4_304_387, discriminator: 1_055_105 - 1 },
    {
      source: mimicry,
      options: { variant: 'mimicry' },
      images: rgb(32, 0),
      generator: 4_276_739,
      discriminator: 1_053_825,
    },
    {
      source: mimicry,
      options: { variant: 'mimicry' },
      images: rgb(48, 0),
      generator: 4_878_083,
      discriminator: 10_141_441,
    },
    {
      source: mimicry,
      options: { variant: 'mimicry' },
      images: rgb(64, 0),
      generator: 12_220_675,
      discriminator: 10_141_441,
    },
    {
      source: mimicry,
      options: { variant: 'mimicry' },
      images: rgb(128, 0),
      generator: 32_150_787,
      discriminator: 29_017_857,
    },
    {
      source: `${mimicry}, cGAN-PD`,
      options: { variant: 'mimicry' },
      images: rgb(32, 10),
      generator: 4_304_387,
      discriminator: 1_055_105,
    },
    {
      source: `${mimicry}, cGAN-PD`,
      options: { variant: 'mimicry', discriminatorChannels: 8 },
      images: rgb(128, 1000),
      generator: 41_996_931,
      discriminator: 582_497,
    },
  ],
  golden: [
    { file: 'sngan-32', options: {}, images: rgb(32, 10) },
    { file: 'sngan-128', options: {}, images: rgb(128, 0) },
  ],
};
