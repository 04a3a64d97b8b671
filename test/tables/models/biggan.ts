/** BigGAN: github.com/ajbrock/BigGAN-PyTorch. */

import { type ModelCase, type ModelRow, type ParameterCount, rgb } from '../model-row.ts';

const small = { latentDim: 20, embeddingDim: 4, generatorChannels: 8, discriminatorChannels: 8 };
const narrow = { generatorChannels: 2, discriminatorChannels: 2 };
const tables = { sharedEmbedding: false, hierarchical: false };
const width = (channels: number) => ({ generatorChannels: channels, discriminatorChannels: channels });

/** The sides of the maps that both networks have, as the program names them. */
const sides: Readonly<Record<number, readonly number[]>> = {
  32: [16],
  64: [8, 16, 32],
  128: [8, 16, 32, 64],
  256: [8, 16, 32, 64, 128],
  512: [8, 16, 32, 64, 128, 256],
};

const shapes: ModelCase[] = [32, 64, 128, 256, 512].flatMap((resolution) =>
  [
    { attentionAt: [], ...tables },
    { attentionAt: sides[resolution], hierarchical: false },
    { attentionAt: [], discriminatorAttentionAt: sides[resolution] },
  ].flatMap((changes) =>
    [0, 5].map((classes) => ({ options: { ...small, ...changes }, images: rgb(resolution, classes) })),
  ),
);

/** `script` is a launch script of the program, or what was counted in it with PyTorch 1.13. */
function counted(
  script: string,
  { options, images }: ModelCase,
  [generator, discriminator]: readonly [number, number],
): ParameterCount {
  return { source: `github.com/ajbrock/BigGAN-PyTorch, ${script}`, options, images, generator, discriminator };
}

export const bigganRow: ModelRow = {
  name: 'biggan',
  small: { options: { ...small, attentionAt: [16] }, images: rgb(32, 3) },
  tiny: { options: { ...small, attentionAt: [16], ...narrow }, images: rgb(32, 3) },
  shapes: [...shapes, { options: { ...small }, images: { resolution: 32, channels: 1, classes: 5 } }],
  parameterCounts: [
    counted('launch_BigGAN_bs256x8', { options: {}, images: rgb(128, 1000) }, [70_433_988, 87_982_370]),
    counted('launch_BigGAN_ch64_bs256x8', { options: width(64), images: rgb(128, 1000) }, [31_978_628, 39_448_258]),
    counted(
      'launch_SAGAN_bs128x2_ema',
      { options: { ...tables, ...width(64), latentDim: 128 }, images: rgb(128, 1000) },
      [42_017_412, 39_448_258],
    ),
    counted(
      'launch_cifar_ema',
      { options: { ...tables, ...width(64), latentDim: 128 }, images: rgb(32, 10) },
      [4_304_387, 4_207_361],
    ),
    counted(
      '32 pixels, G_attn 16, D_attn 16',
      { options: { ...width(64), latentDim: 128, attentionAt: [16] }, images: rgb(32, 10) },
      [4_455_172, 4_535_045],
    ),
    counted(
      '64 pixels, G_attn 32, D_attn 32',
      { options: { ...width(64), attentionAt: [32] }, images: rgb(64, 1000) },
      [31_969_540, 20_571_842],
    ),
    counted('256 pixels', { options: {}, images: rgb(256, 1000) }, [82_108_548, 99_225_890]),
    {
      // 8 pieces of 16; 32 channels. The discriminator is the one of 256 pixels (width 32) with a block of 32 channels more
      // behind its first: 2·(9·32·32 + 32) + 32·32 + 32.
      source: 'github.com/ajbrock/BigGAN-PyTorch, 512 pixels, G_ch 32; the discriminator by its layers',
      options: { ...width(32), latentDim: 128 },
      images: rgb(512, 1000),
      generator: 9_937_572,
      discriminator: 11_390_146,
    },
  ],
  golden: [
    { file: 'biggan-32', options: { ...tables, ...width(64), latentDim: 128 }, images: rgb(32, 10) },
    { file: 'biggan-128', options: {}, images: rgb(128, 1000) },
  ],
};
