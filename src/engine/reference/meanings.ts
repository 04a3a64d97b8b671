/** One entry an op: its result's elements, in row-major order, from its operands. */

import { GraphError } from '../../base/errors.ts';
import type { Attribute, Tensor } from '../ir/tensor.ts';
import { isFloat, sizeOf } from '../ir/tensor-data.ts';
import { convolutionMeanings } from './convolution.ts';
import { at, coordinates, type Meaning, numbers, type Operand, tabulate } from './tabulate.ts';

function elementwise(f: (...operands: number[]) => number): Meaning {
  return (node, operands) =>
    tabulate(node.shape, (where) => f(...operands.map((x) => at(x, broadcastIndex(where, x)))));
}

/** The coordinates in `x` of a coordinate of what x was broadcast to. */
function broadcastIndex(where: readonly number[], x: Operand): number[] {
  const lead = where.length - x.shape.length;
  return x.shape.map((n, axis) => (n === 1 ? 0 : (where[axis + lead] ?? 0)));
}

function reduction(combine: (elements: number[]) => number): Meaning {
  return (node, [x]) => {
    const { axes, keepDims } = node.attributes;
    if (x === undefined || !isList(axes)) throw new GraphError(`${node.op.name}: axes are missing.`);
    return tabulate(node.shape, (where) => {
      const kept = [...where];
      const fixed = x.shape.map((_, axis) => {
        if (!axes.includes(axis)) return kept.shift() ?? 0;
        if (keepDims === true) kept.shift();
        return 0;
      });
      const ranges = x.shape.map((n, axis) => (axes.includes(axis) ? n : 1));
      return combine(
        coordinates(ranges).map((offset) =>
          at(
            x,
            fixed.map((c, axis) => c + (offset[axis] ?? 0)),
          ),
        ),
      );
    });
  };
}

const isList = (value: Attribute | undefined): value is readonly number[] => Array.isArray(value);
const bit = (claim: boolean) => (claim ? 1 : 0);
const total = (elements: readonly number[]) => elements.reduce((a, b) => a + b, 0);

function attribute(node: Tensor, name: string): readonly number[] {
  return numbers(node, name);
}

const sliceMeaning: Meaning = (node, [x]) => {
  const [starts, steps] = [attribute(node, 'starts'), attribute(node, 'steps')];
  return tabulate(node.shape, (where) =>
    at(
      x,
      where.map((c, axis) => (starts[axis] ?? 0) + c * (steps[axis] ?? 1)),
    ),
  );
};

const padMeaning: Meaning = (node, [x]) => {
  const before = attribute(node, 'before');
  return tabulate(node.shape, (where) => {
    const source = where.map((c, axis) => c - (before[axis] ?? 0));
    const inside = source.every((c, axis) => c >= 0 && c < (x?.shape[axis] ?? 0));
    return inside ? at(x, source) : Number(node.attributes.value);
  });
};

const transposeMeaning: Meaning = (node, [x]) => {
  const permutation = attribute(node, 'permutation');
  return tabulate(node.shape, (where) =>
    at(
      x,
      permutation.map((_, axis) => where[permutation.indexOf(axis)] ?? 0),
    ),
  );
};

const concatMeaning: Meaning = (node, operands) => {
  const axis = Number(node.attributes.axis);
  return tabulate(node.shape, (where) => {
    let offset = where[axis] ?? 0;
    for (const x of operands) {
      const n = x.shape[axis] ?? 0;
      if (offset < n)
        return at(
          x,
          where.map((c, i) => (i === axis ? offset : c)),
        );
      offset -= n;
    }
    throw new GraphError('concat: a coordinate lies past the last tensor.');
  });
};

const matmulMeaning: Meaning = (node, [a, b]) => {
  const { transposeA, transposeB } = node.attributes;
  const inner = a?.shape.at(transposeA === true ? -2 : -1) ?? 0;
  /** The matrix of a batch as a function of row and column. */
  const matrix = (x: Operand | undefined, lead: readonly number[], flip: boolean) => {
    const [rows = 0, columns = 0] = x?.shape.slice(-2) ?? [];
    const batches = x?.shape.slice(0, -2) ?? [];
    const where = broadcastIndex(lead, { shape: batches, data: new Float64Array() });
    const start = where.reduce((sum, c, axis) => sum * (batches[axis] ?? 1) + c, 0) * rows * columns;
    return (row: number, column: number) =>
      x?.data[start + (flip ? column * columns + row : row * columns + column)] ?? Number.NaN;
  };
  return tabulate(node.shape, (where) => {
    const [row = 0, column = 0] = where.slice(-2);
    const lead = where.slice(0, -2);
    const [left, right] = [matrix(a, lead, transposeA === true), matrix(b, lead, transposeB === true)];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += left(row, k) * right(k, column);
    return sum;
  });
};

