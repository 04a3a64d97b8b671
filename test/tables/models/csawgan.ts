/** CSAWGAN: what its report says, and what was chosen where it says nothing. */

import { type ModelCase, type ModelRow, rgb } from '../model-row.ts';

const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8, embeddingDim: 4, hiddenUnits: 8 };

export const csawganRow: ModelRow = {
  name: 'csawgan',
  small: { options: small, images: rgb(32, 3) },
  shapes: [rgb(32, 0), rgb(32, 5), { ...rgb(32, 5), channels: 1 }].flatMap((images): ModelCase[] =>
    [{}, { attention: false }, { hiddenUnits: 0 }, { spectralNorm: false }, { discriminatorBatchNorm: true }].map(
      (changes) => ({ options: { ...small, ...changes }, images }),
    ),
  ),
  parameterCounts: [
    {
      // With A(C) = 2·(C·C/8 + C/8) + C·C + C + 1 of an attention block with biases:
      // 110·512·16 + 25·(512·256 + 256·128 + 128·3) + 3 + 2·(512 + 256 + 128) + A(128);
      // 25·(3·128 + 128·256 + 256·512) + 128 + 256 + 512 + A(256), the class 10·128 + 128, (8192 + 128)·512 + 512, 512 + 1.
      source: 'the sums of its layers, with classes',
      options: {},
      images: rgb(32, 10),
      generator: 5_029_156,
      discriminator: 8_451_010,
    },
    {
      source: 'the same without attention and classes',
      options: { attention: false },
      images: rgb(32, 0),
      generator: 4_926_595,
      discriminator: 8_301_825,
    },
  ],
  golden: [{ file: 'csawgan-32', options: {}, images: rgb(32, 10) }],
};
