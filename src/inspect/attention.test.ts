import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { distinctColour, rgbOf } from '../picture/colours.ts';
import { attentionEntropy } from './attention-entropy.ts';
import { attentionFigure } from './attention-figure.ts';
import { chooseQueries } from './choose-queries.ts';
import { valueAt } from './heat-map.ts';

const resolution = 16;
const side = 144;

/** Dark images with a bright vertical bar, four pixels wide, from column `left`. */
function bars(...lefts: number[]): Uint8Array {
  const images = new Uint8Array(lefts.length * resolution ** 2);
  for (const [n, left] of lefts.entries()) {
    for (let y = 3; y < 13; y++) images.fill(250, n * 256 + y * 16 + left, n * 256 + y * 16 + left + 4);
  }
  return images;
}

/** Maps float32 [N, 64, 16] in which query q of image n looks at key (q + n) mod 16 most, and a little everywhere. */
function peakedMaps(count: number): Float32Array {
  const maps = new Float32Array(count * 64 * 16).fill(0.02);
  for (let row = 0; row < count * 64; row++) maps[row * 16 + (((row % 64) + Math.floor(row / 64)) % 16)] = 0.7;
  return maps;
}

const input = {
  images: bars(4, 8),
  channels: 1,
  resolution,
  maps: peakedMaps(2),
  queryGrid: [8, 8],
  keyGrid: [4, 4],
  gamma: 0.25,
  blockName: 'G.attention',
} as const;

const queries = [
  [
    { row: 1, column: 2 },
    { row: 6, column: 5 },
  ],
];

async function decode(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  return { ...info, at };
}

test('dots stand on their queries, frames bear their colours, and the heat peaks at the key looked at most', async () => {
  const figure = await attentionFigure({ ...input, queries });
  const picture = await decode(figure.png);
  const [left, top, pitchX, pitchY] = [24, 20 + 10 + 9 + 4, side + 8 + 14, side + 8 + 9 + 26];
  assert.equal(picture.width, 2 * 20 + 3 * pitchX - 14);
  for (const n of [0, 1]) {
    const y = top + n * pitchY;
    assert.deepEqual(picture.at(left, y), [0, 0, 0], 'the image begins at its corner');
    assert.deepEqual(picture.at(left + (n === 0 ? 4 : 8) * 9 + 1, y + 100), [250, 250, 250], 'and holds its bar');
    for (const [i, { row, column }] of (queries[0] ?? []).entries()) {
      const colour = [...rgbOf(distinctColour(i))];
      const x = left + (i + 1) * pitchX;
      const [dotX, dotY] = [(column + 0.5) * 18, (row + 0.5) * 18];
      assert.deepEqual(picture.at(left + dotX, y + dotY), colour, 'dot on the image');
      assert.deepEqual(picture.at(x + dotX, y + dotY), colour, 'dot on the map');
      assert.deepEqual(picture.at(x - 2, y + 70), colour, 'frame on the left');
      assert.deepEqual(picture.at(x + side + 1, y + 70), colour, 'frame on the right');
      const key = (row * 8 + column + n) % 16;
      const centre = [(key % 4) * 36 + 18, Math.floor(key / 4) * 36 + 18] as const;
      const brightness = (px: number, py: number) => picture.at(px, py).reduce((sum, byte) => sum + byte, 0);
      let brightest = { x: 0, y: 0, value: -1 };
      for (let py = 0; py < side; py++) {
        for (let px = 0; px < side; px++) {
          // The dot and its rings are brighter than any heat.
          if (Math.hypot(px - dotX, py - dotY) < 9) continue;
          const value = brightness(x + px, y + py);
          if (value > brightest.value) brightest = { x: px, y: py, value };
        }
      }
      assert.ok(Math.hypot(brightest.x - centre[0], brightest.y - centre[1]) <= 12, JSON.stringify({ key, brightest }));
    }
  }
});

test('the figure reports its queries and their entropies', async () => {
  const figure = await attentionFigure({ ...input, queries });
  const expected = -(0.7 * Math.log2(0.7) + 15 * 0.02 * Math.log2(0.02));
  assert.deepEqual(figure.queries, [queries[0], queries[0]]);
  assert.equal(figure.maximumEntropyBits, 4);
  for (const bits of figure.entropyBits.flat()) assert.ok(Math.abs(bits - expected) < 1e-5, `${bits}`);
  const chosen = await attentionFigure(input);
  assert.deepEqual(
    chosen.queries,
    [0, 1].map((n) => [...chooseQueries(input, n, input.queryGrid)]),
  );
});

