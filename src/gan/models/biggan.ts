/**
 * BigGAN. Brock, Donahue, Simonyan 2019, arXiv:1809.11096.
 *
 * Exact to the authors' PyTorch program, `BigGAN.py` of github.com/ajbrock/BigGAN-PyTorch, at 32 to 256 pixels: the ResNet
 * of SAGAN with one embedding of the classes for all norms, latents that are cut into a piece a block, and orthogonal
 * initial values. `sharedEmbedding` and `hierarchical` switched off, it is that program's SAGAN and SNGAN.
 *
 * Deviations from that program:
 * - its discriminator ends at 256 pixels; at 512 it has the widths of github.com/google/compare_gan;
 * - the shortcut's 1×1 convolution runs on the smaller map, before doubling and after averaging, which is the same;
 * - without classes the norms hear of their piece of the latents alone, or of nothing, and the discriminator has no
 *   projection. The program is for classes.
 *
 * A peculiarity of it that is kept: at 32 pixels its discriminator takes all of its four maps for maps of side 16 (the last
 * three have side 8), so that attention at 16 follows each of its blocks.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { concat, relu, reshape, split, tanh } from '../../engine/ops/index.ts';
import { batchNorm, conditionalBatchNorm, conv2d, embedding, linear, projectedBatchNorm } from '../../nn/index.ts';
import { downBlock, type Norm, projectionHead, upBlock } from '../blocks.ts';
import type { GanModel, ImageType } from '../model.ts';
import {
  type AttentionPlace,
  attention,
  attentionFields,
  attentionSides,
  type BigganLayers,
  batchNormOptions,
  checkAttention,
  layerFields,
  layersOf,
} from './biggan-parts.ts';

interface Form {
  /** Channels in multiples of the base width: of the 4×4 map, and after each block that doubles it. */
  readonly generator: readonly number[];
  /** After each block, from the image down. */
  readonly discriminator: readonly number[];
  /** What the program takes for the sides of the discriminator's maps. */
  readonly sides: readonly number[];
  /** How many of the discriminator's blocks, from the first, halve the map. */
  readonly downsampling: number;
}

const forms: Readonly<Record<number, Form>> = {
  32: { generator: [4, 4, 4, 4], discriminator: [4, 4, 4, 4], sides: [16, 16, 16, 16], downsampling: 2 },
  64: { generator: [16, 16, 8, 4, 2], discriminator: [1, 2, 4, 8, 16], sides: [32, 16, 8, 4, 4], downsampling: 4 },
  128: {
    generator: [16, 16, 8, 4, 2, 1],
    discriminator: [1, 2, 4, 8, 16, 16],
    sides: [64, 32, 16, 8, 4, 4],
    downsampling: 5,
  },
  256: {
    generator: [16, 16, 8, 8, 4, 2, 1],
    discriminator: [1, 2, 4, 8, 8, 16, 16],
    sides: [128, 64, 32, 16, 8, 4, 4],
    downsampling: 6,
  },
  512: {
    generator: [16, 16, 8, 8, 4, 2, 1, 1],
    discriminator: [1, 1, 2, 4, 8, 8, 16, 16],
    sides: [256, 128, 64, 32, 16, 8, 4, 4],
    downsampling: 7,
  },
};

const count = z.int().positive();

const options = z.strictObject({
  latentDim: count
    .default(120)
    .describe('Length of the latent vector; a hierarchical one is shortened until all pieces are equally long.'),
  sharedEmbedding: z
    .boolean()
    .default(true)
    .describe('One embedding of the classes, which every norm maps to gains and biases; else tables of its own.'),
  embeddingDim: count.default(128).describe('Length of the shared embedding.'),
  hierarchical: z
    .boolean()
    .default(true)
    .describe('Cut the latents into equal pieces, one for the first map and one for the norms of each block.'),
  generatorChannels: count.default(96).describe("The generator's base width; its layers are multiples of it."),
  discriminatorChannels: count.default(96).describe("The discriminator's base width."),
  discriminatorHidden: z
    .enum(['wide', 'thin'])
    .default('wide')
    .describe("Channels between a discriminator block's convolutions: as its output (wide) or its input (thin)."),
  ...attentionFields,
  ...layerFields,
});

export type BigganOptions = z.infer<typeof options>;

