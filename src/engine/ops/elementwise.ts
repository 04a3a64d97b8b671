/** Arithmetic and functions that act on every element by itself, with NumPy's broadcasting. */

import { GraphError } from '../../base/errors.ts';
import { apply, type DerivativeArguments, defineOp, type Op, type Tensor, type TensorType } from '../ir/tensor.ts';
import { isFloat } from '../ir/tensor-data.ts';
import { beforeBroadcast, broadcastShapes, sumTo } from './broadcast.ts';
import { equal, greater, where } from './compare.ts';
import { cast, type Operand, scalarValue, toTensor } from './constant.ts';
import { broadcastTo } from './shape.ts';

type None = Record<string, never>;

// --- one input -------------------------------------------------------------------------------------------------------

function floatInput([x]: readonly Tensor[]): Tensor {
  if (x === undefined || !isFloat(x.dtype))
    throw new GraphError(`expects one float32 or float64 tensor, got ${x ?? 'nothing'}`);
  return x;
}

/** `slope(x, y, g)` is the cotangent of x, given that of y. */
function unary(name: string, onnx: string, slope: (x: Tensor, y: Tensor, g: Tensor) => Tensor | undefined): Op<None> {
  return defineOp<None>({
    name,
    infer: floatInput,
    derivative: ({ inputs, output, cotangent }) => [slope(floatInput(inputs), output, cotangent)],
    lower: (lowering, node) => lowering.emit(onnx, [lowering.name(floatInput(node.inputs))]),
  });
}

const negOp = unary('neg', 'Neg', (_, __, g) => neg(g));
const expOp = unary('exp', 'Exp', (_, y, g) => mul(g, y));
const logOp = unary('log', 'Log', (x, _, g) => div(g, x));
const sqrtOp = unary('sqrt', 'Sqrt', (_, y, g) => div(mul(g, 0.5), y));
const absOp = unary('abs', 'Abs', (x, _, g) => mul(g, sign(x)));
const tanhOp = unary('tanh', 'Tanh', (_, y, g) => mul(g, sub(1, square(y))));
const sigmoidOp = unary('sigmoid', 'Sigmoid', (_, y, g) => mul(g, mul(y, sub(1, y))));
const softplusOp = unary('softplus', 'Softplus', (x, _, g) => mul(g, sigmoid(x)));
// A product, because the CPU provider's Where takes three passes over memory.
const reluOp = unary('relu', 'Relu', (_, y, g) => mul(g, cast(greater(y, 0), y.dtype)));

const squareOp = defineOp<None>({
  name: 'square',
  infer: floatInput,
  derivative: ({ inputs, cotangent }) => [mul(mul(cotangent, 2), floatInput(inputs))],
  lower: (lowering, node) => {
    const x = lowering.name(floatInput(node.inputs));
    return lowering.emit('Mul', [x, x]);
  },
});

export const neg = (x: Tensor): Tensor => apply(negOp, [x], {});
export const exp = (x: Tensor): Tensor => apply(expOp, [x], {});
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => apply(logOp, [x], {});
export const sqrt = (x: Tensor): Tensor => apply(sqrtOp, [x], {});
/** |x|; its derivative at 0 is 0. */
export const abs = (x: Tensor): Tensor => apply(absOp, [x], {});
export const tanh = (x: Tensor): Tensor => apply(tanhOp, [x], {});
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => apply(sigmoidOp, [x], {});
/** log(1 + eˣ), without overflow. */
export const softplus = (x: Tensor): Tensor => apply(softplusOp, [x], {});
/** max(x, 0); its derivative at 0 is 0. */
export const relu = (x: Tensor): Tensor => apply(reluOp, [x], {});
export const square = (x: Tensor): Tensor => apply(squareOp, [x], {});

/** −1, 0 or 1. Comparisons and a difference, because no GPU provider has Sign. */
export function sign(x: Tensor): Tensor {
  return sub(cast(greater(x, 0), x.dtype), cast(greater(0, x), x.dtype));
}

const leakyReluOp = defineOp<{ slope: number }>({
  name: 'leakyRelu',
  infer: ([x]) => {
    // ONNX holds the slope as float32, so in float64 half the digits would be wrong.
    if (x?.dtype !== 'float32') throw new GraphError(`expects one float32 tensor, got ${x ?? 'nothing'}`);
    return x;
  },
  derivative: ({ inputs, cotangent: g, attributes }) => [
    where(greater(floatInput(inputs), 0), g, mul(g, attributes.slope)),
  ],
  lower: (lowering, node, { slope }) =>
    lowering.emit('LeakyRelu', [lowering.name(floatInput(node.inputs))], { alpha: { float: slope } }),
});

/** x where x > 0, otherwise slope·x. */
export const leakyRelu = (x: Tensor, slope = 0.2): Tensor => apply(leakyReluOp, [x], { slope });

// --- two inputs ------------------------------------------------------------------------------------------------------

