import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, constant, full, input, matmul, mul, relu, reshape, softmax, sum } from '../ops/index.ts';
import { type Graph, graph, hash, print, topologicalOrder, verify } from './graph.ts';
import { apply, defineOp, Tensor, withScope } from './tensor.ts';

function linear(scope = 'G.linear'): Graph {
  const x = input('x', 'float32', [8, 16]);
  const weight = input('weight', 'float32', [4, 16]);
  const bias = constant({ dtype: 'float32', shape: [4], data: Float32Array.of(-0, 1, Number.NaN, -Infinity) });
  const y = withScope(scope, () => relu(add(matmul(x, weight, { transposeB: true }), bias)));
  return graph('linear', [
    ['y', y],
    ['sum', sum(y, [1])],
  ]);
}

test('a program prints as text: one node a line, with attributes and scopes', () => {
  assert.equal(
    print(linear()),
    [
      'graph linear',
      '  %0: float32[8,16] = input() {name: "x", dtype: "float32", shape: [8, 16]}',
      '  %1: float32[4,16] = input() {name: "weight", dtype: "float32", shape: [4, 16]}',
      '  %2: float32[4] = constant() {value: <float32[4] -0 1 NaN -Infinity>}',
      '  %3: float32[8,4] = matmul(%0, %1) {transposeA: false, transposeB: true}  # G.linear',
      '  %4: float32[8,4] = add(%3, %2)  # G.linear',
      '  %5: float32[8,4] = relu(%4)  # G.linear',
      '  %6: float32[8] = sum(%5) {axes: [1], keepDims: false}',
      '  return "y" = %5',
      '  return "sum" = %6',
      '',
    ].join('\n'),
  );
  const long = graph('long', [['y', constant({ dtype: 'int32', shape: [9], data: new Int32Array(9) })]]);
  assert.match(print(long), /value: <int32\[9\]>/);
});

test('the same program has the same hash, whatever its name and scopes, and however many were made before', () => {
  assert.equal(hash(linear()), hash(linear()));
  assert.equal(hash(linear()), hash(linear('D.other')));
  assert.equal(hash({ ...linear(), name: 'other' }), hash(linear()));
  assert.match(hash(linear()), /^[0-9a-f]{64}$/);
});

test('the hash is the same on every machine and in every run', () => {
  const x = input('x', 'float32', [2]);
  const y = mul(x, 2);
  const known = 'effdcd2f9e9c1900ecddaebd7006fa1e20e81865aedcc26bef30a866e601a2ff';
  assert.equal(hash(graph('pinned', [['y', y]])), known);
});

test('any change of the program changes its hash', () => {
  const x = () => input('x', 'float32', [2, 3]);
  const number = (value: number) => graph('g', [['y', mul(x(), full(value, [2, 3]))]]);
  const long = (last: number) => {
    const data = new Float32Array(100);
    data[99] = last;
    return graph('g', [['y', constant({ dtype: 'float32', shape: [100], data })]]);
  };
  const program = (of: Tensor) => graph('g', [['y', of]]);
  const x1 = x();
  const programs = [
    program(x()),
    program(relu(x())),
    program(softmax(x(), 0)),
    program(softmax(x(), 1)),
    program(sum(x(), [0])),
    program(sum(x(), [1])),
    program(sum(x(), [1], { keepDims: true })),
    program(reshape(x(), [6])),
    program(reshape(x(), [3, 2])),
    program(input('z', 'float32', [2, 3])),
    program(input('x', 'int32', [2, 3])),
    graph('g', [['z', relu(x())]]),
    graph('g', [
      ['a', relu(x1)],
      ['b', softmax(x1)],
    ]),
    graph('g', [
      ['b', relu(x1)],
      ['a', softmax(x1)],
    ]),
    ...[0, -0, 1, Number.NaN, Infinity, -Infinity, 1e-40].map(number),
    ...[0, -0, 1, Number.NaN, Infinity, -Infinity, 1e-40].map(long),
  ];
  assert.equal(new Set(programs.map(hash)).size, programs.length);
  assert.equal(hash(program(softmax(x(), -1))), hash(program(softmax(x(), 1))), 'two spellings of one axis');
});

