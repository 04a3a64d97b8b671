/** Samples of the ops that act on every element by itself. */

import type { DType, Shape, Tensor } from '../../src/engine/index.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { type Sample, type SampleTable, sample } from './sample.ts';

type Range = readonly [number, number];

const shapes: readonly Shape[] = [[], [5], [2, 3], [2, 3, 1, 2], [1, 2, 2, 1, 3]];

function unary(f: (x: Tensor) => Tensor, range: Range = [-2, 2]): Sample[] {
  return [
    ...shapes.map((shape) => sample(`of [${shape}]`, { x: { shape, range } }, ({ x }) => f(x))),
    sample('of its own result', { x: { shape: [3], range } }, ({ x }) => ops.add(f(x), ops.mul(f(x), x))),
  ];
}

const pairs: readonly (readonly [Shape, Shape])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 2]],
  [
    [2, 3, 2, 1],
    [1, 3, 1, 2],
  ],
  [
    [1, 1],
    [2, 1, 1, 2, 1],
  ],
];

type Binary = (a: ops.Operand, b: ops.Operand) => Tensor;

function broadcast(f: Binary, rangeB: Range = [-2, 2]): Sample[] {
  return pairs.map(([a, b]) =>
    sample(`[${a}] with [${b}]`, { a: { shape: a }, b: { shape: b, range: rangeB } }, (x) => f(x.a, x.b)),
  );
}

function arithmetic(f: Binary, rangeB?: Range): Sample[] {
  return [
    ...broadcast(f, rangeB),
    sample('of repetitions', { a: { shape: [3] }, b: { shape: [2, 1], range: rangeB ?? [-2, 2] } }, ({ a, b }) =>
      f(ops.broadcastTo(a, [2, 2, 3]), ops.broadcastTo(b, [2, 3])),
    ),
    sample('of a repetition and more', { a: { shape: [2, 1] }, b: { shape: [2, 3], range: rangeB ?? [-2, 2] } }, (x) =>
      f(ops.broadcastTo(x.a, [4, 2, 3]), x.b),
    ),
    sample('with a number on the right', { x: { shape: [2, 2] } }, ({ x }) => f(x, 1.5)),
    sample('with a number on the left', { x: { shape: [2, 2], range: [0.5, 2] } }, ({ x }) => f(-1.5, x)),
    sample(
      'of integers',
      {
        a: { shape: [4], dtype: 'int32', values: [7, -7, 5, -5] },
        b: { shape: [4], dtype: 'int32', values: [2, 2, -3, -4] },
      },
      ({ a, b }) => f(a, b),
    ),
  ];
}

const withItself = (f: Binary) =>
  sample('of a tensor with itself', { x: { shape: [2, 3], range: [0.5, 2] } }, ({ x }) => f(x, x));

const tied = (f: Binary) =>
  sample(
    'at a tie',
    { a: { shape: [4], values: [1, -1, 0, 2] }, b: { shape: [4], values: [1, -2, 0, 3] } },
    ({ a, b }) => f(a, b),
    { smooth: false },
  );

function comparison(f: Binary): Sample[] {
  const number = (dtype: DType) => ({ shape: [6], dtype, values: [0, 1, 2, 3, 4, 5] });
  const other = (dtype: DType) => ({ shape: [6], dtype, values: [5, 1, 0, 3, 7, 4] });
  return [
    ...broadcast(f).slice(0, 4),
    sample('of equal numbers', { a: number('float32'), b: other('float32') }, ({ a, b }) => f(a, b), { smooth: false }),
    sample('of integers', { a: number('int32'), b: other('int32') }, ({ a, b }) => f(a, b)),
    sample('with a number', { x: { shape: [2, 3] } }, ({ x }) => f(x, 0.5)),
  ];
}

function logic(f: (a: Tensor, b: Tensor) => Tensor): Sample[] {
  return pairs.map(([a, b]) =>
    sample(`[${a}] with [${b}]`, { a: { shape: a, dtype: 'bool' }, b: { shape: b, dtype: 'bool' } }, (x) =>
      f(x.a, x.b),
    ),
  );
}

const atKink = (f: (x: Tensor) => Tensor) =>
  sample('at its kink', { x: { shape: [3], values: [-1, 0, 1] } }, ({ x }) => f(x), { smooth: false });

