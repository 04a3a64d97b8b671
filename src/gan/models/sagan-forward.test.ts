/** SAGAN's two networks against the same written down plainly, from the tables of the released code, in bare ops. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { midCourse } from '../../../test/tables/models.ts';
import { Random } from '../../base/random.ts';
import { graph, input, openRuntime, type Tensor, type TensorData } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import * as ops from '../../engine/ops/index.ts';
import { Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

type At = (name: string) => Tensor;

/** The inputs below a path. */
const below =
  (at: At, path: string): At =>
  (name) =>
    at(`${path}.${name}`);

/** The weight over its spectral norm, by one power iteration from u. */
function normalized(at: At): Tensor {
  const weight = at('weight');
  const matrix = ops.reshape(weight, [weight.shape[0] ?? 0, -1]); // [O, rest]
  const unit = (x: Tensor) => ops.div(x, ops.sqrt(ops.sum(ops.square(x))));
  const v = unit(ops.matmul(at('u'), matrix)); // [1, rest]
  const u = unit(ops.matmul(v, ops.transpose(matrix, [1, 0]))); // [1, O]
  const sigma = ops.sum(ops.mul(ops.matmul(u, matrix), v));
  return ops.div(weight, sigma);
}

function conv(at: At, x: Tensor, bias = true): Tensor {
  const weight = normalized(at);
  const y = ops.conv2d(x, weight, { padding: weight.shape[2] === 3 ? 1 : 0 });
  return bias ? ops.add(y, ops.reshape(at('bias'), [1, -1, 1, 1])) : y;
}

const linear = (at: At, x: Tensor) => ops.add(ops.matmul(x, ops.transpose(normalized(at), [1, 0])), at('bias'));

/** Batch statistics; gain and bias by channel, or by class and channel. */
function norm(at: At, x: Tensor, labels: Tensor): Tensor {
  const mean = ops.mean(x, [0, 2, 3], { keepDims: true });
  const variance = ops.mean(ops.square(ops.sub(x, mean)), [0, 2, 3], { keepDims: true });
  const standard = ops.div(ops.sub(x, mean), ops.sqrt(ops.add(variance, 1e-5)));
  const channels = x.shape[1] ?? 0;
  const affine = (name: string) => {
    const table = at(name);
    return ops.reshape(table.rank === 1 ? table : ops.gather(table, labels), [-1, channels, 1, 1]);
  };
  return ops.add(ops.mul(standard, affine('gain')), affine('bias'));
}

/** x + γ W_o Σⱼ softmaxⱼ(θ(xᵢ)·φ(xⱼ)) g(xⱼ), with φ and g max-pooled. */
function attention(at: At, x: Tensor): Tensor {
  const project = (name: string) => conv(below(at, name), x, false);
  const rows = (map: Tensor) => {
    const [n = 0, c = 0] = map.shape;
    return ops.transpose(ops.reshape(map, [n, c, -1]), [0, 2, 1]); // [N, L, C]
  };
  const queries = rows(project('query'));
  const keys = rows(ops.maxPool(project('key'), 2));
  const values = rows(ops.maxPool(project('value'), 2));
  const weights = ops.softmax(ops.matmul(queries, ops.transpose(keys, [0, 2, 1])));
  const seen = ops.transpose(ops.matmul(weights, values), [0, 2, 1]);
  const [n = 0, c = 0, side = 0] = x.shape;
  const out = conv(below(at, 'output'), ops.reshape(seen, [n, c / 2, side, side]), false);
  return ops.add(x, ops.mul(at('gamma'), out));
}

function plainGenerator(at: At, z: Tensor, labels: Tensor, resolution: number, attentionAt: readonly number[]): Tensor {
  let x = ops.reshape(linear(below(at, 'linear'), z), [z.shape[0] ?? 0, -1, 4, 4]);
  for (let side = 8, block = 1; side <= resolution; side *= 2, block++) {
    const b = below(at, `block${block}`);
    let h = ops.upsample(ops.relu(norm(below(b, 'norm1'), x, labels)), 2);
    h = conv(below(b, 'conv1'), h);
    h = conv(below(b, 'conv2'), ops.relu(norm(below(b, 'norm2'), h, labels)));
    x = ops.add(h, conv(below(b, 'shortcut'), ops.upsample(x, 2)));
    if (attentionAt.includes(side)) x = attention(below(at, `attention${side}`), x);
  }
  return ops.tanh(conv(below(at, 'conv'), ops.relu(norm(below(at, 'norm'), x, labels))));
}

