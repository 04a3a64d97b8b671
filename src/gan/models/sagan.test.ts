import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { grad, graph, input } from '../../engine/index.ts';
import { Variables } from '../../nn/index.ts';
import type { ImageType } from '../model.ts';
import { findModel } from './index.ts';

const images: ImageType = { resolution: 32, channels: 3, classes: 4 };
const small = { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8 };

function trace(options: Readonly<Record<string, unknown>>, type: ImageType = images) {
  const model = findModel('sagan').bind({ ...small, attentionAt: [], ...options }, type);
  const variables = new Variables();
  const labels = input('labels', 'int32', [2]);
  const z = input('z', 'float32', [2, model.latentDim]);
  const made = model.generator(variables.scope('G', { training: true }), z, labels);
  const x = input('x', 'float32', [2, type.channels, type.resolution, type.resolution]);
  const { logits } = model.discriminator(variables.scope('D', { training: true }), x, labels);
  return { made, logits, x, z, variables, names: variables.all.map(({ name }) => name) };
}

test('the defaults are those of the released code', () => {
  assert.deepEqual(findModel('sagan').options.parse({}), {
    latentDim: 128,
    generatorChannels: 64,
    discriminatorChannels: 64,
    variant: 'official',
  });
});

test('attention stands where it is asked for, once in each network, after the block that reaches the side', () => {
  const attention = (names: string[]) => names.filter((name) => name.endsWith('.gamma'));
  const at128 = { resolution: 128, channels: 3, classes: 0 };
  for (const side of [8, 16, 32, 64]) {
    const { variables, names } = trace({ attentionAt: [side] }, at128);
    assert.deepEqual(attention(names), [`G.attention${side}.gamma`, `D.attention${side}.gamma`]);
    assert.deepEqual(variables.observations.get(`G.attention${side}.map`)?.shape, [2, side ** 2, side ** 2 / 4]);
    assert.deepEqual(variables.observations.get(`D.attention${side}.map`)?.shape, [2, side ** 2, side ** 2 / 4]);
  }
  assert.deepEqual(attention(trace({ attentionAt: [64, 8, 8] }, at128).names), [
    'G.attention8.gamma',
    'G.attention64.gamma',
    'D.attention64.gamma',
    'D.attention8.gamma',
  ]);
  assert.deepEqual(attention(trace({}, at128).names), []);
});

test('every convolution, linear map and embedding is spectrally normalised, in both networks', () => {
  const { names } = trace({ attentionAt: [16] });
  const weights = names.filter((name) => name.endsWith('.weight'));
  assert.ok(weights.includes('G.attention16.query.weight') && weights.includes('D.embedding.weight'));
  assert.deepEqual(
    names.filter((name) => name.endsWith('.u')).sort(),
    weights.map((name) => name.replace(/weight$/, 'u')).sort(),
  );
});

test('without classes there are no tables of classes and labels do nothing', () => {
  const { made, logits, variables } = trace({}, { ...images, classes: 0 });
  const inputs = graph('both', [
    ['made', made],
    ['logits', logits],
  ]).inputs;
  assert.equal(inputs.has('labels'), false);
  assert.deepEqual(
    variables.all.filter(({ name, shape }) => /gain$/.test(name) && shape.length !== 1).map(({ name }) => name),
    [],
  );
  assert.ok(!variables.all.some(({ name }) => name.includes('embedding')));
  const conditional = trace({});
  const table = conditional.variables.all.find(({ name }) => name === 'G.block1.norm1.gain');
  assert.deepEqual(table?.shape, [4, 32]);
  const embedding = conditional.variables.all.find(({ name }) => name === 'D.embedding.weight');
  assert.deepEqual(embedding?.shape, [4, 16]);
});

test('the discriminator has no batch statistics, so that real and fake may share a batch', () => {
  assert.deepEqual(
    trace({ attentionAt: [16] }).names.filter((name) => /^D\..*(mean|variance)$/.test(name)),
    [],
  );
});

test('every parameter is reached by the gradient', () => {
  const { made, logits, variables } = trace({ attentionAt: [8, 16] });
  for (const [path, output] of [
    ['G', made],
    ['D', logits],
  ] as const) {
    const parameters = variables.below(path, 'trainable');
    const cotangent = input('cotangent', 'float32', output.shape);
    const gradients = grad(output, [...parameters.values()], cotangent);
    for (const [i, name] of [...parameters.keys()].entries()) {
      const gradient = gradients[i];
      assert.ok(gradient && graph(name, [['gradient', gradient]]).inputs.has('cotangent'), name);
    }
  }
});

function refused(options: Readonly<Record<string, unknown>>, type: ImageType, message: RegExp): void {
  assert.throws(
    () => findModel('sagan').bind(options, type),
    (error) => error instanceof UserError && message.test(error.message),
  );
}

test('sizes that it cannot make are refused, and the possible ones listed', () => {
  refused({}, { ...images, resolution: 48 }, /resolution 48 .* choose 32, 64, 128/);
  refused({ attentionAt: [32] }, images, /32×32 feature map; at resolution 32 .* side 8, 16\. Choose from these/);
  refused({ attentionAt: [4] }, images, /4×4 .* side 8, 16/);
  refused({ attentionAt: [16, 64] }, { ...images, resolution: 64 }, /64×64 .* side 8, 16, 32/);
  refused({ attentionAt: [128] }, { ...images, resolution: 128 }, /side 8, 16, 32, 64/);
});

test('widths that attention cannot cut into eighths are refused, and accepted without attention', () => {
  refused({ attentionAt: [16], generatorChannels: 12 }, images, /generatorChannels is 12; .* multiple of 8/);
  refused({ attentionAt: [16], discriminatorChannels: 20 }, images, /discriminatorChannels is 20; .* multiple of 8/);
  findModel('sagan').bind({ attentionAt: [], generatorChannels: 12, discriminatorChannels: 20 }, images);
});

test('options of the wrong kind and options that do not exist are refused', () => {
  assert.throws(() => findModel('sagan').bind({ attentionAt: [16], latentDims: 8 }, images), /latentDims/);
  assert.throws(() => findModel('sagan').bind({ attentionAt: [16], latentDim: 0 }, images), /latentDim/);
  assert.throws(
    () => findModel('sagna'),
    (error) => error instanceof UserError && /"sagna".*Did you mean "sagan"/.test(error.message),
  );
});
