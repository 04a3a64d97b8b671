/**
 * SNGAN, the spectrally normalised GAN. Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957; with classes, the
 * projection discriminator of Miyato, Koyama 2018, arXiv:1802.05637 (cGAN-PD).
 *
 * ResNet generator without spectral norm, with batch norm or, with classes, tables of gains and biases; ResNet discriminator
 * with spectral norm in every layer.
 *
 * The option `variant` says whose program it is:
 *
 * - `official`: github.com/pfnet-research/sngan_projection (Chainer), for 32, 64 and 128;
 * - `mimicry`: github.com/kwotsin/mimicry, for 32, 48, 64 and 128. It doubles maps bilinearly, its shortcuts see ReLU(input),
 *   biases begin as PyTorch's, and the classes' gains are spread.
 *
 * Deviations of both: grey images may be made, and either may be 48×48. Of the official program: the generator moves after
 * the discriminator, not before it; running variances begin at 1, not 0. Of mimicry: with classes it has no 48×48 and 64×64; its
 * cGAN-PD for 128×128 has by default an eighth of these widths in the discriminator, probably by mistake: that is
 * `discriminatorChannels: 8`. Not here: the official discriminator that concatenates the classes.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import {
  type BatchNormOptions,
  batchNorm,
  conditionalBatchNorm,
  type LayerOptions,
  type SpectralNormOptions,
  scaledXavierUniform,
  xavierUniform,
} from '../../nn/index.ts';
import { type Norm, projectionHead } from '../blocks.ts';
import type { GanModel } from '../model.ts';
import { resnetGenerator, resnetTrunk, type Widths } from '../resnet.ts';

/** Channels in multiples of the base widths, and the side of the smallest map. */
const plans = {
  32: { generator: [4, 4, 4, 4], discriminator: [2, 2, 2, 2], downsampling: 2, bottomSide: 4 },
  48: { generator: [8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16], downsampling: 4, bottomSide: 6 },
  64: { generator: [16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16], downsampling: 5, bottomSide: 4 },
  128: { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], downsampling: 5, bottomSide: 4 },
} as const satisfies Readonly<Record<number, Plan>>;

interface Plan extends Widths {
  readonly bottomSide: number;
}

/** What the two programs differ in. */
interface Switches {
  readonly upsampling: 'nearest' | 'bilinear';
  readonly shortcutOf: 'input' | 'activation';
  readonly norm: BatchNormOptions;
  /** Spread of the classes' gains around 1 at the start. */
  readonly gainDeviation: number;
  readonly spectralNorm: SpectralNormOptions;
  readonly biases: Pick<LayerOptions, 'biasInitializer'>;
  /** At which resolutions the discriminator's last linear map has no bias. */
  readonly withoutHeadBias: readonly number[];
}

const variants = {
  official: {
    upsampling: 'nearest',
    shortcutOf: 'input',
    norm: { epsilon: 2e-5, runningVariance: 'unbiased' },
    gainDeviation: 0,
    spectralNorm: { epsilonAs: 'added' },
    biases: {},
    withoutHeadBias: [32],
  },
  mimicry: {
    upsampling: 'bilinear',
    shortcutOf: 'activation',
    norm: { epsilon: 1e-5, runningVariance: 'unbiased' },
    gainDeviation: 0.02,
    spectralNorm: { epsilonAs: 'floor', atRest: 'kept' },
    biases: { biasInitializer: 'uniformByFanIn' },
    withoutHeadBias: [],
  },
} as const satisfies Readonly<Record<string, Switches>>;

const options = z.strictObject({
  variant: z
    .enum(['official', 'mimicry'])
    .default('official')
    .describe("Whose SNGAN: the authors' released code (Chainer) or mimicry (PyTorch)."),
  latentDim: z.int().positive().default(128).describe('Length of the latent vector.'),
  generatorChannels: z
    .int()
    .positive()
    .default(64)
    .describe("The generator's base width; its layers are multiples of it."),
  discriminatorChannels: z.int().positive().default(64).describe("The discriminator's base width."),
});

export type SnganOptions = z.infer<typeof options>;

export const sngan: GanModel<SnganOptions> = {
  name: 'sngan',
  source: 'Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957; Miyato, Koyama 2018, arXiv:1802.05637',
  options,
  latentDim: ({ latentDim }) => latentDim,
  judging: () => ({ batches: 'apart', movesInGeneratorStep: true }),

  check: (_, { resolution }) => {
    planFor(resolution);
  },

  generator(scope, { variant, generatorChannels }, images, latents, labels) {
    const { upsampling, norm: normOptions, gainDeviation, biases }: Switches = variants[variant];
    const { generator, bottomSide } = planFor(images.resolution);
    const plain: Norm = (s, x) => batchNorm(s, x, normOptions);
    const ofClass = { ...normOptions, classDeviation: gainDeviation, classBiasDeviation: 0 };
    return resnetGenerator(scope, latents, {
      ...layersWith(biases),
      channels: generator.map((multiple) => multiple * generatorChannels),
      bottomSide,
      imageChannels: images.channels,
      upsampling,
      norm: images.classes === 0 ? plain : (s, x) => conditionalBatchNorm(s, x, labels, images.classes, ofClass),
      lastNorm: plain,
    });
  },

  discriminator(scope, { variant, discriminatorChannels }, images, image, labels) {
    const { shortcutOf, spectralNorm, biases, withoutHeadBias }: Switches = variants[variant];
    const { discriminator, downsampling } = planFor(images.resolution);
    const { outer, ...layers } = layersWith({ ...biases, spectralNorm });
    const map = resnetTrunk(scope, image, {
      ...layers,
      channels: discriminator.map((multiple) => multiple * discriminatorChannels),
      downsampling,
      hidden: 'thin',
      shortcutOf,
    });
    const bias = !withoutHeadBias.includes(images.resolution);
    // mimicry's head for classes has a spectral norm of its own, which iterates.
    const atRest = images.classes > 0 ? 'iterated' : (spectralNorm.atRest ?? 'iterated');
    const linear = { ...outer, spectralNorm: { ...spectralNorm, atRest }, bias };
    return projectionHead(scope, map, labels, { classes: images.classes, linear });
  },
};

function planFor(resolution: number): Plan {
  const known: Readonly<Record<number, Plan>> = plans;
  const found = known[resolution];
  if (found !== undefined) return found;
  throw new UserError(
    `sngan: resolution ${resolution} is not one it can make; choose ${Object.keys(plans).join(', ')}.`,
  );
}

/** Glorot's initialisation, times √2 in the residual convolutions. */
function layersWith(layer: LayerOptions) {
  const outer = { ...layer, initializer: xavierUniform };
  return { outer, residual: { ...layer, initializer: scaledXavierUniform(Math.SQRT2) }, shortcut: outer };
}
