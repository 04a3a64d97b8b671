import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { rgbOf, surface } from '../picture/colours.ts';
import { sampleSheet } from './sheet.ts';
import { toBytes } from './to-bytes.ts';

async function decode(png: Buffer) {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
  return { ...info, at };
}

const margin = 16;
const gap = 4;
const paper = [...rgbOf(surface.paper)];

test('every pixel of every tile is in its place, enlarged, and gaps are paper', async () => {
  const images = Uint8Array.from({ length: 5 * 3 * 4 }, (_, i) => 40 + 3 * i); // [5, 3, 2, 2]
  const sheet = await decode(await sampleSheet({ images, channels: 3, resolution: 2, columns: 3, scale: 5 }));
  assert.deepEqual([sheet.width, sheet.height], [2 * margin + 3 * 10 + 2 * gap, 2 * margin + 2 * 10 + gap]);
  for (let y = 0; y < sheet.height; y++) {
    for (let x = 0; x < sheet.width; x++) {
      const [column, row] = [Math.floor((x - margin) / (10 + gap)), Math.floor((y - margin) / (10 + gap))];
      const [inX, inY] = [x - margin - column * (10 + gap), y - margin - row * (10 + gap)];
      const n = row * 3 + column;
      const isTile = column >= 0 && column < 3 && row >= 0 && row < 2 && inX < 10 && inY < 10 && n < 5;
      const pixel = n * 12 + Math.floor(inY / 5) * 2 + Math.floor(inX / 5);
      const expected = isTile ? [0, 4, 8].map((plane) => images[pixel + plane]) : paper;
      assert.deepEqual(sheet.at(x, y), expected, `(${x}, ${y})`);
    }
  }
});

test('tiles come out about 64 pixels wide, and never smaller than they are', async () => {
  for (const [resolution, side] of [
    [28, 56],
    [32, 64],
    [48, 48],
    [128, 128],
  ] as const) {
    const images = new Uint8Array(resolution * resolution);
    const sheet = await decode(await sampleSheet({ images, channels: 1, resolution, columns: 1 }));
    assert.equal(sheet.width, 2 * margin + side);
  }
});

test('title, labels and caption make room for themselves and leave the tiles exact', async () => {
  const images = new Uint8Array(4 * 16).fill(200);
  const plain = { images, channels: 1, resolution: 4, columns: 2, scale: 10 };
  const bare = await decode(await sampleSheet(plain));
  const full = await decode(
    await sampleSheet({
      ...plain,
      title: 'Title',
      caption: 'A caption that is longer than the sheet is wide',
      rowLabels: ['zero', 'one'],
      columnLabels: ['first', 'a second, much longer label'],
    }),
  );
  assert.ok(full.width > bare.width + 20 && full.height > bare.height + 60);
  const count = (sheet: typeof full, value: number) => {
    let found = 0;
    for (let y = 0; y < sheet.height; y++) {
      for (let x = 0; x < sheet.width; x++) found += sheet.at(x, y).every((byte) => byte === value) ? 1 : 0;
    }
    return found;
  };
  assert.equal(count(bare, 200), 4 * 1600);
  for (let i = 0; i < 4; i++) {
    const right = full.width - margin - 1 - (1 - (i % 2)) * 44;
    assert.deepEqual(full.at(right, 90), [200, 200, 200]);
    assert.deepEqual(full.at(right - 39, 90), [200, 200, 200]);
  }
});

test('blocks begin new rows, each below its title', async () => {
  const images = Uint8Array.from({ length: 10 }, (_, i) => 40 + 20 * i); // [10, 1, 1, 1]
  const sheet = { images, channels: 1, resolution: 1, columns: 3, scale: 8, rowLabels: ['a', 'b', 'c', 'd'] };
  const { at, width, height } = await decode(await sampleSheet({ ...sheet, blockTitles: ['one', 'two'] }));
  const left = width - margin - 3 * 8 - 2 * gap;
  const isTile = (top: number) =>
    at(left, top)[0] !== paper[0] &&
    Array.from({ length: 64 }, (_, i) => at(left + (i % 8), top + Math.floor(i / 8))).every(
      ([grey]) => grey === at(left, top)[0],
    );
  const rowTops = Array.from({ length: height - 8 }, (_, y) => y).filter(isTile);
  const tiles = rowTops.map((y) => [0, 1, 2].map((column) => at(left + column * (8 + gap), y)[0]));
  const blank = paper[0];
  assert.deepEqual(tiles, [
    [40, 60, 80],
    [100, 120, blank],
    [140, 160, 180],
    [200, 220, blank],
  ]);
  const [first = 0, second = 0, third = 0, fourth = 0] = rowTops;
  assert.equal(second - first, 8 + gap);
  assert.equal(fourth - third, 8 + gap);
  const hasInk = (from: number, to: number) =>
    Array.from({ length: (to - from) * 30 }, (_, i) => at(left + (i % 30), from + Math.floor(i / 30))[0] ?? 0).some(
      (byte) => byte < 100,
    );
  assert.ok(hasInk(margin, first) && hasInk(second + 8, third), 'each title stands above its block');
});

test('wrong sheets are refused in words', async () => {
  const plain = { images: new Uint8Array(64), channels: 1, resolution: 4, columns: 2 };
  await assert.rejects(sampleSheet({ ...plain, columns: 0 }), /columns is 0; expected an integer of at least 1/);
  await assert.rejects(sampleSheet({ ...plain, scale: 1.5 }), /scale is 1.5/);
  await assert.rejects(sampleSheet({ ...plain, rowLabels: ['a'] }), /rowLabels has 1 entries; expected 2/);
  await assert.rejects(
    sampleSheet({ ...plain, columnLabels: ['a', 'b', 'c'] }),
    /columnLabels has 3 entries; expected 2/,
  );
  await assert.rejects(sampleSheet({ ...plain, blockTitles: ['a', 'b', 'c'] }), /4 images for 3 blocks/);
  await assert.rejects(sampleSheet({ ...plain, resolution: 3 }), /64 bytes are not a whole number/);
});

test('bytes are the nearest ones, clamped, and every byte survives the way there and back', () => {
  assert.deepEqual([...toBytes(Float32Array.of(-1, 1, 0, -3, 7, -0.9999, 0.0))], [0, 255, 128, 0, 255, 0, 128]);
  const all = Float32Array.from({ length: 256 }, (_, i) => i / 127.5 - 1);
  assert.deepEqual(
    [...toBytes(all)],
    Array.from({ length: 256 }, (_, i) => i),
  );
  assert.deepEqual(
    [...toBytes(all.map((value) => value + 0.45 / 127.5))].slice(0, 255),
    [...toBytes(all)].slice(0, 255),
  );
  assert.throws(() => toBytes(Float32Array.of(0, Number.NaN)), /element 1 of the generated images is NaN/);
});
