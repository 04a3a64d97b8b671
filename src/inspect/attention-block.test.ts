import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import {
  type AttentionBlock,
  attentionPeaks,
  cellAt,
  encodeMap,
  pixelOfCell,
  readAttention,
  summarizeAttention,
} from './attention-block.ts';
import { attentionEntropy } from './attention-entropy.ts';

/** Four queries on 2×2 cells that look at two keys, one above the other. */
const block: AttentionBlock = {
  name: 'attention',
  gamma: 0.5,
  queryGrid: [2, 2],
  keyGrid: [2, 1],
  map: Float32Array.of(1, 0, 0.75, 0.25, 0.5, 0.5, 0, 1),
};

const isClose = (seen: number, expected: number) =>
  assert.ok(Math.abs(seen - expected) < 1e-6, `${seen}, not ${expected}`);

test('entropy, distance and the largest weight are means over the queries', () => {
  const summary = summarizeAttention(block);
  const [near, far] = [0.25, Math.hypot(0.25, 0.5)]; // From a query to the key in its row, and to the other.
  isClose(summary.meanDistance, (near + (0.75 * near + 0.25 * far) + (near + far) / 2 + near) / 4);
  isClose(summary.uniformDistance, (near + far) / 2);
  isClose(summary.meanEntropyBits, (0 + -(0.75 * Math.log2(0.75) + 0.25 * Math.log2(0.25)) + 1 + 0) / 4);
  assert.equal(summary.maximumEntropyBits, 1);
  isClose(summary.meanLargestWeight, (1 + 0.75 + 0.5 + 1) / 4);
  assert.throws(
    () => summarizeAttention({ ...block, queryGrid: [3, 3] }),
    /map has 4 queries; expected 9, as the grid 3×3/,
  );
});

test('a row is what a query looks at; a column is who looks at a key, of all that it is given', () => {
  const row = readAttention(block, { x: 12, y: 3 }, 16);
  assert.deepEqual([row.cell, row.grid, [...row.weights]], [{ row: 0, column: 1 }, [2, 1], [0.75, 0.25]]);
  assert.equal(row.received, undefined);
  const column = readAttention(block, { x: 12, y: 3, direction: 'lookedAtBy' }, 16);
  assert.deepEqual([column.cell, column.grid], [{ row: 0, column: 0 }, [2, 2]]);
  for (const [i, share] of [1, 0.75, 0.5, 0].entries()) isClose(column.weights[i] ?? 0, share / 2.25);
  isClose(column.received ?? 0, 2.25 / 2);
  const unseen = readAttention(
    { ...block, map: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0) },
    { x: 0, y: 15, direction: 'lookedAtBy' },
    16,
  );
  assert.deepEqual([unseen.received, ...unseen.weights], [0, 0.25, 0.25, 0.25, 0.25]);
});

test('pixels are in cells, and pixels of cells in them; a pixel beside the image is refused', () => {
  assert.deepEqual(cellAt({ x: 31, y: 15 }, 32, [2, 4]), { row: 0, column: 3 });
  assert.deepEqual(cellAt({ x: 8, y: 16 }, 32, [2, 4]), { row: 1, column: 1 });
  for (const [resolution, side] of [
    [32, 16],
    [32, 32],
    [28, 7],
    [20, 8],
  ] as const) {
    for (let i = 0; i < side * side; i++) {
      const cell = { row: Math.floor(i / side), column: i % side };
      assert.deepEqual(cellAt(pixelOfCell(cell, resolution, [side, side]), resolution, [side, side]), cell);
    }
  }
  for (const [x, y] of [
    [32, 0],
    [0, -1],
    [Number.NaN, 3],
  ] as const) {
    assert.throws(() => cellAt({ x, y }, 32, [4, 4]), /is not in the image; expected two numbers from 0 to 31/);
  }
});

test('peaks are local maxima, the heaviest first; a uniform map has none', () => {
  const weights = new Float32Array(36).fill(0.01);
  const [first, second, beside, small, plateau] = [7, 28, 29, 5, 33];
  weights[first] = 0.2;
  weights[second] = 0.3;
  weights[beside] = 0.25; // A neighbour of a heavier one.
  weights[small] = 0.06; // Below a quarter of the largest.
  assert.deepEqual(attentionPeaks(weights, [6, 6]), [
    { row: 4, column: 4, weight: weights[second] },
    { row: 1, column: 1, weight: weights[first] },
  ]);
  const flat = new Float32Array(36).fill(0.01);
  for (const i of [plateau, plateau - 1]) flat[i] = 0.3;
  assert.deepEqual(
    attentionPeaks(flat, [6, 6]).map(({ row, column }) => [row, column]),
    [[5, 2]],
  );
  assert.deepEqual(attentionPeaks(new Float32Array(36).fill(1 / 36), [6, 6]), []);
});

test('an encoded map is nearly the map, and its rows have nearly their entropies', () => {
  const keys = 200;
  const map = new Random(2, 'map').normal(3 * keys).map((score, i) => Math.exp(score * (i < keys ? 0.5 : 3)));
  for (const query of [0, 1, 2]) {
    const row = map.subarray(query * keys, (query + 1) * keys);
    const sum = row.reduce((a, b) => a + b);
    row.set(row.map((weight) => (query === 2 ? 0 : weight / sum)));
  }
  const { roots, maxima } = encodeMap(map, keys);
  const [numbers, rows] = [Buffer.from(roots, 'base64'), Buffer.from(maxima, 'base64')];
  assert.deepEqual([numbers.length, rows.length], [2 * 3 * keys, 12]);
  const decoded = map.map(
    (_, i) => (numbers.readUInt16LE(2 * i) / 65535) ** 2 * rows.readFloatLE(4 * Math.floor(i / keys)),
  );
  for (const [i, weight] of map.entries()) assert.ok(Math.abs((decoded[i] ?? 1) - weight) <= 2e-5, `${i}`);
  const [seen, expected] = [decoded, map].map((of) => attentionEntropy(of.subarray(0, 2 * keys), keys).bits);
  for (const query of [0, 1]) isNear(seen?.[query], expected?.[query]);
});

const isNear = (a = Number.NaN, b = 0) => assert.ok(Math.abs(a - b) < 5e-4, `${a} bits, not ${b}`);
