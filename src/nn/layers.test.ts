import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { averagePool, graph, input, interpret, type Tensor, upsample, type Values, values } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import {
  adam,
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  convTranspose2d,
  embedding,
  type Initializer,
  initialize,
  linear,
  movingAverage,
  ones,
  type Resampling,
  resampledConv2d,
  selfAttention,
  Variables,
} from './index.ts';

const training = { training: true };

/** Initial values of all variables, and random numbers for the other inputs. */
function feedsFor(variables: Variables, outputs: readonly Tensor[]): Record<string, Values> {
  const feeds: Record<string, Values> = {};
  const named = outputs.map((output, i) => [String(i), output] as const);
  for (const [name, { shape }] of graph('feeds', named).inputs) {
    feeds[name] = values(shape, new Random(1, name).normal(sizeOf(shape)));
  }
  for (const [name, { shape, data }] of initialize(variables.all, 1)) feeds[name] = values(shape, data);
  return feeds;
}

const numbersOf = (tensor: Tensor, feeds: Record<string, Values>) => [...(interpret([tensor], feeds)[0]?.data ?? [])];

test('linear: x Wᵀ + b', () => {
  const y = linear(new Variables().scope('L', training), input('x', 'float32', [2, 3]), 2);
  const feeds = {
    x: values([2, 3], [1, 2, 3, 4, 5, 6]),
    'L.weight': values([2, 3], [1, 0, -1, 2, 1, 0]),
    'L.bias': values([2], [10, 20]),
  };
  assert.deepEqual(numbersOf(y, feeds), [8, 24, 8, 33]);
});

test('shapes, names and defaults of the layers', () => {
  const variables = new Variables();
  const scope = variables.scope('L', training);
  const x = input('x', 'float32', [2, 6, 8, 8]);
  const labels = input('labels', 'int32', [2]);
  assert.deepEqual(scope.at('same', (s) => conv2d(s, x, 4)).shape, [2, 4, 8, 8]);
  assert.deepEqual(scope.at('half', (s) => conv2d(s, x, 4, { kernel: 4, stride: 2, padding: 1 })).shape, [2, 4, 4, 4]);
  assert.deepEqual(scope.at('twice', (s) => convTranspose2d(s, x, 4)).shape, [2, 4, 16, 16]);
  assert.deepEqual(scope.at('bare', (s) => conv2d(s, x, 4, { kernel: 1, bias: false })).shape, [2, 4, 8, 8]);
  assert.deepEqual(scope.at('rows', (s) => embedding(s, labels, 10, 5, { spectralNorm: true })).shape, [2, 5]);
  assert.deepEqual(
    variables.all.map(({ name, shape, trainable }) => `${name} [${shape}]${trainable ? '' : ' fixed'}`),
    [
      'L.same.weight [4,6,3,3]',
      'L.same.bias [4]',
      'L.half.weight [4,6,4,4]',
      'L.half.bias [4]',
      'L.twice.weight [6,4,4,4]',
      'L.twice.bias [4]',
      'L.bare.weight [4,6,1,1]',
      'L.rows.weight [10,5]',
      'L.rows.u [1,10] fixed',
    ],
  );
  assert.deepEqual(initialize(variables.all, 1).get('L.same.bias')?.data, new Float32Array(4));
});

test('an odd transposed kernel doubles with a row and a column more', () => {
  const scope = new Variables().scope('L', training);
  const x = input('x', 'float32', [1, 2, 4, 6]);
  assert.deepEqual(convTranspose2d(scope, x, 3, { kernel: 5, padding: 2, outputPadding: 1 }).shape, [1, 3, 8, 12]);
});

test('biases by fan-in lie within 1/√(inputs of a unit), of every kind of layer', () => {
  const variables = new Variables();
  const scope = variables.scope('L', training);
  const image = input('image', 'float32', [1, 4, 2, 2]);
  const options = { biasInitializer: 'uniformByFanIn', kernel: 3, padding: 1 } as const;
  scope.at('linear', (s) => linear(s, input('x', 'float32', [1, 25]), 4000, options));
  scope.at('conv', (s) => conv2d(s, image, 4000, options));
  scope.at('up', (s) => resampledConv2d(s, image, 4000, { ...options, resample: 'up' }));
  // PyTorch takes the second axis of any weight for the inputs: of a transposed kernel [I,O,…] the outputs.
  scope.at('transposed', (s) => convTranspose2d(s, image, 4000, options));
  const initial = initialize(variables.all, 1);
  for (const [name, fanIn] of [
    ['linear', 25],
    ['conv', 36],
    ['up', 36],
    ['transposed', 36_000],
  ] as const) {
    const largest = Math.max(...Array.from(initial.get(`L.${name}.bias`)?.data ?? [], Math.abs));
    assert.ok(largest <= 1 / Math.sqrt(fanIn) && largest > 0.99 / Math.sqrt(fanIn), `${name}: ${largest}`);
  }
});

