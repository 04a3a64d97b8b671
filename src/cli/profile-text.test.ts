import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Profile } from '../api/profile.ts';
import { graph, input, relu, withScope } from '../engine/index.ts';
import { profileText } from './profile-text.ts';

const x = input('x', 'float32', [1000]);
const [node] = graph('g', [['y', withScope('D0', () => relu(x))]]).nodes.slice(-1);
assert.ok(node);
const work = (seconds: number, flops: number) => ({ seconds, calls: 2, flops, bytes: 1e9 });
const place = (scope: string, op: string, kernel: string, seconds: number, flops: number) => {
  return { scope, op, ...work(seconds, flops), kernels: new Map([[kernel, work(seconds, 0)]]) };
};
const profile: Profile = {
  preset: 'small',
  batch: 4,
  generatorBatch: 8,
  images: 'random images',
  passes: 'all',
  steps: 3,
  stepSeconds: 1,
  secondsByStep: [1, 0.9, 1.25],
  recordedSeconds: 1.2,
  outsideSeconds: 0.1,
  writtenFlops: 40e9,
  flops: 20e9,
  processBytes: 5e8,
  programSeconds: 1.1,
  kernelSeconds: 1,
  places: [
    place('D0.D.block1', 'conv', 'Conv', 0.5, 10e9),
    place('grad.D0.D.block1', 'conv', 'FusedMatMul', 0.25, 10e9),
    place('Gstep.G.linear', 'matmul', 'MatMul', 0.2, 1e6),
    place('watch', 'sum', 'ReduceSum', 0.005, 1),
  ],
  unmapped: [place('', 'Transpose', 'Transpose', 0.045, 0)],
  programs: [
    {
      name: 'step',
      plannedBytes: 4000,
      allocatedBytes: 5000,
      heldBytes: 8000,
      held: [{ bytes: 4000, node }],
      appliedPasses: [
        { name: 'quick', summary: 'saves time', sites: [{ scope: 'D0.D.block1', op: 'conv', change: 'halved' }] },
      ],
    },
  ],
};
const text = (depth: number, verbose: boolean) =>
  stripVTControlCharacters(profileText(profile, { depth, verbose })).split('\n');
const row = (lines: readonly string[], start: RegExp) =>
  lines
    .find((line) => start.test(line))
    ?.trim()
    .split(/ {2,}/);

test('what a step takes, by module and by op, in lines of 100 columns at most', () => {
  const lines = text(3, false);
  assert.equal(lines[0], 'small: training steps with batches of 4, 8 for the generator, random images');
  assert.deepEqual(row(lines, /a step/), ['a step', '1000 ms, the median of 3: 900 ms … 1250 ms']);
  assert.deepEqual(row(lines, /as written/), ['work, as written', '40.0 GFLOP, 40.0 GFLOP/s']);
  assert.deepEqual(row(lines, /^ {2}D0 /), ['D0', '75.0 %', '750 ms', '500 ms', '250 ms', '27']);
  assert.deepEqual(row(lines, /^ {6}block1/), ['block1', '75.0 %', '750 ms', '500 ms', '250 ms', '27']);
  assert.deepEqual(row(lines, /^ {2}\(of no op/), ['(of no op: Transpose)', '4.5 %', '45.0 ms']);
  assert.deepEqual(row(lines, /^ {2}conv /), ['conv', '75.0 %', '750 ms', '4', '27', '2.7']);
  assert.deepEqual(row(lines, /^ {4}FusedMatMul/), ['FusedMatMul', '25.0 %', '250 ms', '2', '4.0']);
  assert.deepEqual(row(lines, /^ {2}matmul \(MatMul/), ['matmul (MatMul)', '20.0 %', '200 ms', '2', '0.0', '5.0']);
  assert.deepEqual(row(lines, /^ {2}grad/), ['grad.D0.D.block1 conv', '25.0 %', '250 ms', '40', '4.0']);
  assert.deepEqual(row(lines, /^ {2}D0 +100/), ['D0', '100.0 %', '4.00 kB']);
  assert.ok(lines.includes('  ONNX Runtime gave out 5.00 kB, of 8.00 kB that it had reserved by doubling.'));
  assert.ok(lines.includes('  quick: 1 place') && !lines.some((line) => line.includes('halved')));
  assert.deepEqual(
    lines.filter((line) => line.length > 100),
    [],
  );
  assert.equal(row(text(2, false), /block1 {2}/), undefined, 'a depth of two names has no layers');
});

test('verbose shows what is small, and every place that a pass changed', () => {
  assert.equal(row(text(3, false), /^ {2}watch {2}/), undefined);
  const lines = text(3, true);
  assert.deepEqual(row(lines, /^ {2}watch {2}/), ['watch', '0.5 %', '5.0 ms', '5.0 ms', '0.0 ms', '0.0']);
  assert.ok(lines.includes('      D0.D.block1 conv: halved'));
});

test('where nothing is rewritten, that is said', () => {
  const [program] = profile.programs;
  assert.ok(program);
  const plain = { ...profile, passes: 'none', programs: [{ ...program, appliedPasses: [] }] } as const;
  const lines = stripVTControlCharacters(profileText(plain, { depth: 1, verbose: false }));
  assert.match(lines, /^rewrites of the program: none \(--passes none\)$/m);
});
