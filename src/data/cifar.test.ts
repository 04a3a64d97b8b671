import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { FormatError, UserError } from '../base/errors.ts';
import { openDataset } from './open.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-cifar-'));
after(() => rmSync(scratch, { recursive: true }));

const names10 = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** Red, green and blue of the pixel at (x, y) of an image that is known by a number. */
const colourAt = (image: number, channel: number, y: number, x: number) =>
  (40 * image + 70 * channel + 3 * y + x) % 256;

function record(labels: readonly number[], image: number): Uint8Array {
  const pixels = Array.from({ length: 3072 }, (_, i) =>
    colourAt(image, Math.floor(i / 1024), Math.floor(i / 32) % 32, i % 32),
  );
  return Uint8Array.from([...labels, ...pixels]);
}

function writeFolder(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content);
  return folder;
}

/** Batch b holds the images 2b and 2b + 1, of classes b and 9. */
const files10: Readonly<Record<string, Uint8Array | string>> = {
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].map((b) => [`data_batch_${b}.bin`, Buffer.concat([record([b], 2 * b), record([9], 2 * b + 1)])]),
  ),
  'test_batch.bin': record([3], 0),
  'batches.meta.txt': `${names10.join('\n')}\n\n`,
};
const files100 = {
  'train.bin': Buffer.concat([record([19, 4], 1), record([0, 99], 2)]),
  'test.bin': record([11, 35], 3),
  'fine_label_names.txt': Array.from({ length: 100 }, (_, i) => `fine ${i}\n`).join(''),
  'coarse_label_names.txt': Array.from({ length: 20 }, (_, i) => `coarse ${i}\n`).join(''),
};

test('CIFAR-10: five batches in order, planes of red, green and blue, names from the file', async () => {
  const folder = writeFolder('ten', files10);
  const { dataset, report } = await openDataset(`cifar10:${folder}`, { resolution: 32 });
  const { count, channels, classNames } = dataset;
  assert.deepEqual([count, channels, classNames], [10, 3, names10]);
  assert.deepEqual(
    Array.from({ length: 10 }, (_, i) => dataset.label(i)),
    [1, 9, 2, 9, 3, 9, 4, 9, 5, 9],
  );
  assert.deepEqual(dataset.image(6), record([], 8));
  assert.deepEqual(report.sizes, [{ width: 32, height: 32, count: 10 }]);
  assert.deepEqual(report.classes[9], { name: 'truck', count: 5 });
  assert.match(report.warnings.join(), /There are 10 images; cifar10 has 50000 to train/);
  const { dataset: held } = await openDataset(`cifar10:${folder}`, { resolution: 32, split: 'test' });
  assert.deepEqual([held.count, held.label(0), held.image(0)], [1, 3, record([], 0)]);
});

test('CIFAR-100: fine labels, or coarse ones by another name', async () => {
  const folder = writeFolder('hundred', files100);
  const { dataset: fine } = await openDataset(`cifar100:${folder}`, { resolution: 32 });
  assert.deepEqual([fine.label(0), fine.label(1), fine.classNames[99]], [4, 99, 'fine 99']);
  assert.deepEqual(fine.image(1), record([], 2));
  const { dataset: coarse } = await openDataset(`cifar100-coarse:${folder}`, { resolution: 32 });
  assert.deepEqual([coarse.label(0), coarse.label(1), coarse.classNames.length], [19, 0, 20]);
});

test('a folder is known by its files, and a name alone means what was fetched', async () => {
  const ten = writeFolder(join('cache', 'cifar10'), files10);
  const hundred = writeFolder(join('cache', 'cifar100'), files100);
  const options = { resolution: 32, cacheFolder: join(scratch, 'cache') };
  for (const [name, expected, source] of [
    [ten, 'cifar10', ten],
    [hundred, 'cifar100', hundred],
    ['cifar10', 'cifar10', ten],
    ['cifar100', 'cifar100', hundred],
    ['cifar100-coarse', 'cifar100-coarse', hundred],
  ] as const) {
    const { dataset, report } = await openDataset(name, options);
    assert.deepEqual([dataset.name, report.source], [expected, source]);
  }
  await assert.rejects(
    openDataset('cifar100-coarse', { ...options, cacheFolder: join(scratch, 'empty') }),
    /there is nothing at \S+cifar100; expected the files of cifar-100-binary\.tar\.gz\. Fetch them with "sagan data fetch cifar100"/,
  );
});

