import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { type Distribution, Draws, drawValues } from './draws.ts';

const count = 4000;
const drawn = (distribution: Distribution, stream = 'stream') =>
  drawValues({ name: 'x', shape: [count / 4, 4], distribution }, new Random(1, stream));

test('integers lie in 0 … below − 1, each as often as another', () => {
  for (const below of [1, 2, 5, 17]) {
    const { dtype, shape, data } = drawn({ kind: 'integers', below });
    assert.deepEqual([dtype, shape], ['int32', [count / 4, 4]]);
    const times = Array.from({ length: below }, (_, i) => data.filter((value) => value === i).length);
    assert.equal(
      times.reduce((a, b) => a + b),
      count,
    );
    // Five standard deviations of a binomial count.
    const share = 1 / below;
    for (const seen of times) assert.ok(Math.abs(seen - count * share) <= 5 * Math.sqrt(count * share * (1 - share)));
  }
});

test('uniform numbers fill low … high and no more', () => {
  const { dtype, data } = drawn({ kind: 'uniform', low: -0.5, high: 1.5 });
  const mean = [...data].reduce((a, b) => a + b, 0) / count;
  assert.equal(dtype, 'float32');
  assert.ok(data.every((value) => value >= -0.5 && value <= 1.5));
  assert.ok(Math.min(...data) < -0.48 && Math.max(...data) > 1.48);
  assert.ok(Math.abs(mean - 0.5) < (5 * 2) / Math.sqrt(12 * count));
});

test('normal numbers have mean 0 and variance 1', () => {
  const { dtype, data } = drawn({ kind: 'normal' });
  const moment = (power: number) => [...data].reduce((total, x) => total + x ** power, 0) / count;
  assert.equal(dtype, 'float32');
  assert.ok(Math.abs(moment(1)) < 5 / Math.sqrt(count));
  assert.ok(Math.abs(moment(2) - 1) < 5 * Math.sqrt(2 / count));
});

test('a draw is a function of its stream', () => {
  const normal = { kind: 'normal' } as const;
  assert.deepEqual(drawn(normal), drawn(normal));
  assert.notDeepEqual(drawn(normal), drawn(normal, 'other'));
});

test('draws become inputs: int32 for integers, else float32', () => {
  const draws = new Draws();
  assert.equal(String(draws.take('a', [2], { kind: 'integers', below: 3 })), 'int32[2]');
  assert.equal(String(draws.take('b', [2, 3], { kind: 'normal' })), 'float32[2,3]');
  assert.equal(String(draws.take('c', [], { kind: 'uniform', low: 0, high: 1 })), 'float32[]');
  assert.deepEqual(
    draws.all.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});
