import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { grad, graph, hash, input, sum } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { initialize, Variables } from '../../nn/index.ts';
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

test('a residual block stands where attention would, with as many parameters', () => {
  const count = ({ variables }: ReturnType<typeof trace>) =>
    ['G', 'D'].map((path) =>
      [...variables.below(path, 'trainable').values()].reduce((total, { shape }) => total + sizeOf(shape), 0),
    );
  for (const side of [8, 16, 32]) {
    const at = { widths: 'pyramid', generatorChannels: 16 };
    const attention = trace({ ...at, attentionAt: [side] });
    const residual = trace({ ...at, residualAt: [side] });
    assert.deepEqual(count(residual), count(attention));
    assert.ok((count(attention)[0] ?? 0) > (count(trace(at))[0] ?? 0));
    assert.deepEqual(
      residual.names.filter((name) => name.endsWith('.gamma')),
      [`G.residual${side}.gamma`, `D.residual${side}.gamma`],
    );
    assert.ok(residual.names.includes(`D.residual${side}.conv1.u`));
  }
  const both = trace({ attentionAt: [16], residualAt: [8] });
  assert.ok(both.names.includes('G.attention16.gamma') && both.names.includes('D.residual8.gamma'));
});

test("in the pyramid both networks have all maps up to the image's side, and widths double where sides halve", () => {
  const { variables, names } = trace({ widths: 'pyramid', attentionAt: [8, 16, 32], discriminatorChannels: 16 });
  assert.deepEqual(
    names.filter((name) => name.endsWith('.gamma')),
    [8, 16, 32].map((side) => `G.attention${side}.gamma`).concat([32, 16, 8].map((side) => `D.attention${side}.gamma`)),
  );
  const shapeOf = (name: string) => variables.all.find((variable) => variable.name === name)?.shape;
  assert.deepEqual(
    [1, 2, 3, 4].map((i) => shapeOf(`D.block${i}.conv1.weight`)?.slice(0, 2)),
    [
      [16, 3],
      [32, 16],
      [64, 32],
      [128, 64],
    ],
  );
  assert.deepEqual(
    [1, 2, 3].map((i) => shapeOf(`G.block${i}.conv1.weight`)?.slice(0, 2)),
    [
      [32, 64],
      [16, 32],
      [8, 16],
    ],
  );
});

