/** What the BigGANs share: how their layers begin and are normalised, and where attention may stand. */

import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import type { Tensor } from '../../engine/ir/tensor.ts';
import {
  type Initializer,
  type LayerOptions,
  normal,
  orthogonal,
  type Scope,
  selfAttention,
  xavierUniform,
  zeros,
} from '../../nn/index.ts';

const initializers = {
  orthogonal,
  xavier: xavierUniform,
  normal: normal(0.02),
} as const satisfies Readonly<Record<string, Initializer>>;

export const layerFields = {
  initializer: z
    .enum(['orthogonal', 'xavier', 'normal'])
    .default('orthogonal')
    .describe('Of weights and embeddings: orthogonal, Xavier uniform, or N(0, 0.02²).'),
  biasInitializer: z
    .enum(['uniformByFanIn', 'zeros'])
    .default('uniformByFanIn')
    .describe("Of biases: PyTorch's U(±1/√fanIn), which the original program leaves as they are, or zeros."),
  spectralNormEpsilon: z
    .number()
    .positive()
    .default(1e-6)
    .describe('Least norm that a vector of the power iteration is divided by.'),
};

const layerSchema = z.object(layerFields);

export interface BigganLayers {
  readonly initializer: Initializer;
  /** Of weights with spectral norm: all but the generator's embeddings. */
  readonly layer: LayerOptions;
}

/** The layers that options ask for. */
export function layersOf(options: z.infer<typeof layerSchema>): BigganLayers {
  const initializer = initializers[options.initializer];
  return {
    initializer,
    layer: {
      initializer,
      spectralNorm: { epsilon: options.spectralNormEpsilon, epsilonAs: 'floor' },
      biasInitializer: options.biasInitializer === 'zeros' ? zeros : options.biasInitializer,
    },
  };
}

/** PyTorch's batch norm: momentum 0.1, ε 1e-5, and a running variance over n − 1. */
export const batchNormOptions = { epsilon: 1e-5, decay: 0.9, runningVariance: 'unbiased' } as const;

export const attentionFields = {
  attentionAt: z
    .array(z.int().positive())
    .optional()
    .describe("Sides of the generator's maps that get self-attention; [] for none; default: [64] from 128 pixels on."),
  discriminatorAttentionAt: z
    .array(z.int().positive())
    .optional()
    .describe("The same in the discriminator; default: as the generator's."),
};

const attentionSchema = z.object(attentionFields);

/** The sides that get attention in each network. */
export function attentionSides(options: z.infer<typeof attentionSchema>, resolution: number) {
  const { attentionAt: generator = resolution >= 128 ? [64] : [] } = options;
  return { generator, discriminator: options.discriminatorAttentionAt ?? generator };
}

/** A place of a network that may get attention. */
export interface AttentionPlace {
  readonly side: number;
  readonly channels: number;
}

/** Throws UserError unless every side is one of `places`, and attention can cut the channels there into eighths. */
export function checkAttention(
  where: string,
  sides: readonly number[],
  places: readonly AttentionPlace[],
  resolution: number,
): void {
  for (const wanted of sides) {
    const found = places.filter(({ side }) => side === wanted);
    if (found.length === 0) {
      const known = [...new Set(places.map(({ side }) => side))].join(', ');
      throw new UserError(
        `${where} names a ${wanted}×${wanted} feature map; at resolution ${resolution} attention can follow maps of side ` +
          `${known}. Choose from these, or [] for none.`,
      );
    }
    const uneven = found.find(({ channels }) => channels % 8 !== 0);
    if (uneven !== undefined) {
      throw new UserError(
        `${where} names the ${wanted}×${wanted} feature map, which has ${uneven.channels} channels; attention expects a ` +
          'multiple of 8 (queries have an eighth). Change the base width, or attend elsewhere.',
      );
    }
  }
}

/** The block's self-attention, in the form of the released SAGAN code, in the scope `attention`. */
export function attention(scope: Scope, x: Tensor, layer: LayerOptions): Tensor {
  return scope.at('attention', (s) => selfAttention(s, x, layer));
}
