import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tensor, withScope } from '../ir/tensor.ts';
import type { DType, Shape } from '../ir/tensor-data.ts';
import * as ops from './index.ts';

const f = (...shape: Shape): Tensor => ops.input('x', 'float32', shape);
const typed = (dtype: DType, ...shape: Shape): Tensor => ops.input('x', dtype, shape);

/** Programs that break a rule of an op, and what the error must say. */
const refusals: readonly (readonly [op: string, build: () => unknown, problem: RegExp])[] = [
  ...Object.entries({
    neg: ops.neg,
    exp: ops.exp,
    log: ops.log,
    sqrt: ops.sqrt,
    abs: ops.abs,
    square: ops.square,
    tanh: ops.tanh,
    sigmoid: ops.sigmoid,
    softplus: ops.softplus,
    relu: ops.relu,
    leakyRelu: ops.leakyRelu,
  }).map(
    ([op, of]) =>
      [op, () => of(typed('int32', 2)), /expects one float32( or float64)? tensor, got int32\[2\]/] as const,
  ),
  ...Object.entries({ add: ops.add, sub: ops.sub, mul: ops.mul, div: ops.div, max: ops.max, min: ops.min }).flatMap(
    ([op, of]) =>
      [
        [op, () => of(f(2), typed('int32', 2)), /same dtype, float32, float64 or int32/],
        [op, () => of(f(2), ops.scalar(1, 'int32')), /same dtype/],
        [op, () => of(typed('bool', 2), typed('bool', 2)), /same dtype/],
        [op, () => of(f(2, 3), f(2)), /shapes \[2,3\] and \[2\] do not broadcast/],
      ] as const,
  ),
  ...Object.entries({ greater: ops.greater, greaterEqual: ops.greaterEqual, equal: ops.equal }).flatMap(
    ([op, of]) =>
      [
        [op, () => of(f(2), typed('int32', 2)), /two numeric tensors of the same dtype/],
        [op, () => of(typed('bool', 2), typed('bool', 2)), /two numeric tensors/],
        [op, () => of(f(4), f(3)), /do not broadcast/],
      ] as const,
  ),
  ['and', () => ops.and(f(2), typed('bool', 2)), /expects bool tensors/],
  ['not', () => ops.not(f(2)), /expects bool tensors/],
  ['where', () => ops.where(f(2), 1, 2), /expects a bool condition/],
  ['where', () => ops.where(typed('bool', 2), f(2), typed('int32', 2)), /numeric tensors of the same dtype/],
  ['where', () => ops.where(typed('bool', 2), typed('bool', 2), typed('bool', 2)), /numeric tensors/],
  ['where', () => ops.where(typed('bool', 2), f(3), f(3)), /do not broadcast/],
  ['constant', () => ops.constant({ dtype: 'float32', shape: [2], data: Float32Array.of(1) }), /1 values do not fill/],
  [
    'constant',
    () => ops.constant({ dtype: 'float32', shape: [1], data: Int32Array.of(1) }),
    /Int32Array does not hold/,
  ],
  ['reshape', () => ops.reshape(f(2, 3), [4]), /has 6 elements, \[4\] has 4/],
  ['reshape', () => ops.reshape(f(5), [2, -1]), /\[2,2\.5\]/],
  ['transpose', () => ops.transpose(f(2, 3), [0]), /no ordering of the axes/],
  ['transpose', () => ops.transpose(f(2, 3), [1, 1]), /no ordering of the axes/],
  ['slice', () => ops.slice(f(4), [1], [5]), /slice 1:5:1 does not fit axis 0/],
  ['slice', () => ops.slice(f(4), [-1], [2]), /slice -1:2:1 does not fit/],
  ['slice', () => ops.slice(f(4), [0], [2], [0]), /slice 0:2:0 does not fit/],
  ['sliceAxis', () => ops.sliceAxis(f(4), 2, 0, 1), /axis 2 does not exist/],
  ['pad', () => ops.pad(f(4), [1], []), /pads \[1\] and \[\] do not fit/],
  ['pad', () => ops.pad(f(4), [-1], [1]), /pads \[-1\] and \[1\] do not fit/],
  ['pad', () => ops.pad(typed('int32', 4), [1], [1]), /expects a float32 or float64 tensor/],
  ['concat', () => ops.concat([], 0), /expects at least one tensor/],
  ['concat', () => ops.concat([f(2, 3), f(2, 4)], 0), /differ in more than axis 0/],
  ['concat', () => ops.concat([f(2), typed('int32', 2)], 0), /differ in more than axis 0/],
  ['concat', () => ops.concat([f(2), f(2)], 1), /axis 1 does not exist/],
  ['concat', () => ops.concat([f(2), f(2)], -2), /axis -1 does not exist/],
  ['split', () => ops.split(f(4), 0, [1, 2]), /sizes \[1,2\] do not fill axis 0/],
  ['broadcastTo', () => ops.broadcastTo(f(2), [3]), /do not broadcast/],
  ['broadcastTo', () => ops.broadcastTo(f(2, 3), [3]), /does not broadcast to \[3\]/],
  ...Object.entries({ sum: ops.sum, mean: ops.mean, reduceMax: ops.reduceMax }).flatMap(
    ([op, of]) =>
      [
        [op, () => of(typed('int32', 2)), /expects one float32 or float64 tensor/],
        [op, () => of(f(2, 3), [2]), /axis 2 does not exist/],
        [op, () => of(f(2, 3), [-3]), /axis -1 does not exist/],
      ] as const,
  ),
  ['softmax', () => ops.softmax(f(2, 3), 2), /axis 2/],
  ['softmax', () => ops.softmax(typed('int32', 2)), /float32/],
  ['gather', () => ops.gather(f(2, 3), f(2)), /int32 indices/],
  ['gather', () => ops.gather(f(), typed('int32', 2)), /rank 1 or more/],
  ['scatterAdd', () => ops.scatterAdd(typed('int32', 2), f(3, 4), 2), /leading axes/],
  ['matmul', () => ops.matmul(f(2, 3), typed('float64', 3, 2)), /two float32 or two float64 tensors/],
  ['matmul', () => ops.matmul(f(2, 3), f(4, 2)), /inner extents differ: 3 and 4/],
  ['matmul', () => ops.matmul(f(2, 3), f(2, 4), { transposeB: true }), /inner extents differ: 3 and 4/],
  ['matmul', () => ops.matmul(f(3), f(3, 2)), /rank 2 or more/],
  ['matmul', () => ops.matmul(f(2, 2, 3), f(3, 3, 2)), /do not broadcast/],
  ['conv', () => ops.conv2d(f(1, 3, 4, 4), f(2, 4, 3, 3)), /input has 3 channels, weight expects 4/],
  ['conv', () => ops.conv2d(f(1, 4, 4, 4), f(3, 2, 3, 3), { groups: 2 }), /3 output channels do not split into 2/],
  ['conv', () => ops.conv2d(f(1, 2, 4, 4), f(3, 2, 5, 5)), /kernel \[5,5\] is larger than the padded input \[4,4\]/],
  ['conv', () => ops.conv2d(f(1, 2, 4, 4), f(3, 2, 3, 3), { stride: 0 }), /strides \[0,0\]/],
  ['conv', () => ops.conv2d(f(1, 2, 4, 4), f(3, 2, 3, 3), { padding: -1 }), /padding \[-1,-1\]/],
  ['conv', () => ops.conv2d(f(1, 2, 4, 4), f(3, 2, 3, 3), { dilation: [1] }), /does not fit 2 spatial axes/],
  ['conv', () => ops.conv(f(2, 3), f(2, 3)), /same rank, 3 or more/],
  ['conv', () => ops.conv2d(f(1, 2, 4, 4), f(2, 2, 3)), /same rank/],
  ['conv2d', () => ops.conv2d(f(2, 3, 4), f(2, 3, 3)), /input of rank 4/],
  ['conv3d', () => ops.conv3d(f(1, 2, 4, 4), f(2, 2, 3, 3)), /input of rank 5/],
  ['convTranspose2d', () => ops.convTranspose2d(f(2, 3, 4), f(3, 2, 2)), /input of rank 4/],
  ['convTranspose', () => ops.convTranspose2d(f(1, 3, 2, 2), f(4, 2, 3, 3)), /\[1,4,2,2\] was expected/],
  ['convTranspose', () => ops.convTranspose2d(f(1, 3, 2, 2), f(3, 2, 3, 3), { outputPadding: 1 }), /was expected/],
  ['averagePool', () => ops.averagePool(f(1, 2), 2), /expects a float32 tensor \[N,C,…\]/],
  ['averagePool', () => ops.averagePool(f(1, 1, 4, 4), 5), /window \[5,5\] is larger than the padded input/],
  ['averagePool', () => ops.averagePool(f(1, 1, 4, 4), [2]), /does not fit 2 spatial axes/],
  ['maxPool', () => ops.maxPool(f(1, 1, 4, 4), 2, { padding: 2 }), /each larger than its padding/],
  ['maxPool', () => ops.maxPool(f(1, 1, 4, 4), 2, { stride: [1] }), /does not fit 2 spatial axes/],
  ['upsample', () => ops.upsample(f(1, 1, 4), [2, 2]), /2 spatial axes/],
  ['upsample', () => ops.upsample(f(1, 1, 4), 1.5), /whole factors/],
  ['resizeBilinear', () => ops.resizeBilinear(f(1, 4, 4), 2, 2), /expects float32 \[N,C,H,W\]/],
  ['resizeBilinear', () => ops.resizeBilinear(f(1, 1, 4, 4), 0, 2), /got 0×2/],
  ['upsampledConv2d', () => ops.upsampledConv2d(f(1, 2, 4, 4), f(2, 2, 4, 4)), /weight \[O,I,k,k\] with odd k/],
  ['pooledConv2d', () => ops.pooledConv2d(f(1, 2, 4, 4), f(2, 2, 3, 1)), /weight \[O,I,k,k\] with odd k/],
  ['pooledConv2d', () => ops.pooledConv2d(f(1, 2, 4, 3), f(2, 2, 3, 3)), /even height and width/],
  ['after', () => ops.after(f(2), f(2)), /float32 scalar/],
];

