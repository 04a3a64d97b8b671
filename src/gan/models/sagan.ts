/**
 * SAGAN, the self-attention GAN. Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318.
 *
 * ResNet generator with conditional batch norm, ResNet discriminator with class projection (Miyato, Koyama 2018,
 * arXiv:1802.05637), spectral norm in both (section 4.1), self-attention at one feature-map size in both (section 3).
 *
 * The option `variant` says whose program it is; `sagan-variants.ts` lists what they differ in. Each is that of
 *
 * - `official`: github.com/brain-research/self-attention-gan. Unlike the paper's, its keys and values are max-pooled and its
 *   values have C/2 channels;
 * - `paper`: the text, where it says something, and `official` elsewhere;
 * - `biggan-pytorch`: github.com/ajbrock/BigGAN-PyTorch, without shared embedding and hierarchical latents;
 * - `studiogan`: github.com/POSTECH-CVLab/PyTorch-StudioGAN;
 * - `mimicry`: github.com/kwotsin/mimicry.
 *
 * Deviations. Of all: without classes there are no tables and no projection; grey images may be made. The official code is
 * for 128×128: the 64×64 form leaves out one block, the 32×32 form has the widths of SNGAN's (256 and 128); mimicry has
 * none for 64×64. Running statistics move whenever the generator is applied in training; StudioGAN's rest in the
 * discriminator's updates. Outside training, spectral norm does one more power iteration than StudioGAN's, and
 * keeps nothing of it. Attention follows one block, the first that reaches its side; BigGAN-PyTorch's
 * discriminator for 32×32 takes all its maps for maps of side 16, which the model `biggan` keeps. mimicry's discriminator
 * for 128×128 has by default an eighth of these widths, probably by mistake: that is `discriminatorChannels: 8`.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import {
  batchNorm,
  classVectors,
  conditionalBatchNorm,
  type LayerOptions,
  normal,
  orthogonal,
  parameterCount,
  projectedBatchNorm,
  residualBlock,
  type Scope,
  scaledXavierUniform,
  selfAttention,
  uniformByFanIn,
  xavierUniform,
  zeros,
} from '../../nn/index.ts';
import { type Norm, projectionHead } from '../blocks.ts';
import type { GanModel, ImageType } from '../model.ts';
import { resnetGenerator, resnetTrunk } from '../resnet.ts';
import {
  attentionSides,
  type SaganResolution,
  type SaganSwitches,
  switchesOf,
  variantFields,
  widthsOf,
} from './sagan-variants.ts';

const sides = z.array(z.int().positive());

const options = z.strictObject({
  latentDim: z.int().positive().default(128).describe('Length of the latent vector.'),
  generatorChannels: z
    .int()
    .positive()
    .default(64)
    .describe("The generator's base width; its layers are multiples of it."),
  discriminatorChannels: z.int().positive().default(64).describe("The discriminator's base width."),
  attentionAt: sides
    .optional()
    .describe('Sides of the feature maps that get a self-attention block; [] for none; default: as the variant.'),
  discriminatorAttentionAt: sides
    .optional()
    .describe("The same in the discriminator, if it shall differ from the generator's."),
  residualAt: sides
    .optional()
    .describe(
      'Sides of the feature maps that get, in both networks, a residual block with as many parameters as attention would have there.',
    ),
  ...variantFields,
});

export type SaganOptions = z.infer<typeof options>;

export const sagan: GanModel<SaganOptions> = {
  name: 'sagan',
  source: 'Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318',
  options,
  latentDim: ({ latentDim }) => latentDim,

  // Version 0.1.0 knew no variants, and had other defaults than the released code.
  upgrade: (saved) =>
    'variant' in saved
      ? saved
      : { batchNormDecay: 0.9, lastBatchNormDecay: 0.9, spectralNormGradient: 'constant', ...saved },

  judging(options) {
    const { discriminatorBatches, movesInGeneratorStep } = switchesOf(options);
    return { batches: discriminatorBatches, movesInGeneratorStep };
  },

  check(options, { resolution }) {
    const switches = switchesOf(options);
    const { generatorChannels, discriminatorChannels } = options;
    const known = mapSides(switches, resolutionOf(resolution));
    const { generator, discriminator, residual } = sidesOf(options, resolution);
    for (const [name, wanted] of Object.entries({
      attentionAt: generator,
      discriminatorAttentionAt: discriminator,
      residualAt: residual,
    })) {
      const wrong = wanted.find((side) => !known.includes(side));
      if (wrong === undefined) continue;
      throw new UserError(
        `sagan: ${name} names a ${wrong}×${wrong} feature map; at resolution ${resolution} both networks have maps ` +
          `of side ${known.join(', ')}. Choose from these.`,
      );
    }
    const both = residual.find((side) => generator.includes(side) || discriminator.includes(side));
    if (both !== undefined) {
      throw new UserError(
        `sagan: residualAt and attention both name the ${both}×${both} map; expected one of the two, since the block stands in ` +
          "attention's place. Set attentionAt to [] or to other sides.",
      );
    }
    for (const [name, base, at] of [
      ['generatorChannels', generatorChannels, [...generator, ...residual]],
      ['discriminatorChannels', discriminatorChannels, [...discriminator, ...residual]],
    ] as const) {
      if (at.length > 0 && base % 8 !== 0) {
        throw new UserError(
          `sagan: ${name} is ${base}; with attention, or a block as large, it must be a multiple of 8 (queries have C/8 channels).`,
        );
      }
    }
    if (!switches.attentionOutput && switches.attentionValueDivisor !== 1) {
      throw new UserError(
        `sagan: attentionOutput is false, and attentionValueDivisor is ${switches.attentionValueDivisor}; without a ` +
          'convolution after attention its values must have C channels. Set attentionValueDivisor to 1.',
      );
    }
  },

  generator(scope, options, images, latents, labels) {
    const switches = switchesOf(options);
    const { lastBatchNormDecay: decay } = switches;
    return resnetGenerator(scope, latents, {
      ...layersOf(switches, 'generator'),
      channels: widthsFor(switches, images).generator.map((multiple) => multiple * options.generatorChannels),
      imageChannels: images.channels,
      upsampling: switches.upsampling,
      norm: blockNorm(switches, images.classes, labels),
      lastNorm: (s, x) => batchNorm(s, x, { ...normOptions(switches), decay }),
      between: betweenBlocks(options, images.resolution, 'generator'),
    });
  },

  discriminator(scope, options, images, image, labels) {
    const switches = switchesOf(options);
    const { discriminator, ...halving } = widthsFor(switches, images);
    const layers = layersOf(switches, 'discriminator');
    const map = resnetTrunk(scope, image, {
      ...layers,
      channels: discriminator.map((multiple) => multiple * options.discriminatorChannels),
      ...halving,
      hidden: switches.discriminatorHidden,
      shortcutOf: switches.discriminatorShortcut,
      between: betweenBlocks(options, images.resolution, 'discriminator'),
    });
    return projectionHead(scope, map, labels, { classes: images.classes, linear: layers.outer });
  },
};

function resolutionOf(resolution: number): SaganResolution {
  if (resolution === 32 || resolution === 64 || resolution === 128) return resolution;
  throw new UserError(`sagan: resolution ${resolution} is not one it can make; choose 32, 64, 128.`);
}

const widthsFor = ({ widths }: SaganSwitches, { resolution }: ImageType) => widthsOf[widths][resolutionOf(resolution)];

/** Sides of the feature maps that occur after a block of both networks. */
function mapSides({ widths }: SaganSwitches, resolution: SaganResolution): number[] {
  const { keeping = 0 } = widthsOf[widths][resolution];
  return [8, 16, 32, 64, 128].filter((side) => side < resolution + keeping);
}

