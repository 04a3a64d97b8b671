/** Layers, losses, penalties and the optimiser against the numbers that PyTorch recorded. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input, type Tensor, values } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { losses, type PenaltyName, penalties, penaltyNames } from '../../src/gan/index.ts';
import * as nn from '../../src/nn/index.ts';
import { float32ConstantTolerance } from '../engine/tolerances.ts';
import { type Recorded, recordedCases, type Subject } from './pytorch-cases.ts';

const files = [
  'attention',
  'convolution',
  'elementwise',
  'losses',
  'non-local',
  'normalization',
  'optimizers',
  'penalties',
];
const cases = files.flatMap(recordedCases);

/** A subject made of one layer in the scope `L` of its own variables. */
function layer(
  names: Readonly<Record<string, string>>,
  build: (scope: nn.Scope, recorded: Recorded, variables: nn.Variables) => Record<string, Tensor>,
  without: readonly string[] = [],
): Subject {
  const inScope = Object.fromEntries(Object.entries(names).map(([name, own]) => [name, `L.${own}`]));
  return {
    names: inScope,
    without,
    build: (recorded) => {
      const variables = new nn.Variables();
      const scope = variables.scope('L', { training: recorded.op !== 'batchNorm' || recorded.flag('training') });
      return build(scope, recorded, variables);
    },
  };
}

function named(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  assert.ok(tensor, `${name} is not among ${[...tensors.keys()].join(', ')}`);
  return tensor;
}

/** The value that a variable has after the step. */
function moved(variables: nn.Variables, name: string): Tensor {
  variables.commit();
  return named(variables.updates, name);
}

const batchNorm = layer(
  { weight: 'gain', bias: 'bias', runningMean: 'mean', runningVar: 'variance' },
  (scope, recorded, variables) => {
    const options = { epsilon: recorded.setting('epsilon'), decay: 1 - recorded.setting('momentum') };
    const y = nn.batchNorm(scope, recorded.input('x'), options);
    if (!scope.training) return { y };
    return { y, runningMean: moved(variables, 'L.mean'), runningVarBiased: moved(variables, 'L.variance') };
  },
  ['batchMean', 'batchVarBiased', 'runningVarUnbiased'],
);

const conditionalBatchNorm = layer({ gain: 'gain', bias: 'bias' }, (scope, recorded) => {
  const options = { epsilon: recorded.setting('epsilon') };
  const classes = recorded.shape('gain')[0] ?? 0;
  return { y: nn.conditionalBatchNorm(scope, recorded.input('x'), recorded.input('labels'), classes, options) };
});

const spectralNorm = layer(
  { weight: 'weight', u: 'u' },
  (scope, recorded, variables) => {
    const y = nn.spectralNorm(scope, scope.parameter('weight', recorded.shape('weight'), nn.ones));
    return { y, sigma: named(variables.observations, 'L.sigma'), u: moved(variables, 'L.u') };
  },
  ['v'],
);

const selfAttention = layer(
  { theta: 'query.weight', phi: 'key.weight', g: 'value.weight', out: 'output.weight', gamma: 'gamma' },
  (scope, recorded, variables) => ({
    y: nn.selfAttention(scope, recorded.input('x')),
    attention: named(variables.observations, 'L.map'),
  }),
);

/** A non-local block or one of its forms, whose variable `query.weight` is recorded as `queryWeight`. */
function nonLocal(apply: (scope: nn.Scope, x: Tensor) => Tensor): Subject {
  const names = ['query', 'key', 'value', 'output', 'pair', 'norm'].flatMap((name) =>
    ['weight', 'bias', 'u', 'gain'].map((of) => [
      `${name}${of.charAt(0).toUpperCase()}${of.slice(1)}`,
      `${name}.${of}`,
    ]),
  );
  return layer({ ...Object.fromEntries(names), gamma: 'gamma' }, (scope, recorded, variables) => ({
    y: apply(scope, recorded.input('x')),
    attention: named(variables.observations, 'L.map'),
  }));
}