export const biggan: GanModel<BigganOptions> = {
  name: 'biggan',
  source: 'Brock, Donahue, Simonyan 2019, arXiv:1809.11096',
  options,
  latentDim: (options, images) => pieces(options, images).reduce((sum, length) => sum + length, 0),
  judging: () => ({ movesInGeneratorStep: true }),

  check(options, images) {
    const { resolution, classes } = images;
    const { generator, discriminator, sides } = formFor(resolution);
    const attends = attentionSides(options, resolution);
    const inGenerator = generator
      .slice(1)
      .map((multiple, i): AttentionPlace => ({ side: 8 * 2 ** i, channels: multiple * options.generatorChannels }));
    const inDiscriminator = discriminator.map(
      (multiple, i): AttentionPlace => ({ side: sides[i] ?? 0, channels: multiple * options.discriminatorChannels }),
    );
    checkAttention('biggan: attentionAt', attends.generator, inGenerator, resolution);
    checkAttention(
      'biggan: discriminatorAttentionAt (if not set, as attentionAt)',
      attends.discriminator,
      inDiscriminator,
      resolution,
    );
    if (options.hierarchical && options.latentDim < generator.length) {
      throw new UserError(
        `biggan: latentDim is ${options.latentDim}; hierarchical latents at resolution ${resolution} expect ` +
          `${generator.length} or more, a number for each piece. Raise it, or set hierarchical to false.`,
      );
    }
    if (options.hierarchical && !options.sharedEmbedding && classes > 0) {
      throw new UserError(
        'biggan: hierarchical latents join a shared embedding, and sharedEmbedding is false. Set both to true, or both to ' +
          'false.',
      );
    }
  },

  generator(scope, options, images, latents, labels) {
    const layers = layersOf(options);
    const { layer, initializer } = layers;
    const attends = attentionSides(options, images.resolution).generator;
    const [first = 1, ...rest] = formFor(images.resolution).generator.map((m) => m * options.generatorChannels);
    const [start = latents, ...chunks] = split(latents, 1, pieces(options, images));
    const shared =
      images.classes > 0 && options.sharedEmbedding
        ? scope.at('embedding', (s) => embedding(s, labels, images.classes, options.embeddingDim, { initializer }))
        : undefined;
    let x = scope.at('linear', (s) => linear(s, start, first * 4 * 4, layer));
    x = reshape(x, [extent(latents, 0), first, 4, 4]);
    for (const [i, channels] of rest.entries()) {
      const heard = [shared, chunks[i]].filter((part) => part !== undefined);
      const norm = normFor(heard, images.classes, labels, layers);
      x = scope.at(`block${i + 1}`, (s) => {
        const y = upBlock(s, x, { channels, norm, residual: layer });
        return attends.includes(extent(y, 2)) ? attention(s, y, layer) : y;
      });
    }
    x = relu(scope.at('norm', (s) => batchNorm(s, x, batchNormOptions)));
    return tanh(scope.at('conv', (s) => conv2d(s, x, images.channels, layer)));
  },

  discriminator(scope, options, images, image, labels) {
    const { layer } = layersOf(options);
    const { discriminator, sides, downsampling } = formFor(images.resolution);
    const attends = attentionSides(options, images.resolution).discriminator;
    let x = image;
    for (const [i, multiple] of discriminator.entries()) {
      const channels = multiple * options.discriminatorChannels;
      const hidden = options.discriminatorHidden === 'wide' ? channels : extent(x, 1);
      const shape = { channels, hidden, halve: i < downsampling, preactivation: i > 0 };
      x = scope.at(`block${i + 1}`, (s) => {
        const y = downBlock(s, x, { ...shape, residual: layer });
        return attends.includes(sides[i] ?? 0) ? attention(s, y, layer) : y;
      });
    }
    return projectionHead(scope, x, labels, { classes: images.classes, linear: layer });
  },
};

/** Lengths of the pieces of the latents: the first map's, and if they are hierarchical each block's. */
function pieces({ latentDim, hierarchical }: BigganOptions, { resolution }: ImageType): number[] {
  if (!hierarchical) return [latentDim];
  const { generator } = formFor(resolution);
  return generator.map(() => Math.floor(latentDim / generator.length));
}

/** The norm of a block: by what it hears, or by tables of the classes, or alike for all. */
function normFor(heard: readonly Tensor[], classes: number, labels: Tensor, layers: BigganLayers): Norm {
  const { layer, initializer } = layers;
  if (heard.length > 0) {
    const condition = concat(heard, 1); // [N, embeddingDim + latentDim / pieces]
    return (s, x) => projectedBatchNorm(s, x, condition, { ...batchNormOptions, layer });
  }
  if (classes === 0) return (s, x) => batchNorm(s, x, batchNormOptions);
  return (s, x) => conditionalBatchNorm(s, x, labels, classes, { ...batchNormOptions, classInitializer: initializer });
}

function formFor(resolution: number): Form {
  const found = forms[resolution];
  if (found === undefined) {
    throw new UserError(
      `biggan: resolution ${resolution} is not one it can make; choose ${Object.keys(forms).join(', ')}.`,
    );
  }
  return found;
}