/** How many blocks the discriminator has, and how many of them, from the first, halve the map. */
const blocks = { 32: [4, 2], 64: [5, 4], 128: [6, 5] } as const;

function plainDiscriminator(
  at: At,
  image: Tensor,
  labels: Tensor,
  images: Size,
  attentionAt: readonly number[],
): Tensor {
  const [count, halving] = blocks[images.resolution];
  let x = image;
  for (let block = 1; block <= count; block++) {
    const b = below(at, `block${block}`);
    const pool = (map: Tensor) => (block <= halving ? ops.averagePool(map, 2) : map);
    const hidden = conv(below(b, 'conv1'), block === 1 ? x : ops.relu(x));
    const h = pool(conv(below(b, 'conv2'), ops.relu(hidden)));
    if (block === 1) x = ops.add(h, conv(below(b, 'shortcut'), pool(x)));
    else x = ops.add(h, block > halving && h.shape[1] === x.shape[1] ? x : pool(conv(below(b, 'shortcut'), x)));
    const side = x.shape[2] ?? 0;
    if (block <= halving && attentionAt.includes(side)) x = attention(below(at, `attention${side}`), x);
  }
  const features = ops.sum(ops.relu(x), [2, 3]);
  const logits = ops.reshape(linear(below(at, 'linear'), features), [-1]);
  if (images.classes === 0) return logits;
  return ops.add(logits, ops.sum(ops.mul(features, ops.gather(normalized(below(at, 'embedding')), labels)), [1]));
}

type Size = ImageType & { readonly resolution: keyof typeof blocks };

const runtime = await openRuntime({ threads: 1 });

for (const [resolution, classes, attentionAt] of [
  [32, 3, [8, 16]],
  [64, 0, [32]],
  [128, 2, [32]],
] as const) {
  test(`SAGAN at ${resolution} pixels, ${classes} classes, is what the tables of its code say`, async () => {
    const images: Size = { resolution, channels: 3, classes };
    const options = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [...attentionAt] };
    const model = findModel('sagan').bind(options, images);
    const variables = new Variables();
    const z = input('z', 'float32', [2, 8]);
    const labels = input('labels', 'int32', [2]);
    const x = input('x', 'float32', [2, 3, resolution, resolution]);
    const made = model.generator(variables.scope('G', { training: true }), z, labels);
    const { logits } = model.discriminator(variables.scope('D', { training: true }), x, labels);
    const inputs = new Map([...variables.below('G'), ...variables.below('D')]);
    const at: At = (name) => inputs.get(name) ?? assert.fail(`SAGAN has no ${name}`);
    const both = graph('both', [
      ['made', made],
      ['plainMade', plainGenerator(below(at, 'G'), z, labels, resolution, attentionAt)],
      ['logits', logits],
      ['plainLogits', plainDiscriminator(below(at, 'D'), x, labels, images, attentionAt)],
    ]);
    const feeds: Record<string, TensorData> = midCourse(variables.all);
    for (const { shape, attributes } of [z, x]) {
      const name = String(attributes.name);
      feeds[name] = { dtype: 'float32', shape, data: new Random(1, name).normal(sizeOf(shape)) };
    }
    feeds.labels = { dtype: 'int32', shape: [2], data: Int32Array.of(classes - 1, 0) };
    const results = await (await runtime.compile(both)).compute(feeds);
    for (const [seen, plain] of [
      [results.made, results.plainMade],
      [results.logits, results.plainLogits],
    ]) {
      const expected = Array.from(plain?.data ?? []);
      const size = Math.max(...expected.map(Math.abs));
      assert.ok(size > 0.1 && seen?.data.length === expected.length);
      const worst = Math.max(...expected.map((value, i) => Math.abs((seen?.data[i] ?? Number.NaN) - value)));
      assert.ok(worst <= 1e-4 * size, `${worst} of ${size}`);
    }
  });
}
