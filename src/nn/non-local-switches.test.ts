/** What the switches of the non-local block change: variables, gates, initial values, refusals. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32Tolerance } from '../../test/engine/tolerances.ts';
import { GraphError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import {
  grad,
  graph,
  input,
  interpret,
  openRuntime,
  sum,
  type Tensor,
  type TensorData,
  values,
} from '../engine/index.ts';
import { type Shape, sizeOf } from '../engine/ir/tensor-data.ts';
import {
  initialize,
  type NonLocalOptions,
  nonLocal,
  normal,
  ones,
  type Pairwise,
  type SelfAttentionOptions,
  selfAttention,
  selfAttentionForms,
  Variables,
} from './index.ts';

const pairwiseFunctions: readonly Pairwise[] = ['gaussian', 'embeddedGaussian', 'dotProduct', 'concatenation'];

const drawn = (name: string, shape: Shape): TensorData => ({
  dtype: 'float32',
  shape,
  data: new Random(2, name).normal(sizeOf(shape)),
});

/** The variables of a block of x [2,16,4,4], and the extents of what can be observed of it. */
function contentsOf(build: (variables: Variables, x: Tensor) => Tensor): string[] {
  const variables = new Variables();
  const x = input('x', 'float32', [2, 16, 4, 4]);
  assert.deepEqual(build(variables, x).shape, x.shape);
  return [
    ...variables.all.map(({ name, shape, trainable }) => `${name} [${shape}]${trainable ? '' : ' fixed'}`),
    ...[...variables.observations].map(([name, { shape }]) => `observe ${name} [${shape}]`),
  ];
}

const contentsOfBlock = (options: NonLocalOptions) =>
  contentsOf((variables, x) => nonLocal(variables.scope('L', { training: true }), x, options));

const contentsOfAttention = (options: SelfAttentionOptions) =>
  contentsOf((variables, x) => selfAttention(variables.scope('L', { training: true }), x, options));

const weights = (query: number, value: number) => ({
  query: `L.query.weight [${query},16,1,1]`,
  key: `L.key.weight [${query},16,1,1]`,
  value: `L.value.weight [${value},16,1,1]`,
  output: `L.output.weight [16,${value},1,1]`,
});

test('variables and observations of the programs called SAGAN', () => {
  const gamma = 'L.gamma []';
  const origins = ['observe L.keyOrigins [2,16]', 'observe L.valueOrigins [2,16]'];
  const seen = (map: string) => [`observe L.map [${map}]`, 'observe L.gamma []'];
  const official = weights(2, 8);
  const before = [official.query, official.key, official.value, gamma, official.output];
  assert.deepEqual(contentsOfAttention(selfAttentionForms.official), [...before, ...origins, ...seen('2,16,4')]);
  assert.deepEqual(contentsOfAttention({}), contentsOfAttention(selfAttentionForms.official));
  const paper = weights(2, 2);
  assert.deepEqual(contentsOfAttention(selfAttentionForms.paper), [
    ...[paper.query, paper.key, paper.value, gamma, paper.output],
    ...seen('2,16,16'),
  ]);
  const plain = weights(2, 16);
  assert.deepEqual(contentsOfAttention(selfAttentionForms.heykeetae), [
    ...[plain.query, 'L.query.bias [2]', plain.key, 'L.key.bias [2]', plain.value, 'L.value.bias [16]', gamma],
    ...seen('2,16,16'),
  ]);
});

