/** SAGAN: github.com/brain-research/self-attention-gan, and those that follow it. */

import { type ModelCase, type ModelRow, rgb } from '../model-row.ts';

/** The sides of the maps that both of SAGAN's networks have after a block. */
const saganSides = { 32: [8, 16], 64: [8, 16, 32], 128: [8, 16, 32, 64] } as const;

const saganShapes: ModelCase[] = ([32, 64, 128] as const).flatMap((resolution) =>
  [1, 3].flatMap((channels) =>
    [0, 5].flatMap((classes) =>
      [[], ...saganSides[resolution].map((side) => [side]), [...saganSides[resolution]]].map((attentionAt) => ({
        options: { generatorChannels: 8, discriminatorChannels: 8, attentionAt },
        images: { resolution, channels, classes },
      })),
    ),
  ),
);

const released = 'github.com/brain-research/self-attention-gan';
const mimicry = 'github.com/kwotsin/mimicry';

export const saganRow: ModelRow = {
  name: 'sagan',
  small: {
    options: { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [16] },
    images: rgb(32, 3),
  },
  shapes: saganShapes,
  parameterCounts: [
    {
      source: released,
      options: { attentionAt: [32] },
      images: rgb(128, 1000),
      generator: 42_078_852,
      discriminator: 39_463_618,
    },
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
      source: mimicry,
      options: { attentionAt: [16] },
      images: rgb(32, 10),
      generator: 4_386_308,
      discriminator: 1_075_586,
    },
    {
      source: mimicry,
      options: { attentionAt: [] },
      images: rgb(32, 10),
      generator: 4_304_387,
      discriminator: 1_055_105,
    },
  ],
  golden: [
    { file: 'sagan-32', options: { attentionAt: [16] }, images: rgb(32, 10) },
    { file: 'sagan-128', options: {}, images: rgb(128, 1000) },
  ],
};
