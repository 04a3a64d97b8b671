import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instructions, programOf } from '../../../test/engine/random-program.ts';
import { Random } from '../../base/random.ts';
import { type Graph, graph } from '../ir/graph.ts';
import { bytesOf, memoryOf } from '../ir/memory.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import {
  add,
  after,
  broadcastTo,
  cast,
  greater,
  input,
  matmul,
  mul,
  neg,
  relu,
  reshape,
  sum,
  tanh,
  transpose,
  where,
} from '../ops/index.ts';
import { openRuntime } from '../runtime/node.ts';
import { releaseEarly } from './release-early.ts';

const megabyte = 2 ** 20;
/** A megabyte. */
const x = input('x', 'float32', [512, 512]);

const program = (...outputs: readonly Tensor[]): Graph =>
  graph(
    'p',
    outputs.map((y, i) => [`y${i}`, y]),
  );

/** The sum of `y`, and so many small nodes after it: what needs the result comes later than all of them. */
function wait(y: Tensor, nodes: number): Tensor {
  return Array.from({ length: nodes }).reduce<Tensor>((signal) => tanh(signal), sum(y));
}

/** How many leading ones the large values got, in their order. */
function leadingOnes({ nodes }: Graph, op: string): number[] {
  const large = nodes.filter((node) => node.op.name === op && bytesOf(node) >= megabyte);
  return large.map(({ shape }) => shape.findIndex((extent) => extent !== 1));
}

test('values far from each other get shapes of their own, near ones share one', () => {
  for (const [between, expected] of [
    [5, [0, 0]],
    [40, [0, 0]],
    [60, [0, 1]],
  ] as const) {
    const whole = program(sum(mul(x, wait(mul(x, 2), between))));
    const { graph: rewritten, sites } = releaseEarly.apply(whole);
    assert.deepEqual(leadingOnes(rewritten, 'mul'), expected);
    assert.deepEqual(sites, between === 60 ? [{ scope: '', op: 'mul', change: '1 leading ones' }] : []);
    assert.equal(rewritten === whole, between !== 60);
  }
});

test('a value that is alive, under whatever name, has its shape for itself', () => {
  const kept = mul(x, 2);
  const renamed = reshape(kept, [256, 1024]);
  const passing = mul(x, wait(renamed, 5));
  const late = mul(x, wait(passing, 60));
  const end = after(renamed, wait(late, 5));
  assert.deepEqual(leadingOnes(releaseEarly.apply(program(sum(end))).graph, 'mul'), [0, 1, 2]);
});

test('memory that a value leaves is given back while nobody needs it', () => {
  const early = transpose(mul(x, 2), [1, 0]);
  const wide = matmul(x, input('w', 'float32', [512, 2048])); // 4 megabytes
  const middle = sum(after(wide, wait(early, 60)), [0]);
  const late = sum(mul(x, wait(middle, 60)));
  const whole = program(late);
  const { graph: rewritten } = releaseEarly.apply(whole);
  const [before, now] = [memoryOf(whole).peakBytes, memoryOf(rewritten).peakBytes];
  assert.ok(before >= 5 * megabyte, 'the first value is kept for the last, beside the wide one');
  assert.ok(now >= 4 * megabyte && now <= 4 * megabyte + 10_000, `${now} bytes, of ${before}`);
});

