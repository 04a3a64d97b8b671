/**
 * SAGAN, the self-attention GAN. Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318.
 *
 * ResNet generator with conditional batch norm, ResNet discriminator with class projection (Miyato, Koyama 2018,
 * arXiv:1802.05637), spectral norm in both (section 4.1), self-attention at one feature-map size in both (section 3).
 *
 * Deviations from the paper, all as in the authors' released code: keys and values of the attention are max-pooled,
 * its values have C/2 channels. Deviations from that code: gradients treat the power iteration's vectors as constants,
 * and batch norm's running statistics keep a share of 0.9 (there 0.999, in the last norm 0.9999).
 * The code is for 128×128; the 64×64 form leaves out one block, the 32×32 form has the widths of SNGAN's (256 and 128).
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { add, mul, relu, reshape, sum, tanh } from '../../engine/ops/index.ts';
import {
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  embedding,
  linear,
  type Resampling,
  resampledConv2d,
  type Scope,
  selfAttention,
} from '../../nn/index.ts';
import type { GanModel } from '../model.ts';

/** Channels in multiples of the base width, from the 4×4 map up (generator) and from the image down (discriminator). */
const widths = {
  32: { generator: [4, 4, 4, 4], discriminator: [2, 2, 2, 2], downsampling: 2 },
  64: { generator: [16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16], downsampling: 4 },
  128: { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], downsampling: 5 },
} as const satisfies Readonly<Record<number, Widths>>;

interface Widths {
  readonly generator: readonly number[];
  readonly discriminator: readonly number[];
  /** How many of the discriminator's blocks halve the map. */
  readonly downsampling: number;
}

const options = z.strictObject({
  latentDim: z.int().positive().default(128).describe('Length of the latent vector.'),
  generatorChannels: z
    .int()
    .positive()
    .default(64)
    .describe("The generator's base width; its layers are multiples of it."),
  discriminatorChannels: z.int().positive().default(64).describe("The discriminator's base width."),
  attentionAt: z
    .array(z.int().positive())
    .default([32])
    .describe('Sides of the feature maps that get a self-attention block, in both networks; [] for none.'),
  classDeviation: z
    .number()
    .min(0)
    .default(0)
    .describe("Spread of the classes' gains around 1 and biases around 0 at the start; the released code has none."),
});

export type SaganOptions = z.infer<typeof options>;

export const sagan: GanModel<SaganOptions> = {
  name: 'sagan',
  source: 'Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318',
  options,
  latentDim: ({ latentDim }) => latentDim,

  check({ attentionAt, generatorChannels, discriminatorChannels }, { resolution }) {
    widthsFor(resolution);
    const sides = mapSides(resolution);
    for (const side of attentionAt) {
      if (!sides.includes(side)) {
        throw new UserError(
          `sagan: attentionAt names a ${side}×${side} feature map; at resolution ${resolution} both networks have maps ` +
            `of side ${sides.join(', ')}. Choose from these.`,
        );
      }
    }
    for (const [name, base] of Object.entries({ generatorChannels, discriminatorChannels })) {
      if (attentionAt.length > 0 && base % 8 !== 0) {
        throw new UserError(
          `sagan: ${name} is ${base}; with attention it must be a multiple of 8 (queries have C/8 channels).`,
        );
      }
    }
  },

  generator(scope, { generatorChannels, attentionAt, classDeviation }, images, latents, labels) {
    const [first = 1, ...rest] = widthsFor(images.resolution).generator.map((multiple) => multiple * generatorChannels);
    let x = scope.at('linear', (s) => linear(s, latents, first * 4 * 4, { spectralNorm: true }));
    x = reshape(x, [extent(latents, 0), first, 4, 4]);
    for (const [i, channels] of rest.entries()) {
      x = scope.at(`block${i + 1}`, (s) =>
        upBlock(s, x, labels, { channels, classes: images.classes, classDeviation }),
      );
      if (attentionAt.includes(extent(x, 2)))
        x = scope.at(`attention${extent(x, 2)}`, (s) => selfAttention(s, x, { spectralNorm: true }));
    }
    x = relu(scope.at('norm', (s) => batchNorm(s, x)));
    return tanh(scope.at('conv', (s) => conv2d(s, x, images.channels, { spectralNorm: true })));
  },

  discriminator(scope, { discriminatorChannels, attentionAt }, images, image, labels) {
    const { discriminator, downsampling } = widthsFor(images.resolution);
    let x = image;
    for (const [i, multiple] of discriminator.entries()) {
      const block = { channels: multiple * discriminatorChannels, first: i === 0, halve: i < downsampling };
      x = scope.at(`block${i + 1}`, (s) => downBlock(s, x, block));
      // A later block may keep the map's size; attention follows the block that first reaches it.
      if (block.halve && attentionAt.includes(extent(x, 2))) {
        x = scope.at(`attention${extent(x, 2)}`, (s) => selfAttention(s, x, { spectralNorm: true }));
      }
    }
    const features = sum(relu(x), [2, 3]); // [N, C]
    const logits = reshape(
      scope.at('linear', (s) => linear(s, features, 1, { spectralNorm: true })),
      [-1],
    );
    if (images.classes === 0) return logits;
    const rows = scope.at('embedding', (s) =>
      embedding(s, labels, images.classes, extent(features, 1), { spectralNorm: true }),
    );
    return add(logits, sum(mul(features, rows), [1]));
  },
};

