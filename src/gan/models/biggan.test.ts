import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type At,
  assertSameNetworks,
  below,
  conv,
  normalized,
  pooledAttention,
  product,
  standardized,
} from '../../../test/models/plain-networks.ts';
import { UserError } from '../../base/errors.ts';
import { input, interpret, type Tensor, values } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { initialize, Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 32, channels: 3, classes: 3 };
const small = { latentDim: 10, embeddingDim: 4, generatorChannels: 4, discriminatorChannels: 4 };
const model = findModel('biggan');

/** The generator of the program: `hears` says what the norms of a block make of its input. */
function plainGenerator(
  at: At,
  start: Tensor,
  sides: readonly number[],
  hears: (at: At, x: Tensor, block: number) => Tensor,
) {
  const linear = below(at, 'linear');
  let x = ops.reshape(ops.add(product(linear, start), linear('bias')), [start.shape[0] ?? 0, -1, 4, 4]);
  for (const block of [1, 2, 3]) {
    const b = below(at, `block${block}`);
    let h = conv(below(b, 'conv1'), ops.upsample(ops.relu(hears(below(b, 'norm1'), x, block)), 2));
    h = conv(below(b, 'conv2'), ops.relu(hears(below(b, 'norm2'), h, block)));
    x = ops.add(h, conv(below(b, 'shortcut'), ops.upsample(x, 2)));
    if (sides.includes(x.shape[2] ?? 0)) x = pooledAttention(below(b, 'attention'), x);
  }
  const norm = below(at, 'norm');
  return ops.tanh(conv(below(at, 'conv'), ops.relu(standardized(x, norm('gain'), norm('bias'), 1e-5))));
}

function plainDiscriminator(at: At, image: Tensor, labels: Tensor, attends: boolean): Tensor {
  let x = image;
  for (const block of [1, 2, 3, 4]) {
    const b = below(at, `block${block}`);
    const pool = (map: Tensor) => (block <= 2 ? ops.averagePool(map, 2) : map);
    const hidden = conv(below(b, 'conv1'), block === 1 ? x : ops.relu(x));
    const h = pool(conv(below(b, 'conv2'), ops.relu(hidden)));
    if (block === 1) x = ops.add(h, conv(below(b, 'shortcut'), pool(x)));
    else x = ops.add(h, block === 2 ? pool(conv(below(b, 'shortcut'), x)) : x);
    if (attends) x = pooledAttention(below(b, 'attention'), x);
  }
  const features = ops.sum(ops.relu(x), [2, 3]);
  const linear = below(at, 'linear');
  const logits = ops.reshape(ops.add(product(linear, features), linear('bias')), [-1]);
  const directions = ops.gather(normalized(below(at, 'embedding')), labels);
  return ops.add(logits, ops.sum(ops.mul(features, directions), [1]));
}

test('both networks are what the program says: shared embedding, latents in pieces, attention', async () => {
  await assertSameNetworks(model.bind({ ...small, attentionAt: [16] }, images), {
    generator(at, z, labels) {
      // 10 numbers for 4 places: pieces of 2, and 2 are left over.
      assert.equal(z.shape[1], 8);
      const shared = ops.gather(at('embedding.weight'), labels);
      return plainGenerator(at, ops.sliceAxis(z, 1, 0, 2), [16], (norm, x, block) => {
        const condition = ops.concat([shared, ops.sliceAxis(z, 1, 2 * block, 2 * block + 2)], 1);
        const gain = ops.add(1, product(below(norm, 'gain'), condition));
        return standardized(x, gain, product(below(norm, 'bias'), condition), 1e-5);
      });
    },
    discriminator: (at, x, labels) => plainDiscriminator(at, x, labels, true),
  });
});

test('both networks are what the program says: tables of classes, whole latents', async () => {
  const options = { ...small, sharedEmbedding: false, hierarchical: false };
  await assertSameNetworks(model.bind(options, images), {
    generator: (at, z, labels) =>
      plainGenerator(at, z, [], (norm, x) =>
        standardized(x, ops.gather(norm('gain'), labels), ops.gather(norm('bias'), labels), 1e-5),
      ),
    discriminator: (at, x, labels) => plainDiscriminator(at, x, labels, false),
  });
});