test('a chain of values, each long after the last, takes up the first dozen shapes again', () => {
  let signal = wait(mul(x, 2), 60);
  for (let i = 0; i < 30; i++) signal = wait(mul(x, signal), 60);
  const ones = leadingOnes(releaseEarly.apply(program(signal)).graph, 'mul');
  assert.deepEqual(ones.slice(0, 13), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.equal(ones.length, 31);
  assert.equal(Math.max(...ones), 12);
});

test('small values, outputs, inputs and ops that keep their rank have the shapes that they had', () => {
  const small = input('small', 'float32', [511, 512]);
  const [column, row] = [input('column', 'float32', [512, 1]), input('row', 'float32', [1, 512])];
  const far = wait(mul(x, 2), 60);
  const later = after(x, far);
  for (const whole of [
    program(sum(mul(small, wait(mul(small, 2), 60)))),
    program(mul(x, far)),
    program(reshape(mul(x, far), [256, 1024])),
    program(sum(transpose(later, [1, 0]))),
    program(sum(mul(after(column, far), row))),
    program(sum(later)),
  ]) {
    assert.equal(releaseEarly.apply(whole).graph, whole);
  }
});

test('a program of small values is returned as it was', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const whole = programOf(list);
      assert.equal(releaseEarly.apply(whole).graph, whole);
    }),
    { numRuns: 30 },
  );
});

const numbers = (name: string, ...shape: number[]) => input(name, 'float32', shape);
const tall = numbers('tall', 512, 8);
const flat = numbers('flat', 8, 512);
const sheets = numbers('sheets', 2, 256, 8);

/** Values of a megabyte whose ops wait for a signal. */
const values: Readonly<Record<string, (signal: Tensor) => Tensor>> = {
  'a function of every element': (signal) => relu(after(x, signal)),
  'a product with a number': (signal) => mul(signal, x),
  'a bias of lower rank': (signal) => add(numbers('bias', 512), after(x, signal)),
  'a sum of two of the shape': (signal) => add(after(x, signal), x),
  'a choice between numbers': (signal) => where(greater(x, signal), x, signal),
  'a choice by a row': (signal) => where(greater(numbers('bias', 512), signal), x, neg(x)),
  'another type': (signal) => cast(greater(x, signal), 'float32'),
  'copies of a row': (signal) => broadcastTo(add(numbers('row', 1, 512), signal), [512, 512]),
  'copies of sheets': (signal) => broadcastTo(add(numbers('row', 1, 512), signal), [4, 128, 512]),
  'a product': (signal) => matmul(add(tall, signal), flat),
  'a product of a turned matrix': (signal) => matmul(add(flat, signal), flat, { transposeA: true }),
  'a product by a turned matrix': (signal) => matmul(tall, add(tall, signal), { transposeB: true }),
  'a product of turned matrices': (signal) => matmul(flat, add(tall, signal), { transposeA: true, transposeB: true }),
  'products of many by one': (signal) => matmul(sheets, add(flat, signal)),
  'products of one by many': (signal) => matmul(tall, add(numbers('boards', 4, 8, 128), signal)),
  'products of many by many': (signal) => matmul(sheets, add(numbers('boards', 2, 8, 512), signal)),
  'products of many by many others': (signal) =>
    matmul(numbers('rows', 4, 1, 64, 8), add(numbers('columns', 2, 8, 512), signal)),
};

test('every value is what it was, to the bit', async () => {
  const plain = await openRuntime({ threads: 1, passes: 'none' });
  for (const [name, make] of Object.entries(values)) {
    const value = make(wait(neg(reshape(x, make(sum(x)).shape)), 60));
    const whole = program(neg(value), tanh(value), sum(value, [-1]));
    const { graph: rewritten } = releaseEarly.apply(whole);
    const isLed = ({ op, shape }: Tensor) =>
      op === value.op && shape[0] === 1 && `${shape}`.endsWith(`1,${value.shape}`);
    assert.ok(rewritten.nodes.some(isLed), name);
    assert.deepEqual([...rewritten.outputs.values()].map(String), [...whole.outputs.values()].map(String), name);
    const feeds = Object.fromEntries(
      [...whole.inputs].map(([key, { shape }]) => {
        return [key, { dtype: 'float32', shape, data: new Random(1, key).normal(sizeOf(shape)) } as const];
      }),
    );
    const [seen, expected] = [
      await (await plain.compile(rewritten)).compute(feeds),
      await (await plain.compile(whole)).compute(feeds),
    ];
    assert.deepEqual(seen, expected, name);
  }
});