test('other sizes are resized plane by plane; one channel is the luma', async () => {
  const flat = Buffer.concat([Buffer.from([0]), ...[200, 100, 50].map((level) => Buffer.alloc(1024, level))]);
  const folder = writeFolder('flat', { ...files10, 'test_batch.bin': flat });
  for (const resolution of [16, 64]) {
    const { dataset, report } = await openDataset(folder, { resolution, split: 'test' });
    const planes = [0, 1, 2].map(
      (c) => new Set(dataset.image(0).subarray(c * resolution ** 2, (c + 1) * resolution ** 2)),
    );
    assert.deepEqual(planes, [new Set([200]), new Set([100]), new Set([50])]);
    assert.equal(/1 of 1 images are smaller/.test(report.warnings.join()), resolution > 32);
  }
  const { dataset: grey } = await openDataset(folder, { resolution: 32, split: 'test', channels: 1 });
  // 0.2126 · 200 + 0.7152 · 100 + 0.0722 · 50 = 117.65
  assert.deepEqual([grey.image(0).length, new Set(grey.image(0))], [1024, new Set([118])]);
  const { dataset: train } = await openDataset(folder, { resolution: 64 });
  const [image, small] = [train.image(0), record([], 2)];
  const centre = [0, 1, 2].map((c) => image[c * 4096 + 33 * 64 + 33] ?? 0);
  for (const [c, level] of centre.entries()) assert.ok(Math.abs(level - (small[c * 1024 + 16 * 32 + 16] ?? 0)) < 4);
});

test('files that are not what they should be are refused, with the place and the way out', async () => {
  const cases: readonly (readonly [string, Readonly<Record<string, Uint8Array | string>>, RegExp])[] = [
    [
      'cifar10',
      { 'data_batch_3.bin': new Uint8Array(3072) },
      /data_batch_3\.bin, byte 3072: the file has 3072 bytes; expected a multiple of 3073/,
    ],
    ['cifar10', { 'data_batch_5.bin': '' }, /data_batch_5\.bin, byte 0: the file has 0 bytes/],
    [
      'cifar10',
      { 'data_batch_1.bin': Buffer.concat([record([9], 0), record([10], 1)]) },
      /byte 3073: a label of image 1 is 10; expected 0 to 9/,
    ],
    ['cifar10', { 'batches.meta.txt': 'airplane\n' }, /batches\.meta\.txt: the file has 1 names; expected 10/],
    ['cifar100', { 'train.bin': record([20, 0], 0) }, /byte 0: a label of image 0 is 20; expected 0 to 19/],
    ['cifar100', { 'train.bin': record([0, 100], 0) }, /byte 1: a label of image 0 is 100; expected 0 to 99/],
  ];
  for (const [i, [name, change, message]] of cases.entries()) {
    const folder = writeFolder(`wrong-${i}`, { ...(name === 'cifar10' ? files10 : files100), ...change });
    await assert.rejects(openDataset(`${name}:${folder}`, { resolution: 32 }), (error) => {
      assert.ok(error instanceof FormatError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('missing files, other versions of the dataset and its archive are refused by what they are', async () => {
  const { 'data_batch_4.bin': _, ...incomplete } = files10;
  const python = {
    data_batch_1: '',
    data_batch_2: '',
    data_batch_3: '',
    data_batch_4: '',
    data_batch_5: '',
    test_batch: '',
  };
  const matlab = { 'train.mat': '', 'test.mat': '', 'meta.mat': '' };
  const archive = join(writeFolder('archive', { 'cifar-10-binary.tar.gz': '' }), 'cifar-10-binary.tar.gz');
  for (const [name, message] of [
    [writeFolder('incomplete', incomplete), /data_batch_4\.bin: cannot be read \(ENOENT.*expected a file of cifar10/],
    [
      writeFolder('python', python),
      /those of the Python version; expected the binary version, cifar-10-binary\.tar\.gz/,
    ],
    [
      writeFolder('matlab', matlab),
      /those of the MATLAB version; expected the binary version, cifar-100-binary\.tar\.gz/,
    ],
    [`cifar10:${archive}`, /this is a file; expected the folder .* "sagan data fetch cifar10 --from FILE"/],
    ['cifar10:/absent', /absent.data_batch_1\.bin: cannot be read/],
  ] as const) {
    await assert.rejects(openDataset(name, { resolution: 32 }), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a folder of images is none of these, whatever else lies in it', async () => {
  const folder = writeFolder('images', { 'train.bin': '', meta: '', test: '' });
  await assert.rejects(openDataset(folder, { resolution: 32 }), /image/);
});

test('whatever a file holds, it opens or is refused', async () => {
  const folder = writeFolder('fuzz', files100);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 2, maxLength: 2 }),
      fc.oneof(fc.constantFrom(0, 3074, 6148), fc.nat(6200)),
      async (labels, length) => {
        const bytes = Buffer.concat([record([...labels], 0), record([1, 1], 1)]).subarray(0, length);
        writeFileSync(join(folder, 'test.bin'), bytes);
        const isGood = length > 0 && bytes.length % 3074 === 0 && (labels[0] ?? 20) < 20 && (labels[1] ?? 100) < 100;
        const opened = openDataset(folder, { resolution: 32, split: 'test' });
        if (isGood) assert.equal((await opened).dataset.count, bytes.length / 3074);
        else await assert.rejects(opened, FormatError);
      },
    ),
    { numRuns: 50 },
  );
});
