/** What the programs called SAGAN differ in: the switches, and the position of each in each program. */

import { z } from 'zod';
import type { Widths } from '../resnet.ts';

const share = z.number().min(0).lt(1);

/** Every switch with its meaning. */
const switches = {
  upsampling: z.enum(['nearest', 'bilinear']).describe('How the generator doubles its maps.'),
  conditionalNorm: z
    .enum(['tables', 'embeddings', 'oneHot'])
    .describe(
      "Classes' gains and biases: tables around 1 and 0; 1 + embeddings that begin as the layers do; or 1 + a spectrally " +
        'normalised linear map of the one-hot label.',
    ),
  classDeviation: z.number().min(0).describe("Spread of the tables' gains around 1 at the start."),
  classBiasDeviation: z.number().min(0).describe("Spread of the tables' biases around 0 at the start."),
  batchNormEpsilon: z.number().positive().describe('Added to the variances of batch norm.'),
  batchNormDecay: share.describe("Share of batch norm's running statistics that a step keeps."),
  lastBatchNormDecay: share.describe("The same of the generator's last norm."),
  runningVariance: z
    .enum(['biased', 'unbiased'])
    .describe('Whether running variances follow sums over n or over n − 1.'),
  widths: z
    .enum(['sngan', 'biggan-pytorch', 'pyramid'])
    .describe(
      'Whose multiples of the base widths hold below 128 pixels; at 128 these two agree. Or our pyramid: widths double where ' +
        "sides halve, and the discriminator's first block keeps the image's side, so that both networks have all maps from 8 up.",
    ),
  discriminatorHidden: z
    .enum(['wide', 'thin'])
    .describe("Channels between a discriminator block's convolutions: as its output (wide) or its input (thin)."),
  discriminatorShortcut: z
    .enum(['input', 'activation'])
    .describe("What a discriminator block's shortcut sees: its input, or ReLU(input), as where ReLU writes in place."),
  attentionValueDivisor: z
    .union([z.literal(1), z.literal(2), z.literal(8)])
    .describe("Attention's values have C / this many channels."),
  attentionPooling: z.boolean().describe('Max-pool keys and values of attention 2×2.'),
  attentionOutput: z.boolean().describe('A 1×1 convolution after attention; without it values must have C channels.'),
  attentionBias: z.boolean().describe("Biases in attention's convolutions."),
  attentionSpectralNorm: z.boolean().describe("Spectral norm in attention's convolutions."),
  spectralNorm: z
    .enum(['both', 'discriminator', 'none'])
    .describe('Which networks have spectral norm; the paper compares both with the discriminator alone.'),
  spectralNormEpsilon: z.number().positive().describe('Guards the norms of the power iteration.'),
  spectralNormEpsilonAs: z.enum(['added', 'floor']).describe('Norms are divided by norm + ε, or by max(norm, ε).'),
  spectralNormGradient: z
    .enum(['constant', 'through'])
    .describe("Whether gradients take the power iteration's vectors as constants or go through them."),
  spectralNormAtRest: z
    .enum(['iterated', 'kept'])
    .describe("What divides when sampling: the next estimate of the power iteration, or training's last."),
  initializer: z
    .enum(['xavier', 'orthogonal', 'normal', 'residualXavier'])
    .describe(
      'Of weights: Xavier uniform; orthogonal; N(0, 0.02²); or Xavier times √2 in the residual 3×3 convolutions, and ' +
        "PyTorch's U(±1/√fanIn) in attention.",
    ),
  biasInitializer: z.enum(['zeros', 'uniformByFanIn']).describe("Of biases: zeros, or PyTorch's U(±1/√fanIn)."),
  discriminatorBatches: z
    .enum(['together', 'apart'])
    .describe('Real and fake images in one batch, or one after the other, each moving the power iteration.'),
  movesInGeneratorStep: z.boolean().describe("Whether D's power iteration also moves in the generator's update."),
};

const schema = z.object(switches);

export type SaganSwitches = z.infer<typeof schema>;

const official: SaganSwitches = {
  upsampling: 'nearest',
  conditionalNorm: 'tables',
  classDeviation: 0,
  classBiasDeviation: 0,
  batchNormEpsilon: 1e-5,
  batchNormDecay: 0.999,
  lastBatchNormDecay: 0.9999,
  runningVariance: 'biased',
  widths: 'sngan',
  discriminatorHidden: 'wide',
  discriminatorShortcut: 'input',
  attentionValueDivisor: 2,
  attentionPooling: true,
  attentionOutput: true,
  attentionBias: false,
  attentionSpectralNorm: true,
  spectralNorm: 'both',
  spectralNormEpsilon: 1e-12,
  spectralNormEpsilonAs: 'added',
  spectralNormGradient: 'through',
  spectralNormAtRest: 'iterated',
  initializer: 'xavier',
  biasInitializer: 'zeros',
  discriminatorBatches: 'together',
  movesInGeneratorStep: false,
};

