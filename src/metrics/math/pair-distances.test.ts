import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn } from '../../../test/golden/recorded-scores.ts';
import { openRuntime } from '../../engine/index.ts';
import { memoryRows } from '../features/feature-rows.ts';
import { pairBlocks } from './pair-distances.ts';

const runtime = await openRuntime({ threads: 1 });

function squaredDistance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, d) => sum + (x - (b[d] ?? 0)) ** 2, 0);
}

test('every pair is met once, and its distance is that of its rows', async () => {
  const [x, y] = [
    drawn({ seed: 1, shape: [7, 5], scale: 1, shift: 0 }),
    drawn({ seed: 2, shape: [9, 5], scale: 1, shift: 0 }),
  ];
  const met = new Map<string, number>();
  for await (const block of pairBlocks(runtime, memoryRows(x, 5), memoryRows(y, 5), { blockRows: 4 })) {
    for (let i = 0; i < block.a.count; i++) {
      for (let j = 0; j < block.b.count; j++) {
        const [row, column] = [block.a.first + i, block.b.first + j];
        const expected = squaredDistance(x.subarray(row * 5, row * 5 + 5), y.subarray(column * 5, column * 5 + 5));
        assert.equal(block.squaredDistance(i, j), expected);
        met.set(`${row} ${column}`, (met.get(`${row} ${column}`) ?? 0) + 1);
      }
    }
  }
  assert.equal(met.size, 63);
  assert.ok([...met.values()].every((times) => times === 1));
});

test('the upper triangle has every pair i < j', async () => {
  const rows = memoryRows(drawn({ seed: 1, shape: [10, 3], scale: 1, shift: 0 }), 3);
  const met = new Set<string>();
  for await (const { a, b } of pairBlocks(runtime, rows, rows, { blockRows: 3, upperTriangle: true })) {
    for (let i = a.first; i < a.first + a.count; i++) {
      for (let j = b.first; j < b.first + b.count; j++) met.add(`${i} ${j}`);
    }
  }
  for (let i = 0; i < 10; i++) for (let j = i + 1; j < 10; j++) assert.ok(met.has(`${i} ${j}`));
  assert.ok(!met.has('9 0'));
});

for (const [what, scale, shift] of [
  ['around 0', 1, 0],
  ['close together and far from 0, where float32 products cancel', 1e-3, 1000],
  ['so small that float32 products vanish', 1e-22, 0],
  ['so large that float32 products overflow', 1e20, 0],
] as const) {
  test(`comparisons are exact for rows ${what}`, async () => {
    const data = drawn({ seed: 3, shape: [30, 40], scale, shift });
    const rows = memoryRows(data, 40);
    for await (const block of pairBlocks(runtime, rows, rows, { blockRows: 30 })) {
      for (let i = 0; i < 30; i++) {
        for (let j = 0; j < 30; j++) {
          const exact = squaredDistance(data.subarray(i * 40, i * 40 + 40), data.subarray(j * 40, j * 40 + 40));
          assert.equal(block.isWithin(i, j, exact, true), true);
          assert.equal(block.isWithin(i, j, exact, false), false);
          assert.equal(block.isWithin(i, j, exact * (1 + 1e-9), false), i !== j);
          assert.equal(block.isWithin(i, j, exact * (1 - 1e-9), true), i === j);
          assert.equal(block.isWithin(i, j, exact / 2, true), i === j);
          assert.equal(block.isWithin(i, j, exact * 2, false), i !== j);
        }
      }
    }
  });
}