test('each switch of the block changes the variables it should', () => {
  const { query, key, value, output } = weights(8, 8);
  const [map, gamma] = ['observe L.map [2,16,16]', 'observe L.gamma []'];
  const bare = { bias: false } as const;
  const plain = [query, key, value, 'L.gamma []', output, map, gamma];
  const norm = ['L.norm.gain [16]', 'L.norm.bias [16]', 'L.norm.mean [16] fixed', 'L.norm.variance [16] fixed'];
  const normSeen = ['observe L.norm.batchMean [16]', 'observe L.norm.batchVariance [16]'];
  const origins = ['observe L.keyOrigins [2,16]', 'observe L.valueOrigins [2,16]'];
  const pooled = [...plain.slice(0, 5), ...origins, 'observe L.map [2,16,4]', gamma];
  for (const [options, expected] of [
    [bare, plain],
    [{ ...bare, pairwise: 'dotProduct' }, plain],
    [{ ...bare, pairwise: 'gaussian' }, plain.slice(2)],
    [{ ...bare, pairwise: 'concatenation' }, [query, key, value, 'L.pair.weight [1,16]', ...plain.slice(3)]],
    [{ ...bare, keyPooling: 'afterProjection' }, pooled],
    [{ ...bare, keyPooling: 'beforeProjection' }, pooled],
    [{ ...bare, keyPooling: 'afterProjection', poolWindow: [4, 1] }, pooled],
    [{ ...bare, gate: 'none' }, [query, key, value, output, map]],
    [{ ...bare, gate: 'zeroConvolution' }, [query, key, value, output, map]],
    [{ ...bare, gate: 'batchNorm' }, [query, key, value, output, ...norm, map, ...normSeen, 'observe L.gamma []']],
    [{ ...bare, gate: 'none', output: false }, [query, key, weights(8, 16).value, map]],
    [
      { ...bare, queryDivisor: 8, valueDivisor: 4 },
      [weights(2, 4).query, weights(2, 4).key, weights(2, 4).value, 'L.gamma []', weights(2, 4).output, map, gamma],
    ],
    [
      { gate: 'none' },
      [query, 'L.query.bias [8]', key, 'L.key.bias [8]', value, 'L.value.bias [8]', output, 'L.output.bias [16]', map],
    ],
  ] as const satisfies readonly (readonly [NonLocalOptions, readonly string[]])[]) {
    assert.deepEqual(contentsOfBlock(options), expected, JSON.stringify(options));
  }
  const normalized = contentsOfBlock({ pairwise: 'concatenation', spectralNorm: true });
  assert.deepEqual(
    normalized.filter((name) => name.includes('.u ')),
    ['query', 'key', 'value', 'pair', 'output'].map(
      (name) => `L.${name}.u [1,${{ pair: 1, output: 16 }[name] ?? 8}] fixed`,
    ),
  );
});

/** Outputs of a block with its initial values, of x [2,16,2,3], after `change`. */
function fresh(options: NonLocalOptions, change: Readonly<Record<string, number>> = {}, training = true) {
  const variables = new Variables();
  const x = input('x', 'float32', [2, 16, 2, 3]);
  const y = nonLocal(variables.scope('L', { training }), x, options);
  const feeds = Object.fromEntries(
    [...initialize(variables.all, 1), ['x', drawn('x', x.shape)] as const].map(([name, { shape, data }]) => {
      const level = change[name];
      return [name, values(shape, level === undefined ? data : data.map(() => level))];
    }),
  );
  const numbersOf = (tensor: Tensor) => [...(interpret([tensor], feeds)[0]?.data ?? [])];
  return { variables, y, feeds, numbersOf };
}

test('a fresh block with a closed gate changes no bit, in training or not, and its gate wants to open', () => {
  const gates = [
    ['scalar', 'L.gamma'],
    ['batchNorm', 'L.norm.gain'],
    ['zeroConvolution', 'L.output.weight'],
  ] as const;
  for (const pairwise of pairwiseFunctions) {
    for (const [gate, opener] of gates) {
      for (const training of [true, false]) {
        const { variables, y, feeds, numbersOf } = fresh({ pairwise, gate, biasInitializer: ones }, {}, training);
        assert.deepEqual(numbersOf(y), [...(feeds.x?.data ?? [])], `${pairwise}, ${gate}`);
        const parameter = variables.below('L').get(opener) ?? assert.fail(`no ${opener}`);
        // Not of Σ y, which a batch norm does not let its gain change.
        const [slope = parameter] = grad(y, [parameter], y);
        assert.ok(
          numbersOf(slope).every((number) => number !== 0),
          `${pairwise}, ${gate}`,
        );
      }
    }
    const { y, feeds, numbersOf } = fresh({ pairwise, gate: 'none', biasInitializer: ones });
    assert.notDeepEqual(numbersOf(y), [...(feeds.x?.data ?? [])]);
  }
});

test('gamma tells how far a gate is open', () => {
  for (const [gate, name] of [
    ['scalar', 'L.gamma'],
    ['batchNorm', 'L.norm.gain'],
  ] as const) {
    for (const level of [0, 0.5]) {
      const { variables, numbersOf } = fresh({ gate }, { [name]: level });
      assert.deepEqual(numbersOf(variables.observations.get('L.gamma') ?? assert.fail()), [level]);
    }
  }
  const { variables, numbersOf } = fresh({ gate: 'batchNorm' }, { 'L.norm.gain': -2 });
  assert.deepEqual(numbersOf(variables.observations.get('L.gamma') ?? assert.fail()), [2]);
});

