import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSame } from '../../../test/engine/assert-same.ts';
import { instructions, programOf } from '../../../test/engine/random-program.ts';
import { type Graph, graph } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { add, conv2d, convTranspose2d, input, mean, mul, relu, reshape, sqrt, upsample } from '../ops/index.ts';
import { affineMaps } from './affine-maps.ts';

/** Interpreted in float64, constants apart, so that what is left are roundings of sums in another order. */
const rounding = 1e-12;
const [batch, channels, side] = [2, 3, 4];
const program = (...outputs: Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );
const vector = (name: string) => reshape(input(name, 'float32', [channels]), [1, channels, 1, 1]);
const bias = (name: string) => reshape(input(name, 'float32', [channels]), [channels, 1, 1]);
const perImage = (name: string) => reshape(input(name, 'float32', [batch, channels]), [batch, channels, 1, 1]);
const x = input('x', 'float32', [batch, channels, side, side]);
const convolved = (weight = 'w', from = x) =>
  conv2d(from, input(weight, 'float32', [channels, channels, 3, 3]), { padding: 1 });

/** Sums and products that pass over whole maps. */
const passesOver = ({ nodes }: Graph) =>
  nodes.filter(({ op, shape }) => ['add', 'mul'].includes(op.name) && sizeOf(shape.slice(2)) > 1 && shape[0] === batch)
    .length;

function gathered(before: Graph): Graph {
  const { graph: after } = affineMaps.apply(before);
  assertSame(after, before, rounding);
  return after;
}

test('random programs stay what they are', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const before = programOf(list);
      assertSame(affineMaps.apply(before).graph, before, rounding);
    }),
  );
});

test('a bias before a norm is part of its shift', () => {
  const y = add(mul(add(convolved(), bias('b')), perImage('gain')), perImage('shift'));
  assert.equal(passesOver(gathered(program(relu(y)))), 2);
});

test('a gain a channel becomes part of the kernel, of either convolution', () => {
  const norm = (map: Tensor) => add(mul(add(map, bias('b')), vector('gain')), vector('shift'));
  assert.equal(passesOver(gathered(program(norm(convolved())))), 1);
  // [I,O,kH,kW]: the channels that the gain is for stand on its second axis.
  const up = convTranspose2d(x, input('w', 'float32', [channels, channels, 4, 4]), { stride: 2, padding: 1 });
  assert.equal(passesOver(gathered(program(norm(up)))), 1);
});

test('a residual sum hands the biases of both its sides on to the norm behind it, and its gain to both kernels', () => {
  const short = upsample(add(convolved('v', input('small', 'float32', [batch, channels, 2, 2])), bias('c')));
  const sum = add(add(convolved(), bias('b')), short);
  const alone = program(sum);
  assert.equal(affineMaps.apply(alone).graph, alone);
  assert.equal(passesOver(gathered(program(add(mul(sum, vector('gain')), vector('shift'))))), 2);
  assert.equal(passesOver(gathered(program(add(mul(sum, perImage('gain')), perImage('shift'))))), 3);
});

test('a sum of maps with gains of their own keeps them', () => {
  const [left, right] = [mul(convolved(), perImage('gain')), mul(x, vector('other'))];
  const y = add(add(add(left, bias('b')), add(right, bias('c'))), bias('d'));
  assert.equal(passesOver(gathered(program(y))), 6);
});

test('gains and shifts in a row are one of each', () => {
  const y = mul(add(mul(add(mul(x, vector('a')), bias('b')), perImage('c')), vector('d')), vector('e'));
  assert.equal(passesOver(gathered(program(y))), 2);
});

test('what others read is left as it is', () => {
  const biased = add(convolved(), bias('b'));
  const both = program(add(mul(biased, vector('gain')), vector('shift')), relu(biased));
  assert.equal(passesOver(gathered(both)), 3);
  const map = convolved();
  const scaled = program(mul(map, vector('gain')), relu(map));
  assert.equal(affineMaps.apply(scaled).graph, scaled);
  const w = input('w', 'float32', [channels, channels, 3, 3]);
  const kernelOfTwo = program(mul(conv2d(x, w, { padding: 1 }), vector('gain')), conv2d(relu(x), w, { padding: 1 }));
  assert.equal(affineMaps.apply(kernelOfTwo).graph, kernelOfTwo, 'two kernels would be transformed in place of one');
});

test('a gain that is taken of the map stays out of the kernel, which would be another in each run', () => {
  const gain = sqrt(mean(relu(x), [0, 2, 3], { keepDims: true }));
  const before = program(mul(convolved(), gain));
  assert.equal(affineMaps.apply(before).graph, before);
});

test('numbers of another axis, and convolutions in groups, are not taken for channels', () => {
  const row = input('row', 'float32', [1, 1, 1, side]);
  const rows = program(add(mul(add(convolved(), row), row), row));
  assert.equal(affineMaps.apply(rows).graph, rows);
  const grouped = conv2d(x, input('w', 'float32', [channels, 1, 3, 3]), { padding: 1, groups: channels });
  const scaled = program(mul(grouped, vector('gain')));
  assert.equal(affineMaps.apply(scaled).graph, scaled);
});
