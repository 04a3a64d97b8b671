/** Derivative rules with one mistake each, of the kinds that people make. */

import { grad, type Tensor } from '../../src/engine/index.ts';
import type { Attributes, DerivativeArguments } from '../../src/engine/ir/tensor.ts';
import * as ops from '../../src/engine/ops/index.ts';

export interface Planted {
  readonly op: string;
  /** The sample of the table that it is planted in. */
  readonly sample: string;
  readonly mistake: string;
  rule(args: PlantedArguments): readonly (Tensor | undefined)[];
}

/** What the rule gets, and what the right rule makes of it. */
export interface PlantedArguments extends DerivativeArguments<Attributes> {
  readonly x: Tensor;
  /** The second input, or x again. */
  readonly other: Tensor;
  readonly right: readonly Tensor[];
}

type Rule = Planted['rule'];

const planted = (op: string, sample: string, mistake: string, rule: Rule): Planted => ({ op, sample, mistake, rule });
const small = 'of [2,3]';
const alike = '[2,3] with [2,3]';
const repeated = '[2,3] with [3]';

/** Moves everything one place along axis 0; what falls off is lost. */
function shifted(x: Tensor): Tensor {
  const [n = 0, ...rest] = x.shape;
  return ops.concat([ops.zeros([1, ...rest]), ops.sliceAxis(x, 0, 0, n - 1)], 0);
}

const each =
  (change: (part: Tensor, i: number) => Tensor): Rule =>
  ({ right }) =>
    right.map(change);

const only =
  (index: number, change: (part: Tensor, args: PlantedArguments) => Tensor): Rule =>
  (args) =>
    args.right.map((part, i) => (i === index ? change(part, args) : part));

/** The first derivative is right, but nothing flows through it. */
const frozen = each(ops.stopGradient);
const swapped: Rule = ({ right }) => [...right].reverse();

