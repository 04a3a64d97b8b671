import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { distinctColour, rgbOf } from '../picture/colours.ts';
import type { AttentionBlock } from './attention-block.ts';
import { attentionEntropy } from './attention-entropy.ts';
import { attentionFigure, attentionPng, attentionSvg } from './attention-figure.ts';
import { attentionPage } from './attention-page.ts';
import { type AttentionScene, sceneRows } from './attention-scene.ts';
import { chooseQueries } from './choose-queries.ts';

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

/** A block float32 [64, 16] in which query q looks at key (q + n) mod 16 most, and a little everywhere. */
function peaked(n: number, name = 'attention8'): AttentionBlock {
  const map = new Float32Array(64 * 16).fill(0.02);
  for (let query = 0; query < 64; query++) map[query * 16 + ((query + n) % 16)] = 0.7;
  return { name, gamma: 0.25, queryGrid: [8, 8], keyGrid: [4, 4], map };
}

const input: AttentionScene = {
  title: '',
  kind: 'generated',
  labels: ['', ''],
  images: bars(4, 8),
  channels: 1,
  resolution,
  blocks: [[peaked(0)], [peaked(1)]],
};

/** Pixels in the cells (row 1, column 2) and (row 6, column 5) of the queries. */
const pins = [
  [
    { x: 5, y: 2 },
    { x: 10, y: 13 },
  ],
];
const cells = [
  { row: 1, column: 2 },
  { row: 6, column: 5 },
];

async function decode(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x + 1) * info.channels),
  ];
  return { ...info, at };
}

const sumOf = (colour: readonly number[]) => colour.reduce((sum, byte) => sum + byte, 0);

test('dots stand on their queries, frames bear their colours, and the heat is the key looked at most', async () => {
  const picture = await decode(await attentionPng(attentionFigure({ ...input, pins })));
  const [left, top, pitchX, pitchY] = [24, 20 + 10 + 9 + 4, side + 8 + 14, side + 8 + 9 + 26];
  assert.equal(picture.width, 2 * 20 + 3 * pitchX - 14);
  for (const n of [0, 1]) {
    const y = top + n * pitchY;
    assert.deepEqual(picture.at(left, y), [0, 0, 0], 'the image begins at its corner');
    assert.deepEqual(picture.at(left + (n === 0 ? 4 : 8) * 9 + 1, y + 100), [250, 250, 250], 'and holds its bar');
    for (const [i, { row, column }] of cells.entries()) {
      const colour = [...rgbOf(distinctColour(i))];
      const x = left + (i + 1) * pitchX;
      const [dotX, dotY] = [(column + 0.5) * 18, (row + 0.5) * 18];
      assert.deepEqual(picture.at(left + dotX, y + dotY), colour, 'dot on the image');
      assert.deepEqual(picture.at(x + dotX, y + dotY), colour, 'dot on the map');
      assert.deepEqual(picture.at(x - 2, y + 70), colour, 'frame on the left');
      assert.deepEqual(picture.at(x + side + 1, y + 70), colour, 'frame on the right');
      const key = (row * 8 + column + n) % 16;
      const [keyX, keyY] = [(key % 4) * 36, Math.floor(key / 4) * 36];
      // The whole cell is heated alike, to its corners, and its neighbours are not.
      for (const [dx, dy] of [
        [1, 1],
        [34, 1],
        [1, 34],
        [34, 34],
      ] as const) {
        assert.ok(sumOf(picture.at(x + keyX + dx, y + keyY + dy)) > 600, JSON.stringify({ n, i, key, dx, dy }));
      }
      const beside = key % 4 === 3 ? keyX - 2 : keyX + 37;
      assert.ok(sumOf(picture.at(x + beside, y + keyY + 34)) < 400);
    }
  }
});

