import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { instructions, programOf } from '../../../test/engine/random-program.ts';
import { type Graph, graph } from '../ir/graph.ts';
import { type Tensor, withScope } from '../ir/tensor.ts';
import {
  add,
  broadcastTo,
  cast,
  constant,
  full,
  input,
  matmul,
  mul,
  relu,
  reshape,
  scalar,
  sum,
  transpose,
} from '../ops/index.ts';
import { foldConstants } from './fold-constants.ts';

const program = (...outputs: Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );
const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op.name);

test('a folded program computes what it did', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const whole = programOf(list);
      // Each constant is rounded once to float32, a relative 6e-8, and a handful meet in one result.
      assertSame(foldConstants.apply(whole).graph, whole, 1e-6);
    }),
  );
});

test('what depends on constants alone becomes one constant, in the scope of its node', () => {
  const x = input('x', 'float32', [3]);
  const factor = withScope('loss', () => reshape(mul(add(full(0.1, [3]), 1), scalar(3)), [3, 1]));
  const { graph: folded, sites } = foldConstants.apply(program(mul(reshape(x, [3, 1]), factor)));
  assert.deepEqual(opsOf(folded), ['input', 'constant', 'reshape', 'mul']);
  assert.deepEqual(sites, [
    { scope: 'loss', op: 'add', change: 'a constant' },
    { scope: 'loss', op: 'mul', change: 'a constant' },
    { scope: 'loss', op: 'reshape', change: 'a constant' },
  ]);
  const value = folded.nodes[1];
  assert.equal(value?.scope, 'loss');
  const [f, sumOnce] = [Math.fround, Math.fround(0.1) + 1];
  const expected = { dtype: 'float32', shape: [3, 1], data: new Float32Array(3).fill(f(f(sumOnce) * 3)) };
  assert.deepEqual(value?.attributes, { value: expected });
});

test('dtypes are kept: integers stay whole, bytes are bytes', () => {
  const folded = foldConstants.apply(program(cast(full(2.75, [2]), 'int32'), cast(full(7, [2]), 'uint8')));
  const data = folded.graph.nodes.map(({ attributes }) => attributes.value);
  assert.deepEqual(data, [
    { dtype: 'int32', shape: [2], data: Int32Array.of(2, 2) },
    { dtype: 'uint8', shape: [2], data: Uint8Array.of(7, 7) },
  ]);
});

const square = () => constant({ dtype: 'float32', shape: [40, 50], data: new Float32Array(2000).map((_, i) => i) });

test('what would make the file larger stays as it is', () => {
  const x = input('x', 'float32', [2000]);
  const repeated = program(add(x, broadcastTo(scalar(3), [2000])), transpose(square(), [1, 0]));
  const image = foldConstants.apply(program(mul(x, broadcastTo(full(3, [1]), [2000]))));
  assert.deepEqual(image.sites, [], 'a repetition');
  assert.deepEqual(
    foldConstants.apply(repeated).sites.map(({ op }) => op),
    ['transpose'],
    'the constant that it is made of goes',
  );
  const shared = square();
  for (const other of [relu(add(reshape(x, [40, 50]), shared)), shared]) {
    const both = program(transpose(shared, [1, 0]), other);
    assert.equal(foldConstants.apply(both).graph, both, 'the constant is read elsewhere, so both would be kept');
  }
});

test('sums of long constants fold; products that would keep one waiting do not', () => {
  const [long] = foldConstants.apply(program(sum(square()))).graph.nodes;
  assert.deepEqual(long?.attributes.value, { dtype: 'float32', shape: [], data: Float32Array.of((1999 * 2000) / 2) });
  const side = 90;
  const matrix = () => full(1, [side, side]);
  const product = program(matmul(matrix(), matrix()));
  assert.equal(foldConstants.apply(product).graph, product, `${2 * side ** 3} operations`);
});

test('a program without constants to fold is returned as it was', () => {
  const x = input('x', 'float32', [3]);
  const whole = program(mul(relu(x), 2), constant({ dtype: 'float32', shape: [1], data: Float32Array.of(1) }));
  assert.equal(foldConstants.apply(whole).graph, whole);
});