/** All variables of both networks. */
function trace(options: Readonly<Record<string, unknown>>, type: ImageType = images): Variables {
  const bound = model.bind({ ...small, ...options }, type);
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  bound.generator(variables.scope('G', { training: true }), input('z', 'float32', [2, bound.latentDim]), labels);
  const x = input('x', 'float32', [2, type.channels, type.resolution, type.resolution]);
  bound.discriminator(variables.scope('D', { training: true }), x, labels);
  return variables;
}

const gates = (variables: Variables) => variables.all.map(({ name }) => name).filter((name) => name.endsWith('.gamma'));

test('attention stands after the blocks that reach its side, by default at 64 in images of 128 and more', () => {
  const wide = { generatorChannels: 8, discriminatorChannels: 8 };
  for (const [resolution, options, expected] of [
    [32, {}, []],
    [64, {}, []],
    [128, wide, ['G.block4.attention.gamma', 'D.block1.attention.gamma']],
    [256, wide, ['G.block4.attention.gamma', 'D.block2.attention.gamma']],
    [512, wide, ['G.block4.attention.gamma', 'D.block3.attention.gamma']],
    [64, { ...wide, attentionAt: [8, 32] }, ['G.block1', 'G.block3', 'D.block1', 'D.block3']],
    [64, { ...wide, attentionAt: [32], discriminatorAttentionAt: [4] }, ['G.block3', 'D.block4', 'D.block5']],
    [32, { attentionAt: [16] }, ['G.block2', 'D.block1', 'D.block2', 'D.block3', 'D.block4']],
  ] as const) {
    const seen = gates(trace(options, { ...images, resolution }));
    assert.deepEqual(
      seen,
      expected.map((name) => name.replace(/(\d)$/, '$1.attention.gamma')),
    );
  }
});

test('a thin discriminator has the width of the input between its convolutions', () => {
  const hidden = (discriminatorHidden: string) =>
    trace({ discriminatorHidden }, { ...images, resolution: 64 })
      .all.filter(({ name }) => /^D.*conv1\.weight$/.test(name))
      .map(({ shape }) => shape[0]);
  assert.deepEqual(hidden('wide'), [4, 8, 16, 32, 64]);
  assert.deepEqual(hidden('thin'), [3, 4, 8, 16, 32]);
});

test('weights begin as told, biases by fan-in or at zero; tables of classes lie around 1 and 0', () => {
  const start = (options: Readonly<Record<string, unknown>>, name: string) => {
    const values = initialize(trace(options).all, 1).get(name)?.data ?? assert.fail(`there is no ${name}`);
    return Array.from(values);
  };
  const rms = (values: number[], centre = 0) =>
    Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / values.length);
  for (const [initializer, deviation] of [
    ['orthogonal', 1 / Math.sqrt(9 * 16)], // rows [16, 144] of length 1
    ['xavier', Math.sqrt(2 / (2 * 9 * 16))],
    ['normal', 0.02],
  ] as const) {
    const seen = rms(start({ initializer }, 'G.block1.conv1.weight'));
    assert.ok(Math.abs(seen / deviation - 1) < 0.1, `${initializer}: ${seen}`);
    const tables = { initializer, sharedEmbedding: false, hierarchical: false };
    const [gain, bias] = [start(tables, 'G.block1.norm1.gain'), start(tables, 'G.block1.norm1.bias')];
    // Tables [3, 16]: orthonormal rows have values of 1/√16.
    const expected = { orthogonal: 1 / 4, xavier: Math.sqrt(2 / 19), normal: 0.02 }[initializer];
    for (const seenTable of [rms(gain, 1), rms(bias)]) {
      assert.ok(Math.abs(seenTable / expected - 1) < 0.4, `${initializer} tables: ${seenTable} of ${expected}`);
    }
  }
  const biases = start({}, 'D.block2.conv1.bias'); // of 9·16 inputs
  const largest = Math.max(...biases.map(Math.abs));
  assert.ok(largest <= 1 / 12 && largest > 0.5 / 12, `${largest}`);
  assert.ok(start({ biasInitializer: 'zeros' }, 'D.block2.conv1.bias').every((value) => value === 0));
});