/** What PyTorch's own layers do. */
const pytorch = {
  batchNormDecay: 0.9,
  lastBatchNormDecay: 0.9,
  runningVariance: 'unbiased',
  spectralNormEpsilonAs: 'floor',
  spectralNormGradient: 'constant',
  movesInGeneratorStep: true,
} as const satisfies Partial<SaganSwitches>;

const table = {
  official,
  paper: {
    ...official,
    attentionValueDivisor: 8,
    attentionPooling: false,
    // Not in the paper: the averages of its time, and spectral norm as its own paper has it (arXiv:1802.05957).
    batchNormDecay: 0.9,
    lastBatchNormDecay: 0.9,
    spectralNormGradient: 'constant',
  },
  'biggan-pytorch': {
    ...official,
    ...pytorch,
    conditionalNorm: 'embeddings',
    widths: 'biggan-pytorch',
    spectralNormEpsilon: 1e-8,
    biasInitializer: 'uniformByFanIn',
  },
  studiogan: {
    ...official,
    ...pytorch,
    conditionalNorm: 'oneHot',
    batchNormEpsilon: 1e-4,
    discriminatorShortcut: 'activation',
    spectralNormEpsilon: 1e-6,
    initializer: 'orthogonal',
    discriminatorBatches: 'apart',
  },
  mimicry: {
    ...official,
    ...pytorch,
    spectralNormAtRest: 'kept',
    upsampling: 'bilinear',
    classDeviation: 0.02,
    discriminatorHidden: 'thin',
    discriminatorShortcut: 'activation',
    initializer: 'residualXavier',
    biasInitializer: 'uniformByFanIn',
    discriminatorBatches: 'apart',
  },
} as const satisfies Readonly<Record<string, SaganSwitches>>;

export type SaganVariant = keyof typeof table;

const variant = z
  .enum(['official', 'paper', 'biggan-pytorch', 'studiogan', 'mimicry'])
  .default('official')
  .describe(
    "Whose SAGAN: the authors' released code, the paper as printed, BigGAN-PyTorch, StudioGAN or mimicry. It sets every " +
      'switch that is not set by itself.',
  );

/** The fields of a schema: the variant, and each switch on its own. */
export const variantFields = { variant, ...schema.partial().shape };

/** The switches that a variant sets, changed by those that `options` sets. */
export function switchesOf(options: { readonly variant: SaganVariant } & Readonly<Record<string, unknown>>) {
  const own = Object.entries(options).filter(([, value]) => value !== undefined);
  return schema.parse({ ...table[options.variant], ...Object.fromEntries(own) });
}

/** Sides of the maps that get attention, in the generator and in the discriminator. */
interface AttentionSides {
  readonly generator: readonly number[];
  readonly discriminator: readonly number[];
}

const both = (...sides: number[]): AttentionSides => ({ generator: sides, discriminator: sides });

export type SaganResolution = 32 | 64 | 128;

const authors = { 32: both(16), 64: both(32), 128: both(32) };

/** Where a program puts attention by itself. At 64 pixels no program but StudioGAN's has a published SAGAN. */
export const attentionSides: Readonly<Record<SaganVariant, Readonly<Record<SaganResolution, AttentionSides>>>> = {
  official: authors,
  paper: authors,
  'biggan-pytorch': { 32: both(), 64: both(32), 128: both(64) },
  studiogan: { 32: both(16), 64: both(32), 128: both(64) },
  mimicry: { ...authors, 32: { generator: [16], discriminator: [8] } },
};

/** Channels in multiples of the base widths. */
export const widthsOf: Readonly<Record<SaganSwitches['widths'], Readonly<Record<SaganResolution, Widths>>>> = {
  sngan: {
    32: { generator: [4, 4, 4, 4], discriminator: [2, 2, 2, 2], downsampling: 2 },
    64: { generator: [16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16], downsampling: 4 },
    128: { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], downsampling: 5 },
  },
  'biggan-pytorch': {
    32: { generator: [4, 4, 4, 4], discriminator: [4, 4, 4, 4], downsampling: 2 },
    64: { generator: [16, 16, 8, 4, 2], discriminator: [1, 2, 4, 8, 16], downsampling: 4 },
    128: { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], downsampling: 5 },
  },
  pyramid: {
    32: { generator: [8, 4, 2, 1], discriminator: [1, 2, 4, 8], keeping: 1, downsampling: 3 },
    64: { generator: [16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16], keeping: 1, downsampling: 4 },
    128: { generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], keeping: 1, downsampling: 5 },
  },
};