function sidesOf(options: SaganOptions, resolution: number) {
  const { variant, attentionAt, discriminatorAttentionAt, residualAt = [] } = options;
  const usual = attentionSides[variant][resolutionOf(resolution)];
  return {
    generator: attentionAt ?? usual.generator,
    discriminator: discriminatorAttentionAt ?? attentionAt ?? usual.discriminator,
    residual: residualAt,
  };
}

function normOptions(switches: SaganSwitches) {
  const { batchNormEpsilon: epsilon, batchNormDecay: decay, runningVariance } = switches;
  return { epsilon, decay, runningVariance };
}

/** The norms inside the generator's blocks. */
function blockNorm(switches: SaganSwitches, classes: number, labels: Tensor): Norm {
  const { conditionalNorm, classDeviation, classBiasDeviation } = switches;
  const options = normOptions(switches);
  const { outer } = layersOf(switches, 'generator');
  if (classes === 0) return (s, x) => batchNorm(s, x, options);
  if (conditionalNorm === 'oneHot')
    return (s, x) => projectedBatchNorm(s, x, classVectors(labels, classes), { ...options, layer: outer });
  const tables =
    conditionalNorm === 'tables' ? { classDeviation, classBiasDeviation } : { classInitializer: outer.initializer };
  return (s, x) => conditionalBatchNorm(s, x, labels, classes, { ...options, ...tables });
}