test('an arrow goes from the query to the key that it looks at most, and none to where it stands', async () => {
  const far = { ...input, images: bars(4), labels: [''], blocks: [[peaked(0)]], pins: [[{ x: 10, y: 13 }]] };
  const canvas = await decode(await attentionPng(attentionFigure(far)));
  const [x, y] = [24 + side + 8 + 14, 20 + 10 + 9 + 4];
  // Query (6,5) is number 53 and looks at key 5, cell (1,1): from (99, 117) to (54, 54) of the tile.
  const colour = [...rgbOf(distinctColour(0))];
  for (const along of [0.2, 0.5, 0.75]) {
    const at = [Math.round(x + 99 - 45 * along), Math.round(y + 117 - 63 * along)] as const;
    assert.deepEqual(canvas.at(...at), colour, `${along} of the way`);
  }
  assert.deepEqual(canvas.at(x + 64, y + 61), colour, 'a side of its head');
  assert.notDeepEqual(canvas.at(x + 96, y + 106), colour, 'and none where it begins');
  const lookedAtBy = { ...far, pins: [[{ x: 1, y: 1, direction: 'lookedAtBy' }]] } as const;
  const [row] = sceneRows(lookedAtBy);
  assert.deepEqual(row?.readings[0]?.grid, [8, 8]);
  const tile = await decode(await attentionPng(attentionFigure(lookedAtBy)));
  // Key 0 is looked at by queries 0, 16, 32 and 48: rows 0, 2, 4 and 6 of the first column, 18 pixels each.
  for (const query of [2, 4, 6]) assert.ok(sumOf(tile.at(x + 2, y + query * 18 + 15)) > 600, `query row ${query}`);
  assert.ok(sumOf(tile.at(x + 2, y + 3 * 18 + 9)) < 300);
});

test('who looks at a key points at it', async () => {
  const block = peaked(0);
  block.map.fill(1 / 16);
  block.map.set([0.7, ...new Array(15).fill(0.02)], 53 * 16); // Query (6,5) looks at key 0, and the others everywhere.
  const pins = [[{ x: 1, y: 1, direction: 'lookedAtBy' }]] as const;
  const scene = { ...input, images: bars(4), labels: [''], blocks: [[block]], pins };
  const picture = await decode(await attentionPng(attentionFigure(scene)));
  const [x, y] = [24 + side + 8 + 14, 20 + 10 + 9 + 4];
  // From (99, 117) of the tile to (18, 18).
  const colour = [...rgbOf(distinctColour(0))];
  assert.deepEqual(picture.at(x + 59, y + 68), colour, 'on its way');
  assert.deepEqual(picture.at(x + 28, y + 24), colour, 'a side of its head');
  assert.notDeepEqual(picture.at(x + 95, y + 106), colour, 'and none where it begins');
});

test('a row for every block, and the picture as learned beside the changed one', async () => {
  const blocks = [[peaked(0, 'first'), peaked(3, 'second')]];
  const scene = { ...input, images: bars(4), asLearned: bars(8), change: 'γ = 0', labels: ['cat'], blocks, pins };
  const rows = sceneRows(scene);
  assert.deepEqual(
    rows.map(({ image, label, block }) => [image, label, block.name]),
    [
      [0, 'cat', 'first'],
      [0, 'cat', 'second'],
    ],
  );
  const picture = await decode(await attentionPng(attentionFigure(scene)));
  const [left, top, pitchX, pitchY] = [24, 20 + 10 + 9 + 4, side + 8 + 14, side + 8 + 9 + 26 + 17];
  for (const n of [0, 1]) {
    assert.deepEqual(picture.at(left + 8 * 9 + 1, top + n * pitchY + 100), [250, 250, 250], 'as learned');
    assert.deepEqual(picture.at(left + pitchX + 4 * 9 + 1, top + n * pitchY + 100), [250, 250, 250], 'changed');
  }
});

