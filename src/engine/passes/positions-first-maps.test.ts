import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { grad } from '../autodiff/grad.ts';
import { type Graph, graph } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import {
  add,
  after,
  averagePool,
  broadcastTo,
  cast,
  concat,
  conv2d,
  div,
  exp,
  greater,
  input,
  leakyRelu,
  maxPool,
  mean,
  mul,
  neg,
  pad,
  reduceMax,
  relu,
  reshape,
  slice,
  softmax,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
  upsample,
  where,
} from '../ops/index.ts';
import { positionsFirst } from './positions-first.ts';

const x = input('x', 'float32', [8, 2, 8, 8]);
const other = input('other', 'float32', [8, 2, 8, 8]);
const kernel = mul(input('kernel', 'float32', [2, 2, 3, 3]), 0.3);
const conv = (map: Tensor, w = kernel) => conv2d(map, w, { padding: 1 });
const numbers = (...shape: number[]) => input(`numbers${shape}`, 'float32', shape);

const program = (...outputs: readonly Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );

/** How many maps the program brings from one layout to the other. */
function countMoves({ nodes }: Graph): number {
  const isMove = ({ op, rank, shape }: Tensor) => op.name === 'transpose' && rank === 2 && sizeOf(shape) >= 256;
  return nodes.filter(isMove).length;
}

/** Entries of matrices and factors are float32. */
const rounding = 1e-6;

type Between = Readonly<Record<string, (map: Tensor) => Tensor>>;

const follow: Between = {
  'a function of every element': (map) => tanh(leakyRelu(neg(map), 0.1)),
  'a bias a channel': (map) => add(map, numbers(2, 1, 1)),
  'a gain a channel, of rank 4': (map) => mul(numbers(1, 2, 1, 1), map),
  'a gain a channel and image': (map) => mul(map, reshape(numbers(8, 2), [8, 2, 1, 1])),
  'a number an image': (map) => div(map, exp(numbers(8, 1, 1, 1))),
  'a number a position': (map) => mul(map, numbers(8, 8)),
  'a number a column': (map) => add(numbers(8), map),
  'a number': (map) => mul(numbers(), map),
  'a choice': (map) => where(greater(map, 0.1), map, mul(map, map)),
  'a stop of gradients': (map) => mul(stopGradient(map), map),
  'another type and back': (map) => cast(cast(map, 'float64'), 'float32'),
  'a signal to wait for': (map) => after(map, sum(numbers(8, 2))),
  'some images': (map) => slice(map, [1, 0, 0, 0], [5, 2, 8, 8]),
  'a channel': (map) => slice(map, [0, 1, 0, 0], [8, 2, 8, 8]),
  'every other row': (map) => slice(map, [0, 0, 1, 0], [8, 2, 8, 8], [1, 1, 2, 1]),
  'some columns': (map) => slice(map, [0, 0, 0, 3], [8, 2, 8, 7]),
  'columns and rows beside': (map) => pad(map, [0, 0, 1, 0], [0, 0, 0, 3], 0.5),
  'images and channels beside': (map) => pad(map, [1, 0, 0, 0], [0, 2, 0, 0]),
  'another map of its kind, by images': (map) => concat([map, relu(map)], 0),
  'another map of its kind, by channels': (map) => concat([relu(map), map], 1),
  'another map of its kind, by rows': (map) => concat([map, relu(map)], 2),
  'another map of its kind, by columns': (map) => concat([relu(map), map], 3),
  'its mean a channel': (map) => sub(map, mean(map, [0, 2, 3], { keepDims: true })),
  'its sum a channel and image': (map) => mul(map, sum(map, [2, 3], { keepDims: true })),
  'its largest channel': (map) => sub(map, reduceMax(map, [1], { keepDims: true })),
  'copies of its means': (map) => broadcastTo(mean(map, [2, 3], { keepDims: true }), [8, 2, 8, 8]),
  repetition: (map) => upsample(map, 2),
  'repetition that differs by axis': (map) => upsample(map, [1, 3]),
  'averages of tiles': (map) => averagePool(map, 2),
  'averages of tiles that differ by axis': (map) => averagePool(map, [2, 1], { stride: [2, 1] }),
};

