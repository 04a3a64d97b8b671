import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import {
  type Initializer,
  initialize,
  normal,
  ones,
  orthogonal,
  scaledXavierUniform,
  uniformByFanIn,
  unitVector,
  type Variable,
  xavierUniform,
  zeros,
} from './index.ts';

const draw = (initializer: Initializer, shape: readonly number[], seed = 1) =>
  initializer(shape, new Random(seed, 'initializers'));

/** The mean of the p-th powers. */
function moment(data: ArrayLike<number>, power: number): number {
  return Array.from(data).reduce((sum, value) => sum + value ** power, 0) / data.length;
}

/** Largest |(A Aᵀ − 1)ᵢⱼ| of the rows of a matrix, or of its columns. */
function distanceFromOrthonormal(data: Float32Array, rows: number, of: 'rows' | 'columns'): number {
  const columns = data.length / rows;
  const [count, length] = of === 'rows' ? [rows, columns] : [columns, rows];
  const at = (i: number, j: number) => data[of === 'rows' ? i * columns + j : j * columns + i] ?? Number.NaN;
  let worst = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      let dot = a === b ? -1 : 0;
      for (let j = 0; j < length; j++) dot += at(a, j) * at(b, j);
      worst = Math.max(worst, Math.abs(dot));
    }
  }
  return worst;
}

test('orthogonal: rows are orthonormal when wide, columns when tall, kernels as matrices', () => {
  for (const [shape, of] of [
    [[8, 20], 'rows'],
    [[20, 8], 'columns'],
    [[12, 12], 'rows'],
    [[6, 4, 3, 3], 'rows'],
    [[50, 2, 3, 3], 'columns'],
    [[3, 1500], 'rows'],
  ] as const) {
    const data = draw(orthogonal, shape);
    assert.equal(data.length, sizeOf(shape));
    assert.ok(distanceFromOrthonormal(data, shape[0], of) < 1e-6, `shape ${shape}`);
  }
});

test('orthogonal: no direction is preferred', () => {
  const signs = Array.from({ length: 400 }, (_, seed) => Math.sign(draw(orthogonal, [3, 3], seed)[0] ?? 0));
  assert.ok(Math.abs(moment(signs, 1)) < 0.15);
});

test('Xavier: uniform within √(6 / (fanIn + fanOut)), of which a kernel counts every tap', () => {
  for (const [shape, fans] of [
    [[200, 100], 300],
    [[30, 20, 5, 5], 50 * 25],
  ] as const) {
    const data = draw(xavierUniform, shape);
    const limit = Math.sqrt(6 / fans);
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest <= limit && largest > 0.995 * limit, `${shape}: ${largest} of ${limit}`);
    assert.ok(Math.abs(moment(data, 1)) < 0.02 * limit, `${shape}: mean`);
    assert.ok(Math.abs(moment(data, 2) / (2 / fans) - 1) < 0.03, `${shape}: variance is 2 / (fanIn + fanOut)`);
  }
});

test('scaled Xavier: a gain widens the interval, a stride makes the fan of axis 0 smaller', () => {
  const shape = [30, 20, 5, 5];
  const largest = (gain: number, stride?: number) =>
    draw(scaledXavierUniform(gain, stride), shape).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [limit, reached] of [
    [Math.sqrt(2) * Math.sqrt(6 / (50 * 25)), largest(Math.SQRT2)],
    [Math.sqrt(6 / ((30 / 4 + 20) * 25)), largest(1, 2)],
  ] as const) {
    assert.ok(reached <= limit && reached > 0.995 * limit, `${reached} of ${limit}`);
  }
  assert.deepEqual(draw(scaledXavierUniform(1), shape), draw(xavierUniform, shape));
});

test('uniform by fan-in: within 1/√(inputs of a unit), of which a kernel counts every tap', () => {
  for (const [shape, fanIn] of [
    [[100, 25], 25],
    [[50, 4, 3, 3], 36],
  ] as const) {
    const data = draw(uniformByFanIn, shape);
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest <= 1 / Math.sqrt(fanIn) && largest > 0.99 / Math.sqrt(fanIn), `${shape}: ${largest}`);
    assert.ok(Math.abs(moment(data, 2) * 3 * fanIn - 1) < 0.05, `${shape}: variance is 1 / (3·fanIn)`);
  }
});

test('normal: the moments of N(0, 0.02²)', () => {
  const data = draw(normal(0.02), [100, 300]);
  assert.ok(Math.abs(moment(data, 1)) < 0.0005);
  assert.ok(Math.abs(moment(data, 2) / 0.02 ** 2 - 1) < 0.03);
  assert.ok(Math.abs(moment(data, 4) / moment(data, 2) ** 2 - 3) < 0.15);
});

test('unitVector has length 1; zeros and ones are what they say', () => {
  assert.ok(Math.abs(moment(draw(unitVector, [1, 77]), 2) * 77 - 1) < 1e-6);
  assert.deepEqual(draw(zeros, [2, 3]), new Float32Array(6));
  assert.deepEqual(draw(ones, []), new Float32Array([1]));
});

test('an initial value is a function of seed and name, whatever else there is and in whatever order', () => {
  const variable = (name: string): Variable => ({ name, shape: [4], trainable: true, initializer: normal(1) });
  const [a, b, c] = [variable('G.a'), variable('G.b'), variable('G.c')];
  const together = initialize([a, b, c], 3);
  assert.deepEqual([...together.keys()], ['G.a', 'G.b', 'G.c']);
  assert.deepEqual(initialize([c, a], 3).get('G.a'), together.get('G.a'));
  assert.deepEqual(initialize([b], 3).get('G.b'), together.get('G.b'));
  assert.notDeepEqual(together.get('G.a')?.data, together.get('G.b')?.data);
  assert.notDeepEqual(initialize([a], 4).get('G.a'), together.get('G.a'));
});

test('a copy starts equal to its original, also when it comes first, and must have one', () => {
  const original: Variable = { name: 'G.a', shape: [4], trainable: true, initializer: normal(1) };
  const copy: Variable = { name: 'ema.G.a', shape: [4], trainable: false, initializer: zeros, copyOf: 'G.a' };
  const state = initialize([copy, original], 3);
  assert.deepEqual(state.get('ema.G.a'), state.get('G.a'));
  assert.deepEqual(state.get('G.a'), initialize([original], 3).get('G.a'));
  assert.notEqual(state.get('ema.G.a')?.data, state.get('G.a')?.data);
  assert.throws(() => initialize([copy], 3), /ema\.G\.a copies G\.a, which does not exist/);
});