test('the SVG is the PNG', async () => {
  const figure = attentionFigure({ ...input, pins });
  const [fromSvg, png] = [
    await decode(Buffer.from(await attentionSvg(figure))),
    await decode(await attentionPng(figure)),
  ];
  assert.deepEqual([fromSvg.width, fromSvg.height], [png.width, png.height]);
  const channels = fromSvg.channels;
  let different = 0;
  for (let y = 0; y < png.height; y += 3) {
    for (let x = 0; x < png.width; x += 3) {
      const of = fromSvg.at(x, y).slice(0, 3);
      if (png.at(x, y).some((byte, i) => Math.abs(byte - (of[i] ?? 0)) > 2)) different += 1;
    }
  }
  assert.deepEqual([different, channels], [0, 4]);
});

test('the page holds images, maps and pins, and nothing that could leave its script', async () => {
  const title = 'Where </script><script>alert(1)</script> & "co" look';
  const page = await attentionPage({ ...input, title, labels: ['</script>', 'b'], pins });
  assert.equal(page.match(/<\/script>/g)?.length, 2);
  assert.ok(
    page.includes('<h1>Where &lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot; look</h1>'),
  );
  assert.doesNotMatch(page, /https?:\/\//);
  const [, json = ''] = /id="scene">(.*)<\/script>/.exec(page) ?? [];
  const { images, resolution: side } = JSON.parse(json);
  assert.deepEqual([side, images.length, images[0].label, images[0].pins], [16, 2, '</script>', pins[0]]);
  const roots = Buffer.from(images[1].blocks[0].map.roots, 'base64');
  assert.deepEqual([roots.length, roots.indexOf(255)], [2 * 64 * 16, 2]);
  const picture = await decode(Buffer.from(images[0].picture.split(',')[1], 'base64'));
  assert.deepEqual([picture.width, picture.at(5, 5), picture.at(9, 5)], [16, [250, 250, 250], [0, 0, 0]]);
});

test('a scene tells its queries and their entropies', () => {
  const expected = -(0.7 * Math.log2(0.7) + 15 * 0.02 * Math.log2(0.02));
  const readings = sceneRows({ ...input, pins }).flatMap((row) => row.readings);
  assert.deepEqual(
    readings.map(({ cell }) => cell),
    [...cells, ...cells],
  );
  for (const { entropyBits } of readings) assert.ok(Math.abs(entropyBits - expected) < 1e-5, `${entropyBits}`);
  const chosen = sceneRows(input).map((row) => row.readings.map(({ cell }) => cell));
  assert.deepEqual(
    chosen,
    [0, 1].map((n) => [...chooseQueries(input, n, [8, 8])]),
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

test('blocks, maps and pins that do not fit are refused in words', () => {
  const refuses = (change: Partial<AttentionScene>, message: RegExp) =>
    assert.throws(() => attentionFigure({ ...input, ...change }), message);
  const [block] = input.blocks[0] ?? [];
  if (block === undefined) throw new Error('there is one');
  const broken = (change: Partial<AttentionBlock>) => ({ blocks: [[{ ...block, ...change }], [block]] });
  refuses(broken({ keyGrid: [8, 8] }), /map of attention8 has 1024 elements; expected 64×64/);
  refuses({ blocks: [[block], []] }, /blocks for 1 of 2 images; expected one block or more of each/);
  refuses({ blocks: [[block]] }, /blocks for 1 of 2 images/);
  refuses({ pins: [[], [], []] }, /there are 3 lists of pins; expected 1, or 2/);
  refuses({ pins: [[{ x: 16, y: 0 }]] }, /pixel 16,0 is not in the image; expected two numbers from 0 to 15/);
  refuses(broken({ map: new Float32Array(1024) }), /query 0 sums to 0; expected probabilities/);
  assert.throws(() => attentionEntropy(new Float32Array(7), 4), /7 elements are not whole rows of 4 keys/);
  assert.throws(() => attentionEntropy(Float32Array.of(1.5, -0.5), 2), /sums to NaN/);
  assert.throws(() => attentionEntropy(Float32Array.of(Number.NaN, 1), 2), /sums to NaN/);
});
