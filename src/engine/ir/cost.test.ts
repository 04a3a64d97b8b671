import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad } from '../autodiff/grad.ts';
import { add, conv2d, convTranspose2d, input, matmul, mul, relu, reshape, square, sum, tanh } from '../ops/index.ts';
import { costOf, flopsOf } from './cost.ts';
import { graph } from './graph.ts';

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