test('every op refuses what breaks its rules, naming itself, the place and what it was given', () => {
  for (const [op, build, problem] of refusals) {
    assert.throws(
      () => withScope('G.block1', build),
      (error: unknown) => {
        assert.ok(error instanceof Error && error.name === 'GraphError', `${op}: ${error}`);
        assert.match(error.message, problem);
        assert.ok(error.message.startsWith(`${op} at G.block1: `), error.message);
        assert.match(error.message, /\(inputs: (none|(float32|float64|int32|bool)\[[\d,]*\](, |\)))/);
        return true;
      },
      `${op} ${problem}`,
    );
  }
});

test('every op that takes tensors is among the refusals', () => {
  const composed = [
    'clamp',
    'less',
    'lessEqual',
    'logSoftmax',
    'logSumExp',
    'oneHot',
    'or',
    'sign',
    'sumTo',
    'variance',
  ];
  const total = ['cast', 'full', 'input', 'iota', 'scalar', 'stopGradient', 'zeros'];
  const named = new Set([...refusals.map(([op]) => op), ...composed, ...total]);
  assert.deepEqual(
    Object.keys(ops).filter((name) => !named.has(name)),
    [],
  );
});

test('a number takes the dtype of the tensor beside it', () => {
  assert.equal(String(ops.add(typed('int32', 2), 1)), 'int32[2]');
  assert.equal(String(ops.mul(2, f(3))), 'float32[3]');
  assert.equal(String(ops.greater(3, typed('int32', 2))), 'bool[2]');
  assert.equal(String(ops.where(typed('bool', 2), 1, typed('int32', 2))), 'int32[2]');
});

test('ops that would change nothing leave no node behind', () => {
  const x = f(2, 3);
  for (const same of [
    ops.add(x, 0),
    ops.add(0, x),
    ops.sub(x, 0),
    ops.mul(x, 1),
    ops.mul(1, x),
    ops.div(x, 1),
    ops.cast(x, 'float32'),
    ops.reshape(x, [2, -1]),
    ops.transpose(x, [0, 1]),
    ops.slice(x, [0, 0]),
    ops.pad(x, [0, 0], [0, 0]),
    ops.concat([x], 1),
    ops.broadcastTo(x, [2, 3]),
    ops.sum(x, []),
  ]) {
    assert.equal(same, x);
  }
});