test("the embedding of the generator is not normalised, the discriminator's is", () => {
  const names = trace({}).all.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => /^[GD]\.embedding/.test(name)),
    ['G.embedding.weight', 'D.embedding.weight', 'D.embedding.u'],
  );
});

test('the power iteration divides by norms, but by no less than its epsilon', () => {
  for (const [spectralNormEpsilon, divisor] of [
    [1e-6, 'norm'],
    [1e4, 'epsilon'],
  ] as const) {
    const variables = trace({ spectralNormEpsilon });
    const state = initialize(variables.all, 1);
    const numbers = (name: string) => Array.from(state.get(`G.linear.${name}`)?.data ?? []);
    const [weight, start] = [numbers('weight'), numbers('u')]; // [256, 2], [1, 256]
    const unit = (x: number[]) => x.map((value) => value / (divisor === 'norm' ? Math.hypot(...x) : 1e4));
    const timesRows = (u: number[]) =>
      [0, 1].map((j) => u.reduce((sum, x, i) => sum + x * (weight[2 * i + j] ?? 0), 0));
    const v = unit(timesRows(start));
    const u = unit(start.map((_, i) => (weight[2 * i] ?? 0) * (v[0] ?? 0) + (weight[2 * i + 1] ?? 0) * (v[1] ?? 0)));
    const expected = timesRows(u).reduce((sum, x, j) => sum + x * (v[j] ?? 0), 0);
    const sigma = variables.observations.get('G.linear.sigma') ?? assert.fail('σ is observable');
    const feeds = Object.fromEntries([...state].map(([name, { shape, data }]) => [name, values(shape, data)]));
    const seen = interpret([sigma], feeds)[0]?.data[0] ?? Number.NaN;
    assert.ok(Math.abs(seen / expected - 1) < 1e-9, `${divisor}: ${seen}, expected ${expected}`);
  }
});

test('latents are cut evenly; without classes norms hear their piece, or nothing', () => {
  assert.equal(model.bind({}, { ...images, resolution: 128 }).latentDim, 120);
  assert.equal(model.bind({}, { ...images, resolution: 256 }).latentDim, 119);
  assert.equal(model.bind({ hierarchical: false, latentDim: 121 }, images).latentDim, 121);
  const shapeOf = (options: Readonly<Record<string, unknown>>, name: string) =>
    trace(options, { ...images, classes: 0 }).all.find((variable) => variable.name === name)?.shape;
  assert.deepEqual(shapeOf({}, 'G.block1.norm1.gain.weight'), [16, 2]);
  assert.deepEqual(shapeOf({ hierarchical: false }, 'G.block1.norm1.gain'), [16]);
});

test("the discriminator's power iteration also moves in the generator's update, as in the program", () => {
  assert.deepEqual(model.bind({}, images).judging, {
    batches: 'together',
    movesInGeneratorStep: true,
    fakeLabels: 'drawn',
  });
});

test('what cannot be made is refused, with what can', () => {
  const at64 = { ...images, resolution: 64 };
  for (const [options, type, message] of [
    [{}, { ...images, resolution: 48 }, /resolution 48 .* choose 32, 64, 128, 256, 512/],
    [{ attentionAt: [4] }, at64, /attentionAt names a 4×4 .* side 8, 16, 32, 64\. Choose/],
    [{ attentionAt: [64] }, at64, /discriminatorAttentionAt \(if not set, as attentionAt\) .* side 32, 16, 8, 4\. /],
    [{ attentionAt: [], discriminatorAttentionAt: [8] }, images, /discriminatorAttentionAt .* side 16\. Choose/],
    [{ attentionAt: [16], generatorChannels: 3 }, images, /16×16 feature map, which has 12 channels; .* multiple of 8/],
    [{ latentDim: 3 }, images, /latentDim is 3; .* 4 or more/],
    [{ sharedEmbedding: false }, images, /sharedEmbedding is false. Set both/],
  ] as const) {
    assert.throws(
      () => model.bind(options, type),
      (error) => error instanceof UserError && message.test(error.message),
      `${message}`,
    );
  }
  model.bind({ sharedEmbedding: false }, { ...images, classes: 0 });
});
