import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { grad } from '../autodiff/grad.ts';
import { type Graph, graph } from '../ir/graph.ts';
import { type Tensor, withScope } from '../ir/tensor.ts';
import { type ConvOptions, conv2d, conv3d, convTranspose2d, input, mean, mul, relu, square } from '../ops/index.ts';
import { commonSubexpressions } from './common-subexpressions.ts';
import { positionsFirst } from './positions-first.ts';

const program = (...outputs: readonly Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );
const map = (...shape: number[]) => input('x', 'float32', shape);
const weight = (...shape: number[]) => input('w', 'float32', shape);
const convolutions = ['conv', 'convTranspose', 'kernelGradient'];

/** The program with the gradients of `y` and, of each, those of its square: all three ops, several times. */
function withGradients(y: Tensor, targets: readonly Tensor[]): Graph {
  const first = grad(mean(square(y)), targets);
  return program(y, ...first, ...first.flatMap((g) => grad(mean(square(g)), targets)));
}

interface Case {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly options?: ConvOptions;
}

const forms: Readonly<Record<string, readonly [string, Readonly<Record<string, Case>>]>> = {
  bilinear: [
    'bilinear, ',
    {
      '3×3': { x: [3, 5, 12, 8], w: [6, 5, 3, 3], options: { padding: 1 } },
      'few channels on both sides': { x: [4, 3, 8, 8], w: [2, 3, 3, 3], options: { padding: 1 } },
      'an odd size': { x: [4, 2, 7, 5], w: [3, 2, 3, 3], options: { padding: 1 } },
      '4×4 at stride 2': { x: [4, 2, 16, 16], w: [2, 2, 4, 4], options: { padding: 1, stride: 2 } },
      'padding on one side': {
        x: [4, 2, 8, 9],
        w: [2, 2, 3, 2],
        options: {
          padding: [
            [1, 0],
            [0, 1],
          ],
        },
      },
      'rows enough to stay in blocks': { x: [32, 2, 4, 8], w: [2, 2, 3, 3], options: { padding: 1 } },
    },
  ],
  'thin inputs': [
    'product over patches',
    {
      'three channels': { x: [2, 3, 6, 5], w: [6, 3, 3, 3], options: { padding: 1 } },
      'one channel at stride 2': { x: [2, 1, 8, 8], w: [5, 1, 5, 5], options: { padding: 2, stride: 2 } },
      'a kernel that has no products': { x: [1, 2, 8, 9], w: [5, 2, 7, 7], options: { padding: 3 } },
      'an image of one window': { x: [3, 3, 4, 4], w: [5, 3, 4, 4] },
    },
  ],
  'thin outputs': [
    'product, then shares of taps',
    {
      'three channels': { x: [2, 6, 6, 5], w: [3, 6, 3, 3], options: { padding: 1 } },
      'one channel at stride 2': { x: [2, 5, 8, 8], w: [1, 5, 4, 4], options: { padding: 1, stride: 2 } },
      'strides and padding that differ': {
        x: [1, 5, 7, 9],
        w: [2, 5, 3, 5],
        options: { padding: [[0, 2], 1], stride: [2, 1] },
      },
      'one number an image': { x: [3, 5, 4, 4], w: [1, 5, 4, 4] },
    },
  ],
};

for (const [form, [change, cases]] of Object.entries(forms)) {
  for (const [name, { x: ofMap, w: ofWeight, options }] of Object.entries(cases)) {
    test(`${form}: ${name}`, () => {
      const [x, w] = [map(...ofMap), weight(...ofWeight)];
      const whole = withGradients(conv2d(x, w, options), [x, w]);
      const { graph: rewritten, sites } = positionsFirst.apply(whole);
      assert.deepEqual(
        sites.map(({ op }) => op),
        whole.nodes.map(({ op }) => op.name).filter((op) => convolutions.includes(op)),
      );
      assert.ok(sites.every((site) => site.change.startsWith(change)));
      // Patches and shares are convolutions with ones; no weight of the network is convolved with any more.
      const left = rewritten.nodes.filter(({ op }) => convolutions.includes(op.name));
      assert.ok(left.every(({ inputs }) => inputs[1]?.op.name === 'constant'));
      assert.equal(left.length > 0, form !== 'bilinear');
      assertSame(rewritten, whole, 1e-6);
    });
  }
}

