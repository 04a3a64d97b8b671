import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { computed, instructions, programOf } from '../../../test/engine/random-program.ts';
import { grad } from '../autodiff/grad.ts';
import { type Graph, graph } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  add,
  averagePool,
  concat,
  conv2d,
  input,
  matmul,
  mean,
  mul,
  pad,
  relu,
  reshape,
  sliceAxis,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  upsample,
  variance,
} from '../ops/index.ts';
import { positionsFirst } from './positions-first.ts';

const weight = (name: string, ...shape: number[]) => mul(input(name, 'float32', shape), 0.3);

/** What networks are made of: every kind of op that meets a map, most of them between convolutions. */
function network(): { readonly y: Tensor; readonly parameters: readonly Tensor[] } {
  const x = input('x', 'float32', [4, 3, 8, 8]);
  const [gain, bias] = [input('gain', 'float32', [4, 6]), input('bias', 'float32', [4, 6])];
  const gamma = input('gamma', 'float32', []);
  const first = conv2d(x, weight('first', 6, 3, 3, 3), { padding: 1 });
  const deviation = sqrt(add(variance(first, [0, 2, 3], { keepDims: true }), 1e-4));
  const centred = sub(first, mean(first, [0, 2, 3], { keepDims: true }));
  const perImage = (of: Tensor) => reshape(of, [4, 6, 1, 1]);
  const normed = add(mul(centred, perImage(gain)), mul(deviation, perImage(bias)));
  const wide = conv2d(upsample(tanh(normed), 2), weight('wide', 5, 6, 3, 3), { padding: 1 });
  const narrow = conv2d(averagePool(relu(wide), 2), weight('point', 4, 5, 1, 1));
  const both = concat([narrow, sliceAxis(normed, 1, 2, 4)], 1); // [4,6,8,8]
  const moved = sliceAxis(pad(both, [0, 0, 1, 0], [0, 0, 0, 0]), 2, 0, 8);
  const small = averagePool(conv2d(moved, weight('strided', 6, 6, 4, 4), { stride: 2, padding: 1 }), 2);
  const flat = reshape(small, [4, 6, 4]);
  const seen = matmul(flat, softmax(matmul(flat, flat, { transposeA: true }), -1), { transposeB: true });
  const attended = add(small, mul(gamma, reshape(seen, small.shape)));
  const last = conv2d(upsample(attended, 4), weight('last', 1, 6, 3, 3), { padding: 1 });
  const y = tanh(last);
  const named = ['first', 'gain', 'bias', 'wide', 'point', 'strided', 'gamma', 'last'];
  const { inputs } = graph('network', [['y', y]]);
  return { y, parameters: named.flatMap((name) => inputs.get(name) ?? []) };
}

/** The network with the gradients of a loss, and those of the gradients' squares. */
function differentiated(): Graph {
  const { y, parameters } = network();
  const first = grad(sum(square(y)), parameters);
  const squares = first.map((g) => mean(square(g))).reduce(add);
  const second = grad(squares, parameters);
  return graph('network', [
    ['y', y],
    ...first.map((g, i) => [`first ${i}`, g] as const),
    ...second.map((g, i) => [`second ${i}`, g] as const),
  ]);
}

test('a network, its gradients and theirs are what they were', () => {
  const program = differentiated();
  const { graph: rewritten, sites } = positionsFirst.apply(program);
  assert.deepEqual([...new Set(sites.map(({ op }) => op))].sort(), ['conv', 'convTranspose', 'kernelGradient']);
  assert.deepEqual([...new Set(sites.map(({ change }) => change.replace(/, \d.*/, '')))].sort(), [
    'bilinear',
    'product over channels',
    'product over patches',
    'product, then shares of taps',
  ]);
  const types = ({ inputs, outputs }: Graph) => [inputs, outputs].map((all) => [...all].map(([k, v]) => `${k} ${v}`));
  assert.deepEqual(types(rewritten), types(program));
  const [seen, expected] = [computed(rewritten), computed(program)];
  for (const [name, { data }] of expected) {
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(largest > 1e-3, `${name} is not zero`);
    for (const [i, wanted] of data.entries()) {
      const off = Math.abs((seen.get(name)?.data[i] ?? Number.NaN) - wanted);
      // Matrices have float32's digits, all else is computed in float64; the second gradients are steep.
      assert.ok(
        off <= (name.startsWith('second') ? 2e-5 : 1e-6) * largest,
        `${name}[${i}] is off by ${off} of ${largest}`,
      );
    }
  }
});

test('a program without convolutions is returned as it was', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const program = programOf(list);
      assert.equal(positionsFirst.apply(program).graph, program);
    }),
    { numRuns: 30 },
  );
});
