/**
 * The names of github.com/ajbrock/BigGAN-PyTorch: `BigGAN.py` with and without shared embedding (its SAGAN and SNGAN), and
 * `BigGANdeep.py`, in files such as `G.pth`, `G_ema.pth` and `D.pth`.
 */

import { attention, type Leaves, layer, onePlus, prefixed, type WeightSource } from './name-map.ts';

const mean = [{ to: 'mean' }];
const variance = [{ to: 'variance' }];

/** Batch norms keep their statistics themselves or, with `--mybn` or `--cross_replica`, in a module `bn`. */
const norm: Leaves = {
  stored_mean: mean,
  stored_var: variance,
  'bn.stored_mean': mean,
  'bn.stored_var': variance,
  'bn.accumulation_counter': [],
  'bn.running_mean': mean,
  'bn.running_var': variance,
  'bn.num_batches_tracked': [],
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

const convolutions = ['conv1', 'conv2', 'conv3', 'conv4'];

/** A generator's blocks are counted through, also where two make a stage. */
const ofBlock = (name: string) => (index: number) => [
  `block${index + 1}.${name}`,
  `stage${Math.floor(index / 2) + 1}.block${(index % 2) + 1}.${name}`,
];

/** Attention stands in the scope of a block or stage, or beside it under the side of its map. */
const generatorAttention = (index: number) => [
  `block${index + 1}.attention`,
  `stage${Math.floor(index / 2) + 1}.attention`,
  `attention${8 * 2 ** index}`,
];

/** Of the discriminator's blocks those of a stage are counted by themselves. */
const firstOfStage = (name: string) => (index: number) => [
  `block${index + 1}.${name}`,
  `stage${index + 1}.block1.${name}`,
];
const secondOfStage = (name: string) => (index: number) => [`stage${index + 1}.block2.${name}`];

const discriminatorAttention = (index: number, resolution: number) => [
  `block${index + 1}.attention`,
  `stage${index + 1}.attention`,
  `attention${resolution / 2 ** (index + 1)}`,
];

export const bigganPytorch: WeightSource = {
  name: 'biggan-pytorch',
  url: 'github.com/ajbrock/BigGAN-PyTorch',
  networks: {
    generator: [
      { from: 'shared', to: () => ['embedding'], leaves: layer },
      { from: 'linear', to: () => ['linear'], leaves: layer },
      ...convolutions.map((name) => ({ from: `blocks.*.0.${name}`, to: ofBlock(name), leaves: layer })),
      { from: 'blocks.*.0.conv_sc', to: ofBlock('shortcut'), leaves: layer },
      ...[1, 2, 3, 4].map((n) => ({ from: `blocks.*.0.bn${n}`, to: ofBlock(`norm${n}`), leaves: conditionalNorm })),
      { from: 'blocks.*.1', to: generatorAttention, leaves: attention },
      { from: 'output_layer.0', to: () => ['norm'], leaves: norm },
      { from: 'output_layer.2', to: () => ['conv'], leaves: layer },
    ],
    discriminator: [
      { from: 'input_conv', to: () => ['conv'], leaves: layer },
      ...convolutions.map((name) => ({ from: `blocks.*.0.${name}`, to: firstOfStage(name), leaves: layer })),
      ...convolutions.map((name) => ({ from: `blocks.*.1.${name}`, to: secondOfStage(name), leaves: layer })),
      { from: 'blocks.*.0.conv_sc', to: firstOfStage('shortcut'), leaves: layer },
      { from: 'blocks.*.1', to: discriminatorAttention, leaves: attention },
      { from: 'blocks.*.2', to: discriminatorAttention, leaves: attention },
      { from: 'linear', to: () => ['linear'], leaves: layer },
      { from: 'embed', to: () => ['embedding'], leaves: layer },
    ],
  },
};
