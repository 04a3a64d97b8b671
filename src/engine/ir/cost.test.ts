import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad } from '../autodiff/grad.ts';
import { add, conv2d, convTranspose2d, input, matmul, mul, relu, reshape, square, sum, tanh } from '../ops/index.ts';
import { costOf, flopsOf } from './cost.ts';
import { graph } from './graph.ts';
import type { Tensor } from './tensor.ts';

const x = (...shape: number[]) => input(`x${shape}`, 'float32', shape);

/** Multiply-adds of a convolution, counted tap by tap, as if padding were data. */
function countTaps(output: readonly number[], inputsPerGroup: number, kernel: number): number {
  let count = 0;
  for (let y = 0; y < output.reduce((a, b) => a * b, 1); y++) count += inputsPerGroup * kernel * kernel;
  return count;
}

test('contractions count two a multiply-add', () => {
  assert.equal(flopsOf(matmul(x(2, 3, 5), x(5, 7))), 2 * 2 * 3 * 5 * 7);
  assert.equal(flopsOf(matmul(x(5, 3), x(7, 5), { transposeA: true, transposeB: true })), 2 * 3 * 5 * 7);
  const strided = conv2d(x(2, 4, 9, 9), x(6, 4, 3, 3), { stride: 2, padding: 1 }); // [2, 6, 5, 5]
  assert.equal(flopsOf(strided), 2 * countTaps([2, 6, 5, 5], 4, 3));
  const grouped = conv2d(x(2, 4, 9, 9), x(6, 2, 3, 3), { groups: 2, padding: 1 });
  assert.equal(flopsOf(grouped), 2 * countTaps([2, 6, 9, 9], 2, 3));
  // A transposed convolution does the work of the convolution whose adjoint it is.
  const up = convTranspose2d(x(2, 6, 5, 5), x(6, 4, 4, 4), { stride: 2, padding: 1 }); // [2, 4, 10, 10]
  assert.equal(flopsOf(up), 2 * countTaps([2, 6, 5, 5], 4, 4));
});

test('both gradients of a convolution cost as much as itself', () => {
  const [image, weight] = [x(2, 4, 9, 9), x(6, 2, 3, 3)];
  const y = conv2d(image, weight, { groups: 2, stride: 2, padding: 1 });
  const gradients = grad(sum(square(y)), [image, weight]);
  assert.deepEqual(
    gradients.map((gradient) => [gradient.op.name, flopsOf(gradient)]),
    [
      ['convTranspose', flopsOf(y)],
      ['kernelGradient', flopsOf(y)],
    ],
  );
});

test('other ops count an element of the result; names and given values are free', () => {
  const a = x(4, 5);
  assert.equal(flopsOf(tanh(a)), 20);
  assert.equal(flopsOf(add(a, x(5))), 20);
  for (const node of [a, reshape(a, [20])]) assert.equal(flopsOf(node), 0);
  assert.equal(costOf(graph('g', [['y', tanh(mul(relu(a), a))]])).flops, 60);
});

test('memory: a value lives from its computation to its last use, an alias as long as what it names', () => {
  const a = x(10); // 40 bytes
  const chain = (first: Tensor) => relu(relu(relu(first)));
  const cost = costOf(graph('chain', [['y', chain(a)]]));
  assert.deepEqual([cost.inputBytes, cost.outputBytes], [40, 40]);
  assert.equal(cost.peakBytes, 80, 'two of the values in between at a time; the output is counted by itself');

  const held = relu(a);
  const later = add(chain(held), held);
  assert.equal(costOf(graph('held', [['y', later]])).peakBytes, 120, 'held lives on beside two');

  const renamed = reshape(held, [2, 5]);
  assert.equal(costOf(graph('renamed', [['y', relu(renamed)]])).peakBytes, 40, 'another name takes no memory');
  const used = add(reshape(chain(a), [2, 5]), renamed);
  assert.equal(costOf(graph('used', [['y', used]])).peakBytes, 120, 'held lives on under its other name');
});

test('memory: a weight gradient needs rearranged copies of its inputs', () => {
  const [image, weight] = [x(1, 2, 4, 4), x(3, 2, 3, 3)];
  const [gradient] = grad(sum(conv2d(image, weight, { padding: 1 })), [weight]);
  assert.ok(gradient);
  const [seen, cotangent] = gradient.inputs;
  const bytes = (t: Tensor | undefined) => 4 * (t?.shape.reduce((product, n) => product * n, 1) ?? 0);
  const scratch = 2 * (bytes(seen) + bytes(cotangent)) + bytes(gradient);
  assert.equal(costOf(graph('g', [['w', gradient]])).peakBytes, bytes(cotangent) + scratch);
});
