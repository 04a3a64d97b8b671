/**
 * The names of github.com/heykeetae/Self-Attention-GAN, in files such as `1000_G.pth`: its layers are numbered `l1` to `l4` and
 * `last`, and its spectral norm wraps them as `module`.
 */

import { batchNorm, type Leaves, layer, prefixed, reshaped, type WeightSource } from './name-map.ts';

/** What its spectral norm makes of a layer's names. */
const wrapped: Leaves = {
  weight_bar: [{ to: 'weight' }],
  weight_u: [{ to: 'u', change: reshaped }],
  weight_v: [],
  bias: [{ to: 'bias' }],
};

const attention: Leaves = {
  ...prefixed('query_conv', layer, 'query'),
  ...prefixed('key_conv', layer, 'key'),
  ...prefixed('value_conv', layer, 'value'),
  gamma: [{ to: 'gamma', change: reshaped }],
};

const block = (name: string) => (index: number) => [`block${index}.${name}`];

/** The sides of the maps that its two blocks of attention see. */
const attentionAt = (first: number, second: number) => (index: number) => [`attention${index === 1 ? first : second}`];

const last = { from: 'last.0', to: () => ['conv'], leaves: layer };

export const heykeetae: WeightSource = {
  name: 'heykeetae',
  url: 'github.com/heykeetae/Self-Attention-GAN',
  networks: {
    generator: [
      { from: 'l*.0.module', to: block('conv'), leaves: wrapped },
      { from: 'l*.1', to: block('norm'), leaves: batchNorm },
      { from: 'attn*', to: attentionAt(16, 32), leaves: attention },
      last,
    ],
    discriminator: [
      { from: 'l*.0.module', to: block('conv'), leaves: wrapped },
      { from: 'attn*', to: attentionAt(8, 4), leaves: attention },
      last,
    ],
  },
};