const initializers = {
  xavier: { outer: xavierUniform, residual: xavierUniform, attention: xavierUniform },
  orthogonal: { outer: orthogonal, residual: orthogonal, attention: orthogonal },
  normal: { outer: normal(0.02), residual: normal(0.02), attention: normal(0.02) },
  residualXavier: { outer: xavierUniform, residual: scaledXavierUniform(Math.SQRT2), attention: uniformByFanIn },
};

type Network = 'generator' | 'discriminator';

/** How each kind of layer of a network is made. */
function layersOf(switches: SaganSwitches, network: Network) {
  const {
    spectralNormEpsilon: epsilon,
    spectralNormEpsilonAs: epsilonAs,
    spectralNormGradient: gradient,
    spectralNormAtRest: atRest,
  } = switches;
  const { outer, residual } = initializers[switches.initializer];
  const layer = {
    spectralNorm: isNormalised(switches, network) && { epsilon, epsilonAs, gradient, atRest },
    biasInitializer: switches.biasInitializer === 'zeros' ? zeros : switches.biasInitializer,
  } satisfies LayerOptions;
  return {
    outer: { ...layer, initializer: outer },
    residual: { ...layer, initializer: residual },
    shortcut: { ...layer, initializer: outer },
  };
}

function isNormalised({ spectralNorm }: SaganSwitches, network: Network): boolean {
  return spectralNorm === 'both' || spectralNorm === network;
}

/** Puts attention, or a residual block of its size, on the maps of the sides that are to have it. */
function betweenBlocks(options: SaganOptions, resolution: number, network: Network) {
  const switches = switchesOf(options);
  const { spectralNorm, ...layer } = layersOf(switches, network).outer;
  const form = {
    ...layer,
    initializer: initializers[switches.initializer].attention,
    spectralNorm: switches.attentionSpectralNorm && spectralNorm,
    valueDivisor: switches.attentionValueDivisor,
    keyPooling: switches.attentionPooling ? 'afterProjection' : 'none',
    output: switches.attentionOutput,
    bias: switches.attentionBias,
  } as const;
  const attention = (scope: Scope, x: Tensor) => selfAttention(scope, x, form);
  const sides = sidesOf(options, resolution);
  return (scope: Scope, x: Tensor) => {
    const side = extent(x, 2);
    if (sides[network].includes(side)) return scope.at(`attention${side}`, (s) => attention(s, x));
    if (!sides.residual.includes(side)) return x;
    const parameters = parameterCount((s) => attention(s, x));
    return scope.at(`residual${side}`, (s) => residualBlock(s, x, { ...form, parameters }));
  };
}