const sagan = (options: nn.SelfAttentionOptions) => nonLocal((scope, x) => nn.selfAttention(scope, x, options));
const general = (options: nn.NonLocalOptions) => nonLocal((scope, x) => nn.nonLocal(scope, x, options));
const pooled = { keyPooling: 'afterProjection' } as const;
const bare = { bias: false } as const;

const embedding = layer({ table: 'weight' }, (scope, recorded) => {
  const [rows = 0, features = 0] = recorded.shape('table');
  return { y: nn.embedding(scope, recorded.input('labels'), rows, features) };
});

const convolution = (apply: typeof nn.conv2d, outputAxis: 0 | 1) =>
  layer({ weight: 'weight', bias: 'bias' }, (scope, recorded) => ({
    y: apply(scope, recorded.input('x'), recorded.shape('weight')[outputAxis] ?? 0, {
      kernel: recorded.shape('weight')[2] ?? 0,
      stride: recorded.setting('stride'),
      padding: recorded.setting('padding'),
      bias: recorded.has('bias'),
    }),
  }));

function adamOptions(recorded: Recorded): nn.AdamOptions {
  return {
    learningRate: recorded.setting('learningRate'),
    beta1: recorded.setting('beta1'),
    beta2: recorded.setting('beta2'),
    epsilon: recorded.setting('epsilon'),
  };
}

/** Three updates of one parameter, in one program. */
const adam = (without: readonly string[]): Subject => ({
  names: { parameter: 'P.weight' },
  without,
  build: (recorded) => {
    const options = adamOptions(recorded);
    const variables = new nn.Variables();
    variables.scope('P', { training: true }).parameter('weight', recorded.shape('parameter'), nn.ones);
    const outputs: Record<string, Tensor> = {};
    for (const step of [1, 2, 3]) {
      nn.adam(variables, String(step), variables.below('P'), [recorded.input(`gradient${step}`)], options);
      outputs[`parameter${step}`] = moved(variables, 'P.weight');
      outputs[`secondMoment${step}`] = moved(variables, 'adam.P.weight.v');
      if (options.beta1 > 0) outputs[`firstMoment${step}`] = moved(variables, 'adam.P.weight.m');
    }
    return outputs;
  },
  feeds: (recorded) => {
    const schedule = [1, 2, 3].flatMap((step) =>
      Object.entries(nn.adamSchedule(String(step), step, adamOptions(recorded))),
    );
    const scalars = schedule.map(([name, value]) => [name, values([], [value])]);
    const shape = recorded.shape('parameter');
    const moments = ['m', 'v'].map((kind) => [`adam.P.weight.${kind}`, values(shape, new Float64Array(sizeOf(shape)))]);
    return Object.fromEntries([...scalars, ...moments]);
  },
});

/** A penalty on a critic of two convolutions. */
function penalty(name: PenaltyName): Subject {
  return {
    names: {},
    without: [],
    build: (recorded) => {
      const judge = (images: Tensor) => {
        const bias = ops.reshape(recorded.input('bias1'), [-1, 1, 1]);
        const hidden = ops.add(ops.conv2d(images, recorded.input('weight1'), { stride: 2, padding: 1 }), bias);
        const active = recorded.name.includes('tanh') ? ops.tanh(hidden) : ops.leakyRelu(hidden, 0.2);
        return ops.reshape(ops.conv2d(active, recorded.input('weight2')), [-1]);
      };
      const real = recorded.input('real');
      const fake = recorded.has('fake') ? recorded.input('fake') : real;
      const labels = input('labels', 'int32', [0]);
      const context = { real, fake, labels, judge, draw: (of: string) => recorded.input(of) };
      return { penalty: penalties[name].penalize(context) };
    },
  };
}

const hingeDiscriminator: Subject = {
  names: {},
  without: [],
  build: (recorded) => ({
    lossD: losses.hinge.discriminator(recorded.input('realLogits'), recorded.input('fakeLogits')),
  }),
};

const hingeGenerator: Subject = {
  names: {},
  without: [],
  build: (recorded) => ({ lossG: losses.hinge.generator(recorded.input('fakeLogits')) }),
};