test('a program holds what its outputs need and nothing else, inputs before users', () => {
  const x = input('x', 'float32', [2]);
  const unused = relu(input('unused', 'float32', [2]));
  const y = add(relu(x), x);
  const program = graph('g', [['y', y]]);
  assert.deepEqual([...program.inputs.keys()], ['x']);
  assert.ok(!program.nodes.includes(unused));
  assert.deepEqual(topologicalOrder([y, x]), [x, ...y.inputs.filter((node) => node !== x), y]);
});

test('what lies behind an end is left out, unless another way leads there', () => {
  const x = input('x', 'float32', [2]);
  const end = relu(relu(x));
  const y = add(end, end);
  assert.deepEqual(topologicalOrder([y], new Set([end])), [end, y]);
  const z = add(end, x);
  assert.deepEqual(topologicalOrder([z], new Set([end])), [x, end, z]);
});

test('two inputs or two outputs of one name are refused', () => {
  const twice = () => add(input('x', 'float32', [2]), input('x', 'float32', [2]));
  assert.throws(() => graph('step', [['y', twice()]]), {
    name: 'GraphError',
    message: 'graph step: two inputs are named "x".',
  });
  const x = input('x', 'float32', [2]);
  assert.throws(
    () =>
      graph('step', [
        ['y', x],
        ['y', relu(x)],
      ]),
    { name: 'GraphError', message: 'graph step: two outputs are named "y".' },
  );
  const shared = add(x, relu(x));
  assert.equal(graph('step', [['y', shared]]).inputs.size, 1);
});

test('the verifier catches planted defects', () => {
  const x = input('x', 'float32', [2, 3]);
  const y = withScope('G.block1', () => relu(x));
  const lying = (type: { dtype: 'float32' | 'int32'; shape: number[] }) => new Tensor(y.op, [x], {}, type);
  assert.throws(() => graph('g', [['y', lying({ dtype: 'int32', shape: [2, 3] })]]), {
    message: 'graph g: relu claims int32[2,3], but its op infers float32[2,3] from (float32[2,3]).',
  });
  assert.throws(
    () => graph('g', [['y', withScope('D.end', () => lying({ dtype: 'float32', shape: [3, 2] }))]]),
    /relu at D\.end claims float32\[3,2\], but its op infers float32\[2,3\]/,
  );
  const whole = graph('g', [['y', y]]);
  assert.throws(
    () => verify({ ...whole, nodes: [...whole.nodes].reverse() }),
    /relu at G\.block1 uses float32\[2,3\] before it is computed/,
  );
  assert.throws(() => verify({ ...whole, nodes: [x] }), /output "y" is not among its nodes/);
  assert.throws(() => verify({ ...whole, nodes: [y] }), /before it is computed/);
  for (const extent of [-1, 1.5, Number.NaN]) {
    assert.throws(
      () => graph('g', [['y', input('x', 'float32', [extent])]]),
      /input has an impossible shape float32\[(-1|1\.5|NaN)\]/,
    );
  }
});

test('a tensor remembers the scope that it was made in, and errors name it', () => {
  const x = input('x', 'float32', [2]);
  const inner = withScope('G', () => withScope('block2', () => relu(x)));
  assert.equal(inner.scope, 'G.block2');
  const picky = defineOp<Record<string, never>>({
    name: 'picky',
    infer: () => {
      throw new RangeError('a defect, not a misfit');
    },
    derivative: 'none',
    lower: () => '',
  });
  assert.throws(() => withScope('G', () => apply(picky, [x], {})), RangeError);
  assert.equal(relu(x).scope, '', 'the scope ends even when its body throws');
});
