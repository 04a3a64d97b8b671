/** A model's two networks against the same written down plainly, in bare ops: the pieces for it, and the comparison. */

import assert from 'node:assert/strict';
import { Random } from '../../src/base/random.ts';
import { graph, input, openRuntime, type Tensor, type TensorData } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import * as ops from '../../src/engine/ops/index.ts';
import type { BoundModel } from '../../src/gan/index.ts';
import { Variables } from '../../src/nn/index.ts';
import { midCourse } from '../tables/models.ts';

/** The inputs of a layer, by name. */
export type At = (name: string) => Tensor;

/** The inputs below a path. */
export const below =
  (at: At, path: string): At =>
  (name) =>
    at(`${path}.${name}`);

/** The weight over its largest singular value, by one power iteration from u; `rows` is the axis of the matrix's rows. */
export function normalized(at: At, rows: 0 | 1 = 0): Tensor {
  const weight = at('weight');
  const front = rows === 0 ? weight : ops.transpose(weight, [1, 0, 2, 3]);
  const matrix = ops.reshape(front, [front.shape[0] ?? 0, -1]); // [O, rest]
  const unit = (x: Tensor) => ops.div(x, ops.sqrt(ops.sum(ops.square(x))));
  const v = unit(ops.matmul(at('u'), matrix)); // [1, rest]
  const u = unit(ops.matmul(v, ops.transpose(matrix, [1, 0]))); // [1, O]
  return ops.div(weight, ops.sum(ops.mul(ops.matmul(u, matrix), v)));
}

export const withBias = (at: At, y: Tensor): Tensor => ops.add(y, ops.reshape(at('bias'), [1, -1, 1, 1]));

/** x Wᵀ, normalised, without the bias. */
export const product = (at: At, x: Tensor): Tensor => ops.matmul(x, ops.transpose(normalized(at), [1, 0]));

/** x over the deviation of its channels in the batch, with a gain and a bias of shape [C] or [N, C]. */
export function standardized(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Tensor {
  const axes = x.rank === 2 ? [0] : [0, 2, 3];
  const centred = ops.sub(x, ops.mean(x, axes, { keepDims: true }));
  const variance = ops.mean(ops.square(centred), axes, { keepDims: true });
  const affine = (of: Tensor) => ops.reshape(of, [-1, x.shape[1] ?? 0, ...x.shape.slice(2).map(() => 1)]);
  const standard = ops.div(centred, ops.sqrt(ops.add(variance, epsilon)));
  return ops.add(ops.mul(standard, affine(gain)), affine(bias));
}

/** Σⱼ softmaxⱼ(θ(xᵢ)·φ(xⱼ)) g(xⱼ), all maps [N,·,H,W]. */
export function attended(queries: Tensor, keys: Tensor, values: Tensor): Tensor {
  const flat = (map: Tensor) => ops.reshape(map, [map.shape[0] ?? 0, map.shape[1] ?? 0, -1]);
  const scores = ops.matmul(ops.transpose(flat(queries), [0, 2, 1]), flat(keys)); // [N, L, L']
  const seen = ops.matmul(flat(values), ops.transpose(ops.softmax(scores), [0, 2, 1]));
  return ops.reshape(seen, [queries.shape[0] ?? 0, values.shape[1] ?? 0, ...queries.shape.slice(2)]);
}

/** A normalised convolution with a bias that keeps the size: 1×1 or 3×3. */
export function conv(at: At, x: Tensor): Tensor {
  const weight = normalized(at);
  return withBias(at, ops.conv2d(x, weight, { padding: weight.shape[2] === 3 ? 1 : 0 }));
}

/** x + γ W_o Σⱼ softmaxⱼ(θ(xᵢ)·φ(xⱼ)) g(xⱼ), with φ and g max-pooled, weights normalised and no biases. */
export function pooledAttention(at: At, x: Tensor): Tensor {
  const project = (name: string, map: Tensor) => ops.conv2d(map, normalized(below(at, name)));
  const pooled = (name: string) => ops.maxPool(project(name, x), 2);
  const seen = attended(project('query', x), pooled('key'), pooled('value'));
  return ops.add(x, ops.mul(at('gamma'), project('output', seen)));
}

export interface PlainNetworks {
  generator(at: At, z: Tensor, labels: Tensor): Tensor;
  discriminator(at: At, x: Tensor, labels: Tensor): Tensor;
}

const batch = 3;

/** Both networks in a state in which nothing is special, applied as in training; `plain` must give the same numbers. */
export async function assertSameNetworks(model: BoundModel, plain: PlainNetworks): Promise<void> {
  const { resolution, channels, classes } = model.images;
  const variables = new Variables();
  const z = input('z', 'float32', [batch, model.latentDim]);
  const x = input('x', 'float32', [batch, channels, resolution, resolution]);
  const labels = input('labels', 'int32', [batch]);
  const made = model.generator(variables.scope('G', { training: true }), z, labels);
  const { logits } = model.discriminator(variables.scope('D', { training: true }), x, labels);
  const inputs = new Map([...variables.below('G'), ...variables.below('D')]);
  const read = new Set<string>();
  const at: At = (name) => {
    read.add(name);
    return inputs.get(name) ?? assert.fail(`${model.name} has no ${name}`);
  };
  const pairs = {
    images: [made, plain.generator(below(at, 'G'), z, labels)],
    logits: [logits, plain.discriminator(below(at, 'D'), x, labels)],
  } as const;
  const outputs = Object.entries(pairs).flatMap(([name, [seen, expected]]): [string, Tensor][] => [
    [name, seen],
    [`plain ${name}`, expected],
  ]);
  const unread = [...inputs.keys()].filter((name) => !read.has(name) && !/\.(mean|variance|v)$/.test(name));
  assert.deepEqual(unread, [], 'the plain networks use every variable');
  const program = await (await openRuntime({ threads: 1 })).compile(graph('both', outputs));
  const feeds: Record<string, TensorData> = midCourse(variables.all);
  for (const { shape, attributes } of [z, x]) {
    const name = String(attributes.name);
    feeds[name] = { dtype: 'float32', shape, data: new Random(1, name).normal(sizeOf(shape)) };
  }
  if (classes > 0) feeds.labels = { dtype: 'int32', shape: [batch], data: Int32Array.of(classes - 1, 0, 1) };
  const results = await program.compute(feeds);
  for (const name of Object.keys(pairs)) {
    const expected = Array.from(results[`plain ${name}`]?.data ?? []);
    const seen = results[name]?.data ?? [];
    const largest = (numbers: number[]) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const size = largest(expected);
    assert.ok(size > 0.1 && seen.length === expected.length, `${name}: ${seen.length} numbers up to ${size}`);
    const worst = largest(expected.map((value, i) => (seen[i] ?? Number.NaN) - value));
    assert.ok(worst <= 1e-4 * size, `${name} of ${model.name}: off by ${worst} of ${size}`);
  }
}
