/**
 * WGAN-GP, the Wasserstein GAN with gradient penalty. Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, arXiv:1704.00028.
 *
 * The two networks for CIFAR-10 of github.com/igul222/improved_wgan_training, for 32×32:
 *
 * - `resnet` (`gan_cifar_resnet.py`): residual blocks, batch norm in the generator and none in the critic; with classes,
 *   the generator's norms have tables of gains and biases, and the critic also tells classes apart (AC-GAN: Odena, Olah,
 *   Shlens 2017, arXiv:1610.09585);
 * - `dcgan` (`gan_cifar.py`): 5×5 convolutions of stride 2, without classes. `criticNorm` is the same program's mode for
 *   the losses without a penalty.
 *
 * Deviations: the program normalises samples over their batch, which `samplingStatistics` tells; the generator moves
 * after the critic, not before it; grey images may be made.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { leakyRelu, mean, relu, reshape, tanh } from '../../engine/ops/index.ts';
import {
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  convTranspose2d,
  linear,
  type Scope,
  scaledXavierUniform,
} from '../../nn/index.ts';
import type { Norm } from '../blocks.ts';
import type { GanModel, ImageType, Judgement } from '../model.ts';
import { resnetGenerator, resnetTrunk } from '../resnet.ts';

const options = z.strictObject({
  architecture: z
    .enum(['resnet', 'dcgan'])
    .default('resnet')
    .describe('Residual blocks, or the smaller strided convolutions of DCGAN.'),
  latentDim: z.int().positive().default(128).describe('Length of the latent vector.'),
  generatorChannels: z.int().positive().default(128).describe("The generator's base width."),
  discriminatorChannels: z.int().positive().default(128).describe("The critic's base width."),
  criticNorm: z
    .boolean()
    .default(false)
    .describe('Batch norm in the dcgan critic, which a gradient penalty does not go with.'),
  samplingStatistics: z
    .enum(['running', 'batch'])
    .default('running')
    .describe(
      'What samples are normalised with: averages of training, or, as in the original program, their own batch, so that ' +
        'an image depends on those beside it.',
    ),
});

export type WganGpOptions = z.infer<typeof options>;

export const wganGp: GanModel<WganGpOptions> = {
  name: 'wgan-gp',
  source: 'Gulrajani, Ahmed, Arjovsky, Dumoulin, Courville 2017, arXiv:1704.00028',
  options,
  latentDim: ({ latentDim }) => latentDim,
  judging: ({ criticNorm }) => ({ batches: criticNorm ? 'apart' : 'together', fakeLabels: 'real' }),

  check({ architecture, criticNorm }, { resolution, classes }) {
    if (resolution !== 32) {
      throw new UserError(`wgan-gp: resolution ${resolution} is not one it can make; choose 32.`);
    }
    if (architecture === 'dcgan' && classes > 0) {
      throw new UserError(
        `wgan-gp: the images have ${classes} classes, and the architecture "dcgan" knows none; expected images without ` +
          'labels. Leave the labels aside with --set data.conditional=false, or choose the architecture "resnet".',
      );
    }
    if (architecture === 'resnet' && criticNorm) {
      throw new UserError(
        'wgan-gp: criticNorm is true, and the architecture "resnet" has no norm in its critic. Choose the architecture ' +
          '"dcgan", or leave criticNorm out.',
      );
    }
  },

  generator(scope, options, images, latents, labels) {
    return options.architecture === 'resnet'
      ? residualGenerator(scope, options, images, latents, labels)
      : stridedGenerator(scope, options, images, latents);
  },

  discriminator(scope, options, images, image) {
    return options.architecture === 'resnet'
      ? residualCritic(scope, options, images, image)
      : stridedCritic(scope, options, image);
  },
};

/** Uniform, with the variance of He's initialisation and Glorot's fans. */
const residual = { initializer: scaledXavierUniform(Math.SQRT2) };

const plainNorm = ({ samplingStatistics }: WganGpOptions): Norm => {
  const batchStatisticsOnly = samplingStatistics === 'batch';
  return (s, x) => batchNorm(s, x, { batchStatisticsOnly });
};

function residualGenerator(scope: Scope, options: WganGpOptions, images: ImageType, latents: Tensor, labels: Tensor) {
  const { generatorChannels: width, samplingStatistics } = options;
  const plain = plainNorm(options);
  const ofClass: Norm = (s, x) =>
    conditionalBatchNorm(s, x, labels, images.classes, { batchStatisticsOnly: samplingStatistics === 'batch' });
  return resnetGenerator(scope, latents, {
    channels: [width, width, width, width],
    imageChannels: images.channels,
    norm: images.classes === 0 ? plain : ofClass,
    lastNorm: plain,
    residual,
    shortcut: {},
  });
}

function residualCritic(scope: Scope, options: WganGpOptions, images: ImageType, image: Tensor): Judgement {
  const { discriminatorChannels: width } = options;
  const map = resnetTrunk(scope, image, {
    channels: [width, width, width, width],
    downsampling: 2,
    residual,
    shortcut: {},
  });
  const features = mean(relu(map), [2, 3]); // [N, C]
  const logits = reshape(
    scope.at('linear', (s) => linear(s, features, 1)),
    [-1],
  );
  if (images.classes === 0) return { logits };
  return { logits, classLogits: scope.at('classes', (s) => linear(s, features, images.classes)) };
}

/** TensorFlow's `SAME` for kernel 5 and stride 2: of three zeros, two come after. */
const strided = {
  kernel: 5,
  stride: 2,
  padding: [
    [1, 2],
    [1, 2],
  ],
  initializer: scaledXavierUniform(Math.SQRT2, 2),
} as const;

function stridedGenerator(scope: Scope, options: WganGpOptions, images: ImageType, latents: Tensor): Tensor {
  const { generatorChannels: width } = options;
  const active = (s: Scope, x: Tensor) => relu(s.at('norm', (inner) => plainNorm(options)(inner, x)));
  let x = scope.at('linear', (s) => linear(s, latents, 4 * width * 4 * 4));
  x = reshape(active(scope, x), [-1, 4 * width, 4, 4]);
  for (const [i, multiple] of [2, 1].entries()) {
    x = scope.at(`block${i + 1}`, (s) =>
      active(
        s,
        s.at('conv', (inner) => convTranspose2d(inner, x, multiple * width, strided)),
      ),
    );
  }
  return tanh(scope.at('conv', (s) => convTranspose2d(s, x, images.channels, strided)));
}

function stridedCritic(scope: Scope, { discriminatorChannels: width, criticNorm }: WganGpOptions, image: Tensor) {
  let x = image;
  for (const [i, multiple] of [1, 2, 4].entries()) {
    x = scope.at(`block${i + 1}`, (s) => {
      const halved = s.at('conv', (inner) => conv2d(inner, x, multiple * width, strided));
      const normed = criticNorm && i > 0;
      return leakyRelu(
        normed ? s.at('norm', (inner) => batchNorm(inner, halved, { batchStatisticsOnly: true })) : halved,
        0.2,
      );
    });
  }
  const features = reshape(x, [extent(x, 0), -1]); // [N, C·4·4]
  return reshape(
    scope.at('linear', (s) => linear(s, features, 1)),
    [-1],
  );
}
