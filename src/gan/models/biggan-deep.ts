/**
 * BigGAN-deep. Brock, Donahue, Simonyan 2019, arXiv:1809.11096, appendix B.
 *
 * Exact to the authors' PyTorch program, `BigGANdeep.py` of github.com/ajbrock/BigGAN-PyTorch, at 32 to 256 pixels: two
 * residual blocks a stage, each with a bottleneck of a quarter of the channels; shortcuts without convolutions of what they
 * pass on, which drop channels in the generator and get new ones in the discriminator; and norms that all hear of the
 * class's embedding and the whole latent vector.
 *
 * Deviations from that program:
 * - there is no choice of the number of blocks a stage, which the program has, though its generator only works with two;
 * - without classes the norms hear of the latents alone, and the discriminator has no projection. The program is for
 *   classes.
 *
 * A peculiarity of it that is kept: at 32 pixels its discriminator takes all of its three maps for maps of side 16 (the last
 * two have side 8), so that attention at 16 follows each of its stages.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { add, averagePool, concat, relu, reshape, sliceAxis, tanh, upsample } from '../../engine/ops/index.ts';
import {
  batchNorm,
  conv2d,
  embedding,
  type LayerOptions,
  linear,
  projectedBatchNorm,
  resampledConv2d,
  type Scope,
} from '../../nn/index.ts';
import { type Norm, projectionHead } from '../blocks.ts';
import type { GanModel } from '../model.ts';
import {
  type AttentionPlace,
  attention,
  attentionFields,
  attentionSides,
  batchNormOptions,
  checkAttention,
  layerFields,
  layersOf,
} from './biggan-parts.ts';

interface Form {
  /** Channels in multiples of the base width: of the 4×4 map, and after each stage, which doubles it. */
  readonly generator: readonly number[];
  /** After the first convolution, and after each stage. */
  readonly discriminator: readonly number[];
  /** What the program takes for the sides of the maps after the discriminator's stages. */
  readonly sides: readonly number[];
  /** How many of these stages, from the first, halve the map. */
  readonly downsampling: number;
}

const forms: Readonly<Record<number, Form>> = {
  32: { generator: [4, 4, 4, 4], discriminator: [4, 4, 4, 4], sides: [16, 16, 16], downsampling: 2 },
  64: { generator: [16, 16, 8, 4, 2], discriminator: [1, 2, 4, 8, 16], sides: [32, 16, 8, 4], downsampling: 4 },
  128: {
    generator: [16, 16, 8, 4, 2, 1],
    discriminator: [1, 2, 4, 8, 16, 16],
    sides: [64, 32, 16, 8, 4],
    downsampling: 5,
  },
  256: {
    generator: [16, 16, 8, 8, 4, 2, 1],
    discriminator: [1, 2, 4, 8, 8, 16, 16],
    sides: [128, 64, 32, 16, 8, 4],
    downsampling: 6,
  },
};

const count = z.int().positive();

const options = z.strictObject({
  latentDim: count.default(128).describe('Length of the latent vector, which every block hears of.'),
  embeddingDim: count.default(128).describe("Length of the classes' embedding, which every block hears of."),
  // The narrowest bottleneck has half as many channels.
  generatorChannels: z
    .int()
    .min(2)
    .default(128)
    .describe("The generator's base width; its layers are multiples of it."),
  discriminatorChannels: z.int().min(2).default(128).describe("The discriminator's base width."),
  ...attentionFields,
  ...layerFields,
});

export type BigganDeepOptions = z.infer<typeof options>;

