/** The non-local block against the sums of its paper, written down position by position. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../test/engine/check-gradients.ts';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { Random } from '../base/random.ts';
import { grad, graph, input, interpret, type Tensor, type Values, values } from '../engine/index.ts';
import { topologicalOrder } from '../engine/ir/graph.ts';
import { type Shape, sizeOf } from '../engine/ir/tensor-data.ts';
import { type NonLocalOptions, nonLocal, type Pairwise, Variables } from './index.ts';

const pairwiseFunctions: readonly Pairwise[] = ['gaussian', 'embeddedGaussian', 'dotProduct', 'concatenation'];
const channels = 4;

/** The block in the scope `L`, of an input `x`, with γ or its like and all weights drawn at random. */
function block(shape: Shape, options: NonLocalOptions) {
  const variables = new Variables();
  const y = nonLocal(variables.scope('L', { training: true }), input('x', 'float32', shape), options);
  const map = variables.observations.get('L.map') ?? assert.fail('no map');
  const inputs = graph('block', [
    ['y', y],
    ['map', map],
  ]).inputs;
  const feeds: Record<string, Values> = {};
  for (const [name, tensor] of inputs) {
    const numbers = new Random(3, name).normal(sizeOf(tensor.shape));
    feeds[name] = values(
      tensor.shape,
      numbers.map((number) => number / 2),
    );
  }
  return { variables, y, map, inputs, feeds };
}

const numbersOf = (tensor: Tensor, feeds: Record<string, Values>) => [...(interpret([tensor], feeds)[0]?.data ?? [])];

function assertClose(seen: readonly number[], expected: readonly number[], tolerance: number, what = ''): void {
  assert.equal(seen.length, expected.length, what);
  for (const [i, number] of expected.entries()) {
    const difference = Math.abs((seen[i] ?? Number.NaN) - number);
    assert.ok(difference <= tolerance * Math.max(1, Math.abs(number)), `${what}: ${i} is ${seen[i]}, not ${number}`);
  }
}

// --- the paper's sums ------------------------------------------------------------------------------------------------

type Vector = readonly number[];

const dot = (a: Vector, b: Vector) => a.reduce((total, value, i) => total + value * (b[i] ?? Number.NaN), 0);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Every position of a grid, in reading order. */
const positionsOf = (grid: Shape) =>
  grid.reduce<number[][]>((all, extent) => all.flatMap((position) => range(extent).map((i) => [...position, i])), [[]]);

/** The largest of each channel in each window, remainders left out. */
function maxPooled(vectors: readonly Vector[], grid: Shape, window: Shape): Vector[] {
  const indexOf = (position: Vector) => position.reduce((index, i, axis) => index * (grid[axis] ?? 0) + i, 0);
  const smaller = grid.map((extent, axis) => Math.floor(extent / (window[axis] ?? 1)));
  return positionsOf(smaller).map((corner) => {
    const inside = positionsOf(window).map((offset) =>
      indexOf(offset.map((o, axis) => (corner[axis] ?? 0) * (window[axis] ?? 1) + o)),
    );
    return range(vectors[0]?.length ?? 0).map((c) => Math.max(...inside.map((i) => vectors[i]?.[c] ?? Number.NaN)));
  });
}