test('conditional batch norm: tables lie around 1 and around 0, as far as told', () => {
  const variables = new Variables();
  const x = input('x', 'float32', [2, 3, 2, 2]);
  const classInitializer: Initializer = (shape) => new Float32Array(sizeOf(shape)).fill(0.25);
  conditionalBatchNorm(variables.scope('L', training), x, input('labels', 'int32', [2]), 2, { classInitializer });
  const initial = initialize(variables.all, 1);
  assert.deepEqual(initial.get('L.gain')?.data, new Float32Array(6).fill(1.25));
  assert.deepEqual(initial.get('L.bias')?.data, new Float32Array(6).fill(0.25));
  const spread = { classDeviation: 0.1, classBiasDeviation: 0 };
  conditionalBatchNorm(variables.scope('M', training), x, input('labels', 'int32', [2]), 2, spread);
  const second = initialize(variables.all, 1);
  assert.ok(second.get('M.gain')?.data.every((gain) => gain !== 1 && Math.abs(gain - 1) < 0.5));
  assert.deepEqual(second.get('M.bias')?.data, new Float32Array(6));
});

for (const kernel of [1, 3, 5]) {
  test(`a resampled ${kernel}×${kernel} convolution is the convolution after doubling, or before halving`, () => {
    const variables = new Variables();
    const scope = variables.scope('L', training);
    const x = input('x', 'float32', [2, 3, 4, 6]);
    const layer = (map: Tensor) => conv2d(scope, map, 5, { kernel, spectralNorm: true });
    const resampled = (resample: Resampling) => resampledConv2d(scope, x, 5, { kernel, resample, spectralNorm: true });
    for (const [short, long] of [
      [resampled('up'), layer(upsample(x, 2))],
      [resampled('down'), averagePool(layer(x), 2)],
      [resampled('none'), layer(x)],
    ] as const) {
      assert.deepEqual(short.shape, long.shape);
      const feeds = feedsFor(variables, [short, long]);
      feeds['L.bias'] = values([5], [1, -2, 3, -4, 5]);
      const expected = numbersOf(long, feeds);
      for (const [i, seen] of numbersOf(short, feeds).entries()) {
        assert.ok(Math.abs(seen - (expected[i] ?? Number.NaN)) < 1e-12);
      }
    }
  });
}

test('self-attention: a fresh block changes nothing, and its map is a distribution over the pooled grid', () => {
  const variables = new Variables();
  const x = input('x', 'float32', [2, 8, 4, 6]);
  const y = selfAttention(variables.scope('L', training), x);
  const map = variables.observations.get('L.map');
  assert.ok(map);
  assert.deepEqual(map.shape, [2, 24, 6]);
  assert.deepEqual(variables.observations.get('L.gamma')?.shape, []);
  const feeds = feedsFor(variables, [y, map]);
  assert.deepEqual(numbersOf(y, feeds), [...(feeds.x?.data ?? [])]);
  const rows = numbersOf(map, feeds);
  for (let row = 0; row < 48; row++) {
    const shares = rows.slice(6 * row, 6 * row + 6);
    assert.ok(shares.every((share) => share > 0 && share < 1));
    assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12);
  }
});

test('the moving average takes in every variable of a network and of no other', () => {
  const variables = new Variables();
  const scope = variables.scope('G', training);
  scope.parameter('weight', [2], ones);
  scope.buffer('u', [1], ones);
  variables.scope('D', training).parameter('weight', [1], ones);
  movingAverage(variables, 'G', input('rate', 'float32', []));
  variables.commit();
  assert.deepEqual([...variables.updates.keys()], ['ema.G.weight', 'ema.G.u']);
  assert.deepEqual(
    variables.all.filter(({ name }) => name.startsWith('ema.')).map(({ trainable, copyOf }) => [trainable, copyOf]),
    [
      [false, 'G.weight'],
      [false, 'G.u'],
    ],
  );
  const average = variables.updates.get('ema.G.weight');
  assert.ok(average);
  const feeds = { 'G.weight': values([2], [8, -2]), 'ema.G.weight': values([2], [4, 2]) };
  assert.deepEqual(numbersOf(average, { ...feeds, rate: values([], [0.25]) }), [5, 1]);
  assert.deepEqual(numbersOf(average, { ...feeds, rate: values([], [1]) }), [8, -2]);
});

test('batchNorm: a channel that never varies becomes its bias, and its running variance shrinks by the decay', () => {
  // 0.1 has no exact square: the difference of squares rounds to either side of 0.
  for (const level of [0, 0.1, 3, 1e4]) {
    const variables = new Variables();
    const y = batchNorm(variables.scope('norm', training), input('x', 'float32', [2, 1, 2, 2]));
    variables.commit();
    const variance = variables.updates.get('norm.variance');
    assert.ok(variance !== undefined);
    const feeds = {
      x: values(
        [2, 1, 2, 2],
        Array.from({ length: 8 }, () => level),
      ),
      'norm.gain': values([1], [2]),
      'norm.bias': values([1], [0.5]),
      'norm.mean': values([1], [0]),
      'norm.variance': values([1], [1]),
    };
    for (const value of numbersOf(y, feeds)) assert.ok(Math.abs(value - 0.5) < 1e-6, `level ${level}: ${value}`);
    const [moved = Number.NaN] = numbersOf(variance, feeds);
    assert.ok(Math.abs(moved - 0.9) < 1e-6, `level ${level}: running variance ${moved}`);
  }
});

test('adam refuses a parameter without a gradient, by name', () => {
  const variables = new Variables();
  const weight = variables.scope('P', training).parameter('weight', [2], ones);
  const options = { learningRate: 1e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
  assert.throws(() => adam(variables, 'P', new Map([['P.weight', weight]]), [], options), /P\.weight has none/);
});
