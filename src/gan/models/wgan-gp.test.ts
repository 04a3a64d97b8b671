import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type At, assertSameNetworks, below, standardized, withBias } from '../../../test/models/plain-networks.ts';
import { UserError } from '../../base/errors.ts';
import { graph, input, type Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { initialize, Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

const model = findModel('wgan-gp');
const small = { latentDim: 8, generatorChannels: 6, discriminatorChannels: 6 };
const rgb = (classes: number): ImageType => ({ resolution: 32, channels: 3, classes });

const dense = (at: At, x: Tensor) => ops.add(ops.matmul(x, ops.transpose(at('weight'), [1, 0])), at('bias'));
const active = (at: At, x: Tensor) => ops.relu(standardized(x, at('gain'), at('bias'), 1e-5));

function conv(at: At, x: Tensor): Tensor {
  const weight = at('weight');
  return withBias(at, ops.conv2d(x, weight, { padding: weight.shape[2] === 3 ? 1 : 0 }));
}

for (const classes of [0, 3]) {
  test(`the residual networks with ${classes} classes are what the program says`, async () => {
    await assertSameNetworks(model.bind(small, rgb(classes)), {
      generator(at, z, labels) {
        const ofClass = (norm: At, map: Tensor) =>
          classes === 0 ? active(norm, map) : active((name) => ops.gather(norm(name), labels), map);
        let x = ops.reshape(dense(below(at, 'linear'), z), [-1, 6, 4, 4]);
        for (const block of [1, 2, 3]) {
          const b = below(at, `block${block}`);
          const h = conv(below(b, 'conv1'), ops.upsample(ofClass(below(b, 'norm1'), x), 2));
          const shortcut = conv(below(b, 'shortcut'), ops.upsample(x, 2));
          x = ops.add(conv(below(b, 'conv2'), ofClass(below(b, 'norm2'), h)), shortcut);
        }
        return ops.tanh(conv(below(at, 'conv'), active(below(at, 'norm'), x)));
      },
      discriminator(at, images) {
        const pool = (map: Tensor) => ops.averagePool(map, 2);
        const residual = (b: At, map: Tensor) => conv(below(b, 'conv2'), ops.relu(conv(below(b, 'conv1'), map)));
        const [one, two, three, four] = ([1, 2, 3, 4] as const).map((block) => below(at, `block${block}`));
        assert.ok(one && two && three && four);
        let x = ops.add(pool(residual(one, images)), conv(below(one, 'shortcut'), pool(images)));
        x = ops.add(pool(residual(two, ops.relu(x))), pool(conv(below(two, 'shortcut'), x)));
        for (const b of [three, four]) x = ops.add(residual(b, ops.relu(x)), x);
        const features = ops.mean(ops.relu(x), [2, 3]);
        if (classes > 0) assert.deepEqual(dense(below(at, 'classes'), features).shape, [3, 3]);
        return ops.reshape(dense(below(at, 'linear'), features), [-1]);
      },
    });
  });
}

for (const criticNorm of [false, true]) {
  test(`the strided networks are what the program says, ${criticNorm ? 'with' : 'without'} norm in the critic`, async () => {
    await assertSameNetworks(model.bind({ ...small, architecture: 'dcgan', criticNorm }, rgb(0)), {
      generator(at, z) {
        // Of the 2H + 3 rows and columns, TensorFlow leaves out one before and two after.
        const double = (layer: At, x: Tensor) => {
          const side = 2 * (x.shape[2] ?? 0);
          const whole = ops.convTranspose2d(x, layer('weight'), { stride: 2 });
          const [n = 0, channels = 0] = whole.shape;
          return withBias(layer, ops.slice(whole, [0, 0, 1, 1], [n, channels, side + 1, side + 1]));
        };
        let x = ops.reshape(active(below(at, 'norm'), dense(below(at, 'linear'), z)), [-1, 24, 4, 4]);
        for (const block of [1, 2]) {
          const b = below(at, `block${block}`);
          x = active(below(b, 'norm'), double(below(b, 'conv'), x));
        }
        return ops.tanh(double(below(at, 'conv'), x));
      },
      discriminator(at, images) {
        let x = images;
        for (const block of [1, 2, 3]) {
          const b = below(at, `block${block}`);
          const padded = ops.pad(x, [0, 0, 1, 1], [0, 0, 2, 2]);
          x = withBias(below(b, 'conv'), ops.conv2d(padded, b('conv.weight'), { stride: 2 }));
          if (criticNorm && block > 1) x = standardized(x, b('norm.gain'), b('norm.bias'), 1e-5);
          x = ops.leakyRelu(x, 0.2);
        }
        return ops.reshape(dense(below(at, 'linear'), ops.reshape(x, [x.shape[0] ?? 0, -1])), [-1]);
      },
    });
  });
}

function trace(options: Readonly<Record<string, unknown>>, images = rgb(0)) {
  const bound = model.bind({ ...small, ...options }, images);
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  const x = input('x', 'float32', [2, 3, 32, 32]);
  bound.generator(variables.scope('G', { training: true }), input('z', 'float32', [2, 8]), labels);
  const judgement = bound.discriminator(variables.scope('D', { training: true }), x, labels);
  return { bound, judgement, names: variables.all.map(({ name }) => name), initial: initialize(variables.all, 1) };
}

test('with classes the critic tells them apart from what it judges by, and does not look at the labels', () => {
  assert.equal(trace({}).judgement.classLogits, undefined);
  const { logits, classLogits } = trace({}, rgb(3)).judgement;
  assert.deepEqual(classLogits?.shape, [2, 3]);
  const read = (name: string, output: Tensor) => [...graph(name, [[name, output]]).inputs.keys()];
  const heads = /\.(linear|classes)\./;
  const shared = (names: string[]) => names.filter((name) => !heads.test(name)).sort();
  const [judging, telling] = [read('logits', logits), read('classLogits', classLogits)];
  assert.deepEqual(shared(telling), shared(judging));
  assert.ok(!judging.includes('labels') && judging.includes('D.linear.bias') && telling.includes('D.classes.bias'));
});

test('weights begin uniform, √2 wider than Glorot before a ReLU; a stride makes a fan smaller', () => {
  const check = (options: Readonly<Record<string, unknown>>, limits: Readonly<Record<string, number>>) => {
    const { initial } = trace({ ...options, generatorChannels: 24, discriminatorChannels: 24 });
    for (const [name, limit] of Object.entries(limits)) {
      const data = initial.get(name)?.data ?? [];
      const largest = Math.max(...Array.from(data, Math.abs));
      assert.ok(largest <= limit && largest > 0.98 * limit, `${name}: ${largest} of ${limit}`);
    }
  };
  check(
    {},
    {
      'G.linear.weight': Math.sqrt(6 / (8 + 16 * 24)),
      'G.block1.conv1.weight': Math.sqrt(12 / (2 * 24 * 9)),
      'G.block1.shortcut.weight': Math.sqrt(6 / (2 * 24)),
      'G.conv.weight': Math.sqrt(6 / ((24 + 3) * 9)),
      'D.block1.conv1.weight': Math.sqrt(12 / ((3 + 24) * 9)),
      'D.block2.conv2.weight': Math.sqrt(12 / (2 * 24 * 9)),
    },
  );
  check(
    { architecture: 'dcgan' },
    {
      'G.linear.weight': Math.sqrt(6 / (8 + 16 * 96)),
      'G.block1.conv.weight': Math.sqrt(12 / ((96 / 4 + 48) * 25)),
      'G.conv.weight': Math.sqrt(12 / ((24 / 4 + 3) * 25)),
      'D.block1.conv.weight': Math.sqrt(12 / ((3 + 24 / 4) * 25)),
      'D.block3.conv.weight': Math.sqrt(12 / ((48 + 96 / 4) * 25)),
      'D.linear.weight': Math.sqrt(6 / (96 * 16 + 1)),
    },
  );
});

test('samples use running statistics, or those of their batch if told so', () => {
  const statistics = (options: Readonly<Record<string, unknown>>) =>
    trace(options, rgb('architecture' in options ? 0 : 3)).names.filter((name) => /\.(mean|variance)$/.test(name))
      .length;
  assert.equal(statistics({}), 14);
  assert.equal(statistics({ samplingStatistics: 'batch' }), 0);
  assert.equal(statistics({ architecture: 'dcgan', criticNorm: true }), 6);
  assert.equal(statistics({ architecture: 'dcgan', samplingStatistics: 'batch' }), 0);
});

test('a critic with batch norm judges real and fake apart', () => {
  assert.equal(trace({ architecture: 'dcgan', criticNorm: true }).bound.judging.batches, 'apart');
  assert.equal(trace({ architecture: 'dcgan' }).bound.judging.batches, 'together');
  assert.equal(trace({}).bound.judging.fakeLabels, 'real');
});

test('what the program has not is refused', () => {
  const refused = (options: object, images: ImageType, message: RegExp) =>
    assert.throws(
      () => model.bind(options, images),
      (error) => error instanceof UserError && message.test(error.message),
    );
  refused({}, { ...rgb(0), resolution: 64 }, /resolution 64 .* choose 32/);
  refused({ architecture: 'dcgan' }, rgb(10), /10 classes, .* data\.conditional=false/);
  refused({ criticNorm: true }, rgb(0), /criticNorm is true, .* "dcgan", or leave criticNorm out/);
});
