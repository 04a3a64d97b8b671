import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { instructions, programOf } from '../../../test/engine/random-program.ts';
import { type Graph, graph } from '../ir/graph.ts';
import { type Tensor, withScope } from '../ir/tensor.ts';
import { add, after, constant, full, input, mul, relu, scalar, softmax, sub, sum, tanh } from '../ops/index.ts';
import { commonSubexpressions } from './common-subexpressions.ts';

const program = (...outputs: Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );
const count = ({ nodes }: Graph, op: string) => nodes.filter((node) => node.op.name === op).length;

test('a program without twins computes the same bits', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const whole = programOf(list);
      const { graph: merged, sites } = commonSubexpressions.apply(whole);
      assertSame(merged, whole, 0);
      assert.ok(merged.nodes.length + sites.length <= whole.nodes.length);
      assert.equal(commonSubexpressions.apply(merged).graph, merged, 'no twins are left');
    }),
  );
});

test('twins become the first of them, with all that is built on them', () => {
  const x = input('x', 'float32', [2, 3]);
  const build = (scope: string) => withScope(scope, () => tanh(mul(softmax(x, 1), 0.3)));
  const { graph: merged, sites } = commonSubexpressions.apply(program(build('first'), build('second')));
  assert.deepEqual([count(merged, 'softmax'), count(merged, 'mul'), count(merged, 'tanh')], [1, 1, 1]);
  assert.equal(merged.outputs.get('y0'), merged.outputs.get('y1'));
  assert.equal(merged.outputs.get('y1')?.scope, 'first');
  assert.deepEqual(
    sites,
    ['softmax', 'mul', 'tanh'].map((op) => ({ scope: 'second', op, change: 'one with its twin in first' })),
  );
});

test('what differs in op, operand, order, attribute or constant stays apart', () => {
  const [x, y] = [input('x', 'float32', [2, 2]), input('y', 'float32', [2, 2])];
  const long = (last: number) => constant({ dtype: 'float32', shape: [20], data: new Float32Array(20).with(19, last) });
  const different = program(
    ...[relu(x), tanh(x), relu(y), sub(x, y), sub(y, x), softmax(x, 0), softmax(x, 1)],
    ...[mul(x, 0), mul(x, -0), mul(x, Number.NaN), add(x, full(0, [2])), add(x, full(0, [2, 1]))],
    ...[tanh(long(0)), tanh(long(-0)), tanh(long(1)), sum(x, [0]), sum(x, [0], { keepDims: true })],
  );
  assert.equal(commonSubexpressions.apply(different).graph, different);
  const alike = program(tanh(long(1)), tanh(long(0)), tanh(long(1)));
  assert.equal(count(commonSubexpressions.apply(alike).graph, 'tanh'), 2);
});

test('what is computed again on purpose stays so', () => {
  const x = input('x', 'float32', [2]);
  const again = program(tanh(x), tanh(after(x, sum(x))));
  assert.equal(commonSubexpressions.apply(again).graph, again);
});

test('a program without twins is returned as it was', () => {
  const x = input('x', 'float32', [2]);
  const equalConstants = program(add(mul(x, scalar(2)), scalar(2)));
  assert.equal(commonSubexpressions.apply(equalConstants).graph, equalConstants);
});
