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
import { csawganRow } from '../../../test/tables/models/csawgan.ts';
import { bind, stepOptions } from '../../../test/tables/models.ts';
import { UserError } from '../../base/errors.ts';
import type { Tensor } from '../../engine/index.ts';
import * as ops from '../../engine/ops/index.ts';
import type { ImageType } from '../model.ts';
import { traceStep } from '../step.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 32, channels: 3, classes: 3 };
const small = { latentDim: 6, generatorChannels: 8, discriminatorChannels: 8, embeddingDim: 4, hiddenUnits: 5 };
const model = findModel('csawgan');

const norm = (at: At, x: Tensor) => ops.relu(standardized(x, at('gain'), at('bias'), 1e-8));
const dense = (at: At, x: Tensor) => ops.add(ops.matmul(x, ops.transpose(at('weight'), [1, 0])), at('bias'));

function double(at: At, x: Tensor): Tensor {
  return ops.convTranspose2d(x, normalized(at, 1), { stride: 2, padding: 2, outputPadding: 1 });
}

function attention(at: At, x: Tensor): Tensor {
  const [query, key, value] = (['query', 'key', 'value'] as const).map((name) =>
    withBias(below(at, name), ops.conv2d(x, normalized(below(at, name)))),
  );
  assert.ok(query && key && value);
  return ops.add(x, ops.mul(at('gamma'), attended(query, key, value)));
}

test('both networks are what the report says', async () => {
  await assertSameNetworks(model.bind(small, images), {
    generator(at, z, labels) {
      const condition = ops.concat([z, ops.oneHot(labels, 3)], 1);
      const first = normalized(below(at, 'block1.conv'), 1);
      let h = ops.convTranspose2d(ops.reshape(condition, [-1, 9, 1, 1]), first); // [N, 4C, 4, 4]
      h = norm(below(at, 'block1.norm'), h);
      for (const i of [2, 3]) h = norm(below(at, `block${i}.norm`), double(below(at, `block${i}.conv`), h));
      assert.deepEqual(h.shape.slice(1), [8, 16, 16], 'after the third transposed convolution');
      h = attention(below(at, 'attention'), h);
      return ops.tanh(withBias(below(at, 'conv'), double(below(at, 'conv'), h)));
    },
    discriminator(at, x, labels) {
      const halve = (i: number, map: Tensor) => {
        const layer = below(at, `block${i}.conv`);
        return ops.leakyRelu(withBias(layer, ops.conv2d(map, normalized(layer), { stride: 2, padding: 2 })), 0.2);
      };
      let h = halve(2, halve(1, x));
      assert.deepEqual(h.shape.slice(1), [16, 8, 8], 'after the second convolution');
      h = halve(3, attention(below(at, 'attention'), h));
      const embedded = dense(below(at, 'embedding'), ops.oneHot(labels, 3));
      const joined = ops.concat([ops.reshape(h, [x.shape[0] ?? 0, -1]), embedded], 1);
      const hidden = ops.leakyRelu(dense(below(at, 'hidden'), joined), 0.2);
      return ops.reshape(dense(below(at, 'linear'), hidden), [-1]);
    },
  });
});

function names(options: Readonly<Record<string, unknown>>, of: ImageType = images): string[] {
  const { variables } = traceStep(stepOptions(bind(csawganRow, { options: { ...small, ...options }, images: of })));
  return variables.map(({ name }) => name).filter((name) => /^[GD]\./.test(name));
}

test('spectral norm is on every convolution and on nothing else, and can be switched off', () => {
  const convolutions = (of: string[]) => of.filter((name) => /(conv|query|key|value)\.weight$/.test(name));
  const normed = (of: string[]) => of.filter((name) => name.endsWith('.u'));
  const all = names({});
  assert.equal(convolutions(all).length, 4 + 3 + 3 + 3);
  assert.deepEqual(
    normed(all)
      .map((name) => name.replace(/u$/, 'weight'))
      .sort(),
    convolutions(all).sort(),
  );
  assert.deepEqual(normed(names({ spectralNorm: false })), []);
});

test('what can be left out is left out', () => {
  for (const [pattern, options, type] of [
    [/^[GD]\.attention/, { attention: false }, images],
    [/^D\.hidden/, { hiddenUnits: 0 }, images],
    [/^D\.embedding/, {}, { ...images, classes: 0 }],
  ] as const) {
    assert.ok(names({}).some((name) => pattern.test(name)));
    assert.ok(!names(options, type).some((name) => pattern.test(name)));
  }
});

test('batch norm in the discriminator: on all but its first convolution, judging real and fake apart', () => {
  const normed = names({ discriminatorBatchNorm: true }).filter((name) => /^D.*norm\.gain$/.test(name));
  assert.deepEqual(normed, ['D.block2.norm.gain', 'D.block3.norm.gain']);
  assert.equal(model.bind({ ...small, discriminatorBatchNorm: true }, images).judging.batches, 'apart');
  assert.equal(model.bind(small, images).judging.batches, 'together');
  assert.equal(model.bind(small, images).judging.fakeLabels, 'real');
});

test('other sizes, and widths that attention cannot cut into eighths, are refused', () => {
  for (const [options, type, message] of [
    [{}, { ...images, resolution: 64 }, /resolution 64 .* choose 32/],
    [{ generatorChannels: 12 }, images, /generatorChannels is 12; .* multiple of 8.*model\.attention=false/],
    [{ discriminatorChannels: 6 }, images, /discriminatorChannels is 6; .* multiple of 4/],
  ] as const) {
    assert.throws(
      () => model.bind(options, type),
      (error) => error instanceof UserError && message.test(error.message),
    );
  }
  model.bind({ generatorChannels: 12, discriminatorChannels: 6, attention: false }, images);
});