test('a transposed convolution has the forms of the convolution that it is the adjoint of', () => {
  for (const [ofMap, ofWeight, change] of [
    [[4, 3, 8, 8], [3, 2, 4, 4], 'bilinear'],
    [[2, 6, 4, 4], [6, 3, 4, 4], 'product over patches'],
    [[2, 2, 4, 4], [2, 6, 4, 4], 'product, then shares of taps'],
  ] as const) {
    const [x, w] = [map(...ofMap), weight(...ofWeight)];
    const whole = withGradients(convTranspose2d(x, w, { stride: 2, padding: 1 }), [x, w]);
    const { graph: rewritten, sites } = positionsFirst.apply(whole);
    assert.deepEqual([...new Set(sites.map((site) => site.change.replace(/, \d.*/, '')))], [change]);
    assertSame(rewritten, whole, 1e-6);
  }
});

test('1×1 is a product over channels next to a map that lies positions first, and stays as it is elsewhere', () => {
  const [x, w, point] = [map(4, 2, 8, 8), weight(3, 2, 3, 3), input('point', 'float32', [2, 3, 1, 1])];
  const y = conv2d(relu(conv2d(x, w, { padding: 1 })), point);
  const whole = withGradients(y, [x, w, point]);
  const { graph: rewritten, sites } = positionsFirst.apply(whole);
  assert.ok(sites.some(({ op, change }) => op === 'conv' && change === 'product over channels'));
  assert.ok(sites.some(({ op, change }) => op === 'convTranspose' && change === 'product over channels'));
  assert.ok(sites.some(({ op, change }) => op === 'kernelGradient' && change === 'product over channels'));
  assertSame(rewritten, whole, 1e-6);
  const plain = conv2d(x, w, { padding: 1 });
  for (const options of [{ stride: 2 }, { padding: 1 }]) {
    const strided = withGradients(conv2d(plain, point, options), [x, w]);
    assert.ok(positionsFirst.apply(strided).sites.every(({ change }) => change.startsWith('bilinear')));
    assertSame(positionsFirst.apply(strided).graph, strided, 1e-6);
  }
  const alone = withGradients(conv2d(x, weight(3, 2, 1, 1)), [x]);
  assert.equal(positionsFirst.apply(alone).graph, alone);
});

test('the multiplications that are saved are counted: 36 products for 16 outputs of nine taps', () => {
  const changeOf = (x: Tensor, w: Tensor, options: ConvOptions) =>
    positionsFirst.apply(program(conv2d(x, w, options))).sites.map(({ change }) => change);
  const padded = { padding: 1 };
  assert.deepEqual(changeOf(map(4, 8, 16, 16), weight(8, 8, 3, 3), padded), [
    'bilinear, 4.00 times fewer multiplications',
  ]);
  assert.deepEqual(changeOf(map(4, 8, 16, 16), weight(8, 8, 4, 4), { padding: 1, stride: 2 }), [
    'bilinear, 2.56 times fewer multiplications',
  ]);
  // 6 × 6 outputs take the products of 8 × 8.
  assert.deepEqual(changeOf(map(4, 8, 6, 6), weight(8, 8, 3, 3), padded), [
    'bilinear, 2.25 times fewer multiplications',
  ]);
});

