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
import { input, type Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import { Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 64, channels: 3, classes: 3 };
const small = { latentDim: 6, embeddingDim: 4, generatorChannels: 2, discriminatorChannels: 2 };
const model = findModel('biggan-deep');

test('both networks are what the program says', async () => {
  await assertSameNetworks(model.bind({ ...small, attentionAt: [16] }, images), {
    generator(at, z, labels) {
      const y = ops.concat([ops.gather(at('embedding.weight'), labels), z], 1);
      const norm = (n: At, x: Tensor) => {
        const gain = ops.add(1, product(below(n, 'gain'), y));
        return ops.relu(standardized(x, gain, product(below(n, 'bias'), y), 1e-5));
      };
      const block = (b: At, input: Tensor, channels: number, up: boolean) => {
        const double = (map: Tensor) => (up ? ops.upsample(map, 2) : map);
        let h = conv(below(b, 'conv1'), norm(below(b, 'norm1'), input));
        h = conv(below(b, 'conv2'), double(norm(below(b, 'norm2'), h)));
        h = conv(below(b, 'conv3'), norm(below(b, 'norm3'), h));
        h = conv(below(b, 'conv4'), norm(below(b, 'norm4'), h));
        assert.equal(below(b, 'conv1')('weight').shape[0], (input.shape[1] ?? 0) / 4, 'a quarter of the channels');
        return ops.add(h, double(ops.sliceAxis(input, 1, 0, channels)));
      };
      const linear = below(at, 'linear');
      let x = ops.reshape(ops.add(product(linear, y), linear('bias')), [z.shape[0] ?? 0, -1, 4, 4]);
      for (const [i, [from, to]] of [
        [32, 32],
        [32, 16],
        [16, 8],
        [8, 4],
      ].entries()) {
        const stage = below(at, `stage${i + 1}`);
        x = block(below(stage, 'block1'), x, from ?? 0, false);
        x = block(below(stage, 'block2'), x, to ?? 0, true);
        if (x.shape[2] === 16) x = pooledAttention(below(stage, 'attention'), x);
      }
      const last = below(at, 'norm');
      return ops.tanh(conv(below(at, 'conv'), ops.relu(standardized(x, last('gain'), last('bias'), 1e-5))));
    },
    discriminator(at, image, labels) {
      const block = (b: At, input: Tensor, halve: boolean, widens: boolean) => {
        const pool = (map: Tensor) => (halve ? ops.averagePool(map, 2) : map);
        let h = conv(below(b, 'conv1'), ops.relu(input));
        h = conv(below(b, 'conv2'), ops.relu(h));
        h = conv(below(b, 'conv3'), ops.relu(h));
        h = conv(below(b, 'conv4'), pool(ops.relu(h)));
        assert.equal(below(b, 'conv1')('weight').shape[0], (h.shape[1] ?? 0) / 4, 'a quarter of the channels');
        const passed = pool(input);
        return ops.add(h, widens ? ops.concat([passed, conv(below(b, 'shortcut'), passed)], 1) : passed);
      };
      let x = conv(below(at, 'conv'), image);
      for (const i of [1, 2, 3, 4]) {
        const stage = below(at, `stage${i}`);
        x = block(below(stage, 'block1'), x, true, true);
        x = block(below(stage, 'block2'), x, false, false);
        if (i === 2) x = pooledAttention(below(stage, 'attention'), x);
      }
      const features = ops.sum(ops.relu(x), [2, 3]);
      const linear = below(at, 'linear');
      const logits = ops.reshape(ops.add(product(linear, features), linear('bias')), [-1]);
      const directions = ops.gather(normalized(below(at, 'embedding')), labels);
      return ops.add(logits, ops.sum(ops.mul(features, directions), [1]));
    },
  });
});

/** Names of all variables of both networks. */
function namesOf(options: Readonly<Record<string, unknown>>, type: ImageType): string[] {
  const bound = model.bind({ ...small, ...options }, type);
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  bound.generator(variables.scope('G', { training: true }), input('z', 'float32', [2, bound.latentDim]), labels);
  const x = input('x', 'float32', [2, type.channels, type.resolution, type.resolution]);
  bound.discriminator(variables.scope('D', { training: true }), x, labels);
  return variables.all.map(({ name }) => name);
}

test('attention follows the stage that reaches its side, by default at 64 in images of 128 and more', () => {
  for (const [resolution, options, expected] of [
    [64, {}, []],
    [128, { generatorChannels: 8, discriminatorChannels: 8 }, ['G.stage4', 'D.stage1']],
    [256, { generatorChannels: 8, discriminatorChannels: 8 }, ['G.stage4', 'D.stage2']],
    [64, { attentionAt: [8], discriminatorAttentionAt: [4] }, ['G.stage1', 'D.stage4']],
    [32, { attentionAt: [16] }, ['G.stage2', 'D.stage1', 'D.stage2', 'D.stage3']],
  ] as const) {
    assert.deepEqual(
      namesOf(options, { ...images, resolution }).filter((name) => name.endsWith('.gamma')),
      expected.map((stage) => `${stage}.attention.gamma`),
    );
  }
});

test('without classes there are no embeddings, and norms hear of the latents', () => {
  const names = namesOf({}, { ...images, classes: 0 });
  assert.ok(names.includes('G.stage1.block1.norm1.gain.weight'));
  assert.ok(!names.some((name) => name.includes('embedding')));
});

test("the discriminator's power iteration also moves in the generator's update, as in the program", () => {
  assert.deepEqual(model.bind({}, images).judging, {
    batches: 'together',
    movesInGeneratorStep: true,
    fakeLabels: 'drawn',
  });
});

test('what cannot be made is refused, with what can', () => {
  for (const [options, resolution, message] of [
    [{}, 512, /resolution 512 .* choose 32, 64, 128, 256/],
    [{ attentionAt: [4] }, 64, /attentionAt names a 4×4 .* side 8, 16, 32, 64\. Choose/],
    [{ attentionAt: [64] }, 64, /discriminatorAttentionAt \(if not set, as attentionAt\) .* side 32, 16, 8, 4\. /],
    [{ attentionAt: [32], generatorChannels: 3 }, 64, /32×32 feature map, which has 12 channels; .* multiple of 8/],
  ] as const) {
    assert.throws(
      () => model.bind(options, { ...images, resolution }),
      (error) => error instanceof UserError && message.test(error.message),
      `${message}`,
    );
  }
  assert.throws(() => model.bind({ generatorChannels: 1 }, images), /generatorChannels/);
});