test('initial values can be set: of all weights, of the output convolution, of biases', () => {
  const setting = { pairwise: 'concatenation', initializer: ones, biasInitializer: normal(0, 3) } as const;
  const levels = (options: NonLocalOptions) =>
    Object.fromEntries(
      [...initialize(fresh(options).variables.all, 1)].map(([name, { data }]) => {
        assert.equal(new Set(data).size, 1, name);
        return [name.slice(2), data[0]];
      }),
    );
  const projections = Object.fromEntries(
    ['query', 'key', 'value', 'output'].flatMap((name) => [
      [`${name}.weight`, 1],
      [`${name}.bias`, 3],
    ]),
  );
  assert.deepEqual(levels(setting), { ...projections, 'pair.weight': 1, gamma: 0 });
  const output = { ...setting, outputInitializer: normal(0, 0.5) };
  assert.deepEqual(levels(output), { ...projections, 'output.weight': 0.5, 'pair.weight': 1, gamma: 0 });
  const closed = { ...projections, 'output.weight': 0, 'output.bias': 0, 'pair.weight': 1 };
  assert.deepEqual(levels({ ...output, gate: 'zeroConvolution' }), closed);
});

test('what cannot be is refused, with the place, what was seen and what to do', () => {
  const attempt = (options: NonLocalOptions, shape: Shape = [2, 12, 4, 4]) =>
    new Variables()
      .scope('G', { training: true })
      .at('attention', (s) => nonLocal(s, input('x', 'float32', shape), options));
  const head = 'nonLocal at G.attention, of x float32\\[2,12,4,4\\]: ';
  for (const [options, message] of [
    [{ queryDivisor: 8 }, 'queryDivisor is 8, .* 12 channels; expected one of 1, 2, 3, 4, 6, 12. Set queryDivisor'],
    [{ valueDivisor: 24 }, 'valueDivisor is 24, .* expected one of'],
    [{ valueDivisor: -2 }, 'valueDivisor is -2, .* expected one of'],
    [{ pairwise: 'gaussian', queryDivisor: 2 }, 'queryDivisor is 2, .* Leave queryDivisor out'],
    [{ pairwise: 'concatenation', scaled: true }, 'scaled is for products .* Leave scaled out'],
    [{ output: false, valueDivisor: 2 }, 'valueDivisor is 2 and output is false, .* Leave valueDivisor out'],
    [{ output: false, gate: 'zeroConvolution' }, '"zeroConvolution" .* output is false. Choose the gate "scalar"'],
    [{ spectralNorm: true, gate: 'zeroConvolution' }, 'spectralNorm divides .* Choose the gate "scalar"'],
  ] as const satisfies readonly (readonly [NonLocalOptions, string])[]) {
    assert.throws(
      () => attempt(options),
      (error) => error instanceof GraphError && new RegExp(`^${head}${message}`).test(error.message),
      message,
    );
  }
  for (const shape of [
    [2, 12],
    [2, 12, 1, 2, 3, 4],
  ]) {
    assert.throws(() => attempt({}, shape), /expected a float32 grid .* Reshape x/);
  }
  assert.deepEqual(attempt({ pairwise: 'gaussian', output: false }, [2, 3, 5]).shape, [2, 3, 5]);
  const pooled = { keyPooling: 'afterProjection' } as const;
  assert.throws(() => attempt({ ...pooled, poolWindow: [2] }), /maxPool at attention: .*2 spatial axes/);
  assert.throws(() => attempt(pooled, [2, 12, 1, 1]), /maxPool at attention: the window \[2,2\] is larger/);
});

test('as a running program the block and its gradient are what the interpreter says, on grids of any rank', async () => {
  const runtime = await openRuntime({ threads: 1 });
  for (const [pairwise, grid] of [
    ['embeddedGaussian', [5]],
    ['dotProduct', [6, 4]],
    ['concatenation', [3, 4, 6]],
  ] as const) {
    const variables = new Variables();
    const x = input('x', 'float32', [2, 4, ...grid]);
    const options = { pairwise, keyPooling: 'afterProjection' } as const;
    const y = nonLocal(variables.scope('L', { training: true }), x, options);
    const map = variables.observations.get('L.map') ?? assert.fail();
    const [slope = x] = grad(sum(y), [x]);
    const outputs = { y, slope, map };
    const program = graph('block', Object.entries(outputs));
    const feeds = Object.fromEntries([...program.inputs].map(([name, { shape }]) => [name, drawn(name, shape)]));
    const results = await (await runtime.compile(program)).compute(feeds);
    const truth = Object.fromEntries(
      Object.entries(feeds).map(([name, { shape, data }]) => [name, values(shape, data)]),
    );
    for (const [name, tensor] of Object.entries(outputs)) {
      for (const [i, expected] of (interpret([tensor], truth)[0]?.data ?? []).entries()) {
        const difference = Math.abs((results[name]?.data[i] ?? Number.NaN) - expected);
        assert.ok(difference <= float32Tolerance(expected, sizeOf(grid)), `${pairwise}, ${name} ${i}: ${difference}`);
      }
    }
  }
});
