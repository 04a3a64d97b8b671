/** Small random programs, which rewrites are held against the interpreter on. */

import fc from 'fast-check';
import { Random } from '../../src/base/random.ts';
import {
  add,
  after,
  broadcastTo,
  cast,
  concat,
  type Graph,
  graph,
  greater,
  input,
  interpret,
  matmul,
  max,
  mean,
  mul,
  neg,
  pad,
  reduceMax,
  reshape,
  scalar,
  sliceAxis,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  type Values,
  values,
} from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';

interface Instruction {
  readonly op: number;
  /** Operands, as places in the list of all values so far. */
  readonly a: number;
  readonly b: number;
  /** Which axes, which shape, which constant. */
  readonly choice: number;
}

/** Few operands and choices, so that the same node is often written twice. */
export const instructions = fc.array(fc.record({ op: fc.nat(99), a: fc.nat(9), b: fc.nat(9), choice: fc.nat(7) }), {
  minLength: 1,
  maxLength: 25,
});

const axesOf = (x: Tensor, choice: number) => x.shape.flatMap((_, axis) => ((choice >> axis) & 1 ? [axis] : []));
const rotated = (x: Tensor, choice: number) => x.shape.map((_, axis) => (axis + choice) % x.rank);

type Maker = (a: Tensor, b: Tensor, choice: number) => Tensor;

const makers: readonly Maker[] = [
  add,
  sub,
  mul,
  max,
  neg,
  tanh,
  square,
  stopGradient,
  (_, __, choice) => scalar((choice - 3) / 2),
  (a, _, choice) => mul(a, (choice - 3) / 2),
  (a, _, choice) => reshape(a, [[-1], [1, ...a.shape], [...a.shape, 1], [1, -1, 1]][choice % 4] ?? []),
  (a) => reshape(a, [-1]),
  (a, _, choice) => transpose(a, rotated(a, choice)),
  (a, _, choice) => sum(a, axesOf(a, choice), { keepDims: choice > 3 }),
  (a, _, choice) => mean(a, axesOf(a, choice), { keepDims: choice > 3 }),
  (a, _, choice) => reduceMax(a, axesOf(a, choice), { keepDims: choice > 3 }),
  (a, b, choice) => concat([a, b], choice % a.rank),
  (a, _, choice) => sliceAxis(a, choice % a.rank, 0, 1),
  (a, _, choice) =>
    pad(
      a,
      a.shape.map((__, axis) => (choice >> axis) & 1),
      a.shape.map(() => 0),
    ),
  (a, _, choice) => broadcastTo(a, [1 + (choice % 2), ...a.shape]),
  (a, b) => cast(greater(a, b), 'float32'),
  (a, b, choice) => matmul(a, b, { transposeA: choice % 2 === 1, transposeB: choice > 3 }),
  (a, b) => after(a, sum(b)),
];

/** Instructions that fit no operands are left out; every value that nobody reads is an output. */
export function programOf(list: readonly Instruction[]): Graph {
  const made: Tensor[] = [
    input('matrix', 'float32', [2, 3]),
    input('row', 'float32', [1, 3]),
    input('scalar', 'float32', []),
    input('planes', 'float32', [2, 1, 3]),
    scalar(2),
  ];
  const read = new Set<Tensor>();
  for (const { op, a, b, choice } of list) {
    const [x, y] = [made.at(-1 - (a % made.length)), made.at(-1 - (b % made.length))];
    const maker = makers[op % makers.length];
    if (x === undefined || y === undefined || maker === undefined) continue;
    const node = fitting(() => maker(x, y, choice));
    if (node === undefined || sizeOf(node.shape) > 200 || node.rank > 5) continue;
    made.push(node);
    for (const operand of node.inputs) read.add(operand);
  }
  const outputs = new Set(made.filter((node) => !read.has(node)));
  return graph(
    'random',
    [...outputs].map((node, i) => [`y${i}`, node]),
  );
}

function fitting(make: () => Tensor): Tensor | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && error.name === 'GraphError') return undefined;
    throw error;
  }
}

/** What a program computes from seeded inputs, by output. */
export function computed(program: Graph): Map<string, Values> {
  const feeds = Object.fromEntries(
    [...program.inputs].map(([name, { shape }]) => [name, values(shape, new Random(5, name).normal(sizeOf(shape)))]),
  );
  const results = interpret([...program.outputs.values()], feeds);
  return new Map([...program.outputs.keys()].map((name, i) => [name, results[i] ?? values([], [])]));
}

/** The largest number that occurs in a program: what the roundings of its sums are measured by. */
export function largestValue(program: Graph): number {
  const everything = graph(
    'everything',
    program.nodes.map((node, i) => [`${i}`, node]),
  );
  return Math.max(1, ...[...computed(everything).values()].flatMap(({ data }) => [...data].map(Math.abs)));
}
