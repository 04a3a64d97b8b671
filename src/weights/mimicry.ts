/**
 * The names of github.com/kwotsin/mimicry: its SNGAN, cGAN-PD and SAGAN, in checkpoints such as `netG_100000_steps.pth`. The
 * last layers are numbered on from the blocks, so their numbers follow from the resolution.
 */

import { attention, batchNorm, halfOfColumns, type Leaves, layer, type WeightSource } from './name-map.ts';

const statistics: Leaves = Object.fromEntries(
  Object.entries(batchNorm)
    .filter(([leaf]) => leaf.startsWith('running') || leaf.startsWith('num'))
    .map(([leaf, targets]) => [`bn.${leaf}`, targets]),
);

/** With classes, a table has gains and, beside them, biases. */
const norm: Leaves = {
  ...batchNorm,
  ...statistics,
  'embed.weight': [
    { to: 'gain', change: halfOfColumns(0) },
    { to: 'bias', change: halfOfColumns(1) },
  ],
};

/** Its generators' blocks are counted from 2. */
const generatorBlock =
  (name: string) =>
  (index: number): string[] => [`block${index - 1}.${name}`];

const discriminatorBlock =
  (name: string) =>
  (index: number): string[] => [`block${index}.${name}`];

const generatorAttention = (_: number, resolution: number) => [`attention${resolution === 32 ? 16 : 32}`];
const discriminatorAttention = (_: number, resolution: number) => [`attention${resolution === 32 ? 8 : 32}`];

export const mimicry: WeightSource = {
  name: 'mimicry',
  url: 'github.com/kwotsin/mimicry',
  networks: {
    generator: [
      { from: 'l1', to: () => ['linear'], leaves: layer },
      { from: 'block*.c1', to: generatorBlock('conv1'), leaves: layer },
      { from: 'block*.c2', to: generatorBlock('conv2'), leaves: layer },
      { from: 'block*.c_sc', to: generatorBlock('shortcut'), leaves: layer },
      { from: 'block*.b1', to: generatorBlock('norm1'), leaves: norm },
      { from: 'block*.b2', to: generatorBlock('norm2'), leaves: norm },
      { from: 'attn_block', to: generatorAttention, leaves: attention },
      { from: 'b*', to: () => ['norm'], leaves: batchNorm },
      { from: 'c*', to: () => ['conv'], leaves: layer },
    ],
    discriminator: [
      { from: 'block*.c1', to: discriminatorBlock('conv1'), leaves: layer },
      { from: 'block*.c2', to: discriminatorBlock('conv2'), leaves: layer },
      { from: 'block*.c_sc', to: discriminatorBlock('shortcut'), leaves: layer },
      { from: 'attn_block', to: discriminatorAttention, leaves: attention },
      { from: 'l*', to: () => ['linear'], leaves: layer },
      { from: 'l_y', to: () => ['embedding'], leaves: layer },
    ],
  },
};
