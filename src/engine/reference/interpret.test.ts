import assert from 'node:assert/strict';
import { test } from 'node:test';
import { input, relu, sum, Tensor } from '../index.ts';
import { interpret, values } from './interpret.ts';

const x = input('x', 'float32', [2, 2]);

test('the interpreter works in float64', () => {
  const [total] = interpret([sum(x)], { x: values([2, 2], [1e10, 1e-5, -1e10, 0]) });
  assert.ok(Math.abs((total?.data[0] ?? 0) - 1e-5) < 1e-6, 'float32 would lose the small number');
});

test('several outputs come back in the order in which they were asked for', () => {
  const results = interpret([sum(x), x, relu(x)], { x: values([2, 2], [1, -2, 3, -4]) });
  assert.deepEqual(
    results.map(({ shape, data }) => [shape, [...data]]),
    [
      [[], [-2]],
      [
        [2, 2],
        [1, -2, 3, -4],
      ],
      [
        [2, 2],
        [1, 0, 3, 0],
      ],
    ],
  );
});

test('what is missing or does not fit is reported', () => {
  assert.throws(() => interpret([x], {}), { message: 'interpret: input "x" float32[2,2] was not given.' });
  assert.throws(() => values([2, 2], [1, 2, 3]), { message: '3 values do not fill shape [2,2].' });
  assert.throws(() => interpret([x], { x: { shape: [3], data: new Float64Array(3) } }), /do not fill shape \[2,2\]/);
  const unheardOf = new Tensor({ ...relu(x).op, name: 'unheardOf' }, [x], {}, x);
  const point = { x: values([2, 2], [1, 2, 3, 4]) };
  assert.throws(() => interpret([unheardOf], point), /op "unheardOf" has no meaning/);
});
