import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDataset } from './index.ts';

test('pictures are the same whenever they are made, and differ by number and split', async () => {
  const [one, again, other] = [
    await openDataset('matching-pairs', { resolution: 32 }),
    await openDataset('matching-pairs', { resolution: 32 }),
    await openDataset('matching-pairs', { resolution: 32, split: 'test' }),
  ];
  assert.deepEqual([one.dataset.count, other.dataset.count], [50_000, 10_000]);
  assert.deepEqual([one.dataset.channels, one.dataset.classNames], [3, []]);
  assert.deepEqual(one.dataset.image(49_999), again.dataset.image(49_999));
  assert.notDeepEqual(one.dataset.image(0), one.dataset.image(1));
  assert.notDeepEqual(one.dataset.image(0), other.dataset.image(0));
  assert.match(one.report.warnings.join(' '), /no labels/);
});

test('the objects have one colour; between them there is grey but for a small distractor', async () => {
  const { dataset } = await openDataset('matching-pairs', { resolution: 32 });
  for (let index = 0; index < 50; index++) {
    const image = dataset.image(index);
    const chroma = (column: number) =>
      Array.from({ length: 32 }, (_, row) => {
        const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((channel) => image[channel * 1024 + row * 32 + column]);
        return { colour: [red, green, blue], size: Math.max(red, green, blue) - Math.min(red, green, blue) };
      });
    const most = (column: number) => chroma(column).reduce((best, pixel) => (pixel.size > best.size ? pixel : best));
    assert.deepEqual(most(6).colour, most(26).colour, `picture ${index}`);
    for (const column of [12, 19]) assert.equal(most(column).size, 0, `picture ${index}, column ${column}`);
    assert.ok(most(16).size > 100, 'the distractor is coloured');
  }
});

test('at twice the resolution a picture is the same, twice as fine', async () => {
  const [small, large] = [
    await openDataset('matching-pairs', { resolution: 32 }),
    await openDataset('matching-pairs', { resolution: 64 }),
  ];
  const [fine, coarse] = [large.dataset.image(7), small.dataset.image(7)];
  for (let at = 0; at < coarse.length; at++) {
    const [plane, row, column] = [Math.floor(at / 1024), Math.floor(at / 32) % 32, at % 32];
    const four = [0, 1, 64, 65].map((offset) => fine[plane * 4096 + row * 128 + column * 2 + offset] ?? 0);
    const seen = coarse[at] ?? 0;
    // A border of an object may lie within the four.
    assert.ok(seen >= Math.min(...four) - 64 && seen <= Math.max(...four) + 64, `${at}: ${seen} of ${four}`);
  }
});

test('one channel is refused', async () => {
  await assert.rejects(
    openDataset('matching-pairs', { resolution: 32, channels: 1 }),
    /expected 3, since colours are what it is about/,
  );
});