function widthsFor(resolution: number): Widths {
  const known: Readonly<Record<number, Widths>> = widths;
  const found = known[resolution];
  if (found === undefined) {
    throw new UserError(
      `sagan: resolution ${resolution} is not one it can make; choose ${Object.keys(widths).join(', ')}.`,
    );
  }
  return found;
}

/** Sides of the feature maps that occur after a block of both networks. */
function mapSides(resolution: number): number[] {
  const { downsampling } = widthsFor(resolution);
  const smallest = Math.max(8, resolution / 2 ** downsampling);
  const sides: number[] = [];
  for (let side = smallest; side <= resolution / 2; side *= 2) sides.push(side);
  return sides;
}

interface UpBlock {
  readonly channels: number;
  readonly classes: number;
  readonly classDeviation: number;
}

/** norm → ReLU → ×2 → conv3 → norm → ReLU → conv3, plus ×2 → conv1. */
function upBlock(scope: Scope, x: Tensor, labels: Tensor, { channels, classes, classDeviation }: UpBlock): Tensor {
  const norm = (name: string, input: Tensor) =>
    scope.at(name, (s) =>
      classes === 0 ? batchNorm(s, input) : conditionalBatchNorm(s, input, labels, classes, { classDeviation }),
    );
  const conv = (name: string, input: Tensor, kernel: number, resample: Resampling) =>
    scope.at(name, (s) => resampledConv2d(s, input, channels, { kernel, resample, spectralNorm: true }));
  const h = conv('conv1', relu(norm('norm1', x)), 3, 'up');
  return add(conv('conv2', relu(norm('norm2', h)), 3, 'none'), conv('shortcut', x, 1, 'up'));
}

/**
 * ReLU → conv3 → ReLU → conv3 → pool, plus conv1 → pool. The first block has no ReLU in front; a block that keeps size
 * and width has an identity shortcut.
 */
function downBlock(scope: Scope, x: Tensor, block: { channels: number; first: boolean; halve: boolean }): Tensor {
  const resample = block.halve ? 'down' : 'none';
  const conv = (name: string, input: Tensor, kernel: number, how: Resampling) =>
    scope.at(name, (s) => resampledConv2d(s, input, block.channels, { kernel, resample: how, spectralNorm: true }));
  const h = conv('conv2', relu(conv('conv1', block.first ? x : relu(x), 3, 'none')), 3, resample);
  const changes = block.halve || extent(x, 1) !== block.channels;
  return add(h, changes ? conv('shortcut', x, 1, resample) : x);
}