const left: Readonly<Record<string, Tensor>> = {
  groups: conv2d(map(8, 4, 8, 8), weight(4, 2, 3, 3), { groups: 2, padding: 1 }),
  'a group a channel': conv2d(map(8, 6, 8, 8), weight(6, 1, 3, 3), { groups: 6, padding: 1 }),
  'taps with gaps': conv2d(map(8, 2, 8, 8), weight(2, 2, 3, 3), { dilation: 2, padding: 2 }),
  'three axes': conv3d(map(2, 2, 4, 8, 8), weight(2, 2, 3, 3, 3), { padding: 1 }),
  'a kernel of more taps than there are products for': conv2d(map(8, 5, 8, 8), weight(5, 5, 7, 7), { padding: 3 }),
  'fewer than 16 tiles in all': conv2d(map(15, 5, 4, 4), weight(5, 5, 3, 3), { padding: 1 }),
  'tiles that are hardly used': conv2d(map(16, 5, 6, 6), weight(5, 5, 2, 2)),
  'large maps of few channels': conv2d(map(1, 47, 64, 64), weight(48, 47, 3, 3), { padding: 1 }),
  '1×1 at stride 2': conv2d(map(8, 5, 8, 8), weight(5, 5, 1, 1), { stride: 2 }),
};

for (const [name, y] of Object.entries(left)) {
  test(`stays as it was: ${name}`, () => {
    const whole = withGradients(y, y.inputs);
    assert.equal(positionsFirst.apply(whole).graph, whole);
    assert.deepEqual(positionsFirst.apply(whole).sites, []);
  });
}

test('large maps of many channels and small ones of few do not stay', () => {
  for (const y of [
    conv2d(map(1, 48, 64, 64), weight(48, 48, 3, 3), { padding: 1 }),
    conv2d(map(1, 5, 32, 32), weight(5, 5, 3, 3), { padding: 1 }),
  ]) {
    assert.equal(positionsFirst.apply(program(y)).sites.length, 1);
  }
});

test('a convolution that stays does so amid others that do not', () => {
  const [x, w] = [map(4, 2, 8, 8), weight(4, 2, 3, 3)];
  const grouped = input('grouped', 'float32', [2, 2, 3, 3]);
  const y = conv2d(relu(conv2d(x, w, { padding: 1 })), grouped, { groups: 2, padding: 1 });
  const whole = withGradients(y, [x, w, grouped]);
  const { graph: rewritten } = positionsFirst.apply(whole);
  const kept = rewritten.nodes.filter(({ op }) => convolutions.includes(op.name));
  assert.ok(kept.length > 0 && kept.every(({ attributes }) => attributes.groups === 2));
  assertSame(rewritten, whole, 1e-6);
});

/** How often the program transforms what comes of an input by moving it only. */
function countTransforms({ nodes }: Graph, name: string): number {
  const isMovedInput = ({ op, inputs, attributes }: Tensor): boolean =>
    ['reshape', 'transpose'].includes(op.name)
      ? inputs.every(isMovedInput)
      : op.name === 'input' && attributes.name === name;
  return nodes.filter(({ op, inputs: [a, b] }) => {
    return op.name === 'matmul' && a?.op.name === 'constant' && b !== undefined && isMovedInput(b);
  }).length;
}

for (const { channels, batch, times } of [
  { channels: 8, batch: 16, times: { x: 1, w: 1, cotangent: 1 } },
  { channels: 352, batch: 16, times: { x: 4, w: 2, cotangent: 1 } },
  { channels: 16, batch: 2048, times: { x: 4, w: 2, cotangent: 1 } },
]) {
  const size = `${channels} channels, ${batch} images`;
  test(`factors are transformed once, or once in each part of a program where they are large: ${size}`, () => {
    const [x, w] = [map(batch, channels, 8, 8), weight(channels, channels, 3, 3)];
    const y = withScope('D.block', () => conv2d(x, w, { padding: 1 }));
    const again = withScope('D.other', () => conv2d(x, mul(w, 2), { padding: 1 }));
    const apart = withScope('G', () => conv2d(x, mul(w, 3), { padding: 1 }));
    const cotangent = input('cotangent', 'float32', y.shape);
    const whole = program(y, again, apart, ...grad(y, [x, w], cotangent), ...grad(apart, [w]));
    const { graph: rewritten } = commonSubexpressions.apply(positionsFirst.apply(whole).graph);
    const counted = Object.keys(times).map((name) => [name, countTransforms(rewritten, name)]);
    assert.deepEqual(Object.fromEntries(counted), times);
  });
}
