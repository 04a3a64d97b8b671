/**
 * The most copied SAGAN, github.com/heykeetae/Self-Attention-GAN: transposed convolutions after DCGAN in place of the
 * paper's ResNets, without classes. Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318, for the attention.
 *
 * Exact to that program at 64×64, the only size at which it works. Where it goes its own way:
 * - attention is not max-pooled, its values have all C channels and are added as they are, its convolutions have biases and
 *   no spectral norm; two blocks of it in each network, of which the discriminator's see maps of 8×8 and 4×4;
 * - spectral norm takes the input channels of a transposed convolution for the rows of its matrix; the last layers have none;
 * - the slope of the discriminator's leaky ReLU is 0.1;
 * - the power iteration moves in every application, also of the discriminator in the generator's update, and overwrites its
 *   vectors: what is judged real is differentiated with those of what is judged fake.
 *
 * Deviations from it:
 * - there the power iteration moves in sampling, too;
 * - it keeps both vectors of the iteration, of which the second is a function of the first;
 * - gains of batch norm begin at 1, and all else with PyTorch's initial values of today; in 2018 those were others.
 */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { extent, type Tensor } from '../../engine/ir/tensor.ts';
import { leakyRelu, relu, reshape, tanh } from '../../engine/ops/index.ts';
import {
  batchNorm,
  conv2d,
  convTranspose2d,
  type Scope,
  selfAttention,
  selfAttentionForms,
  uniformByFanIn,
} from '../../nn/index.ts';
import type { GanModel } from '../model.ts';

const count = z.int().positive();

const options = z.strictObject({
  latentDim: count.default(128).describe('Length of the latent vector.'),
  generatorChannels: count
    .default(64)
    .describe("The generator's base width: the channels before its image; each map half the size has twice as many."),
  discriminatorChannels: count
    .default(64)
    .describe("The discriminator's base width: the channels after its first convolution."),
});

export type SaganHeykeetaeOptions = z.infer<typeof options>;

const plain = { initializer: uniformByFanIn, biasInitializer: 'uniformByFanIn' } as const;
const normed = { ...plain, spectralNorm: { rowAxis: 0, gradient: 'overwritten' as const } };
/** 4×4 on a 1×1 map, or over a 4×4 one. */
const whole = { kernel: 4, stride: 1, padding: 0 };
const resized = { kernel: 4, stride: 2, padding: 1 };

export const saganHeykeetae: GanModel<SaganHeykeetaeOptions> = {
  name: 'sagan-heykeetae',
  source: 'github.com/heykeetae/Self-Attention-GAN, after Zhang, Goodfellow, Metaxas, Odena 2019, arXiv:1805.08318',
  options,
  latentDim: ({ latentDim }) => latentDim,
  judging: () => ({ batches: 'apart', movesInGeneratorStep: true }),

  check({ generatorChannels, discriminatorChannels }, { resolution, classes }) {
    if (resolution !== 64) {
      throw new UserError(`sagan-heykeetae: resolution ${resolution} is not one it can make; choose 64.`);
    }
    if (classes > 0) {
      throw new UserError(
        `sagan-heykeetae: the images have ${classes} classes, and it knows none; expected images without labels. ` +
          'Leave the labels aside with --set data.conditional=false, or choose sagan, which knows classes.',
      );
    }
    for (const [name, base, divisor] of [
      ['generatorChannels', generatorChannels, 8],
      ['discriminatorChannels', discriminatorChannels, 2],
    ] as const) {
      if (base % divisor !== 0) {
        throw new UserError(
          `sagan-heykeetae: ${name} is ${base}; it must be a multiple of ${divisor} (queries have an eighth of the ` +
            'channels of their map).',
        );
      }
    }
  },

  generator(scope, { generatorChannels }, images, latents) {
    let x = reshape(latents, [extent(latents, 0), -1, 1, 1]);
    for (const [i, multiple] of [8, 4, 2, 1].entries()) {
      const layer = { ...normed, ...(i === 0 ? whole : resized) };
      x = scope.at(`block${i + 1}`, (s) => {
        const larger = s.at('conv', (inner) => convTranspose2d(inner, x, multiple * generatorChannels, layer));
        return relu(s.at('norm', (inner) => batchNorm(inner, larger, { runningVariance: 'unbiased' })));
      });
      x = attended(scope, x, i);
    }
    return tanh(scope.at('conv', (s) => convTranspose2d(s, x, images.channels, { ...plain, ...resized })));
  },

  discriminator(scope, { discriminatorChannels }, _, image) {
    let x = image;
    for (const [i, multiple] of [1, 2, 4, 8].entries()) {
      const layer = { ...normed, ...resized };
      const smaller = scope.at(`block${i + 1}`, (s) =>
        s.at('conv', (inner) => conv2d(inner, x, multiple * discriminatorChannels, layer)),
      );
      x = attended(scope, leakyRelu(smaller, 0.1), i);
    }
    return reshape(
      scope.at('conv', (s) => conv2d(s, x, 1, { ...plain, ...whole })),
      [-1],
    );
  },
};

/** Attention after the third and the fourth block, named after the side of its map. */
function attended(scope: Scope, x: Tensor, block: number): Tensor {
  if (block < 2) return x;
  return scope.at(`attention${extent(x, 2)}`, (s) =>
    selfAttention(s, x, { ...selfAttentionForms.heykeetae, ...plain }),
  );
}