/** y and the map, by equations 1 to 6 of the paper, for a block with a scalar gate. */
function bySums(shape: Shape, feeds: Record<string, Values>, options: NonLocalOptions & { poolWindow: Shape }) {
  const [n = 0, , ...grid] = shape;
  const count = sizeOf(grid);
  const { pairwise, normaliser, keyPooling } = options;
  const isGaussian = pairwise === 'gaussian' || pairwise === 'embeddedGaussian';
  const variable = (name: string): Vector => [...(feeds[`L.${name}`]?.data ?? assert.fail(`no ${name}`))];
  const project = (name: string, vectors: readonly Vector[]) => {
    const [weight, bias] = [variable(`${name}.weight`), variable(`${name}.bias`)];
    return vectors.map((v) => bias.map((b, row) => dot(weight.slice(row * v.length, (row + 1) * v.length), v) + b));
  };
  const f = (query: Vector, key: Vector) => {
    if (isGaussian) return Math.exp(dot(query, key));
    return pairwise === 'dotProduct' ? dot(query, key) : Math.max(0, dot(variable('pair.weight'), [...query, ...key]));
  };
  const y: number[] = [];
  const map: number[] = [];
  for (let sample = 0; sample < n; sample++) {
    const number = (c: number, i: number) => feeds.x?.data[(sample * channels + c) * count + i] ?? Number.NaN;
    const x = range(count).map((i) => range(channels).map((c) => number(c, i)));
    const pool = (vectors: readonly Vector[]) => maxPooled(vectors, grid, options.poolWindow);
    const source = keyPooling === 'beforeProjection' ? pool(x) : x;
    const after = keyPooling === 'afterProjection' ? pool : (vectors: readonly Vector[]) => vectors;
    const keys = after(pairwise === 'gaussian' ? source : project('key', source));
    const g = after(project('value', source));
    const responses = (pairwise === 'gaussian' ? x : project('query', x)).map((query) => {
      const scores = keys.map((key) => f(query, key));
      const weights = normaliser === 'softmax' && !isGaussian ? scores.map(Math.exp) : scores;
      const c =
        normaliser === 'softmax'
          ? dot(
              weights,
              keys.map(() => 1),
            )
          : keys.length;
      map.push(...weights.map((weight) => weight / c));
      return range(g[0]?.length ?? 0).map(
        (v) =>
          dot(
            weights,
            g.map((vector) => vector[v] ?? Number.NaN),
          ) / c,
      );
    });
    const update = project('output', responses);
    const [gamma = Number.NaN] = variable('gamma');
    for (const c of range(channels)) y.push(...x.map((v, i) => (v[c] ?? 0) + gamma * (update[i]?.[c] ?? Number.NaN)));
  }
  return { y, map };
}

for (const pairwise of pairwiseFunctions) {
  for (const [grid, poolWindow] of [
    [[5], [2]],
    [
      [2, 3],
      [2, 2],
    ],
    [
      [2, 3, 2],
      [1, 2, 2],
    ],
  ] as const) {
    test(`${pairwise} on a grid [${grid}] is the paper's sum`, () => {
      const shape = [2, channels, ...grid];
      for (const keyPooling of ['none', 'afterProjection', 'beforeProjection'] as const) {
        for (const normaliser of ['softmax', 'count'] as const) {
          const options = { pairwise, keyPooling, normaliser, ...(pairwise === 'gaussian' ? {} : { queryDivisor: 1 }) };
          const { y, map, feeds } = block(shape, options);
          const expected = bySums(shape, feeds, { ...options, poolWindow });
          assert.deepEqual(y.shape, shape);
          const what = `${keyPooling}, ${normaliser}`;
          assertClose(numbersOf(map, feeds), expected.map, float32ConstantTolerance, `map, ${what}`);
          assertClose(numbersOf(y, feeds), expected.y, float32ConstantTolerance, what);
        }
      }
    });
  }
}

test("the paper's normaliser is the default: softmax for Gaussians, the count for the others; and dots may be scaled", () => {
  for (const pairwise of pairwiseFunctions) {
    const normaliser = pairwise.endsWith('aussian') ? 'softmax' : 'count';
    const { y, feeds } = block([1, channels, 3], { pairwise });
    assert.deepEqual(numbersOf(y, feeds), numbersOf(block([1, channels, 3], { pairwise, normaliser }).y, feeds));
  }
  const plain = block([1, channels, 3], { pairwise: 'dotProduct', queryDivisor: 1 });
  const scaled = block([1, channels, 3], { pairwise: 'dotProduct', queryDivisor: 1, scaled: true });
  assertClose(
    numbersOf(scaled.map, plain.feeds),
    numbersOf(plain.map, plain.feeds).map((weight) => weight / Math.sqrt(channels)),
    1e-12,
  );
});

