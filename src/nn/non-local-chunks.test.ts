/** The non-local block whose map is made in chunks, against the same block whose map is made at once. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { float32Tolerance, float64Tolerance } from '../../test/engine/tolerances.ts';
import type { AttentionMemory, MeasuredAttention } from '../../test/memory/attention.ts';
import { Random } from '../base/random.ts';
import {
  add,
  type Graph,
  grad,
  graph,
  hash,
  input,
  interpret,
  openRuntime,
  square,
  sum,
  type TensorData,
  type Values,
  values,
} from '../engine/index.ts';
import { type Shape, sizeOf } from '../engine/ir/tensor-data.ts';
import { type NonLocalOptions, nonLocal, type Pairwise, Variables } from './index.ts';

const pairwiseFunctions: readonly Pairwise[] = ['gaussian', 'embeddedGaussian', 'dotProduct', 'concatenation'];

/** y, its gradients, the gradients of their squares, and the map. */
function program(shape: Shape, options: NonLocalOptions, isObserved = true): Graph {
  const variables = new Variables();
  const x = input('x', 'float32', shape);
  const y = nonLocal(variables.scope('L', { training: true }), x, options);
  const targets = [x, ...variables.below('L').values()];
  const first = grad(sum(square(y)), targets);
  const penalty = first.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b));
  const outputs = [y, ...first, ...grad(penalty, targets)];
  const map = variables.observations.get('L.map');
  if (isObserved && map !== undefined) outputs.push(map);
  return graph(
    'block',
    outputs.map((tensor, i) => [`${i}`, tensor] as const),
  );
}

const largestMap = { largestMapBytes: Number.POSITIVE_INFINITY };
/** A chunk has an eighth of the bytes: two images, two queries of an image, two queries of few keys. */
const cases: readonly { readonly shape: Shape; readonly options: NonLocalOptions }[] = [
  { shape: [17, 2, 4], options: { valueDivisor: 1, largestMapBytes: 8 * 2 * (4 * 4 * 4) } },
  { shape: [4, 6, 5], options: { valueDivisor: 1, largestMapBytes: 8 * 2 * (5 * 4) } },
  {
    shape: [3, 4, 2, 4],
    options: { valueDivisor: 1, largestMapBytes: 8 * 2 * (2 * 4), keyPooling: 'afterProjection' },
  },
];
const blocks = cases.flatMap(({ shape, options }) =>
  pairwiseFunctions.flatMap((pairwise) =>
    (['softmax', 'count'] as const).map((normaliser) => ({
      name: `[${shape}], ${pairwise}, ${normaliser}`,
      shape,
      options: { ...options, pairwise, normaliser, ...(pairwise === 'gaussian' ? {} : { queryDivisor: 1 }) },
    })),
  ),
);

function drawn(program: Graph): Record<string, TensorData> {
  const numbers = (name: string, shape: Shape) => new Random(4, name).normal(sizeOf(shape)).map((number) => number / 3);
  return Object.fromEntries(
    [...program.inputs].map(([name, { shape }]) => [name, { dtype: 'float32', shape, data: numbers(name, shape) }]),
  );
}

function interpreted(program: Graph, feeds: Record<string, TensorData>): Map<string, Values> {
  const truth = Object.entries(feeds).map(([name, { shape, data }]) => [name, values(shape, data)]);
  const results = interpret([...program.outputs.values()], Object.fromEntries(truth));
  return new Map([...program.outputs.keys()].map((name, i) => [name, results[i] ?? assert.fail(name)]));
}

const waiting = ({ nodes }: Graph) => nodes.filter(({ op }) => op.name === 'after').length;

type Numbers = { readonly shape: Shape; readonly data: ArrayLike<number> };

function assertAlike(
  name: string,
  seen: (output: string) => Numbers | undefined,
  expected: ReadonlyMap<string, Values>,
  tolerance: (reference: number, terms: number) => number,
): void {
  // Some gradients are 0 in theory: what is left of them are roundings of the size of the others.
  const largest = Math.max(...[...expected.values()].flatMap(({ data }) => [...data].map(Math.abs)));
  for (const [output, { shape, data }] of expected) {
    assert.deepEqual(seen(output)?.shape, shape);
    for (const [i, number] of data.entries()) {
      const other = seen(output)?.data[i] ?? Number.NaN;
      const where = `${name}, output ${output}, element ${i}: ${other}, not ${number}`;
      assert.ok(Math.abs(other - number) <= tolerance(largest, 100), where);
    }
  }
}