export const bigganDeep: GanModel<BigganDeepOptions> = {
  name: 'biggan-deep',
  source: 'Brock, Donahue, Simonyan 2019, arXiv:1809.11096, appendix B',
  options,
  latentDim: ({ latentDim }) => latentDim,
  judging: () => ({ movesInGeneratorStep: true }),

  check(options, { resolution }) {
    const { generator, discriminator, sides } = formFor(resolution);
    const attends = attentionSides(options, resolution);
    const inGenerator = generator
      .slice(1)
      .map((multiple, i): AttentionPlace => ({ side: 8 * 2 ** i, channels: multiple * options.generatorChannels }));
    const inDiscriminator = discriminator
      .slice(1)
      .map(
        (multiple, i): AttentionPlace => ({ side: sides[i] ?? 0, channels: multiple * options.discriminatorChannels }),
      );
    checkAttention('biggan-deep: attentionAt', attends.generator, inGenerator, resolution);
    checkAttention(
      'biggan-deep: discriminatorAttentionAt (if not set, as attentionAt)',
      attends.discriminator,
      inDiscriminator,
      resolution,
    );
  },

  generator(scope, options, images, latents, labels) {
    const { layer, initializer } = layersOf(options);
    const attends = attentionSides(options, images.resolution).generator;
    const [first = 1, ...rest] = formFor(images.resolution).generator.map((m) => m * options.generatorChannels);
    const embedded = (s: Scope) => embedding(s, labels, images.classes, options.embeddingDim, { initializer });
    const condition = images.classes === 0 ? latents : concat([scope.at('embedding', embedded), latents], 1);
    const norm: Norm = (s, x) => projectedBatchNorm(s, x, condition, { ...batchNormOptions, layer });
    let x = scope.at('linear', (s) => linear(s, condition, first * 4 * 4, layer));
    x = reshape(x, [extent(latents, 0), first, 4, 4]);
    for (const [i, channels] of rest.entries()) {
      x = scope.at(`stage${i + 1}`, (stage) => {
        const kept = stage.at('block1', (s) => upBottleneck(s, x, { channels: extent(x, 1), norm, layer }));
        const doubled = stage.at('block2', (s) => upBottleneck(s, kept, { channels, double: true, norm, layer }));
        return attends.includes(extent(doubled, 2)) ? attention(stage, doubled, layer) : doubled;
      });
    }
    x = relu(scope.at('norm', (s) => batchNorm(s, x, batchNormOptions)));
    return tanh(scope.at('conv', (s) => conv2d(s, x, images.channels, layer)));
  },

  discriminator(scope, options, images, image, labels) {
    const { layer } = layersOf(options);
    const { discriminator, sides, downsampling } = formFor(images.resolution);
    const attends = attentionSides(options, images.resolution).discriminator;
    const [first = 1, ...rest] = discriminator.map((multiple) => multiple * options.discriminatorChannels);
    let x = scope.at('conv', (s) => conv2d(s, image, first, layer));
    for (const [i, channels] of rest.entries()) {
      x = scope.at(`stage${i + 1}`, (stage) => {
        const halve = i < downsampling;
        const halved = stage.at('block1', (s) => downBottleneck(s, x, { channels, halve, layer }));
        const kept = stage.at('block2', (s) => downBottleneck(s, halved, { channels, halve: false, layer }));
        return attends.includes(sides[i] ?? 0) ? attention(stage, kept, layer) : kept;
      });
    }
    return projectionHead(scope, x, labels, { classes: images.classes, linear: layer });
  },
};

interface UpBottleneck {
  /** Of the result: as many as x has, or fewer. */
  readonly channels: number;
  readonly double?: boolean;
  readonly norm: Norm;
  readonly layer: LayerOptions;
}

/**
 * Four times norm → ReLU → convolution, 1×1, 3×3, 3×3 and 1×1, with ×2 before the second; plus the first channels of x,
 * ×2.
 */
function upBottleneck(scope: Scope, x: Tensor, { channels, double = false, norm, layer }: UpBottleneck): Tensor {
  const hidden = Math.floor(extent(x, 1) / 4);
  let h = x;
  for (const [i, width] of [hidden, hidden, hidden, channels].entries()) {
    const active = relu(scope.at(`norm${i + 1}`, (s) => norm(s, h)));
    const kernel = i === 1 || i === 2 ? 3 : 1;
    const resample = double && i === 1 ? 'up' : 'none';
    h = scope.at(`conv${i + 1}`, (s) => resampledConv2d(s, active, width, { ...layer, kernel, resample }));
  }
  const passed = channels === extent(x, 1) ? x : sliceAxis(x, 1, 0, channels);
  return add(h, double ? upsample(passed, 2) : passed);
}

interface DownBottleneck {
  /** Of the result: as many as x has, or more. */
  readonly channels: number;
  readonly halve: boolean;
  readonly layer: LayerOptions;
}

/**
 * Four times ReLU → convolution, 1×1, 3×3, 3×3 and 1×1, averaging before the last; plus x averaged, with the channels that
 * it lacks from a 1×1 convolution of it.
 */
function downBottleneck(scope: Scope, x: Tensor, { channels, halve, layer }: DownBottleneck): Tensor {
  const hidden = Math.floor(channels / 4);
  let h = x;
  for (const [i, width] of [hidden, hidden, hidden, channels].entries()) {
    const active = relu(h);
    const kernel = i === 1 || i === 2 ? 3 : 1;
    const resample = halve && i === 3 ? 'down' : 'none';
    h = scope.at(`conv${i + 1}`, (s) => resampledConv2d(s, active, width, { ...layer, kernel, resample }));
  }
  const passed = halve ? averagePool(x, 2) : x;
  const missing = channels - extent(x, 1);
  if (missing === 0) return add(h, passed);
  const added = scope.at('shortcut', (s) => conv2d(s, passed, missing, { ...layer, kernel: 1 }));
  return add(h, concat([passed, added], 1));
}

function formFor(resolution: number): Form {
  const found = forms[resolution];
  if (found === undefined) {
    throw new UserError(
      `biggan-deep: resolution ${resolution} is not one it can make; choose ${Object.keys(forms).join(', ')}.`,
    );
  }
  return found;
}
