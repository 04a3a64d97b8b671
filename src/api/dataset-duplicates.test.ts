import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { temporaryFolder } from '../../test/fault/small-run.ts';
import { datasetFrom, openDataset } from '../data/index.ts';
import { DuplicateSearch } from './dataset-duplicates.ts';

/** 1×1 images of these greys. */
function greys(values: readonly number[], labels?: readonly number[]) {
  const dataset = datasetFrom({ name: 'greys', images: Uint8Array.from(values), channels: 1, resolution: 1, labels });
  return { dataset };
}

const none = {
  name: 'none',
  source: 'memory',
  count: 0,
  classes: [],
  sizes: [],
  kinds: [],
  badFiles: [],
  warnings: [],
};
const size = { width: 1, height: 1, count: 1 };
const report = { ...none, smallest: size, largest: size };

test('equal images are found in their order, with their labels, and said in words', async () => {
  const search = new DuplicateSearch({ ...greys([9, 5, 7, 5, 9, 5, 8], [0, 1, 1, 1, 2, 1, 0]), report });
  const { copies, groups, warnings } = await search.run();
  assert.equal(copies, 3);
  assert.deepEqual(groups, [
    [
      { index: 0, label: 0 },
      { index: 4, label: 2 },
    ],
    [
      { index: 1, label: 1 },
      { index: 3, label: 1 },
      { index: 5, label: 1 },
    ],
  ]);
  assert.match(warnings[0] ?? '', /^3 images repeat others, pixel by pixel \(image 4 is image 0, …\)/);
  assert.match(warnings[1] ?? '', /^One of them has two labels: .* "0" as image 0 and "2" as image 4\./);
  assert.equal(warnings.length, 2);
});

test('images that are all different give no warning', async () => {
  assert.deepEqual(await new DuplicateSearch({ ...greys([1, 2, 3]), report }).run(), {
    copies: 0,
    groups: [],
    warnings: [],
  });
});

test('a search that broke off goes on where it was, and finds the same', async () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index * 7) % 251);
  const whole = await new DuplicateSearch({ ...greys(values), report }).run();
  const search = new DuplicateSearch({ ...greys(values), report });
  const seen: number[] = [];
  const stop = async (done: number) => {
    seen.push(done);
    if (done === 512) throw new Error('withdrawn');
  };
  await assert.rejects(search.run(stop), /withdrawn/);
  assert.deepEqual(await search.run(async (done) => void seen.push(done)), whole);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 1000);
  assert.equal(whole.copies, 1000 - 251);
});

test('files are compared by what training sees of them: cropped to the centre, resized', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['cats', 'dogs']) mkdirSync(join(folder, name));
  const red = { create: { width: 16, height: 16, channels: 3, background: '#c02020' } } as const;
  const blue = { create: { width: 16, height: 16, channels: 3, background: '#2020c0' } } as const;
  await sharp(red)
    .png()
    .toFile(join(folder, 'cats', 'red.png'));
  await sharp(red)
    .extend({ left: 7, right: 7, background: '#00ff00' })
    .png()
    .toFile(join(folder, 'dogs', 'framed.png'));
  await sharp(blue)
    .png()
    .toFile(join(folder, 'cats', 'blue.png'));
  copyFileSync(join(folder, 'cats', 'blue.png'), join(folder, 'cats', 'copy of blue.png'));
  const opened = await openDataset(folder, { resolution: 8, cacheFolder: join(folder, '.cache') });
  const { copies, groups } = await new DuplicateSearch(opened).run();
  assert.equal(copies, 2);
  assert.deepEqual(
    groups.map((group) => group.map(({ path, label }) => [path, label])),
    [
      [
        ['cats/blue.png', 0],
        ['cats/copy of blue.png', 0],
      ],
      [
        ['cats/red.png', 0],
        ['dogs/framed.png', 1],
      ],
    ],
  );
});
