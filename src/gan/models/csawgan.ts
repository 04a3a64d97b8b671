/**
 * CSAWGAN, the conditional self-attention Wasserstein GAN: a course report by A. Hamed (University at Buffalo, 2019) on
 * 32×32 images of CIFAR-10. To be trained with the loss `wasserstein` and a gradient penalty.
 *
 * Of the report: DCGAN as the base; a noise vector of length 100, to which the class is appended as a one-hot vector; self-
 * attention after the second convolution of the discriminator and after the third transposed convolution of the
 * generator, of a query, a key and a value that are 1×1 convolutions; spectral norm on every convolution and transposed
 * convolution of both; the class as a one-hot vector through a fully connected layer, appended to what the discriminator's
 * last convolution gives, in front of a linear output.
 *
 * The report does not say, and we chose:
 * - kernels, widths and initial values: DCGAN's, with four transposed convolutions, of which the first makes a 4×4 map of a
 *   1×1 one. So the generator's attention sees a map of 16×16, the discriminator's one of 8×8;
 * - how attention joins its input: as in SAGAN, times a factor γ that starts at 0 and added, without pooling or an output
 *   convolution, which are not mentioned;
 * - fakes for the discriminator's update have the classes of the real images beside them, as in WGAN-GP's code;
 * - no batch norm in the discriminator, whose penalty is on the gradient of single images (`discriminatorBatchNorm`);
 *   convolutions that no norm follows have biases;
 * - a fully connected layer with a leaky ReLU before the output ("injected at a fully connected layer"), of
 *   `hiddenUnits`. Without it (0) the logit is the sum of what image and class say by themselves, and no image is judged
 *   by its class;
 * - fully connected layers have biases, Xavier's initial values, and no spectral norm.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { concat, leakyRelu, relu, reshape, tanh } from '../../engine/ops/index.ts';
import {
  batchNorm,
  classVectors,
  conv2d,
  convTranspose2d,
  linear,
  normal,
  type Scope,
  selfAttention,
  selfAttentionForms,
} from '../../nn/index.ts';
import type { GanModel } from '../model.ts';

const count = z.int().positive();

const options = z.strictObject({
  latentDim: count.default(100).describe('Length of the latent vector.'),
  generatorChannels: count
    .default(128)
    .describe("The generator's base width: the channels before its image; each map half the size has twice as many."),
  discriminatorChannels: count
    .default(128)
    .describe("The discriminator's base width: the channels after its first convolution."),
  spectralNorm: z.boolean().default(true).describe('Divide the weight of every convolution by its spectral norm.'),
  attention: z.boolean().default(true).describe('Put self-attention into both networks.'),
  discriminatorBatchNorm: z
    .boolean()
    .default(false)
    .describe('Batch norm in the discriminator, as in DCGAN; a gradient penalty expects none.'),
  embeddingDim: count.default(128).describe('Length of the vector that the discriminator makes of a class.'),
  hiddenUnits: z
    .int()
    .min(0)
    .default(512)
    .describe('Units of the fully connected layer that joins image and class before the output; 0 for none.'),
});

export type CsawganOptions = z.infer<typeof options>;

const sized = { initializer: normal(0.02), kernel: 5, stride: 2, padding: 2 };
const doubling = { ...sized, outputPadding: 1 };

export const csawgan: GanModel<CsawganOptions> = {
  name: 'csawgan',
  source: 'Hamed 2019, Conditional Self Attention Wasserstein Generative Adversarial Networks (course report)',
  options,
  latentDim: ({ latentDim }) => latentDim,
  judging: ({ discriminatorBatchNorm }) => ({
    batches: discriminatorBatchNorm ? 'apart' : 'together',
    fakeLabels: 'real',
  }),

  check({ attention, generatorChannels, discriminatorChannels }, { resolution }) {
    if (resolution !== 32) {
      throw new UserError(`csawgan: resolution ${resolution} is not one it can make; choose 32.`);
    }
    if (!attention) return;
    for (const [name, base, divisor] of [
      ['generatorChannels', generatorChannels, 8],
      ['discriminatorChannels', discriminatorChannels, 4],
    ] as const) {
      if (base % divisor !== 0) {
        throw new UserError(
          `csawgan: ${name} is ${base}; with attention it must be a multiple of ${divisor} (queries have an eighth of ` +
            'the channels). Change it, or leave attention out with --set model.attention=false.',
        );
      }
    }
  },

  generator(scope, { generatorChannels, spectralNorm, attention }, images, latents, labels) {
    const condition = images.classes === 0 ? latents : concat([latents, classVectors(labels, images.classes)], 1);
    let x = reshape(condition, [extent(condition, 0), -1, 1, 1]);
    for (const [i, multiple] of [4, 2, 1].entries()) {
      const shape = i === 0 ? { ...sized, kernel: 4, stride: 1, padding: 0 } : doubling;
      x = scope.at(`block${i + 1}`, (s) => {
        const layer = { ...shape, bias: false, spectralNorm };
        return relu(
          norm(
            s,
            s.at('conv', (inner) => convTranspose2d(inner, x, multiple * generatorChannels, layer)),
          ),
        );
      });
    }
    if (attention) x = attended(scope, x, spectralNorm);
    return tanh(scope.at('conv', (s) => convTranspose2d(s, x, images.channels, { ...doubling, spectralNorm })));
  },

  discriminator(scope, options, images, image, labels) {
    const { discriminatorChannels, spectralNorm, discriminatorBatchNorm } = options;
    let x = image;
    for (const [i, multiple] of [1, 2, 4].entries()) {
      const isNormed = discriminatorBatchNorm && i > 0;
      x = scope.at(`block${i + 1}`, (s) => {
        const layer = { ...sized, bias: !isNormed, spectralNorm };
        const halved = s.at('conv', (inner) => conv2d(inner, x, multiple * discriminatorChannels, layer));
        return leakyRelu(isNormed ? norm(s, halved) : halved, 0.2);
      });
      if (options.attention && i === 1) x = attended(scope, x, spectralNorm);
    }
    let features = reshape(x, [extent(x, 0), -1]); // [N, C·4·4]
    if (images.classes > 0) {
      const classes = classVectors(labels, images.classes);
      const embedded = scope.at('embedding', (s) => linear(s, classes, options.embeddingDim));
      features = concat([features, embedded], 1);
    }
    if (options.hiddenUnits > 0) {
      features = leakyRelu(
        scope.at('hidden', (s) => linear(s, features, options.hiddenUnits)),
        0.2,
      );
    }
    return reshape(
      scope.at('linear', (s) => linear(s, features, 1)),
      [-1],
    );
  },
};

function attended(scope: Scope, x: Tensor, spectralNorm: boolean): Tensor {
  const options = { ...selfAttentionForms.heykeetae, initializer: normal(0.02), spectralNorm };
  return scope.at('attention', (s) => selfAttention(s, x, options));
}

function norm(scope: Scope, x: Tensor): Tensor {
  return scope.at('norm', (s) => batchNorm(s, x, { epsilon: 1e-8, gainInitializer: normal(0.02, 1) }));
}
