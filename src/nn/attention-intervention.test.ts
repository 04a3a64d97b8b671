/** What if a block attended otherwise: against sums written down position by position. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float64Tolerance } from '../../test/engine/tolerances.ts';
import { Random } from '../base/random.ts';
import { graph, hash, input, interpret, type Tensor, type Values, values } from '../engine/index.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import {
  type AttentionIntervention,
  centreDistances,
  type Intervene,
  intervening,
  type NonLocalOptions,
  nonLocal,
  Variables,
} from './index.ts';

const shape = [2, 4, 4, 4];
const pooledKeys: NonLocalOptions = { keyPooling: 'afterProjection' };

/** A block of x [2,4,4,4] with random numbers for all inputs, and what it says. */
function block(options: NonLocalOptions, intervention?: AttentionIntervention, inputs: Record<string, number> = {}) {
  const variables = new Variables();
  const intervene: Intervene | undefined = intervention && intervening(intervention);
  const scope = variables.scope('L', { training: false, ...(intervene && { intervene }) });
  const y = nonLocal(scope, input('x', 'float32', shape), options);
  const program = graph('block', [['y', y], ...variables.observations]);
  const feeds: Record<string, Values> = {};
  for (const [name, tensor] of program.inputs) {
    const given = inputs[name];
    const numbers = new Random(3, name).normal(sizeOf(tensor.shape));
    feeds[name] = values(tensor.shape, given === undefined ? numbers : numbers.fill(given));
  }
  const numbersOf = (tensor: Tensor | undefined) => [
    ...(interpret([tensor ?? assert.fail('not observed')], feeds)[0]?.data ?? []),
  ];
  return { program, y: numbersOf(y), seen: (name: string) => numbersOf(variables.observations.get(`L.${name}`)) };
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function assertClose(seen: readonly number[], expected: readonly number[], what = ''): void {
  assert.equal(seen.length, expected.length, what);
  for (const [i, number] of expected.entries()) {
    const other = seen[i] ?? Number.NaN;
    assert.ok(
      Math.abs(other - number) <= float64Tolerance(Math.abs(number) + 1, 100),
      `${what} ${i}: ${other}, not ${number}`,
    );
  }
}

test('nothing that intervenes is no change of the program', () => {
  assert.equal(hash(block(pooledKeys, {}).program), hash(block(pooledKeys).program));
  assert.equal(hash(block(pooledKeys, { gamma: 0, blocks: ['M'] }).program), hash(block(pooledKeys).program));
  assert.notEqual(hash(block(pooledKeys, { gamma: 0, blocks: ['L'] }).program), hash(block(pooledKeys).program));
});

test('a γ that is set is the γ of the variable', () => {
  for (const gamma of [0, 0.75, -2]) {
    const set = block(pooledKeys, { gamma });
    assert.deepEqual(set.y, block(pooledKeys, undefined, { 'L.gamma': gamma }).y);
    assert.deepEqual(set.seen('gamma'), [gamma]);
  }
  assert.deepEqual(block(pooledKeys, { gamma: 0 }).y, [...new Random(3, 'x').normal(sizeOf(shape))]);
  const ofGains = (gain: number, intervention?: AttentionIntervention) =>
    block({ gate: 'batchNorm' }, intervention, { 'L.norm.gain': gain, 'L.norm.bias': 0, 'L.norm.variance': 1 }).y;
  assert.deepEqual(ofGains(0.5, { gamma: 0 }), [...new Random(3, 'x').normal(sizeOf(shape))]);
  assertClose(ofGains(0.5, { gamma: 1 }), ofGains(1));
  assert.deepEqual(ofGains(0, { gamma: 1 }), ofGains(0));
});

/** Whether the centre of a key's cell, 2×2 of the 4×4 grid, is within `radius` of a query's, in cells of the 4×4 grid. */
function isWithin(query: number, key: number, radius: number): boolean {
  const [row, column] = [Math.floor(query / 4) + 0.5, (query % 4) + 0.5];
  const [keyRow, keyColumn] = [2 * Math.floor(key / 2) + 1, 2 * (key % 2) + 1];
  return Math.hypot(row - keyRow, column - keyColumn) <= radius;
}

test('a window keeps the keys within its radius, in proportion, and the nearest if there is none', () => {
  const map = block(pooledKeys).seen('map');
  for (const [radius, within] of [
    [1.6, (q: number, k: number) => isWithin(q, k, 1.6)], // A query in a corner sees one key, one in the middle three.
    [0.1, (q: number, k: number) => isWithin(q, k, 0.71)], // No centre is so near: the cell that a query lies in.
  ] as const) {
    const expected = range(2 * 16).flatMap((row) => {
      const kept = range(4).map((key) => (within(row % 16, key) ? (map[row * 4 + key] ?? 0) : 0));
      const total = kept.reduce((a, b) => a + b);
      return kept.map((weight) => weight / total);
    });
    assert.ok(
      expected.includes(0) && (radius < 1 || expected.some((p) => p > 0 && p < 1)),
      'the window cuts, and shares',
    );
    assertClose(block(pooledKeys, { map: { radius: radius / 4 } }).seen('map'), expected, `radius ${radius},`);
  }
});

test('what a block says follows the map that replaces its own', () => {
  for (const options of [pooledKeys, { keyPooling: 'beforeProjection' }, {}] satisfies NonLocalOptions[]) {
    const learned = block(options);
    assertClose(block(options, { map: { radius: 2 } }).y, learned.y, 'a window over everything');
    assertClose(block(options, { map: { radius: 2 } }).seen('map'), learned.seen('map'));
    const uniform = block(options, { map: 'uniform' });
    const keys = uniform.seen('map').length / 32;
    assertClose(
      uniform.seen('map'),
      range(32 * keys).map(() => 1 / keys),
    );
    // Every query hears the same: what is added to x is alike at all 16 positions of an image's channel.
    const x = new Random(3, 'x').normal(sizeOf(shape));
    const added = uniform.y.map((value, i) => value - (x[i] ?? 0));
    assertClose(
      added,
      added.map((_, i) => added[16 * Math.floor(i / 16)] ?? 0),
      'what is added',
    );
    assert.ok(Math.abs((learned.y[0] ?? 0) - (uniform.y[0] ?? 0)) > 1e-3);
  }
});

test('without a softmax a window divides by the keys that are left', () => {
  const options = { pairwise: 'dotProduct', keyPooling: 'afterProjection' } as const;
  const map = block(options).seen('map');
  const windowed = block(options, { map: { radius: 1.6 / 4 } }).seen('map');
  for (const row of range(32)) {
    const left = range(4).filter((key) => isWithin(row % 16, key, 1.6));
    const expected = range(4).map((key) => (left.includes(key) ? ((map[row * 4 + key] ?? 0) * 4) / left.length : 0));
    assertClose(windowed.slice(row * 4, row * 4 + 4), expected, `query ${row},`);
  }
});

test('a window over keys that all have lost their weight shares it evenly, and is no NaN', () => {
  const far = block(pooledKeys, { map: { radius: 0.4 } }, { 'L.query.weight': 40, 'L.key.weight': 40 });
  assert.ok(far.y.every(Number.isFinite));
});

test('origins tell which position of a window each channel took its maximum from', () => {
  const x = new Random(3, 'x').normal(sizeOf(shape));
  const { seen } = block({ keyPooling: 'beforeProjection' });
  const expected = range(2 * 16).map((at) => {
    const [n, row, column] = [Math.floor(at / 16), Math.floor((at % 16) / 4), at % 4];
    const value = (c: number, r: number, k: number) => x[(n * 4 + c) * 16 + r * 4 + k] ?? Number.NaN;
    const isLargest = (c: number) => {
      const [top, left] = [row - (row % 2), column - (column % 2)];
      const rivals = range(4).map((i) => value(c, top + Math.floor(i / 2), left + (i % 2)));
      return value(c, row, column) === Math.max(...rivals);
    };
    return range(4).filter(isLargest).length / 4;
  });
  assert.deepEqual(seen('keyOrigins'), expected);
  assert.deepEqual(seen('valueOrigins'), expected);
  const keys = block(pooledKeys).seen('keyOrigins');
  assert.notDeepEqual(block(pooledKeys).seen('valueOrigins'), keys, 'what is projected is pooled for itself');
  assertClose([keys.reduce((a, b) => a + b)], [8], 'a window shares out 1, in sum');
});

test('distances are between the centres of cells, in sides', () => {
  assert.deepEqual(centreDistances([2], [1]), [[0.25], [0.25]]);
  assert.deepEqual(centreDistances([1, 2], [1, 2]), [
    [0, 0.5],
    [0.5, 0],
  ]);
  assert.equal(centreDistances([4, 4], [2, 2])[0]?.[3], Math.hypot(5 / 8, 5 / 8));
});