function sameTypeBroadcast([a, b]: readonly Tensor[]): TensorType {
  if (a === undefined || b === undefined || a.dtype !== b.dtype || a.dtype === 'bool' || a.dtype === 'uint8') {
    throw new GraphError('expects two tensors of the same dtype, float32, float64 or int32');
  }
  return { dtype: a.dtype, shape: broadcastShapes(a.shape, b.shape) };
}

/** The cotangents of both inputs before broadcasting is undone; only the needed one is computed. */
type Slopes = (a: Tensor, b: Tensor, y: Tensor, g: Tensor) => readonly [() => Tensor, () => Tensor];

/** `signB` −1: b's cotangent is the negative of what `slopes` gives, taken after broadcasting is undone, on fewer elements. */
function binary(name: string, onnx: string, slopes: Slopes, signB: 1 | -1 = 1): Op<None> {
  const derivative = ({ inputs, output, cotangent, needs }: DerivativeArguments<None>) => {
    const [a, b] = inputs;
    if (a === undefined || b === undefined) return [];
    const [slopeA, slopeB] = slopes(a, b, output, cotangent);
    const ofB = () => sumTo(slopeB(), b.shape);
    return [needs[0] ? sumTo(slopeA(), a.shape) : undefined, needs[1] ? (signB === 1 ? ofB() : neg(ofB())) : undefined];
  };
  return defineOp<None>({
    name,
    infer: sameTypeBroadcast,
    derivative,
    lower: (lowering, node) =>
      lowering.emit(
        onnx,
        node.inputs.map((x) => lowering.name(x)),
      ),
  });
}

/** At a tie, half the cotangent goes to either side. */
function winnerTakes(winner: (a: Tensor, b: Tensor) => Tensor): Slopes {
  const share = (a: Tensor, b: Tensor) => where(equal(a, b), 0.5, cast(winner(a, b), a.dtype));
  return (a, b, _, g) => [() => mul(g, share(a, b)), () => mul(g, share(b, a))];
}

const addOp = binary('add', 'Add', (_, __, ___, g) => [() => g, () => g]);
const subOp = binary('sub', 'Sub', (_, __, ___, g) => [() => g, () => g], -1);
const mulOp = binary('mul', 'Mul', (a, b, _, g) => [() => mul(g, b), () => mul(g, a)]);
const divOp = binary('div', 'Div', (_, b, y, g) => [() => div(g, b), () => div(mul(g, y), b)], -1);
const maxOp = binary('max', 'Max', winnerTakes(greater));
const minOp = binary(
  'min',
  'Min',
  winnerTakes((a, b) => greater(b, a)),
);

function operands(a: Operand, b: Operand): [Tensor, Tensor] {
  const dtype = typeof a === 'number' ? (typeof b === 'number' ? 'float32' : b.dtype) : a.dtype;
  return [toTensor(a, dtype), toTensor(b, dtype)];
}

/** True if `x ∘ other` is x itself because `other` is the scalar `unit`. */
function isUnit(other: Tensor, unit: number, x: Tensor): boolean {
  return other.dtype === x.dtype && scalarValue(other) === unit;
}

/**
 * Applies an op to what was repeated by `broadcastTo` rather than to the repetitions, and repeats the result if it must:
 * the cotangent of a mean over an image is one number, and need not be written out as an image to be multiplied.
 */
function applyBroadcasting(op: Op<None>, x: Tensor, y: Tensor): Tensor {
  const [narrowX, narrowY] = [beforeBroadcast(x), beforeBroadcast(y)];
  const narrow = apply(op, [narrowX, narrowY], {});
  return narrowX === x && narrowY === y ? narrow : broadcastTo(narrow, broadcastShapes(x.shape, y.shape));
}

export function add(a: Operand, b: Operand): Tensor {
  const [x, y] = operands(a, b);
  return isUnit(y, 0, x) ? x : isUnit(x, 0, y) ? y : applyBroadcasting(addOp, x, y);
}

export function sub(a: Operand, b: Operand): Tensor {
  const [x, y] = operands(a, b);
  return isUnit(y, 0, x) ? x : applyBroadcasting(subOp, x, y);
}

export function mul(a: Operand, b: Operand): Tensor {
  const [x, y] = operands(a, b);
  return isUnit(y, 1, x) ? x : isUnit(x, 1, y) ? y : applyBroadcasting(mulOp, x, y);
}

export function div(a: Operand, b: Operand): Tensor {
  const [x, y] = operands(a, b);
  return isUnit(y, 1, x) ? x : applyBroadcasting(divOp, x, y);
}

/** The larger of two, element by element. */
export const max = (a: Operand, b: Operand): Tensor => apply(maxOp, operands(a, b), {});
/** The smaller of two, element by element. */
export const min = (a: Operand, b: Operand): Tensor => apply(minOp, operands(a, b), {});

/** x limited to low … high; no gradient flows where the limit holds. NaN stays NaN. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return where(greater(low, x), low, where(greater(x, high), high, x));
}