test('the window of the pooling can be set: over time too, or wider', () => {
  const shape = [1, channels, 4, 2, 3];
  for (const poolWindow of [
    [2, 2, 2],
    [4, 1, 3],
  ] as const) {
    for (const keyPooling of ['afterProjection', 'beforeProjection'] as const) {
      const options = { pairwise: 'embeddedGaussian', normaliser: 'softmax', keyPooling, poolWindow } as const;
      const { y, feeds } = block(shape, options);
      assertClose(numbersOf(y, feeds), bySums(shape, feeds, options).y, 1e-12, `[${poolWindow}] ${keyPooling}`);
    }
  }
});

// --- what follows from the sums --------------------------------------------------------------------------------------

test('without pooling the order of positions does not matter, nor on which grid they lie', () => {
  const count = 12;
  const order = new Random(5, 'order').permutation(count);
  const permuted = (numbers: readonly number[]) =>
    range(channels).flatMap((c) => [...order].map((i) => numbers[c * count + i] ?? Number.NaN));
  for (const pairwise of pairwiseFunctions) {
    const { y, feeds } = block([1, channels, count], { pairwise });
    const x = [...(feeds.x?.data ?? [])];
    const expected = numbersOf(y, feeds);
    const moved = numbersOf(y, { ...feeds, x: values([1, channels, count], permuted(x)) });
    assertClose(moved, permuted(expected), 1e-12, pairwise);
    for (const grid of [
      [3, 4],
      [3, 2, 2],
    ] as const) {
      const shape = [1, channels, ...grid];
      assertClose(
        numbersOf(block(shape, { pairwise }).y, { ...feeds, x: values(shape, x) }),
        expected,
        1e-12,
        pairwise,
      );
    }
  }
});

test('variables do not depend on the size or the rank of the grid', () => {
  for (const pairwise of pairwiseFunctions) {
    const options = { pairwise, keyPooling: 'afterProjection' } as const;
    const variablesOf = (grid: Shape) =>
      block([2, channels, ...grid], options).variables.all.map(({ name, shape }) => `${name} [${shape}]`);
    for (const grid of [[2, 2], [6, 4], [7], [2, 3, 5]]) assert.deepEqual(variablesOf(grid), variablesOf([4, 4]));
  }
});

test('derivatives of first and second order', () => {
  for (const pairwise of pairwiseFunctions) {
    for (const gate of ['scalar', 'batchNorm'] as const) {
      const { y, inputs, feeds } = block([2, channels, 2, 3], { pairwise, gate, keyPooling: 'afterProjection' });
      const used = [...inputs].filter(([, tensor]) => topologicalOrder([y]).includes(tensor));
      checkGradients(`${pairwise}, ${gate}`, { inputs: Object.fromEntries(used), output: y, point: feeds }, 2);
    }
  }
});

/** The number of elements of the largest tensor in the program of y, its gradients, and their penalty's gradients. */
function largestTensor({ y, inputs }: ReturnType<typeof block>): number {
  const targets = [...inputs.values()].filter((tensor) => topologicalOrder([y]).includes(tensor));
  const first = grad(y, targets);
  const second = first.flatMap((gradient) => grad(gradient, targets));
  return Math.max(...topologicalOrder([y, ...first, ...second]).map(({ shape }) => sizeOf(shape)));
}

test('concatenation keeps no more than a number a pair of positions; a count of dot products not even that', () => {
  const shape = [2, 8, 6, 6];
  const pairs = 2 * 36 * 36;
  assert.equal(largestTensor(block(shape, { pairwise: 'concatenation' })), pairs);
  assert.equal(largestTensor(block(shape, { pairwise: 'concatenation', keyPooling: 'afterProjection' })), pairs / 4);
  assert.equal(largestTensor(block(shape, { pairwise: 'dotProduct' })), sizeOf(shape));
});
