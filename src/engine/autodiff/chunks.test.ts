import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGradients } from '../../../test/engine/check-gradients.ts';
import { float64Tolerance } from '../../../test/engine/tolerances.ts';
import { GraphError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { graph, print, topologicalOrder } from '../ir/graph.ts';
import { memoryOf } from '../ir/memory.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { add, input, iota, matmul, mul, softmax, square, stopGradient, sum } from '../ops/index.ts';
import { interpret, type Values, values } from '../reference/interpret.ts';
import { inChunks } from './chunks.ts';
import { grad } from './grad.ts';

const x = input('x', 'float32', [2, 5, 3]);
const weight = input('weight', 'float32', [3, 4]);
const gain = input('gain', 'float32', [5, 2]);
const inputs = { x, weight, gain };
const point: Record<string, Values> = Object.fromEntries(
  Object.entries(inputs).map(([name, { shape }]) => [name, values(shape, new Random(1, name).normal(sizeOf(shape)))]),
);
const operands = [{ tensor: x, axis: 1 }, { tensor: weight }, { tensor: gain, axis: 0 }];

/** [2, n, 4] of parts [2, n, 3], [3, 4] and [n, 2]. */
const body = ([some = x, all = weight, gains = gain]: readonly Tensor[]): Tensor =>
  mul(softmax(matmul(some, all)), sum(square(gains), [1], { keepDims: true }));

const cut = (size: number) => inChunks(operands, { size, axis: 1 }, body);

function assertAlike(seen: readonly Tensor[], expected: readonly Tensor[]): void {
  const [theirs, ours] = [expected, seen].map((tensors) => interpret(tensors, point));
  for (const [i, { shape, data }] of (theirs ?? []).entries()) {
    assert.deepEqual(ours?.[i]?.shape, shape);
    const largest = Math.max(...data.map(Math.abs));
    for (const [j, number] of data.entries()) {
      const difference = Math.abs((ours?.[i]?.data[j] ?? Number.NaN) - number);
      assert.ok(difference <= float64Tolerance(largest, 100), `${i}, ${j}: differs by ${difference} of ${largest}`);
    }
  }
}

/** The gradients of a scalar of y, and those of their squares. */
function derivatives(y: Tensor): Tensor[] {
  const targets = Object.values(inputs);
  const first = grad(sum(square(y)), targets);
  const penalty = first.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b));
  return [...first, ...grad(penalty, targets)];
}

test('chunks give the numbers of the whole, and so do their derivatives', () => {
  const whole = body(Object.values(inputs));
  for (const size of [1, 2, 3, 4]) assertAlike([cut(size), ...derivatives(cut(size))], [whole, ...derivatives(whole)]);
});

test('derivatives of order 1, 2 and 3', () => {
  checkGradients('chunks', { inputs, output: cut(2), point }, 3);
});

test('chunks may be cut into chunks', () => {
  const nested = inChunks(
    [{ tensor: x, axis: 0 }, { tensor: weight }],
    { size: 1, axis: 0 },
    ([image = x, all = weight]) =>
      inChunks([{ tensor: image, axis: 1 }, { tensor: all }], { size: 2, axis: 1 }, ([some = x, same = weight]) =>
        softmax(matmul(some, same)),
      ),
  );
  const whole = softmax(matmul(x, weight));
  assertAlike([nested, ...derivatives(nested)], [whole, ...derivatives(whole)]);
});

test('an operand may come twice, and a cotangent reach two operands as it is', () => {
  const twice = [
    { tensor: gain, axis: 0 },
    { tensor: gain, axis: 0 },
  ];
  const doubled = inChunks(twice, { size: 2, axis: 0 }, ([a = gain, b = gain]) => add(a, b));
  assertAlike([doubled, ...derivatives(doubled)], [add(gain, gain), ...derivatives(add(gain, gain))]);
  const raised = inChunks(twice, { size: 2, axis: 0 }, ([a = gain, b = gain]) => mul(a, square(b)));
  const whole = mul(gain, square(gain));
  assertAlike([raised, ...derivatives(raised)], [whole, ...derivatives(whole)]);
});

