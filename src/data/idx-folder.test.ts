import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FormatError, UserError } from '../base/errors.ts';
import { openDataset } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-idx-folder-'));
after(() => rmSync(folder, { recursive: true }));

/** Three 2x2 images with labels, gzipped. */
function writeSplit(labels: readonly number[]): void {
  const images = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, ...Array.from({ length: 12 }, (_, i) => 10 * i)];
  writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), gzipSync(Buffer.from(images)));
  writeFileSync(
    join(folder, 'train-labels-idx1-ubyte.gz'),
    gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, labels.length, ...labels])),
  );
}

test('MNIST has its published counts, and its digits look like digits', async () => {
  const train = await openDataset('mnist', { resolution: 32 });
  assert.deepEqual(
    train.report.classes.map(({ count }) => count),
    [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  );
  assert.deepEqual(
    [train.dataset.count, train.dataset.channels, train.dataset.classNames.join('')],
    [60000, 1, '0123456789'],
  );
  assert.deepEqual(train.report.sizes, [{ width: 28, height: 28, count: 60000 }]);
  assert.deepEqual(train.report.warnings, []);
  const test = await openDataset('mnist', { resolution: 32, split: 'test' });
  assert.deepEqual(
    test.report.classes.map(({ count }) => count),
    [980, 1135, 1032, 1010, 982, 892, 1028, 974, 1009].toSpliced(6, 0, 958),
  );
  const ink = [0, 1].map((digit) => {
    const index = Array.from({ length: 100 }, (_, i) => i).find((i) => test.dataset.label(i) === digit) ?? -1;
    return test.dataset.image(index)[16 * 32 + 16] ?? 0;
  });
  assert.ok((ink[0] ?? 255) < 50 && (ink[1] ?? 0) > 200, `centres of a nought and a one: ${ink}`);
});

test('MNIST comes at other resolutions and in three equal planes', async () => {
  const { dataset, report } = await openDataset('mnist', { resolution: 64, channels: 3, split: 'test' });
  const { images } = dataset.batchAt(0, 2, 1);
  assert.equal(images.length, 2 * 3 * 64 * 64);
  const planes = [3, 4, 5].map((plane) => images.subarray(plane * 4096, (plane + 1) * 4096));
  assert.ok(planes[0]?.some((value) => value > 200));
  assert.deepEqual(planes[1], planes[0]);
  assert.deepEqual(planes[2], planes[0]);
  assert.match(report.warnings.join(), /10000 of 10000 images are smaller than the resolution/);
});

test('a folder of gzipped IDX files is opened by its path, or as Fashion-MNIST with its class names', async () => {
  writeSplit([0, 2, 2]);
  const { dataset } = await openDataset(folder, { resolution: 2 });
  assert.deepEqual(dataset.classNames, ['0', '1', '2']);
  assert.deepEqual([...dataset.image(1)], [40, 50, 60, 70]);
  const fashion = await openDataset(`fashion-mnist:${folder}`, { resolution: 2 });
  assert.equal(fashion.dataset.classNames[2], 'Pullover');
  assert.deepEqual(fashion.report.classes[2], { name: 'Pullover', count: 2 });
  assert.match(fashion.report.warnings.join(), /Class "Trouser" has 0 images and class "Pullover" has 2/);
});

test('labels beyond the class names, missing files and a missing folder are refused', async () => {
  writeSplit([0, 10, 2]);
  await assert.rejects(
    openDataset(`fashion-mnist:${folder}`, { resolution: 32 }),
    (error) =>
      error instanceof FormatError && error.offset === 9 && /label 1 is 10; expected 0 to 9/.test(error.message),
  );
  await assert.rejects(openDataset(folder, { resolution: 32, split: 'test' }), /there is no t10k-labels-idx1-ubyte/);
  await assert.rejects(openDataset('fashion-mnist:', { resolution: 32 }), /no folder is named/);
  await assert.rejects(openDataset('fashion-mnist:/absent', { resolution: 32 }), UserError);
});

test('an image too wide to be one is refused before anything is allocated for it', async () => {
  copyFileSync(join(folder, 'train-labels-idx1-ubyte.gz'), join(folder, 't10k-labels-idx1-ubyte.gz'));
  const wide = Buffer.concat([
    Buffer.from([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 16, 0, 0]),
    Buffer.alloc(3 * 2 ** 20),
  ]);
  writeFileSync(join(folder, 't10k-images-idx3-ubyte'), wide);
  await assert.rejects(openDataset(folder, { resolution: 32, split: 'test' }), /images of 1048576x1 pixels/);
});