const farOut = (f: (x: Tensor) => Tensor) =>
  sample('far out', { x: { shape: [6], values: [-80, -20, -5, 5, 20, 80] } }, ({ x }) => f(x));

export const elementwiseSamples: SampleTable = {
  neg: unary(ops.neg),
  exp: unary(ops.exp),
  log: unary(ops.log, [0.25, 3]),
  sqrt: unary(ops.sqrt, [0.25, 3]),
  abs: [...unary(ops.abs), atKink(ops.abs)],
  square: unary(ops.square),
  tanh: [...unary(ops.tanh), farOut(ops.tanh)],
  sigmoid: [...unary(ops.sigmoid), farOut(ops.sigmoid)],
  softplus: [...unary(ops.softplus), farOut(ops.softplus)],
  relu: [...unary(ops.relu), atKink(ops.relu)],
  leakyRelu: [
    ...unary((x) => ops.leakyRelu(x, 0.1)),
    sample('of slope 0.2 by default', { x: { shape: [3, 2] } }, ({ x }) => ops.leakyRelu(x)),
    atKink(ops.leakyRelu),
  ],
  sign: [...unary(ops.sign), atKink(ops.sign)],
  add: [...arithmetic(ops.add), withItself(ops.add)],
  sub: [...arithmetic(ops.sub), withItself(ops.sub)],
  mul: [...arithmetic(ops.mul), withItself(ops.mul)],
  div: [...arithmetic(ops.div, [0.5, 2.5]), withItself(ops.div)],
  max: [...arithmetic(ops.max), tied(ops.max)],
  min: [...arithmetic(ops.min), tied(ops.min)],
  clamp: [
    ...unary((x) => ops.clamp(x, -1, 0.5)),
    sample('at its limits', { x: { shape: [5], values: [-2, -1, 0, 1, 2] } }, ({ x }) => ops.clamp(x, -1, 1), {
      smooth: false,
    }),
  ],
  greater: comparison(ops.greater),
  greaterEqual: comparison(ops.greaterEqual),
  less: comparison(ops.less),
  lessEqual: comparison(ops.lessEqual),
  equal: comparison(ops.equal),
  not: shapes.map((shape) => sample(`of [${shape}]`, { x: { shape, dtype: 'bool' } }, ({ x }) => ops.not(x))),
  and: logic(ops.and),
  or: logic(ops.or),
  where: [
    ...pairs.map(([a, b]) =>
      sample(
        `[${a}] or [${b}]`,
        { condition: { shape: a, dtype: 'bool' }, a: { shape: a }, b: { shape: b } },
        ({ condition, a, b }) => ops.where(condition, a, b),
      ),
    ),
    sample(
      'a condition that broadcasts both',
      { condition: { shape: [2, 3], dtype: 'bool' }, a: { shape: [3] }, b: { shape: [2, 1] } },
      (x) => ops.where(x.condition, x.a, x.b),
    ),
    sample('numbers', { condition: { shape: [4], dtype: 'bool' } }, ({ condition }) => ops.where(condition, 1, -1)),
    sample(
      'integers',
      { condition: { shape: [4], dtype: 'bool' }, a: { shape: [4], dtype: 'int32' } },
      ({ condition, a }) => ops.where(condition, a, -1),
    ),
  ],
  cast: [
    ...(['int32', 'uint8', 'bool'] as const).map((from) =>
      sample(`${from} to float32`, { x: { shape: [2, 3], dtype: from } }, ({ x }) => ops.cast(x, 'float32')),
    ),
    ...(['int32', 'bool'] as const).map((to) =>
      sample(`float32 to ${to}`, { x: { shape: [6], values: [-2.75, -1, -0.25, 0, 1.5, 3.99] } }, ({ x }) =>
        ops.cast(x, to),
      ),
    ),
    sample('float32 to uint8', { x: { shape: [3], values: [0, 127.9, 255] } }, ({ x }) => ops.cast(x, 'uint8')),
    sample('between integers', { x: { shape: [4], dtype: 'uint8', range: [0, 255] } }, ({ x }) => ops.cast(x, 'int32')),
  ],
};
