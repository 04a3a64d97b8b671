/** The SAGAN of github.com/heykeetae/Self-Attention-GAN. */

import { type ModelRow, rgb } from '../model-row.ts';

const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };

export const saganHeykeetaeRow: ModelRow = {
  name: 'sagan-heykeetae',
  small: { options: small, images: rgb(64, 0) },
  shapes: [rgb(64, 0), { resolution: 64, channels: 1, classes: 0 }].map((images) => ({ options: small, images })),
  parameterCounts: [
    {
      // As counted in the program with PyTorch 1.13, with its --imsize 64.
      source: 'github.com/heykeetae/Self-Attention-GAN',
      options: {},
      images: rgb(64, 0),
      generator: 3_832_885,
      discriminator: 3_175_299,
    },
  ],
  golden: [{ file: 'sagan-heykeetae-64', options: {}, images: rgb(64, 0) }],
};
