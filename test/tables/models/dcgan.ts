/** DCGAN: github.com/Newmu/dcgan_code. */

import { type ModelCase, type ModelRow, rgb } from '../model-row.ts';

const grey = (resolution: number) => ({ resolution, channels: 1, classes: 0 });
const small = { latentDim: 8, generatorChannels: 4, discriminatorChannels: 4 };

export const dcganRow: ModelRow = {
  name: 'dcgan',
  small: { options: small, images: rgb(32, 0) },
  shapes: [rgb(32, 0), rgb(64, 0), grey(32), grey(64)].flatMap((images): ModelCase[] =>
    ['running', 'batch'].map((samplingStatistics) => ({ options: { ...small, samplingStatistics }, images })),
  ),
  parameterCounts: [
    {
      source: 'github.com/Newmu/dcgan_code',
      options: {},
      images: rgb(64, 0),
      generator: 18_885_760,
      discriminator: 17_232_768,
    },
    {
      // 100·(512·16) + 2·(512·16) + 25·(512·256 + 256·128 + 128·3) + 2·(256 + 128);
      // 25·(3·128 + 128·256 + 256·512) + 2·(256 + 512) + 512·16.
      source: 'the 64×64 form without its widest layer',
      options: {},
      images: rgb(32, 0),
      generator: 4_941_952,
      discriminator: 4_115_328,
    },
  ],
  golden: [
    { file: 'dcgan-32', options: { samplingStatistics: 'batch' }, images: grey(32) },
    { file: 'dcgan-64', options: {}, images: rgb(64, 0) },
  ],
};
