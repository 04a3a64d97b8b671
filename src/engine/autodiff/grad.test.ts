import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from '../ir/graph.ts';
import { Tensor, withScope } from '../ir/tensor.ts';
import { add, cast, conv2d, greater, input, matmul, mul, relu, square, stopGradient, sum } from '../ops/index.ts';
import { interpret, values } from '../reference/interpret.ts';
import { grad, pullBack, setDerivative } from './grad.ts';

const x = input('x', 'float32', [3]);
const y = input('y', 'float32', [3]);
const point = { x: values([3], [1, -2, 3]), y: values([3], [4, 5, -6]) };

function evaluate(tensors: readonly Tensor[]): number[][] {
  return interpret(tensors, point).map(({ data }) => [...data]);
}

test('a target that the output does not depend on gets zeros of its shape', () => {
  const other = input('other', 'float32', [2, 5]);
  const [ofOther] = grad(sum(square(x)), [other]);
  assert.equal(String(ofOther), 'float32[2,5]');
  assert.deepEqual(evaluate([...grad(sum(square(x)), [y, x])]), [
    [0, 0, 0],
    [2, -4, 6],
  ]);
  assert.deepEqual(evaluate(grad(cast(greater(x, 0), 'float32'), [x])), [[0, 0, 0]]);
});

test('the output itself, inner tensors and repeated targets are targets like any other', () => {
  const inner = mul(x, y);
  const output = sum(square(inner));
  assert.deepEqual(evaluate(grad(output, [inner, x, x])), [
    [8, -20, -36],
    [32, -100, 216],
    [32, -100, 216],
  ]);
  assert.deepEqual(evaluate(grad(output, [output])), [[1]]);
});

test('cotangents of a tensor used twice add up', () => {
  assert.deepEqual(evaluate(grad(add(mul(x, x), x), [x])), [[3, -3, 7]]);
});

test('a cotangent weighs the elements of the output', () => {
  assert.deepEqual(evaluate(grad(square(x), [x], y)), [[8, -20, -36]]);
});

test('no gradient flows through stopGradient, whichever way it is wrapped', () => {
  const held = stopGradient(square(x));
  assert.deepEqual(evaluate(grad(mul(held, x), [x])), [[1, 4, 9]]);
  assert.deepEqual(evaluate(grad(held, [x])), [[0, 0, 0]]);
  assert.deepEqual(evaluate(grad(mul(held, x), [held])), [[1, -2, 3]]);
});

test('several results may share a derivative of their own, which waits for the cotangents of all', () => {
  const twice = add(x, x);
  const early = square(twice);
  const product = mul(x, y);
  const calls: (readonly boolean[])[] = [];
  setDerivative({
    results: [twice, product],
    operands: [x, y],
    // Not what the ops would say.
    rule: (cotangents, needs) => {
      calls.push(needs);
      return cotangents;
    },
  });
  const ones = [1, 1, 1];
  assert.deepEqual(evaluate(grad(add(early, product), [x, y])), [[4, -8, 12], ones]);
  assert.deepEqual(evaluate(grad(product, [y])), [ones]);
  assert.deepEqual(evaluate(grad(early, [twice])), [[4, -8, 12]], 'a result is a target like any other');
  assert.deepEqual(calls, [
    [true, true],
    [false, true],
  ]);
});

test('several outputs are weighed and added up, one that comes twice as well', () => {
  const weighed = [
    [square(x), y],
    [x, y],
    [x, x],
  ] as const;
  assert.deepEqual(evaluate(pullBack(weighed, [x, y])), [
    [8 + 4 + 1, -20 + 5 - 2, -36 - 6 + 3],
    [0, 0, 0],
  ]);
});

test('only what is asked for is computed', () => {
  const image = input('image', 'float32', [1, 2, 4, 4]);
  const weight = input('weight', 'float32', [3, 2, 3, 3]);
  const output = sum(square(conv2d(image, weight)));
  const opsOf = (targets: readonly Tensor[]) =>
    new Set(
      graph(
        'g',
        grad(output, targets).map((g, i) => [String(i), g] as const),
      ).nodes.map((node) => node.op.name),
    );
  assert.ok(!opsOf([image]).has('kernelGradient'));
  assert.ok(!opsOf([weight]).has('convTranspose'));
});

test('the parts of a gradient carry the scope of what they differentiate', () => {
  const a = input('a', 'float32', [2, 3]);
  const output = withScope('D.head', () => matmul(a, input('w', 'float32', [3, 2])));
  const [g] = grad(sum(output), [a]);
  assert.equal(g?.scope, 'grad.D.head');
});

test('what cannot be differentiated is refused, and the message says why', () => {
  const labels = input('labels', 'int32', [3]);
  assert.throws(() => grad(labels, [x]), {
    name: 'GraphError',
    message: 'grad: only float32 tensors have gradients, got int32[3].',
  });
  assert.throws(() => grad(sum(x), [labels]), /got int32\[3\]/);
  assert.throws(() => grad(square(x), [x], sum(y)), {
    message: 'grad: the cotangent is float32[], the output float32[3]; they must be alike.',
  });
});

test('a derivative rule that gives the wrong shape is caught where it is used', () => {
  const right = relu(x);
  const derivative = { rule: () => [sum(x)] };
  const wrong = new Tensor({ ...right.op, derivative }, [x], {}, right);
  assert.throws(() => grad(wrong, [x]), /the derivative rule of relu gives float32\[\] for its input float32\[3\]/);
});
