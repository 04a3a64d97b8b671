import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type At,
  assertSameNetworks,
  attended,
  below,
  normalized,
  standardized,
  withBias,
} from '../../../test/models/plain-networks.ts';
import { UserError } from '../../base/errors.ts';
import type { Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 64, channels: 3, classes: 0 };
const model = findModel('sagan-heykeetae');

/** x + γ Σⱼ softmaxⱼ(query(xᵢ)·key(xⱼ)) value(xⱼ), three 1×1 convolutions with biases. */
function attention(at: At, x: Tensor): Tensor {
  const project = (layer: At) => withBias(layer, ops.conv2d(x, layer('weight')));
  const seen = attended(project(below(at, 'query')), project(below(at, 'key')), project(below(at, 'value')));
  assert.deepEqual(below(at, 'value')('weight').shape.slice(0, 2), [x.shape[1], x.shape[1]]);
  return ops.add(x, ops.mul(at('gamma'), seen));
}

test('both networks are what the program says', async () => {
  const bound = model.bind({ latentDim: 6, generatorChannels: 8, discriminatorChannels: 8 }, images);
  await assertSameNetworks(bound, {
    generator(at, z) {
      let x = ops.reshape(z, [z.shape[0] ?? 0, -1, 1, 1]);
      for (const i of [1, 2, 3, 4]) {
        const [layer, norm] = [below(at, `block${i}.conv`), below(at, `block${i}.norm`)];
        // Rows of the matrix are the first axis of the weight, the input channels.
        x = ops.convTranspose2d(x, normalized(layer), i === 1 ? {} : { stride: 2, padding: 1 });
        x = ops.relu(standardized(withBias(layer, x), norm('gain'), norm('bias'), 1e-5));
        if (i === 3) x = attention(below(at, 'attention16'), x);
        if (i === 4) x = attention(below(at, 'attention32'), x);
      }
      assert.deepEqual(x.shape.slice(1), [8, 32, 32]);
      const last = below(at, 'conv');
      return ops.tanh(withBias(last, ops.convTranspose2d(x, last('weight'), { stride: 2, padding: 1 })));
    },
    discriminator(at, image) {
      let x = image;
      for (const i of [1, 2, 3, 4]) {
        const layer = below(at, `block${i}.conv`);
        x = ops.leakyRelu(withBias(layer, ops.conv2d(x, normalized(layer), { stride: 2, padding: 1 })), 0.1);
        if (i === 3) x = attention(below(at, 'attention8'), x);
        if (i === 4) x = attention(below(at, 'attention4'), x);
      }
      assert.deepEqual(x.shape.slice(1), [64, 4, 4]);
      const last = below(at, 'conv');
      return ops.reshape(withBias(last, ops.conv2d(x, last('weight'))), [-1]);
    },
  });
});

test('every application of the discriminator moves its power iteration', () => {
  assert.deepEqual(model.bind({}, images).judging, {
    batches: 'apart',
    movesInGeneratorStep: true,
    fakeLabels: 'drawn',
  });
});

test('other sizes, classes, and widths that attention cannot cut into eighths are refused', () => {
  for (const [options, type, message] of [
    [{}, { ...images, resolution: 32 }, /resolution 32 .* choose 64/],
    [{}, { ...images, classes: 10 }, /10 classes.*--set data\.conditional=false/],
    [{ generatorChannels: 12 }, images, /generatorChannels is 12; .* multiple of 8/],
    [{ discriminatorChannels: 3 }, images, /discriminatorChannels is 3; .* multiple of 2/],
  ] as const) {
    assert.throws(
      () => model.bind(options, type),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
});
