import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad } from '../autodiff/grad.ts';
import { add, after, conv2d, input, neg, relu, reshape, sum, transpose, where } from '../ops/index.ts';
import { graph } from './graph.ts';
import { executionOrder, heldAtPeak, memoryOf } from './memory.ts';
import type { Tensor } from './tensor.ts';

const x = (...shape: number[]) => input(`x${shape}`, 'float32', shape);
const square = x(4, 4); // 64 bytes
/** Of a square, its type: an op whose result cannot lie over its operand. */
const turned = (y: Tensor) => transpose(y, [1, 0]);
const peakOf = (...ys: Tensor[]) =>
  memoryOf(
    graph(
      'g',
      ys.map((y, i) => [`y${i}`, y] as const),
    ),
  ).peakBytes;

test('inputs and outputs are counted once each, whatever their names', () => {
  const y = relu(x(10));
  const outputs = [
    ['y', y],
    ['again', y],
    ['renamed', reshape(y, [2, 5])],
    ['given', x(3)],
  ] as const;
  assert.deepEqual(memoryOf(graph('g', outputs)), {
    inputBytes: 40 + 12,
    outputBytes: 40,
    peakBytes: 40,
    arenaBytes: 256,
  });
});

test('nodes are computed from the last that nobody reads, the youngest operand first', () => {
  const [a, b] = [neg(square), relu(square)];
  const both = add(b, a);
  const last = turned(square);
  const order = executionOrder(
    graph('g', [
      ['last', last],
      ['both', both],
    ]),
  );
  assert.deepEqual(
    order.filter(({ op }) => op.name !== 'input'),
    [last, b, a, both],
  );
});

test('a value is held from its computation to its last use, an output to the end', () => {
  assert.equal(peakOf(turned(turned(turned(turned(square))))), 2 * 64);
  const held = turned(square);
  assert.equal(peakOf(add(turned(turned(turned(held))), held)), 3 * 64, 'held lives on beside two');
  const output = turned(square);
  assert.equal(peakOf(output, turned(turned(turned(output)))), 3 * 64, 'the output lives on beside two');
});

test('another name takes no memory and keeps what it names', () => {
  const held = turned(square);
  const renamed = reshape(held, [16]);
  assert.equal(peakOf(turned(reshape(renamed, [4, 4]))), 2 * 64);
  assert.equal(peakOf(add(reshape(turned(turned(turned(held))), [16]), renamed)), 3 * 64);
});

test('a result is written over an operand that is done with, unless that is given or an output', () => {
  const value = turned(square);
  assert.equal(peakOf(turned(neg(neg(neg(value))))), 64 + 64);
  assert.equal(peakOf(turned(neg(square))), 64 + 64, 'an input stays as it is');
  assert.equal(peakOf(turned(add(neg(value), value))), 2 * 64, 'over the first, while the other is read');
  assert.equal(peakOf(value, turned(neg(value))), 3 * 64, 'an output stays as it is');
  assert.equal(peakOf(value, sum(add(value, turned(square)))), 2 * 64 + 4, 'over the other one');
  assert.equal(peakOf(sum(after(value, sum(square)))), 64 + 4, 'waiting makes no copy');
  const wider = add(sum(value, [0]), square);
  assert.equal(peakOf(turned(wider)), 64 + 64, 'a smaller operand has no room');
});

test('memory that a later value of the same type will take is not given back before it', () => {
  const early = sum(turned(square)); // 4 bytes, from a value of 64
  const wide = add(x(100), early); // 400 bytes
  const late = add(square, sum(wide));
  assert.equal(peakOf(turned(late)), 64 + 4 + 400);
  const other = add(x(5, 5), sum(wide)); // Of another type, and so in a piece of its own.
  assert.equal(peakOf(turned(other)), 4 + 400);
});

test('what is held at the peak adds up to it, each piece in the name of its last value', () => {
  const held = turned(square);
  const choice = where(input('condition', 'bool', [4, 4]), turned(neg(held)), 0);
  const outputs = [['small', sum(choice)] as const, ['held', held] as const];
  assert.deepEqual(
    heldAtPeak(graph('g', outputs)).map(({ bytes, node }) => `${node.op.name} ${bytes}`),
    // The choice lies where the negative was.
    ['transpose 64', 'where 64', 'transpose 64', 'where 128'],
  );
  assert.equal(memoryOf(graph('g', outputs)).peakBytes, 3 * 64 + 128);
});

test('an op whose kernels make copies takes their room, and keeps it for its like', () => {
  const condition = input('condition', 'bool', [4, 4]);
  const choice = where(condition, square, 0);
  assert.equal(peakOf(choice), 64 + 2 * 64);
  const wide = add(x(100), sum(choice));
  assert.equal(peakOf(sum(wide)), 4 + 400, 'there is no other: what the choice took is free');
  assert.equal(peakOf(where(condition, add(square, sum(wide)), 0)), 2 * 64 + 64 + 4 + 400);
});

test('a weight gradient copies both factors twice, or the thinner once a tap and stacks that', () => {
  const scratchOf = (inputs: number, outputs: number, side: number) => {
    const kernel = x(outputs, inputs, 3, 3);
    const [gradient] = grad(sum(conv2d(x(2, inputs, side, side), kernel, { padding: 1 })), [kernel]);
    return gradient?.op.scratchBytes?.(gradient, gradient.attributes);
  };
  const stacked = (channels: number, side: number) => 2 * 4 * (2 * channels * 9 * side ** 2);
  const copied = (inputs: number, outputs: number, side: number) =>
    4 * (2 * 2 * (inputs + outputs) * side ** 2 + outputs * inputs * 9);
  assert.equal(scratchOf(3, 8, 16), stacked(3, 16));
  assert.equal(scratchOf(20, 14, 16), stacked(14, 16));
  assert.equal(scratchOf(20, 15, 16), copied(20, 15, 16), 'too many rows for a stack');
  assert.equal(scratchOf(3, 8, 15), copied(3, 8, 15), 'too small a map');
});
