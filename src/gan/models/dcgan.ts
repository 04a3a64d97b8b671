/**
 * DCGAN, the deep convolutional GAN. Radford, Metz, Chintala 2016, arXiv:1511.06434.
 *
 * Exact to the authors' program for faces of 64×64, `faces/train_uncond_dcgan.py` of github.com/Newmu/dcgan_code: 5×5
 * convolutions of stride 2 without biases; batch norm everywhere but at the images, after the generator's linear map for
 * every unit by itself; weights from N(0, 0.02²), gains from N(1, 0.02²); latents from U(−1, 1).
 *
 * Deviations from that program:
 * - it keeps no running statistics, and normalises what it samples over the batch. So does the discriminator here; the
 *   generator keeps running averages for sampling, unless `samplingStatistics` says `batch`;
 * - the discriminator's sigmoid is part of the loss (`nonSaturating`);
 * - its weight decay (1e-5, which the paper does not have) is an optimiser's setting, and its generator moves first;
 * - the 32×32 form, which it does not have, leaves out the widest layer of each network.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { leakyRelu, relu, reshape, tanh } from '../../engine/ops/index.ts';
import {
  type BatchNormOptions,
  batchNorm,
  conv2d,
  convTranspose2d,
  linear,
  normal,
  type Scope,
} from '../../nn/index.ts';
import type { GanModel } from '../model.ts';

/** Channels in multiples of the base width, from the 4×4 map up; the discriminator has them in reverse. */
const widths = { 32: [4, 2, 1], 64: [8, 4, 2, 1] } as const;

const options = z.strictObject({
  latentDim: z.int().positive().default(100).describe('Length of the latent vector.'),
  generatorChannels: z
    .int()
    .positive()
    .default(128)
    .describe("The generator's base width: the channels before its image; each map half the size has twice as many."),
  discriminatorChannels: z
    .int()
    .positive()
    .default(128)
    .describe("The discriminator's base width: the channels after its first convolution."),
  samplingStatistics: z
    .enum(['running', 'batch'])
    .default('running')
    .describe(
      'What samples are normalised with: averages of training, or, as in the original program, their own batch, so that ' +
        'an image depends on those beside it.',
    ),
});

export type DcganOptions = z.infer<typeof options>;

const weights = { initializer: normal(0.02), bias: false };
const halving = { ...weights, kernel: 5, stride: 2, padding: 2 };
const doubling = { ...halving, outputPadding: 1 };

export const dcgan: GanModel<DcganOptions> = {
  name: 'dcgan',
  source: 'Radford, Metz, Chintala 2016, arXiv:1511.06434',
  options,
  latentDim: ({ latentDim }) => latentDim,
  latents: 'uniform',
  judging: () => ({ batches: 'apart' }),

  check(_, { resolution, classes }) {
    widthsFor(resolution);
    if (classes > 0) {
      throw new UserError(
        `dcgan: the images have ${classes} classes, and it knows none; expected images without labels. ` +
          'Leave the labels aside with --set data.conditional=false, or choose csawgan, a DCGAN with classes.',
      );
    }
  },

  generator(scope, { generatorChannels, samplingStatistics }, images, latents) {
    const [first = 1, ...rest] = widthsFor(images.resolution).map((multiple) => multiple * generatorChannels);
    const batchStatisticsOnly = samplingStatistics === 'batch';
    let x = scope.at('linear', (s) => linear(s, latents, first * 4 * 4, weights));
    x = relu(norm(scope, x, { batchStatisticsOnly })); // [N, C·4·4]
    x = reshape(x, [-1, first, 4, 4]);
    for (const [i, channels] of rest.entries()) {
      x = scope.at(`block${i + 1}`, (s) => {
        const doubled = s.at('conv', (inner) => convTranspose2d(inner, x, channels, doubling));
        return relu(norm(s, doubled, { batchStatisticsOnly }));
      });
    }
    return tanh(scope.at('conv', (s) => convTranspose2d(s, x, images.channels, doubling)));
  },

  discriminator(scope, { discriminatorChannels }, images, image) {
    let x = image;
    for (const [i, multiple] of widthsFor(images.resolution).toReversed().entries()) {
      x = scope.at(`block${i + 1}`, (s) => {
        const halved = s.at('conv', (inner) => conv2d(inner, x, multiple * discriminatorChannels, halving));
        return leakyRelu(i === 0 ? halved : norm(s, halved, { batchStatisticsOnly: true }), 0.2);
      });
    }
    const features = reshape(x, [extent(x, 0), -1]); // [N, C·4·4]
    return reshape(
      scope.at('linear', (s) => linear(s, features, 1, weights)),
      [-1],
    );
  },
};

function norm(scope: Scope, x: Tensor, options: BatchNormOptions): Tensor {
  return scope.at('norm', (s) => batchNorm(s, x, { epsilon: 1e-8, gainInitializer: normal(0.02, 1), ...options }));
}

function widthsFor(resolution: number): readonly number[] {
  const known: Readonly<Record<number, readonly number[]>> = widths;
  const found = known[resolution];
  if (found === undefined) {
    throw new UserError(
      `dcgan: resolution ${resolution} is not one it can make; choose ${Object.keys(widths).join(' or ')}.`,
    );
  }
  return found;
}
