import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dcganRow } from '../../../test/tables/models/dcgan.ts';
import { bind, midCourse, stepOptions } from '../../../test/tables/models.ts';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { graph, input, openRuntime, type Tensor, type TensorData } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import * as ops from '../../engine/ops/index.ts';
import { initialize, Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { traceStep } from '../step.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 64, channels: 3, classes: 0 };
const small = { latentDim: 6, generatorChannels: 2, discriminatorChannels: 3 };

type At = (name: string) => Tensor;

/** Statistics over all axes but the channels'. */
function norm(at: At, path: string, x: Tensor): Tensor {
  const axes = x.rank === 2 ? [0] : [0, 2, 3];
  const shape = x.rank === 2 ? [1, -1] : [1, -1, 1, 1];
  const centred = ops.sub(x, ops.mean(x, axes, { keepDims: true }));
  const variance = ops.mean(ops.square(centred), axes, { keepDims: true });
  const standard = ops.div(centred, ops.sqrt(ops.add(variance, 1e-8)));
  const [gain, bias] = [at(`${path}.gain`), at(`${path}.bias`)];
  return ops.add(ops.mul(standard, ops.reshape(gain, shape)), ops.reshape(bias, shape));
}

/** `gen` of the program, at 64×64. */
function plainGenerator(at: At, z: Tensor): Tensor {
  let h = ops.relu(norm(at, 'G.norm', ops.matmul(z, ops.transpose(at('G.linear.weight'), [1, 0]))));
  h = ops.reshape(h, [z.shape[0] ?? 0, -1, 4, 4]);
  const double = (x: Tensor, weight: string) =>
    ops.convTranspose2d(x, at(weight), { stride: 2, padding: 2, outputPadding: 1 });
  for (const i of [1, 2, 3]) h = ops.relu(norm(at, `G.block${i}.norm`, double(h, `G.block${i}.conv.weight`)));
  return ops.tanh(double(h, 'G.conv.weight'));
}

/** `discrim` of the program without its sigmoid, at 64×64. */
function plainDiscriminator(at: At, x: Tensor): Tensor {
  const halve = (map: Tensor, i: number) => ops.conv2d(map, at(`D.block${i}.conv.weight`), { stride: 2, padding: 2 });
  let h = ops.leakyRelu(halve(x, 1), 0.2);
  for (const i of [2, 3, 4]) h = ops.leakyRelu(norm(at, `D.block${i}.norm`, halve(h, i)), 0.2);
  const flat = ops.reshape(h, [x.shape[0] ?? 0, -1]);
  return ops.reshape(ops.matmul(flat, ops.transpose(at('D.linear.weight'), [1, 0])), [-1]);
}

test('both networks are what the program says', async () => {
  const model = findModel('dcgan').bind(small, images);
  const variables = new Variables();
  const z = input('z', 'float32', [3, 6]);
  const x = input('x', 'float32', [3, 3, 64, 64]);
  const labels = input('labels', 'int32', [3]);
  const made = model.generator(variables.scope('G', { training: true }), z, labels);
  const { logits } = model.discriminator(variables.scope('D', { training: true }), x, labels);
  const inputs = new Map([...variables.below('G'), ...variables.below('D')]);
  const at: At = (name) => inputs.get(name) ?? assert.fail(`DCGAN has no ${name}`);
  const both = graph('both', [
    ['made', made],
    ['plainMade', plainGenerator(at, z)],
    ['logits', logits],
    ['plainLogits', plainDiscriminator(at, x)],
  ]);
  const feeds: Record<string, TensorData> = midCourse(variables.all);
  for (const [name, { shape }] of both.inputs) {
    feeds[name] ??= { dtype: 'float32', shape, data: new Random(1, name).normal(sizeOf(shape)) };
  }
  const results = await (await (await openRuntime({ threads: 1 })).compile(both)).compute(feeds);
  for (const name of ['made', 'logits']) {
    const expected = Array.from(results[name === 'made' ? 'plainMade' : 'plainLogits']?.data ?? []);
    const size = Math.max(...expected.map(Math.abs));
    assert.ok(size > 0.1 && results[name]?.data.length === expected.length);
    const worst = Math.max(...expected.map((value, i) => Math.abs((results[name]?.data[i] ?? Number.NaN) - value)));
    assert.ok(worst <= 1e-4 * size, `${name}: ${worst} of ${size}`);
  }
});

test('weights begin as N(0, 0.02²), gains as N(1, 0.02²), and there are no biases of convolutions', () => {
  const { variables } = traceStep(stepOptions(bind(dcganRow, { options: {}, images: { ...images, resolution: 32 } })));
  const own = variables.filter(({ name, trainable }) => /^[GD]\./.test(name) && trainable);
  assert.ok(own.every(({ name }) => /\.(weight|norm\.gain|norm\.bias)$|^G\.norm\./.test(name)));
  for (const [name, { data }] of initialize(own, 1)) {
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    const kind = name.split('.').at(-1);
    // Of the 128 values of the smallest tables the mean strays by 0.02/√128, the deviation by about half of that.
    assert.ok(Math.abs(mean - (kind === 'gain' ? 1 : 0)) < 0.008, `${name}: mean ${mean}`);
    assert.ok(Math.abs(deviation - (kind === 'bias' ? 0 : 0.02)) < 0.006, `${name}: deviation ${deviation}`);
  }
});

test('samples are normalised by running averages, or by their own batch as in the program', () => {
  const statistics = (samplingStatistics: string) => {
    const { variables } = traceStep(stepOptions(bind(dcganRow, { options: { ...small, samplingStatistics }, images })));
    return variables.filter(({ name }) => /^[GD]\..*\.?norm\.(mean|variance)$/.test(name)).map(({ name }) => name);
  };
  assert.deepEqual(statistics('batch'), []);
  assert.deepEqual(
    statistics('running'),
    ['norm', 'block1.norm', 'block2.norm', 'block3.norm'].flatMap((path) => [`G.${path}.mean`, `G.${path}.variance`]),
  );
});

test('real and fake are judged apart, because the discriminator has batch statistics; latents are uniform', () => {
  const model = findModel('dcgan').bind({}, images);
  assert.deepEqual(model.judging, { batches: 'apart', movesInGeneratorStep: false });
  assert.equal(model.latents, 'uniform');
});

test('classes are refused with the setting that leaves them aside; so are other sizes', () => {
  for (const [type, message] of [
    [{ ...images, classes: 10 }, /10 classes.*--set data\.conditional=false/],
    [{ ...images, resolution: 128 }, /resolution 128 .* choose 32 or 64/],
  ] as const) {
    assert.throws(
      () => findModel('dcgan').bind({}, type),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
});