test('chosen queries are on the bar, at an edge of it, and far from it', () => {
  for (const [n, left] of [
    [0, 4],
    [1, 8],
  ] as const) {
    const [subject, edge, background] = chooseQueries(input, n, [8, 8]);
    const barColumns = [left / 2, left / 2 + 1];
    assert.ok(barColumns.includes(subject.column) && subject.row >= 2 && subject.row <= 5, JSON.stringify(subject));
    const pixel = (row: number, column: number) => input.images[n * 256 + row * 2 * 16 + column * 2] ?? 0;
    const around = [-1, 0, 1].flatMap((d) => [pixel(edge.row + d, edge.column), pixel(edge.row, edge.column + d)]);
    assert.ok(around.includes(0) && around.includes(250), JSON.stringify(edge));
    assert.ok(!barColumns.includes(background.column), JSON.stringify(background));
    assert.deepEqual(chooseQueries(input, n, [8, 8]), [subject, edge, background]);
  }
});

test('the edge is where brightness changes, not where it is greatest', () => {
  const images = new Uint8Array(256);
  for (let y = 2; y < 14; y++) images.fill(250, y * 16 + 4, y * 16 + 12); // cells 2 … 5 across, 1 … 6 down
  const [subject, edge] = chooseQueries({ ...input, images }, 0, [8, 8]);
  const isInterior = ({ row, column }: { row: number; column: number }) =>
    row > 1 && row < 6 && column > 2 && column < 5;
  assert.ok(isInterior(subject) && !isInterior(edge), JSON.stringify({ subject, edge }));
});

test('chosen queries are the same on the negative of an image, and exist on a blank one', () => {
  const negative = { ...input, images: input.images.map((byte) => 255 - byte) };
  assert.deepEqual(chooseQueries(negative, 1, [8, 8]), chooseQueries(input, 1, [8, 8]));
  for (const size of [4, 5, 6, 7, 8, 16]) {
    const blank = chooseQueries({ ...input, images: new Uint8Array(256) }, 0, [size, size]);
    assert.equal(new Set(blank.map(({ row, column }) => `${row},${column}`)).size, 3, `grid ${size}`);
  }
  assert.throws(() => chooseQueries(input, 0, [3, 8]), /query grid is 3×8; expected at least 4×4/);
});

test('entropy is 0 for one key, all bits for every key alike, and in between in between', () => {
  assert.deepEqual(attentionEntropy(Float32Array.of(0, 1, 0, 0), 4), { bits: [0], maximumBits: 2 });
  assert.deepEqual(attentionEntropy(new Float32Array(16).fill(1 / 8), 8), { bits: [3, 3], maximumBits: 3 });
  assert.deepEqual(attentionEntropy(Float32Array.of(0.5, 0.25, 0.125, 0.125), 4).bits, [1.75]);
});

test('a value between the centres of cells is interpolated, and level beyond the outermost', () => {
  const map = Float32Array.of(0, 4, 8, 12);
  assert.equal(valueAt(map, [2, 2], 0.25, 0.25), 0);
  assert.equal(valueAt(map, [2, 2], 0.75, 0.25), 4);
  assert.equal(valueAt(map, [2, 2], 0.25, 0.75), 8);
  assert.equal(valueAt(map, [2, 2], 0.5, 0.25), 2);
  assert.equal(valueAt(map, [2, 2], 0.5, 0.5), 6);
  assert.equal(valueAt(map, [2, 2], 1, 1), 12);
  assert.equal(valueAt(map, [2, 2], 0, 0), 0);
  assert.equal(valueAt(map, [1, 4], 0.375, 0.9), 4);
});

test('maps, grids and queries that do not fit are refused in words', async () => {
  const refuses = (change: object, message: RegExp) =>
    assert.rejects(attentionFigure({ ...input, ...change }), message);
  await refuses({ keyGrid: [8, 8] }, /maps have 2048 elements; expected 2×64×64/);
  await refuses({ queries: [[], [], []] }, /there are 3 lists of queries; expected 1, or 2/);
  await refuses(
    { queries: [[{ row: 8, column: 0 }]] },
    /a query is at row 8, column 0; expected whole numbers below 8/,
  );
  await refuses({ queries: [[{ row: 0, column: 0.5 }]] }, /column 0.5/);
  await refuses({ maps: new Float32Array(2048) }, /query 0 sums to 0; expected probabilities/);
  assert.throws(() => attentionEntropy(new Float32Array(7), 4), /7 elements are not whole rows of 4 keys/);
  assert.throws(() => attentionEntropy(Float32Array.of(1.5, -0.5), 2), /sums to NaN/);
  assert.throws(() => attentionEntropy(Float32Array.of(Number.NaN, 1), 2), /sums to NaN/);
});