test('in chunks the block, its gradients and theirs are what they are at once', () => {
  for (const { name, shape, options } of blocks) {
    const chunked = program(shape, options);
    const whole = program(shape, { ...options, ...largestMap });
    // Dot products that are only counted have no map to begin with, unless channels are many and positions few.
    const hasNoMap = name === '[17,2,4], dotProduct, count';
    assert.equal(hash(chunked) === hash(whole), hasNoMap, name);
    assert.ok(hasNoMap || waiting(chunked) > 8, name);
    assert.equal(waiting(whole), 0, name);
    const feeds = drawn(whole);
    const seen = interpreted(chunked, feeds);
    assertAlike(name, (output) => seen.get(output), interpreted(whole, feeds), float64Tolerance);
  }
});

test('ONNX Runtime computes what the interpreter does', async () => {
  const runtime = await openRuntime({ threads: 1 });
  for (const pairwise of pairwiseFunctions) {
    for (const { shape, options } of cases.slice(0, 2)) {
      const chunked = program(shape, { ...options, pairwise, normaliser: 'softmax' });
      const feeds = drawn(chunked);
      const run = await (await runtime.compile(chunked)).compute(feeds);
      assertAlike(`[${shape}], ${pairwise}`, (output) => run[output], interpreted(chunked, feeds), float32Tolerance);
    }
  }
});

test('no tensor is as large as the map, unless the map is asked for', () => {
  const largest = ({ nodes }: Graph) => Math.max(...nodes.map((node) => sizeOf(node.shape)));
  const shape = [2, 2, 16, 16];
  const map = 2 * 256 * 256;
  for (const pairwise of pairwiseFunctions) {
    const options = { pairwise, normaliser: 'softmax', largestMapBytes: 4 * (map / 8) } as const;
    assert.equal(largest(program(shape, options, false)), map / 64, pairwise);
    assert.equal(largest(program(shape, options, true)), map, pairwise);
  }
});

test('a map of 64 MiB is made at once, as if chunks were not there; a larger one is not', () => {
  const blockOf = (images: number, options: NonLocalOptions = {}) =>
    program([images, 8, 32, 32], { keyPooling: 'afterProjection', ...options }, false);
  assert.equal(hash(blockOf(64)), hash(blockOf(64, largestMap)));
  assert.equal(waiting(blockOf(64)), 0);
  assert.ok(waiting(blockOf(65)) > 0);
});

function measured(subject: MeasuredAttention): AttentionMemory {
  const file = 'test/memory/attention.ts';
  const output = execFileSync(process.execPath, ['--import', 'tsx', file, JSON.stringify(subject)], {
    encoding: 'utf8',
  });
  return JSON.parse(output);
}

for (const order of [1, 2] as const) {
  test(`order ${order}: the memory of a process does not grow with the square of the positions`, (t) => {
    const [few, many] = [32, 64].map((side) => measured({ side, order, largestMapBytes: 2 ** 26 }));
    const whole = measured({ side: 64, order, largestMapBytes: 2 ** 40 });
    t.diagnostic(JSON.stringify({ few, many, whole }));
    if (few === undefined || many === undefined) throw new Error('both were measured');
    assert.equal(many.mapBytes, 16 * few.mapBytes);
    const grown = many.measuredBytes - few.measuredBytes;
    assert.ok(grown < many.mapBytes, `it grew by ${grown} bytes`);
    assert.ok(whole.measuredBytes - many.measuredBytes > 2 * many.mapBytes, `at once it takes ${whole.measuredBytes}`);
    assert.ok(many.estimatedBytes < many.mapBytes, `the estimate is ${many.estimatedBytes}`);
    assert.ok(whole.estimatedBytes > 2 * many.mapBytes, `at once the estimate is ${whole.estimatedBytes}`);
  });
}
