/** SAGAN's two networks against the same written down plainly, from the programs of its variants, in bare ops. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type At,
  assertSameNetworks,
  attended,
  below,
  normalized,
  product,
  standardized,
  withBias,
} from '../../../test/models/plain-networks.ts';
import type { Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { findModel } from './index.ts';

/** What a program does in its own way. */
interface Program {
  readonly up?: (x: Tensor) => Tensor;
  readonly epsilon?: number;
  /** Gains or biases [N,C] of the labels, around the centre. */
  readonly ofClass?: (at: At, name: string, centre: number, labels: Tensor) => Tensor;
  /** Its discriminator's blocks pass ReLU(x) through the shortcut. */
  readonly overwrites?: boolean;
  /** Between the convolutions of a discriminator's block are as many channels as before it. */
  readonly thin?: boolean;
  readonly pool?: (x: Tensor) => Tensor;
}

const bilinear = (x: Tensor) => ops.resizeBilinear(x, 2 * (x.shape[2] ?? 0), 2 * (x.shape[3] ?? 0));

const programs = {
  official: {},
  paper: { pool: (x) => x },
  'biggan-pytorch': {},
  studiogan: {
    epsilon: 1e-4,
    ofClass: (at, name, centre, labels) => ops.add(centre, product(below(at, name), ops.oneHot(labels, 3))),
    overwrites: true,
  },
  mimicry: { up: bilinear, overwrites: true, thin: true },
} satisfies Readonly<Record<string, Program>>;

function conv(at: At, x: Tensor): Tensor {
  const weight = normalized(at);
  return withBias(at, ops.conv2d(x, weight, { padding: weight.shape[2] === 3 ? 1 : 0 }));
}

const dense = (at: At, x: Tensor) => ops.add(product(at, x), at('bias'));

/** x + γ W_o Σⱼ softmaxⱼ(θ(xᵢ)·φ(xⱼ)) g(xⱼ). */
function attention(at: At, x: Tensor, { pool = (map) => ops.maxPool(map, 2) }: Program): Tensor {
  const project = (name: string, map: Tensor) => ops.conv2d(map, normalized(below(at, name)));
  const seen = attended(project('query', x), pool(project('key', x)), pool(project('value', x)));
  return ops.add(x, ops.mul(at('gamma'), project('output', seen)));
}

interface Form {
  readonly program: Program;
  readonly resolution: 32 | 64 | 128;
  readonly classes: 0 | 3;
  /** The sides that get attention. */
  readonly generator: readonly number[];
  readonly discriminator: readonly number[];
}

function plainGenerator(at: At, z: Tensor, labels: Tensor, { program, resolution, classes, generator }: Form): Tensor {
  const { up = (x) => ops.upsample(x, 2), epsilon = 1e-5 } = program;
  const { ofClass = (norm, name, _, y) => ops.gather(norm(name), y) } = program;
  const affine = (layer: At, name: string, centre: number) =>
    classes === 0 ? layer(name) : ofClass(layer, name, centre, labels);
  const active = (layer: At, x: Tensor) =>
    ops.relu(standardized(x, affine(layer, 'gain', 1), affine(layer, 'bias', 0), epsilon));
  let x = ops.reshape(dense(below(at, 'linear'), z), [z.shape[0] ?? 0, -1, 4, 4]);
  for (let side = 8, block = 1; side <= resolution; side *= 2, block++) {
    const b = below(at, `block${block}`);
    const h = conv(below(b, 'conv1'), up(active(below(b, 'norm1'), x)));
    x = ops.add(conv(below(b, 'conv2'), active(below(b, 'norm2'), h)), conv(below(b, 'shortcut'), up(x)));
    if (generator.includes(side)) x = attention(below(at, `attention${side}`), x, program);
  }
  const last = below(at, 'norm');
  return ops.tanh(conv(below(at, 'conv'), ops.relu(standardized(x, last('gain'), last('bias'), epsilon))));
}

/** How many blocks the discriminator has, and how many of them, from the first, halve the map. */
const blocks = { 32: [4, 2], 64: [5, 4], 128: [6, 5] } as const;

function plainDiscriminator(at: At, images: Tensor, labels: Tensor, form: Form): Tensor {
  const { program, resolution, classes, discriminator } = form;
  const [count, halving] = blocks[resolution];
  let x = images;
  for (let block = 1; block <= count; block++) {
    const b = below(at, `block${block}`);
    const pool = (map: Tensor) => (block <= halving ? ops.averagePool(map, 2) : map);
    const active = block === 1 ? x : ops.relu(x);
    const passed = program.overwrites === true ? active : x;
    const hidden = conv(below(b, 'conv1'), active);
    const h = pool(conv(below(b, 'conv2'), ops.relu(hidden)));
    const thin = program.thin === true && block > 1;
    assert.equal(hidden.shape[1], (thin ? x : h).shape[1]);
    const same = block > halving && h.shape[1] === x.shape[1];
    x = ops.add(h, same ? passed : pool(conv(below(b, 'shortcut'), passed)));
    const side = x.shape[2] ?? 0;
    if (block <= halving && discriminator.includes(side)) x = attention(below(at, `attention${side}`), x, program);
  }
  const features = ops.sum(ops.relu(x), [2, 3]);
  const logits = ops.reshape(dense(below(at, 'linear'), features), [-1]);
  if (classes === 0) return logits;
  return ops.add(logits, ops.sum(ops.mul(features, ops.gather(normalized(below(at, 'embedding')), labels)), [1]));
}

const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };

for (const [variant, options, form] of [
  ['official', { attentionAt: [8, 16] }, { resolution: 32, classes: 3, generator: [8, 16], discriminator: [8, 16] }],
  ['official', {}, { resolution: 64, classes: 0, generator: [32], discriminator: [32] }],
  ['official', {}, { resolution: 128, classes: 3, generator: [32], discriminator: [32] }],
  ['paper', {}, { resolution: 32, classes: 3, generator: [16], discriminator: [16] }],
  ['biggan-pytorch', {}, { resolution: 64, classes: 3, generator: [32], discriminator: [32] }],
  ['studiogan', {}, { resolution: 32, classes: 3, generator: [16], discriminator: [16] }],
  ['studiogan', {}, { resolution: 64, classes: 0, generator: [32], discriminator: [32] }],
  ['mimicry', {}, { resolution: 32, classes: 3, generator: [16], discriminator: [8] }],
  ['mimicry', {}, { resolution: 128, classes: 3, generator: [32], discriminator: [32] }],
] as const satisfies readonly (readonly [string, object, Omit<Form, 'program'>])[]) {
  const { resolution, classes } = form;
  test(`SAGAN, ${variant}, at ${resolution} pixels with ${classes} classes is what the program says`, async () => {
    const model = findModel('sagan').bind({ ...small, variant, ...options }, { resolution, channels: 3, classes });
    const whole = { program: programs[variant], ...form };
    await assertSameNetworks(model, {
      generator: (at, z, labels) => plainGenerator(at, z, labels, whole),
      discriminator: (at, x, labels) => plainDiscriminator(at, x, labels, whole),
    });
  });
}
