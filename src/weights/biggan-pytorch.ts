/**
 * The names of github.com/ajbrock/BigGAN-PyTorch: `BigGAN.py` with and without shared embedding (its SAGAN and SNGAN), and
 * `BigGANdeep.py`, in files such as `G.pth`, `G_ema.pth` and `D.pth`.
 */

import { attention, type Leaves, layer, onePlus, prefixed, type WeightSource } from './name-map.ts';

const statistics: Leaves = {
  stored_mean: [{ to: 'mean' }],
  stored_var: [{ to: 'variance' }],
};

/** Its batch norms keep their statistics themselves or, with `--mybn`, in a module `bn`. */
const norm: Leaves = {
  ...statistics,
  ...Object.fromEntries(Object.entries(statistics).map(([leaf, targets]) => [`bn.${leaf}`, targets])),
  'bn.accumulation_counter': [],
  gain: [{ to: 'gain' }],
  bias: [{ to: 'bias' }],
};

/** Gains and biases of classes: linear maps of a shared embedding, or tables of distances from 1 and 0. */
const conditionalNorm: Leaves = {
  ...norm,
  ...prefixed('gain', layer, 'gain'),
  ...prefixed('bias', layer, 'bias'),
  'gain.weight': [{ to: 'gain.weight' }, { to: 'gain', change: onePlus }],
  'bias.weight': [{ to: 'bias.weight' }, { to: 'bias' }],
};

const block = (index: number) => `block${index + 1}`;
const named =
  (name: string) =>
  (index: number): string[] => [`${block(index)}.${name}`];

/** Attention stands in the block's scope, or beside it under the side of its map. */
const generatorAttention = (index: number) => [`${block(index)}.attention`, `attention${8 * 2 ** index}`];
const discriminatorAttention = (index: number, resolution: number) => [
  `${block(index)}.attention`,
  `attention${resolution / 2 ** (index + 1)}`,
];

const convolutions = [
  ...['conv1', 'conv2', 'conv3', 'conv4'].map((name) => ({
    from: `blocks.*.0.${name}`,
    to: named(name),
    leaves: layer,
  })),
  { from: 'blocks.*.0.conv_sc', to: named('shortcut'), leaves: layer },
];

export const bigganPytorch: WeightSource = {
  name: 'biggan-pytorch',
  url: 'github.com/ajbrock/BigGAN-PyTorch',
  networks: {
    generator: [
      { from: 'shared', to: () => ['embedding'], leaves: layer },
      { from: 'linear', to: () => ['linear'], leaves: layer },
      ...convolutions,
      ...[1, 2, 3, 4].map((n) => ({ from: `blocks.*.0.bn${n}`, to: named(`norm${n}`), leaves: conditionalNorm })),
      { from: 'blocks.*.1', to: generatorAttention, leaves: attention },
      { from: 'output_layer.0', to: () => ['norm'], leaves: norm },
      { from: 'output_layer.2', to: () => ['conv'], leaves: layer },
    ],
    discriminator: [
      { from: 'input_conv', to: () => ['conv'], leaves: layer },
      ...convolutions,
      { from: 'blocks.*.1', to: discriminatorAttention, leaves: attention },
      { from: 'linear', to: () => ['linear'], leaves: layer },
      { from: 'embed', to: () => ['embedding'], leaves: layer },
    ],
  },
};
