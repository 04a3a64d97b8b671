import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type At,
  assertSameNetworks,
  below,
  normalized,
  standardized,
  withBias,
} from '../../../test/models/plain-networks.ts';
import { UserError } from '../../base/errors.ts';
import { input, type Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { initialize, Variables } from '../../nn/index.ts';
import { findModel } from './index.ts';

const model = findModel('sngan');
const small = { latentDim: 8, generatorChannels: 4, discriminatorChannels: 4 };

interface Form {
  readonly variant: 'official' | 'mimicry';
  readonly classes: 0 | 3;
  /** The sides of the generator's maps. */
  readonly sides: readonly number[];
  /** How many blocks the discriminator has, and how many of them, from the first, halve the map. */
  readonly blocks: readonly [count: number, halving: number];
}

function convolved(at: At, x: Tensor, weight = at('weight')): Tensor {
  return withBias(at, ops.conv2d(x, weight, { padding: weight.shape[2] === 3 ? 1 : 0 }));
}

const matrixOf = (at: At) => ops.transpose(at('weight'), [1, 0]);

function plainGenerator(at: At, z: Tensor, labels: Tensor, { variant, classes, sides }: Form): Tensor {
  const official = variant === 'official';
  const epsilon = official ? 2e-5 : 1e-5;
  const row = (table: Tensor) => (table.rank === 1 ? table : ops.gather(table, labels));
  const active = (norm: At, x: Tensor) => ops.relu(standardized(x, row(norm('gain')), row(norm('bias')), epsilon));
  const first = ops.add(ops.matmul(z, matrixOf(below(at, 'linear'))), below(at, 'linear')('bias'));
  const bottom = (sides[0] ?? 0) / 2;
  let x = ops.reshape(first, [z.shape[0] ?? 0, -1, bottom, bottom]);
  for (const [i, side] of sides.entries()) {
    const b = below(at, `block${i + 1}`);
    assert.equal(b('norm1.gain').rank, classes === 0 ? 1 : 2);
    const up = (map: Tensor) => (official ? ops.upsample(map, 2) : ops.resizeBilinear(map, side, side));
    const h = convolved(below(b, 'conv1'), up(active(below(b, 'norm1'), x)));
    x = ops.add(convolved(below(b, 'conv2'), active(below(b, 'norm2'), h)), convolved(below(b, 'shortcut'), up(x)));
  }
  return ops.tanh(convolved(below(at, 'conv'), active(below(at, 'norm'), x)));
}

function plainDiscriminator(at: At, images: Tensor, labels: Tensor, { variant, classes, blocks }: Form): Tensor {
  const [count, halving] = blocks;
  const conv = (layer: At, x: Tensor) => convolved(layer, x, normalized(layer));
  let x = images;
  for (let block = 1; block <= count; block++) {
    const b = below(at, `block${block}`);
    const pool = (map: Tensor) => (block <= halving ? ops.averagePool(map, 2) : map);
    const active = block === 1 ? x : ops.relu(x);
    const passed = variant === 'mimicry' ? active : x;
    const hidden = conv(below(b, 'conv1'), active);
    if (block > 1) assert.equal(hidden.shape[1], x.shape[1], 'thin');
    const h = pool(conv(below(b, 'conv2'), ops.relu(hidden)));
    x = ops.add(h, block > halving && h.shape[1] === x.shape[1] ? passed : pool(conv(below(b, 'shortcut'), passed)));
  }
  const features = ops.sum(ops.relu(x), [2, 3]);
  const linear = below(at, 'linear');
  const product = ops.matmul(features, ops.transpose(normalized(linear), [1, 0]));
  const withoutBias = variant === 'official' && images.shape[2] === 32;
  const logits = ops.reshape(withoutBias ? product : ops.add(product, linear('bias')), [-1]);
  if (classes === 0) return logits;
  return ops.add(logits, ops.sum(ops.mul(features, ops.gather(normalized(below(at, 'embedding')), labels)), [1]));
}

for (const form of [
  { variant: 'official', classes: 0, sides: [8, 16, 32], blocks: [4, 2] },
  { variant: 'mimicry', classes: 3, sides: [8, 16, 32], blocks: [4, 2] },
  { variant: 'mimicry', classes: 0, sides: [12, 24, 48], blocks: [5, 4] },
  { variant: 'official', classes: 3, sides: [8, 16, 32, 64], blocks: [5, 5] },
  { variant: 'official', classes: 3, sides: [8, 16, 32, 64, 128], blocks: [6, 5] },
] as const satisfies readonly Form[]) {
  const { variant, classes } = form;
  const resolution = Math.max(...form.sides);
  test(`SNGAN, ${variant}, at ${resolution} pixels with ${classes} classes is what the program says`, async () => {
    await assertSameNetworks(model.bind({ ...small, variant }, { resolution, channels: 3, classes }), {
      generator: (at, z, labels) => plainGenerator(at, z, labels, form),
      discriminator: (at, x, labels) => plainDiscriminator(at, x, labels, form),
    });
  });
}

test('real and fake images are judged apart, and the power iteration moves whenever the discriminator is applied', () => {
  const { judging } = model.bind(small, { resolution: 32, channels: 3, classes: 0 });
  assert.deepEqual(judging, { batches: 'apart', movesInGeneratorStep: true, fakeLabels: 'drawn' });
});

test('the generator has no spectral norm, and every layer of the discriminator has', () => {
  const { names } = trace('official');
  assert.deepEqual(
    names.filter((name) => name.endsWith('.u')).sort(),
    names
      .filter((name) => /^D\..*\.weight$/.test(name))
      .map((name) => name.replace(/weight$/, 'u'))
      .sort(),
  );
});

test('residual convolutions begin √2 wider than their shortcut; mimicry spreads gains and fills biases', () => {
  const largest = (numbers: ArrayLike<number> | undefined) => Math.max(...Array.from(numbers ?? [], Math.abs));
  for (const variant of ['official', 'mimicry'] as const) {
    const { initial } = trace(variant, 16);
    const limit = (name: string, fans: number) => largest(initial.get(name)?.data) / Math.sqrt(6 / fans);
    const near = (seen: number, expected: number) => assert.ok(seen <= expected && seen > 0.99 * expected, `${seen}`);
    near(limit('G.block1.conv1.weight', 2 * 64 * 9), Math.SQRT2);
    near(limit('D.block2.conv2.weight', 2 * 32 * 9), Math.SQRT2);
    near(limit('G.block1.shortcut.weight', 2 * 64), 1);
    near(limit('G.linear.weight', 8 + 16 * 64), 1);
    const bias = largest(initial.get('G.linear.bias')?.data) * Math.sqrt(8);
    if (variant === 'official') assert.equal(bias, 0);
    else near(bias, 1);
    const gains = Array.from(initial.get('G.block1.norm1.gain')?.data ?? [], (gain) => gain - 1);
    const deviation = Math.sqrt(gains.reduce((sum, gain) => sum + gain ** 2, 0) / gains.length);
    assert.ok(variant === 'official' ? deviation === 0 : Math.abs(deviation / 0.02 - 1) < 0.2, `${deviation}`);
    assert.equal(largest(initial.get('G.block1.norm1.bias')?.data), 0);
  }
});

test('a size that no program has is refused, and the possible ones listed', () => {
  assert.throws(
    () => model.bind(small, { resolution: 96, channels: 3, classes: 0 }),
    (error) => error instanceof UserError && /resolution 96 .* choose 32, 48, 64, 128/.test(error.message),
  );
});

function trace(variant: string, channels = 4) {
  const options = { ...small, variant, generatorChannels: channels, discriminatorChannels: channels };
  const bound = model.bind(options, { resolution: 32, channels: 3, classes: 3 });
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  bound.generator(variables.scope('G', { training: true }), input('z', 'float32', [2, 8]), labels);
  bound.discriminator(variables.scope('D', { training: true }), input('x', 'float32', [2, 3, 32, 32]), labels);
  return { names: variables.all.map(({ name }) => name), initial: initialize(variables.all, 1) };
}
