import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Graph, graph, print } from '../ir/graph.ts';
import { add, broadcastTo, constant, conv2d, input, matmul, mul, reshape, sqrt, transpose } from '../ops/index.ts';
import { splitFixed } from './split-fixed.ts';

const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op.name).filter((name) => name !== 'input');
const inputsOf = ({ inputs }: Graph) => [...inputs].map(([name, type]) => `${name}: ${type}`);

test('what depends on fixed inputs and constants alone is settled, and the rest reads its last values only', () => {
  const w = input('w', 'float32', [4, 4]);
  const x = input('x', 'float32', [2, 4]);
  const three = constant({ dtype: 'float32', shape: [4, 4], data: new Float32Array(16).fill(3) });
  const scaled = mul(three, sqrt(w));
  const { settled, rest } = splitFixed(graph('net', [['y', matmul(mul(x, x), scaled)]]), new Set(['w']));
  assert.deepEqual(opsOf(settled), ['constant', 'sqrt', 'mul']);
  assert.deepEqual([...settled.outputs.keys()], ['settled#0']);
  assert.deepEqual(opsOf(rest), ['mul', 'matmul']);
  assert.deepEqual(inputsOf(rest), ['x: float32[2,4]', 'settled#0: float32[4,4]']);
  assert.deepEqual([...rest.outputs.keys()], ['y']);
});

test('a fixed input that the rest reads as it is keeps its name', () => {
  const w = input('w', 'float32', [4, 4]);
  const x = input('x', 'float32', [2, 4]);
  const { settled, rest } = splitFixed(
    graph('net', [
      ['y', matmul(x, w)],
      ['root', sqrt(w)],
    ]),
    new Set(['w']),
  );
  assert.deepEqual([...settled.outputs.keys()], ['w', 'settled#1']);
  assert.deepEqual([...rest.outputs.keys()], ['y', 'root']);
  assert.deepEqual(opsOf(rest), ['matmul']);
});

test('a value broadcast to a map is left to the rest, a product larger than its factors is not', () => {
  const w = input('w', 'float32', [1, 8]);
  const x = input('x', 'float32', [64, 8]);
  const map = broadcastTo(sqrt(w), [64, 8]);
  const wide = matmul(w, w, { transposeA: true }); // [8, 8] of [1, 8]
  const program = graph('net', [
    ['ofMap', matmul(x, map, { transposeB: true })],
    ['wider', matmul(x, wide)],
  ]);
  const { settled, rest } = splitFixed(program, new Set(['w']));
  assert.deepEqual(inputsOf(rest), ['x: float32[64,8]', 'settled#0: float32[1,8]', 'settled#1: float32[8,8]']);
  assert.deepEqual(opsOf(settled), ['sqrt', 'matmul']);
  assert.deepEqual(opsOf(rest).sort(), ['broadcastTo', 'matmul', 'matmul']);
});

test('views stay where they are read: a convolution keeps the bias that it can be given', () => {
  const x = input('x', 'float32', [1, 4, 2, 2]);
  const w = input('w', 'float32', [3, 4]);
  const bias = input('bias', 'float32', [3]);
  const y = add(conv2d(x, reshape(sqrt(w), [3, 4, 1, 1])), reshape(bias, [3, 1, 1]));
  const { settled, rest } = splitFixed(graph('net', [['y', y]]), new Set(['w', 'bias']));
  assert.deepEqual(opsOf(settled), ['sqrt']);
  assert.deepEqual(opsOf(rest).sort(), ['add', 'conv', 'reshape', 'reshape']);
});

test('without fixed inputs nothing is settled; with all of them everything is', () => {
  const w = input('w', 'float32', [4, 2]);
  const program = graph('net', [['y', transpose(w, [1, 0])]]);
  const none = splitFixed(program, new Set());
  assert.equal(none.settled.nodes.length, 0);
  assert.equal(print(none.rest), print(program));
  const all = splitFixed(program, new Set(['w']));
  assert.deepEqual(opsOf(all.settled), ['transpose']);
  assert.deepEqual(opsOf(all.rest), []);
});