for (const [name, between] of Object.entries(follow)) {
  test(`stays where the convolutions are: ${name}`, () => {
    const y = between(conv(x));
    const channels = y.shape[1] ?? 0;
    const last = channels === 2 ? kernel : mul(input('last', 'float32', [2, channels, 3, 3]), 0.3);
    const z = conv(y, last);
    // The image moves there, and the last map back.
    assert.equal(countMoves(positionsFirst.apply(program(z)).graph), 2);
    const whole = program(z, ...grad(z, [x, kernel]));
    assertSame(positionsFirst.apply(whole).graph, whole, rounding);
  });
}

const stay: Between = {
  'averages of windows that overlap': (map) => averagePool(map, 3, { stride: 1, padding: 1 }),
  'averages of rows that overlap': (map) => averagePool(map, [4, 1], { stride: [2, 1] }),
  'averages that leave a row over': (map) => averagePool(map, [3, 1], { stride: [3, 1] }),
  'the largest of tiles': (map) => maxPool(map, [2, 1], { stride: [2, 1] }),
  'shares of channels': (map) => softmax(map, 1),
  'other axes': (map) => transpose(map, [0, 1, 3, 2]),
  'other shapes': (map) => reshape(map, [16, 2, 4, 8]),
};

for (const [name, between] of Object.entries(stay)) {
  test(`is computed in the layout of before: ${name}`, () => {
    const whole = program(conv(between(conv(x))));
    const { graph: rewritten } = positionsFirst.apply(whole);
    const before = between(conv(x));
    assert.equal(countMoves(rewritten), 4);
    assert.ok(rewritten.nodes.some((node) => node.op === before.op && String(node) === String(before)));
    assertSame(rewritten, whole, rounding);
  });
}

test('a map that others computed is brought along, once', () => {
  const map = conv(x);
  const standard = softmax(other, 1);
  const whole = program(conv(add(map, standard)), conv(mul(relu(map), standard)));
  const { graph: rewritten } = positionsFirst.apply(whole);
  assert.equal(countMoves(rewritten), 4);
  assertSame(rewritten, whole, rounding);
});

test('what meets no map of a convolution stays', () => {
  const beside = [upsample(other), sum(other, [0, 2, 3]), averagePool(relu(other), 2), concat([other, other], 1)];
  const whole = program(conv(x), ...beside);
  const { graph: rewritten } = positionsFirst.apply(whole);
  for (const [i, y] of beside.entries()) {
    const seen = rewritten.outputs.get(`y${i + 1}`);
    assert.equal(`${seen?.op.name} ${seen?.inputs}`, `${y.op.name} ${y.inputs}`);
  }
});

const subsets = Array.from({ length: 16 }, (_, bits) => [0, 1, 2, 3].filter((axis) => (bits >> axis) & 1));

for (const [name, reduce] of Object.entries({ sum, mean, reduceMax })) {
  test(`${name} over any axes, kept or not`, () => {
    const map = conv(x);
    const reduced = subsets.flatMap((axes) => [reduce(map, axes), reduce(map, axes, { keepDims: true })]);
    const whole = program(...reduced, ...grad(sum(mul(mul(map, map), map)), [x]));
    assertSame(positionsFirst.apply(whole).graph, whole, rounding);
  });
}

test('sums over all positions are products with ones', () => {
  const map = conv(x);
  for (const [y, products] of [
    [sum(map, [0, 2, 3]), 1],
    [mean(map, [2, 3], { keepDims: true }), 1],
    [mean(map), 1],
    [reduceMax(map, [2, 3]), 0],
    [sum(map, [1, 2]), 0],
    [sum(map, [0], { keepDims: true }), 0],
  ] as const) {
    const { nodes } = positionsFirst.apply(program(y)).graph;
    const rows = nodes.filter(({ op, inputs }) => op.name === 'matmul' && String(inputs[0]) === 'float32[1,64]');
    assert.equal(rows.length, products, `${y.op.name} over ${String(y.attributes.axes)}`);
  }
});

test('numbers of 64 bits are summed as they were', () => {
  const map = cast(conv(x), 'float64');
  const whole = program(sum(map, [0, 2, 3]), mean(map, [2, 3], { keepDims: true }));
  const { graph: rewritten } = positionsFirst.apply(whole);
  assert.deepEqual(
    [...rewritten.outputs.values()].map((y) => `${y.op.name} ${y.inputs}`),
    [...whole.outputs.values()].map((y) => `${y.op.name} ${y.inputs}`),
  );
  assertSame(rewritten, whole, rounding);
});