test('spectral norm is in both networks, in the discriminator alone, or in none', () => {
  for (const [spectralNorm, networks] of [
    ['both', ['D', 'G']],
    ['discriminator', ['D']],
    ['none', []],
  ] as const) {
    for (const options of [{ attentionAt: [16] }, { residualAt: [16] }]) {
      const { names } = trace({ ...options, spectralNorm });
      const normalised = names.filter((name) => name.endsWith('.u'));
      assert.deepEqual([...new Set(normalised.map((name) => name.charAt(0)))].sort(), networks);
    }
  }
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

const variants = ['official', 'paper', 'biggan-pytorch', 'studiogan', 'mimicry'] as const;

test('a switch that is set by itself stands before what the variant sets', () => {
  const weights = (options: Readonly<Record<string, unknown>>) =>
    trace({ attentionAt: [16], ...options }).variables.all.filter(({ name }) => name.startsWith('G.attention16.'));
  const shapeOf = (options: Readonly<Record<string, unknown>>, name: string) =>
    weights(options).find((variable) => variable.name === `G.attention16.${name}`)?.shape;
  for (const variant of variants) {
    assert.deepEqual(shapeOf({ variant }, 'value.weight'), [variant === 'paper' ? 4 : 16, 32, 1, 1], variant);
    assert.deepEqual(shapeOf({ variant, attentionValueDivisor: 1 }, 'value.weight'), [32, 32, 1, 1], variant);
  }
  const bare = weights({
    attentionValueDivisor: 1,
    attentionOutput: false,
    attentionSpectralNorm: false,
    attentionBias: true,
  });
  assert.deepEqual(bare.map(({ name }) => name.replace('G.attention16.', '')).sort(), [
    'gamma',
    'key.bias',
    'key.weight',
    'query.bias',
    'query.weight',
    'value.bias',
    'value.weight',
  ]);
  const map = (attentionPooling: boolean) =>
    trace({ attentionAt: [16], attentionPooling }).variables.observations.get('G.attention16.map')?.shape;
  assert.deepEqual(
    [map(true), map(false)],
    [
      [2, 256, 64],
      [2, 256, 256],
    ],
  );
});

test('attention stands where the program puts it, and may stand elsewhere in the discriminator', () => {
  const places = (options: Readonly<Record<string, unknown>>, resolution: number) => {
    const model = { ...small, ...options };
    const bound = findModel('sagan').bind(model, { ...images, resolution });
    const variables = new Variables();
    const labels = input('labels', 'int32', [2]);
    bound.generator(variables.scope('G', { training: true }), input('z', 'float32', [2, 8]), labels);
    bound.discriminator(
      variables.scope('D', { training: true }),
      input('x', 'float32', [2, 3, resolution, resolution]),
      labels,
    );
    const names = variables.all.flatMap(
      ({ name }) => /^(.)\.attention(\d+)\.gamma$/.exec(name)?.slice(1).join('') ?? [],
    );
    return names.join(' ');
  };
  assert.equal(places({}, 128), 'G32 D32');
  assert.equal(places({ variant: 'biggan-pytorch' }, 128), 'G64 D64');
  assert.equal(places({ variant: 'biggan-pytorch' }, 32), '');
  assert.equal(places({ variant: 'studiogan' }, 32), 'G16 D16');
  assert.equal(places({ variant: 'mimicry' }, 32), 'G16 D8');
  assert.equal(places({ variant: 'mimicry', attentionAt: [16] }, 32), 'G16 D16');
  assert.equal(places({ attentionAt: [8], discriminatorAttentionAt: [16] }, 32), 'G8 D16');
  assert.equal(places({ discriminatorAttentionAt: [] }, 32), 'G16');
});

test('each variant judges as its program does', () => {
  const judging = (variant: string) => findModel('sagan').bind({ ...small, variant }, images).judging;
  const rests = { batches: 'together', movesInGeneratorStep: false, fakeLabels: 'drawn' };
  assert.deepEqual(judging('official'), rests);
  assert.deepEqual(judging('paper'), rests);
  assert.deepEqual(judging('biggan-pytorch'), { batches: 'together', movesInGeneratorStep: true, fakeLabels: 'drawn' });
  assert.deepEqual(judging('studiogan'), { batches: 'apart', movesInGeneratorStep: true, fakeLabels: 'drawn' });
  assert.deepEqual(judging('mimicry'), { batches: 'apart', movesInGeneratorStep: true, fakeLabels: 'drawn' });
});

test('each variant begins as its program does', () => {
  const statistics = (numbers: ArrayLike<number> | undefined) => {
    const data = Array.from(numbers ?? []);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    return { mean, deviation, largest: Math.max(...data.map(Math.abs)) };
  };
  const of = (options: Readonly<Record<string, unknown>>, name: string) =>
    statistics(initialize(trace({ attentionAt: [16], ...options }).variables.all, 1).get(name)?.data);
  const near = (seen: number, expected: number, what: string) =>
    assert.ok(Math.abs(seen / expected - 1) < 0.1, `${what}: ${seen}, expected ${expected}`);
  const xavier = Math.sqrt(2 / (2 * 32 * 9));
  const expected = {
    official: { weight: xavier, gain: 0, bias: 0 },
    paper: { weight: xavier, gain: 0, bias: 0 },
    'biggan-pytorch': { weight: xavier, gain: Math.sqrt(2 / (4 + 32)), bias: 1 / Math.sqrt(3 * 8) },
    studiogan: { weight: 1 / Math.sqrt(32 * 9), gain: 1 / Math.sqrt(32), bias: 0 },
    mimicry: { weight: Math.SQRT2 * xavier, gain: 0.02, bias: 1 / Math.sqrt(3 * 8) },
  };
  for (const variant of variants) {
    near(of({ variant }, 'G.block1.conv1.weight').deviation, expected[variant].weight, `${variant}, weight`);
    const gain = of({ variant }, `G.block1.norm1.gain${variant === 'studiogan' ? '.weight' : ''}`);
    if (expected[variant].gain === 0) assert.equal(gain.deviation, 0);
    else near(gain.deviation, expected[variant].gain, `${variant}, gain`);
    assert.ok(Math.abs(gain.mean - (variant === 'studiogan' ? 0 : 1)) < 0.05, `${variant}: ${gain.mean}`);
    const bias = of({ variant }, 'G.linear.bias').deviation;
    if (expected[variant].bias === 0) assert.equal(bias, 0);
    else near(bias, expected[variant].bias, `${variant}, bias`);
  }
  near(of({ initializer: 'normal' }, 'D.block1.conv1.weight').deviation, 0.02, 'normal');
  near(of({ variant: 'mimicry' }, 'G.attention16.key.weight').largest, 1 / Math.sqrt(32), "mimicry's attention");
  near(of({ classDeviation: 0.5 }, 'G.block2.norm1.gain').deviation, 0.5, 'classDeviation');
  near(of({ classBiasDeviation: 0.5 }, 'G.block2.norm1.bias').deviation, 0.5, 'classBiasDeviation');
});

test('every switch of arithmetic changes what it is for, and nothing else', () => {
  const programs = (options: Readonly<Record<string, unknown>>) => {
    const { made, logits, variables } = trace({ attentionAt: [16], ...options });
    variables.commit();
    const update = (name: string) => variables.updates.get(name) ?? assert.fail(name);
    const [weight] = grad(sum(logits), [...variables.below('D.block2.conv1', 'trainable').values()]);
    assert.ok(weight);
    const outputs = {
      images: made,
      logits,
      blockMean: update('G.block1.norm1.mean'),
      blockVariance: update('G.block1.norm1.variance'),
      lastMean: update('G.norm.mean'),
      gradientD: weight,
    };
    return Object.entries(outputs).map(([name, output]) => [name, hash(graph(name, [[name, output]]))] as const);
  };
  const usual = new Map(programs({}));
  for (const [change, changed] of [
    [{ batchNormDecay: 0.5 }, 'blockMean blockVariance'],
    [{ lastBatchNormDecay: 0.5 }, 'lastMean'],
    [{ runningVariance: 'unbiased' }, 'blockVariance'],
    [{ batchNormEpsilon: 1e-3 }, 'images lastMean'],
    [{ upsampling: 'bilinear' }, 'images lastMean'],
    [{ spectralNormGradient: 'constant' }, 'images logits blockMean blockVariance lastMean gradientD'],
    [{ spectralNormEpsilon: 1e-4 }, 'images logits blockMean blockVariance lastMean gradientD'],
    [{ spectralNormEpsilonAs: 'floor' }, 'images logits blockMean blockVariance lastMean gradientD'],
    [{ discriminatorShortcut: 'activation' }, 'logits gradientD'],
    [{ widths: 'biggan-pytorch' }, 'logits gradientD'],
  ] as const) {
    const seen = programs(change).flatMap(([name, program]) => (usual.get(name) === program ? [] : [name]));
    assert.equal(seen.join(' '), changed, JSON.stringify(change));
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
  refused({ residualAt: [32] }, images, /residualAt names a 32×32 feature map; .* side 8, 16\./);
  refused({ attentionAt: [64], widths: 'pyramid' }, images, /at resolution 32 .* side 8, 16, 32\./);
});

test('attention and a residual block of its size are refused on one map', () => {
  refused({ residualAt: [16] }, images, /residualAt and attention both name the 16×16 map; .* Set attentionAt to \[\]/);
  refused({ attentionAt: [], discriminatorAttentionAt: [8], residualAt: [8] }, images, /both name the 8×8 map/);
});

test('widths that attention cannot cut into eighths are refused, and accepted without attention', () => {
  refused({ attentionAt: [16], generatorChannels: 12 }, images, /generatorChannels is 12; .* multiple of 8/);
  refused({ attentionAt: [16], discriminatorChannels: 20 }, images, /discriminatorChannels is 20; .* multiple of 8/);
  refused(
    { attentionAt: [], residualAt: [8], generatorChannels: 12 },
    images,
    /generatorChannels is 12; .* multiple of 8/,
  );
  findModel('sagan').bind({ attentionAt: [], generatorChannels: 12, discriminatorChannels: 20 }, images);
});

test('attention without a convolution after it needs values of C channels', () => {
  refused({ attentionOutput: false }, images, /attentionOutput is false, .* Set attentionValueDivisor to 1/);
  findModel('sagan').bind({ attentionOutput: false, attentionValueDivisor: 1 }, images);
  refused({ discriminatorAttentionAt: [64] }, images, /discriminatorAttentionAt names a 64×64 .* side 8, 16/);
});

test('options of the wrong kind and options that do not exist are refused', () => {
  assert.throws(() => findModel('sagan').bind({ attentionAt: [16], latentDims: 8 }, images), /latentDims/);
  assert.throws(() => findModel('sagan').bind({ attentionAt: [16], latentDim: 0 }, images), /latentDim/);
  assert.throws(
    () => findModel('sagna'),
    (error) => error instanceof UserError && /"sagna".*Did you mean "sagan"/.test(error.message),
  );
});
