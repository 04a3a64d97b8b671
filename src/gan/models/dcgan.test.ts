import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type At, assertSameNetworks, below, standardized } from '../../../test/models/plain-networks.ts';
import { dcganRow } from '../../../test/tables/models/dcgan.ts';
import { bind, stepOptions } from '../../../test/tables/models.ts';
import { UserError } from '../../base/errors.ts';
import type { Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { initialize } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { traceStep } from '../step.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 64, channels: 3, classes: 0 };
const small = { latentDim: 6, generatorChannels: 2, discriminatorChannels: 3 };

const norm = (at: At, x: Tensor) => standardized(x, at('gain'), at('bias'), 1e-8);
const dense = (at: At, x: Tensor) => ops.matmul(x, ops.transpose(at('weight'), [1, 0]));

test('both networks are what the program says', async () => {
  await assertSameNetworks(findModel('dcgan').bind(small, images), {
    // Its `gen`.
    generator(at, z) {
      let h = ops.relu(norm(below(at, 'norm'), dense(below(at, 'linear'), z)));
      h = ops.reshape(h, [z.shape[0] ?? 0, -1, 4, 4]);
      const double = (x: Tensor, weight: string) =>
        ops.convTranspose2d(x, at(weight), { stride: 2, padding: 2, outputPadding: 1 });
      for (const i of [1, 2, 3]) h = ops.relu(norm(below(at, `block${i}.norm`), double(h, `block${i}.conv.weight`)));
      return ops.tanh(double(h, 'conv.weight'));
    },
    // Its `discrim`, without the sigmoid.
    discriminator(at, x) {
      const halve = (map: Tensor, i: number) => ops.conv2d(map, at(`block${i}.conv.weight`), { stride: 2, padding: 2 });
      let h = ops.leakyRelu(halve(x, 1), 0.2);
      for (const i of [2, 3, 4]) h = ops.leakyRelu(norm(below(at, `block${i}.norm`), halve(h, i)), 0.2);
      return ops.reshape(dense(below(at, 'linear'), ops.reshape(h, [x.shape[0] ?? 0, -1])), [-1]);
    },
  });
});

test('weights begin as N(0, 0.02²), gains as N(1, 0.02²), and there are no biases of convolutions', () => {
  const { variables } = traceStep(stepOptions(bind(dcganRow, { options: {}, images: { ...images, resolution: 32 } })));
  const own = variables.filter(({ name, trainable }) => /^[GD]\./.test(name) && trainable);
  assert.ok(own.every(({ name }) => /\.(weight|norm\.gain|norm\.bias)$|^G\.norm\./.test(name)));
  for (const [name, { data }] of initialize(own, 1)) {
    const numbers = Array.from(data);
    const mean = numbers.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
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
  assert.deepEqual(model.judging, { batches: 'apart', movesInGeneratorStep: false, fakeLabels: 'drawn' });
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
