/** BigGAN-deep: github.com/ajbrock/BigGAN-PyTorch, `BigGANdeep.py`. */

import { type ModelCase, type ModelRow, type ParameterCount, rgb } from '../model-row.ts';

const small = { latentDim: 8, embeddingDim: 4, generatorChannels: 8, discriminatorChannels: 8 };
const narrow = { generatorChannels: 2, discriminatorChannels: 2 };

/** The sides of the maps that both networks have, as the program names them. */
const sides: Readonly<Record<number, readonly number[]>> = {
  32: [16],
  64: [8, 16, 32],
  128: [8, 16, 32, 64],
  256: [8, 16, 32, 64, 128],
};

const shapes: ModelCase[] = [32, 64, 128, 256].flatMap((resolution) =>
  [{ attentionAt: [] }, { attentionAt: sides[resolution] }].flatMap((changes) =>
    [0, 5].map((classes) => ({ options: { ...small, ...changes }, images: rgb(resolution, classes) })),
  ),
);

/** As counted in the program with PyTorch 1.13: ch 128, dim_z 128, shared_dim 128, depth 2, and attention at `side`. */
function counted(resolution: number, side: number, generator: number, discriminator: number): ParameterCount {
  const source = `github.com/ajbrock/BigGAN-PyTorch, launch_BigGAN_deep at ${resolution} pixels`;
  return { source, options: { attentionAt: [side] }, images: rgb(resolution, 1000), generator, discriminator };
}

export const bigganDeepRow: ModelRow = {
  name: 'biggan-deep',
  small: { options: { ...small, attentionAt: [16] }, images: rgb(32, 3) },
  tiny: { options: { ...small, attentionAt: [16], ...narrow }, images: rgb(32, 3) },
  shapes: [...shapes, { options: small, images: { resolution: 32, channels: 1, classes: 5 } }],
  parameterCounts: [
    counted(32, 16, 7_889_668, 4_071_172),
    counted(64, 32, 49_829_636, 20_951_554),
    counted(128, 64, 50_244_484, 34_590_210),
    counted(256, 64, 55_736_708, 38_247_426),
  ],
  golden: [
    { file: 'biggan-deep-32', options: { attentionAt: [16] }, images: rgb(32, 10) },
    { file: 'biggan-deep-128', options: {}, images: rgb(128, 1000) },
  ],
};
