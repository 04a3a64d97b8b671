import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { instructions, programOf } from '../../../test/engine/random-program.ts';
import { type Graph, graph } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import { div, input, mean, mul, reduceMax, relu, reshape, stopGradient, sum, transpose } from '../ops/index.ts';
import { interpret, type Values, values } from '../reference/interpret.ts';
import { simplify } from './simplify.ts';

const program = (...outputs: Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );
const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op.name);

test('a simplified program computes what it did', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const whole = programOf(list);
      const { graph: simple, sites } = simplify.apply(whole);
      assertSame(simple, whole, 0);
      assert.equal(simple === whole, sites.length === 0);
      assert.equal(simplify.apply(simple).graph, simple, 'nothing is left to simplify');
    }),
  );
});

const x = input('x', 'float32', [2, 1, 3]);

const cases: Readonly<Record<string, readonly [Tensor, readonly string[]]>> = {
  'a stop of gradients is what it stops them at': [relu(stopGradient(x)), ['input', 'relu']],
  'reshapes of one another are one': [reshape(reshape(reshape(x, [6]), [3, 2]), [6, 1]), ['input', 'reshape']],
  'a reshape and its inverse are nothing': [relu(reshape(reshape(x, [6]), [2, 1, 3])), ['input', 'relu']],
  'transposes of one another are one': [transpose(transpose(x, [2, 0, 1]), [2, 1, 0]), ['input', 'transpose']],
  'a transpose and its inverse are nothing': [relu(transpose(transpose(x, [1, 2, 0]), [2, 0, 1])), ['input', 'relu']],
  'a transpose of axes of extent 1 is a reshape': [transpose(x, [1, 0, 2]), ['input', 'reshape']],
  'a transpose of others is none': [transpose(x, [2, 1, 0]), ['input', 'transpose']],
  'a sum of single elements is a reshape': [sum(x, [1]), ['input', 'reshape']],
  'so is a mean that keeps its axis: nothing': [relu(mean(x, [1], { keepDims: true })), ['input', 'relu']],
  'so is a maximum': [reduceMax(x, [1]), ['input', 'reshape']],
  'a sum of more is a sum': [sum(x, [1, 2]), ['input', 'sum']],
};

for (const [name, [y, expected]] of Object.entries(cases)) {
  test(name, () => {
    const whole = program(y);
    const { graph: simple, sites } = simplify.apply(whole);
    assert.deepEqual(opsOf(simple), expected);
    assert.equal(simple === whole, sites.length === 0);
    assertSame(simple, whole, 0);
  });
}

const image = input('image', 'float32', [3, 4, 512]);
const one = input('one', 'float32', [1, 1, 1]);
const bare = input('bare', 'float32', []);

function resultOf({ outputs }: Graph, feeds: Readonly<Record<string, Values>>): readonly number[] {
  return [...(interpret([...outputs.values()], feeds)[0]?.data ?? [])];
}

const feedsWith = (factor: number, pixel = (i: number) => Math.sin(i)) => ({
  image: values(
    [3, 4, 512],
    Float64Array.from({ length: 3 * 4 * 512 }, (_, i) => pixel(i)),
  ),
  one: values([1, 1, 1], [factor]),
  bare: values([], [factor]),
});

for (const [name, y] of Object.entries({
  'a product with a number': sum(mul(image, 3), [0, 2], { keepDims: true }),
  'a product with one element, in front': sum(mul(one, image), [0, 2]),
  'a quotient': sum(div(image, one)),
  'a quotient by a scalar, averaged': mean(div(image, bare), [2]),
})) {
  test(`a factor of one element leaves a sum: ${name}`, () => {
    const whole = program(y);
    const { graph: simple, sites } = simplify.apply(whole);
    assert.deepEqual(
      sites.map(({ change }) => change),
      ['a factor of one element after the sum'],
    );
    assert.equal(String(simple.outputs.get('y0')), String(y));
    assert.ok(simple.nodes.every(({ op, inputs }) => op.name !== 'sum' || inputs[0]?.op.name === 'input'));
    for (const factor of [0.7, -3, 1e-30]) {
      const [seen, expected] = [resultOf(simple, feedsWith(factor)), resultOf(whole, feedsWith(factor))];
      const largest = Math.max(...expected.map(Math.abs));
      // 6,144 terms, each rounded to 1e-16.
      for (const [i, wanted] of expected.entries())
        assert.ok(Math.abs((seen[i] ?? 0) - wanted) <= 1e-12 * largest + 1e-12);
    }
  });
}

test('what was not finite stays not finite, and what was finite stays finite', () => {
  const whole = program(sum(div(image, one), [0]));
  const { graph: simple } = simplify.apply(whole);
  const pixels = [() => 0, () => 1, (i: number) => (i % 2) - 0.5, () => Number.NaN, () => Number.POSITIVE_INFINITY];
  for (const factor of [0, Number.POSITIVE_INFINITY, Number.NaN, 2]) {
    for (const pixel of pixels) {
      const feeds = feedsWith(factor, pixel);
      assert.deepEqual(resultOf(simple, feeds).map(Number.isFinite), resultOf(whole, feeds).map(Number.isFinite));
    }
  }
});

test('a factor stays where others read the product behind a stop of gradients', () => {
  const scaled = mul(image, 3);
  const { graph: simple } = simplify.apply(program(sum(stopGradient(scaled)), relu(scaled)));
  assert.deepEqual(opsOf(simple), ['input', 'constant', 'mul', 'sum', 'relu']);
});

test('a factor stays where it costs little, where it is more than one, and where others read the product', () => {
  const scaled = mul(image, 3);
  for (const whole of [
    program(sum(mul(input('short', 'float32', [50]), 3))),
    program(sum(mul(image, input('row', 'float32', [512])), [1])),
    program(sum(div(one, image))),
    program(reduceMax(mul(image, 3))),
    program(sum(scaled), relu(scaled)),
    program(sum(scaled), scaled),
    program(sum(mul(reshape(image, [6144]), one))),
  ]) {
    assert.equal(simplify.apply(whole).graph, whole);
  }
});