export const plantedDerivatives: readonly Planted[] = [
  planted('neg', small, 'the sign is lost', ({ cotangent }) => [cotangent]),
  planted('exp', small, 'x in place of y', ({ x, cotangent }) => [ops.mul(cotangent, x)]),
  planted('log', small, 'times x, not divided by it', ({ x, cotangent }) => [ops.mul(cotangent, x)]),
  planted('sqrt', small, 'the half is lost', ({ output, cotangent }) => [ops.div(cotangent, output)]),
  planted('sqrt', small, 'its own derivative is lost', frozen),
  planted('abs', small, 'the sign of x is lost', ({ cotangent }) => [cotangent]),
  planted('square', small, 'the factor 2 is lost', ({ x, cotangent }) => [ops.mul(cotangent, x)]),
  planted('square', small, 'its own derivative is lost', frozen),
  planted('tanh', small, '1 − y, not 1 − y²', ({ output, cotangent }) => [ops.mul(cotangent, ops.sub(1, output))]),
  planted('tanh', small, 'y held constant', ({ output, cotangent }) => [
    ops.mul(cotangent, ops.sub(1, ops.square(ops.stopGradient(output)))),
  ]),
  planted('sigmoid', small, 'the factor 1 − y is lost', ({ output, cotangent }) => [ops.mul(cotangent, output)]),
  planted('softplus', small, 'tanh in place of sigmoid', ({ x, cotangent }) => [ops.mul(cotangent, ops.tanh(x))]),
  planted('relu', small, 'the other side of the kink', ({ x, cotangent }) => [
    ops.where(ops.greater(0, x), cotangent, 0),
  ]),
  planted('leakyRelu', small, 'slope 1', ({ cotangent }) => [cotangent]),
  planted(
    'add',
    alike,
    'twice too large',
    each((part) => ops.mul(part, 2)),
  ),
  planted('add', alike, 'one side is lost', ({ right }) => [right[0], undefined]),
  planted('sub', alike, 'the sign is lost', ({ cotangent }) => [cotangent, cotangent]),
  planted('mul', alike, 'the factors are swapped', swapped),
  planted('mul', repeated, 'no sum over the broadcast axis', ({ x, other, cotangent }) => [
    ops.mul(cotangent, other),
    ops.mul(cotangent, x),
  ]),
  planted('mul', repeated, 'one row for the sum of all', ({ x, right, cotangent }) => [
    right[0],
    ops.reshape(ops.sliceAxis(ops.mul(cotangent, x), 0, 0, 1), [3]),
  ]),
  planted(
    'mul',
    repeated,
    'the mean for the sum',
    only(1, (part) => ops.mul(part, 0.5)),
  ),
  planted('mul', alike, 'a factor held constant', ({ x, other, cotangent }) => [
    ops.mul(cotangent, other),
    ops.mul(cotangent, ops.stopGradient(x)),
  ]),
  planted('div', alike, 'the sign of the second is lost', only(1, ops.neg)),
  planted('div', alike, 'divided once, not twice', ({ right, output, cotangent }) => [
    right[0],
    ops.neg(ops.mul(cotangent, output)),
  ]),
  planted(
    'div',
    alike,
    'the divisor held constant',
    only(0, (_, { other, cotangent }) => ops.div(cotangent, ops.stopGradient(other))),
  ),
  planted('max', alike, 'the loser takes it', swapped),
  planted('min', alike, 'both take it', ({ cotangent }) => [cotangent, cotangent]),
  planted(
    'matmul',
    '[2,2,3] · [2,3,2]',
    'a transposed cotangent',
    only(0, (_, { other, cotangent }) => ops.matmul(cotangent, other, { transposeA: true, transposeB: true })),
  ),
  planted(
    'matmul',
    '[3,2]ᵀ · [2,3,4]',
    'the mean over the batch',
    only(0, (part) => ops.mul(part, 0.5)),
  ),
  planted('matmul', '[2,3] · [3,4]', 'its own derivative is lost', frozen),
  planted('softmax', 'axis 1 of [2,3,2]', 'the sum is lost', ({ output, cotangent }) => [ops.mul(output, cotangent)]),
  planted('softmax', 'axis 1 of [2,3,2]', 'the sum runs along another axis', ({ output, cotangent }) => [
    ops.mul(output, ops.sub(cotangent, ops.sum(ops.mul(cotangent, output), [2], { keepDims: true }))),
  ]),
  planted('softmax', 'axis -1 of [2,3]', 'its own derivative is lost', frozen),
  planted(
    'sum',
    'over -1 of [2,3]',
    'divided by the count',
    each((part) => ops.div(part, 3)),
  ),
  planted(
    'mean',
    'over -1 of [2,3]',
    'not divided by the count',
    each((part) => ops.mul(part, 3)),
  ),
  planted('reduceMax', 'over -1 of [2,3]', 'everybody wins', ({ x, cotangent }) => [
    ops.broadcastTo(ops.reshape(cotangent, [2, 1]), x.shape),
  ]),
  planted('reshape', 'to [3,-1] of [2,3,2]', 'columns before rows', ({ x, cotangent }) => [
    ops.reshape(ops.transpose(cotangent, [1, 0]), x.shape),
  ]),
  planted('transpose', '2,0,1 of [2,3,4]', 'the permutation, not its inverse', ({ cotangent }) => [
    ops.transpose(cotangent, [2, 0, 1]),
  ]),
  planted('slice', '1:4:2 of [5]', 'one place off', each(shifted)),
  planted('pad', '1 and 2 of [3]', 'one place off', ({ cotangent }) => [ops.slice(cotangent, [0], [3])]),
  planted('concat', 'axis 0', 'the parts are swapped', swapped),
  planted('broadcastTo', 'to [2,3] of [3]', 'one row for the sum of all', ({ cotangent }) => [
    ops.reshape(ops.sliceAxis(cotangent, 0, 1, 2), [3]),
  ]),
  planted('gather', 'rows, one twice', 'the second visit is lost', ({ other, cotangent }) => [
    ops.scatterAdd(ops.slice(other, [0], [2]), ops.slice(cotangent, [0, 0], [2, 3]), 4),
  ]),
  planted('scatterAdd', 'rows, one twice', 'the next row', ({ x, cotangent }) => [
    undefined,
    ops.gather(shifted(cotangent), x),
  ]),
  planted(
    'averagePool',
    '2x2',
    'the sum of the window',
    each((part) => ops.mul(part, 4)),
  ),
  planted('maxPool', '2x2', 'everybody wins', ({ cotangent }) => [ops.upsample(ops.mul(cotangent, 0.25))]),
  planted(
    'maxPool',
    '3x3, stride 2, padded',
    'the winner is looked for one row on',
    each((part) => ops.pad(ops.slice(part, [0, 0, 1]), [0, 0, 0, 0], [0, 0, 1, 0])),
  ),
  planted(
    'upsample',
    'twice',
    'the mean for the sum',
    each((part) => ops.mul(part, 0.25)),
  ),
  planted('conv2d', '3x3', 'a transposed kernel', ({ x, other, right, cotangent }) => [
    // conv is bilinear, so differentiating it again with another kernel gives the part that this kernel would give.
    grad(ops.conv2d(x, ops.transpose(other, [0, 1, 3, 2]), { padding: 1 }), [x], cotangent)[0],
    right[1],
  ]),
  planted(
    'conv2d',
    'uneven pads',
    'the pads are swapped',
    only(0, (_, { x, other, cotangent }) => {
      const turned = ops.conv2d(x, other, {
        padding: [
          [2, 0],
          [0, 1],
        ],
      });
      return grad(turned, [x], cotangent)[0] ?? x;
    }),
  ),
  planted('conv2d', '3x3', 'the weight gradient held constant', only(1, ops.stopGradient)),
  planted(
    'conv2d',
    'two groups',
    'the input held constant',
    only(1, (_, { x, other, cotangent }) => {
      const held = ops.conv2d(ops.stopGradient(x), other, { groups: 2, padding: 1 });
      return grad(held, [other], cotangent)[0] ?? other;
    }),
  ),
  planted('convTranspose2d', '3x3', 'the sign is flipped', only(1, ops.neg)),
];