const softmaxMeaning: Meaning = (node, [x]) => {
  const axis = Number(node.attributes.axis);
  const lines = node.shape.map((n, i) => (i === axis ? 1 : n));
  const ofLines = (combine: (line: number[], where: readonly number[]) => number): Operand => {
    const line = (where: readonly number[]) =>
      Array.from({ length: node.shape[axis] ?? 0 }, (_, i) => at(x, where.with(axis, i)));
    return { shape: lines, data: tabulate(lines, (where) => combine(line(where), where)) };
  };
  const largest = ofLines((line) => Math.max(...line));
  const sums = ofLines((line, where) => total(line.map((v) => Math.exp(v - at(largest, where)))));
  return tabulate(node.shape, (where) => {
    const line = where.with(axis, 0);
    return Math.exp(at(x, where) - at(largest, line)) / at(sums, line);
  });
};

const gatherMeaning: Meaning = (node, [table, indices]) => {
  const rank = indices?.shape.length ?? 0;
  return tabulate(node.shape, (where) => at(table, [at(indices, where.slice(0, rank)), ...where.slice(rank)]));
};

const scatterAddMeaning: Meaning = (node, [indices, source]) => {
  const row = sizeOf(node.shape.slice(1));
  const result = new Float64Array(sizeOf(node.shape));
  for (const [i, index] of (indices?.data ?? []).entries()) {
    for (let j = 0; j < row; j++)
      result[index * row + j] = (result[index * row + j] ?? 0) + (source?.data[i * row + j] ?? 0);
  }
  return result;
};

const castMeaning: Meaning = (node, [x]) => {
  const convert =
    node.dtype === 'bool' ? (v: number) => bit(v !== 0) : isFloat(node.dtype) ? (v: number) => v : Math.trunc;
  return Float64Array.from(x?.data ?? [], convert);
};

const copy: Meaning = (_, [x]) => Float64Array.from(x?.data ?? []);

export const meanings: Readonly<Record<string, Meaning>> = {
  neg: elementwise((x) => -x),
  exp: elementwise(Math.exp),
  log: elementwise(Math.log),
  sqrt: elementwise(Math.sqrt),
  abs: elementwise(Math.abs),
  square: elementwise((x) => x * x),
  tanh: elementwise(Math.tanh),
  sigmoid: elementwise((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  softplus: elementwise((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  relu: elementwise((x) => Math.max(x, 0)),
  leakyRelu: (node, operands) => elementwise((x) => (x > 0 ? x : Number(node.attributes.slope) * x))(node, operands),
  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: (node, operands) =>
    elementwise(node.dtype === 'int32' ? (a, b) => Math.trunc(a / b) : (a, b) => a / b)(node, operands),
  max: elementwise(Math.max),
  min: elementwise(Math.min),
  greater: elementwise((a, b) => bit(a > b)),
  greaterEqual: elementwise((a, b) => bit(a >= b)),
  equal: elementwise((a, b) => bit(a === b)),
  not: elementwise((a) => bit(a === 0)),
  and: elementwise((a, b) => bit(a !== 0 && b !== 0)),
  where: elementwise((condition, a, b) => (condition === 0 ? b : a)),
  cast: castMeaning,
  stopGradient: copy,
  after: copy,
  reshape: copy,
  transpose: transposeMeaning,
  slice: sliceMeaning,
  pad: padMeaning,
  concat: concatMeaning,
  broadcastTo: elementwise((x) => x),
  sum: reduction(total),
  mean: reduction((elements) => total(elements) / elements.length),
  reduceMax: reduction((elements) => Math.max(...elements)),
  matmul: matmulMeaning,
  softmax: softmaxMeaning,
  gather: gatherMeaning,
  scatterAdd: scatterAddMeaning,
  ...convolutionMeanings,
};
