import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Random } from '../../../../src/base/random.ts';
import { attentionReadingScript } from '../../../../src/inspect/attention-page-script.ts';
import { type AttentionBlock, encodeMap, readAttention } from '../../../../src/inspect/index.ts';
import { decodeMap, readBlock } from './maps.ts';
import { type Block, isSamePin, type Pin } from './pins.ts';

const resolution = 32;

/** A block of 8×8 queries and 4×4 keys, as it is observed. Nobody looks at the key `unseen`. */
function observed(sharpness: number, { seed = 1, unseen }: { seed?: number; unseen?: number } = {}): AttentionBlock {
  const scores = new Random(seed, 'map').normal(64 * 16);
  // Halves make plateaus.
  const map = scores.map((score, i) => (i % 16 === unseen ? 0 : Math.exp((sharpness * Math.round(2 * score)) / 2)));
  for (let start = 0; start < map.length; start += 16) {
    const row = map.subarray(start, start + 16);
    const sum = row.reduce((a, b) => a + b);
    row.set(row.map((weight) => weight / sum));
  }
  return { name: 'attention8', gamma: 0.5, queryGrid: [8, 8], keyGrid: [4, 4], map };
}

/** The block as the task sends it: with its map, or with answers to pins. */
function sent(block: AttentionBlock, pins: readonly Pin[] | undefined): Block {
  return {
    name: block.name,
    gamma: 0.5,
    queryGrid: block.queryGrid,
    keyGrid: block.keyGrid,
    meanEntropyBits: 0,
    maximumEntropyBits: 4,
    meanLargestWeight: 0,
    meanDistance: 0,
    uniformDistance: 0,
    keyOrigins: undefined,
    valueOrigins: undefined,
    map: pins === undefined ? encodeMap(block.map, 16) : undefined,
    readings: (pins ?? []).map((pin) => {
      const reading = readAttention(block, pin, resolution);
      return { ...reading, weights: encodeMap(reading.weights, reading.weights.length), top: [] };
    }),
  };
}

const pins: readonly Pin[] = [
  { x: 0, y: 0, direction: 'looksAt' },
  { x: 31, y: 17, direction: 'looksAt' },
  { x: 9, y: 30, direction: 'lookedAtBy' },
];

test('a block is read as the command line reads it, from its map and from answers alike', () => {
  for (const sharpness of [0, 1, 6]) {
    const block = observed(sharpness);
    for (const from of [sent(block, undefined), sent(block, pins)]) {
      for (const pin of pins) {
        const expected = readAttention(block, pin, resolution);
        const read = readBlock(from, pin, resolution);
        assert.ok(read !== undefined && isSamePin(read.pin, pin));
        assert.deepEqual([read.cell, read.grid], [expected.cell, expected.grid]);
        assert.ok(Math.abs(read.entropyBits - expected.entropyBits) < 1e-3);
        assert.ok(Math.abs((read.received ?? 0) - (expected.received ?? 0)) < 1e-3);
        for (const [i, weight] of expected.weights.entries()) {
          assert.ok(Math.abs((read.weights[i] ?? Number.NaN) - weight) < 1e-4, `${sharpness} ${i}`);
        }
        assert.deepEqual(
          read.peaks.map(({ row, column }) => [row, column]),
          expected.peaks.map(({ row, column }) => [row, column]),
        );
        const heaviest = expected.weights.indexOf(Math.max(...expected.weights));
        const { row, column } = read.top;
        assert.ok(
          Math.abs((expected.weights[row * read.grid[1] + column] ?? 0) - (expected.weights[heaviest] ?? 1)) < 1e-4,
        );
      }
    }
  }
});

test('without a map there is no answer to what was not asked', () => {
  const block = sent(observed(1), pins.slice(0, 1));
  assert.equal(readBlock(block, { x: 1, y: 0, direction: 'looksAt' }, resolution), undefined);
  assert.equal(readBlock(block, { x: 0, y: 0, direction: 'lookedAtBy' }, resolution), undefined);
});

interface ScriptReading {
  readonly cell: readonly [row: number, column: number];
  readonly grid: readonly number[];
  readonly weights: readonly number[];
  readonly bits: number;
  readonly peaks: readonly number[];
}

/** What the stand-alone page reads of a block, cell by cell of its queries and of its keys. */
function readByScript({ map, queryGrid, keyGrid }: Block, asked: readonly Pin[]): readonly ScriptReading[] {
  return JSON.parse(
    runInNewContext(
      `${attentionReadingScript}
      block.weights = weightsOf(block);
      JSON.stringify(asked.map((pin) => {
        const { row, column, grid, shares, bits, peaks } = readBlock(block, pin, resolution);
        return { cell: [row, column], grid, weights: [...shares], bits, peaks };
      }))`,
      { atob, block: { map, queryGrid, keyGrid }, asked, resolution },
    ),
  );
}

test('the command line, this page and the page without a studio read the same of every cell', () => {
  const unseen = 5;
  const everywhere = Array.from({ length: 64 }, (_, i) => ({ x: 4 * (i % 8) + 1, y: 4 * Math.floor(i / 8) + 3 }));
  const asked = everywhere.flatMap((at): Pin[] => [
    { ...at, direction: 'looksAt' },
    { ...at, direction: 'lookedAtBy' },
  ]);
  for (const seed of [1, 2, 3]) {
    const block = sent(observed(2 * seed, { seed, unseen }), undefined);
    // What is sent is rounded: all three begin with that.
    const map = decodeMap(block.map ?? assert.fail('the map is sent'));
    const byScript = readByScript(block, asked);
    for (const [i, pin] of asked.entries()) {
      const expected = readAttention({ ...observed(1), map }, pin, resolution);
      const { cell, grid, weights, peaks } = expected;
      const page = readBlock(block, pin, resolution) ?? assert.fail('there is a map');
      const script = byScript[i] ?? assert.fail('each pin is read');
      const where = `seed ${seed}, ${pin.direction} ${pin.x},${pin.y}`;
      assert.deepEqual(
        [page.cell, page.grid, page.peaks, page.received],
        [cell, grid, peaks, expected.received],
        where,
      );
      assert.deepEqual(page.weights, weights, where);
      assert.deepEqual([script.cell, script.grid], [[cell.row, cell.column], grid], where);
      assert.deepEqual(script.weights, [...weights], where);
      assert.deepEqual(
        script.peaks,
        peaks.map(({ row, column }) => row * grid[1] + column),
        where,
      );
      for (const bits of [page.entropyBits, script.bits])
        assert.ok(Math.abs(bits - expected.entropyBits) < 1e-5, where);
      if (pin.direction === 'looksAt' || cell.row * 4 + cell.column !== unseen) continue;
      assert.deepEqual([expected.received, script.bits, script.peaks], [0, 6, []], 'shared evenly');
    }
  }
});