test('one chunk is the body as it stands', () => {
  const text = (y: Tensor) => print(graph('g', [['y', y]]));
  for (const size of [5, 6]) assert.equal(text(cut(size)), text(body(Object.values(inputs))));
});

test('only what is asked for is computed', () => {
  const products = (targets: readonly Tensor[]) =>
    topologicalOrder(grad(cut(2), targets)).filter(({ op }) => op.name === 'matmul').length;
  assert.equal(products([gain]), 3, 'the product of each of three chunks');
  assert.equal(products([gain, weight]), 3 * 2);
  assert.equal(products([gain, weight, x]), 3 * 3);
  const y = cut(2);
  assertAlike(grad(sum(square(y)), [y]), [mul(y, 2)]);
});

test('every chunk waits for the one before, in derivatives of any order as well', () => {
  const order = topologicalOrder(derivatives(cut(2))).filter(({ op }) => op.name === 'softmax');
  assert.equal(order.length, 4 * 3, 'forward, backward, and backward through each of the two');
  for (const [i, node] of order.entries()) {
    const before = order[i - 1];
    assert.ok(before === undefined || topologicalOrder([node]).includes(before), `chunk ${i}`);
  }
});

test('memory grows with the number of elements, not with its square', () => {
  const peaksOf = (length: number, size: number) => {
    const [query, key, value] = ['query', 'key', 'value'].map((name) => input(name, 'float32', [length, 2]));
    if (query === undefined || key === undefined || value === undefined) throw new Error('there are three');
    const whole = [{ tensor: query, axis: 0 }, { tensor: key }, { tensor: value }];
    const y = inChunks(whole, { size, axis: 0 }, ([q = query, k = key, v = value]) =>
      matmul(softmax(matmul(q, k, { transposeB: true })), v),
    );
    const first = grad(sum(square(y)), [query, key, value]);
    const penalty = first.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b));
    const second = grad(penalty, [query, key, value]);
    return [[y], first, second].map((outputs) => {
      const named = outputs.map((output, i) => [`${i}`, output] as const);
      return memoryOf(graph('g', named)).peakBytes;
    });
  };
  const [short, long, whole] = [peaksOf(256, 8), peaksOf(1024, 8), peaksOf(1024, 1024)];
  for (const [i, peak] of long.entries()) {
    assert.ok(peak <= 5 * (short[i] ?? 0), `order ${i}: from ${short[i]} to ${peak} bytes`);
    assert.ok(8 * peak <= (whole[i] ?? 0), `order ${i}: ${peak} bytes in chunks, ${whole[i]} at once`);
  }
});

test('what gradients would miss, or cannot be cut, is refused', () => {
  const half = (build: (part: Tensor) => Tensor) =>
    inChunks([{ tensor: x, axis: 1 }], { size: 3, axis: 1 }, ([part = x]) => build(part));
  assert.throws(
    () => half((part) => matmul(part, square(weight))),
    (error) =>
      error instanceof GraphError && /depends on the input "weight", .* Make it an operand/.test(error.message),
  );
  half((part) => matmul(part, stopGradient(square(weight))));
  half((part) => mul(part, softmax(mul(part, 2))));
  const misfit = [
    { tensor: x, axis: 1 },
    { tensor: weight, axis: 0 },
  ];
  assert.throws(() => inChunks(misfit, { size: 1, axis: 1 }, body), /5 and 3 elements in chunks of 1; expected one/);
  assert.throws(() => inChunks([{ tensor: iota(3) }], { size: 1, axis: 0 }, body), /no elements in chunks of 1/);
  for (const size of [0, 1.5, Number.NaN]) assert.throws(() => cut(size), /a whole size from 1/);
});