const convolution2d = convolution(nn.conv2d, 0);

const subjects: Readonly<Record<string, Subject>> = {
  'conv2d 3x3 pad 1': convolution2d,
  'conv2d 1x1 without bias': convolution2d,
  'conv2d 4x4 stride 2 pad 1': convolution2d,
  'conv2d 3x3 stride 2 leaving a remainder': convolution2d,
  'convTranspose2d 4x4 stride 2 pad 1': convolution(nn.convTranspose2d, 1),
  'embedding, one row twice and one never': embedding,
  'batchNorm training': batchNorm,
  'batchNorm evaluation': batchNorm,
  'conditionalBatchNorm training, one label twice': conditionalBatchNorm,
  'spectralNorm linear weight': spectralNorm,
  'spectralNorm conv2d weight': spectralNorm,
  'selfAttention of the released SAGAN': selfAttention,
  'selfAttention of the released SAGAN, spectral norm': sagan({
    ...nn.selfAttentionForms.official,
    spectralNorm: true,
  }),
  "selfAttention of SAGAN's paper": sagan(nn.selfAttentionForms.paper),
  "selfAttention of heykeetae's SAGAN": sagan(nn.selfAttentionForms.heykeetae),
  'nonLocal gaussian 1D': general({ pairwise: 'gaussian' }),
  'nonLocal gaussian 2D, pooled': general({ ...pooled, ...bare, pairwise: 'gaussian' }),
  'nonLocal embeddedGaussian 3D, scaled, norm': general({
    keyPooling: 'beforeProjection',
    scaled: true,
    gate: 'batchNorm',
  }),
  'nonLocal dotProduct 2D, pooled': general({ ...pooled, pairwise: 'dotProduct', gate: 'none' }),
  'nonLocal dotProduct 3D': general({ ...bare, pairwise: 'dotProduct', queryDivisor: 4 }),
  'nonLocal concatenation 1D, softmax': general({ ...bare, pairwise: 'concatenation', normaliser: 'softmax' }),
  'nonLocal concatenation 2D, pooled, norm': general({ ...pooled, pairwise: 'concatenation', gate: 'batchNorm' }),
  'nonLocal concatenation 3D': general({ pairwise: 'concatenation', queryDivisor: 4, gate: 'zeroConvolution' }),
  'adam beta1 0.0 beta2 0.9': adam(['firstMoment1', 'firstMoment2', 'firstMoment3']),
  'adam beta1 0.5 beta2 0.999': adam([]),
  'hinge, discriminator': hingeDiscriminator,
  'hinge, generator': hingeGenerator,
  ...Object.fromEntries(
    penaltyNames.flatMap((name) =>
      ['tanh', 'leakyRelu'].map((activation) => [`${name} of a ${activation} critic`, penalty(name)]),
    ),
  ),
};

/** Recorded, and not how the layers here compute. */
const otherwise: Readonly<Record<string, string>> = {
  'spectralNorm convTranspose2d weight': 'rows of the matrix are always the first axis of the weight',
  'spectralNorm conv2d weight, evaluation': 'one power iteration is done then too, and not kept',
  'spectralNorm of the released SAGAN: gradient through the iteration': 'u and v are constants of the gradient',
};

for (const [name, subject] of Object.entries(subjects)) {
  test(`as PyTorch: ${name}`, () => {
    const recorded = cases.find((one) => one.name === name);
    assert.ok(recorded, `no recorded case is named "${name}"`);
    recorded.check(subject, float32ConstantTolerance);
  });
}

test('every recorded case of norms, attention, losses, penalties and optimisers is held against a layer, or is listed as other', () => {
  const layers = ['attention', 'losses', 'non-local', 'normalization', 'optimizers', 'penalties']
    .flatMap(recordedCases)
    .map(({ name }) => name);
  const known = new Set([...Object.keys(subjects), ...Object.keys(otherwise)]);
  assert.deepEqual(
    layers.filter((name) => !known.has(name)),
    [],
  );
});
