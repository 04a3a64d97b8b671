import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { UserError } from '../base/errors.ts';
import { listImages } from './image-listing.ts';
import { openDataset } from './open.ts';
import type { DatasetOptions, OpenedDataset } from './opener.ts';

const temporary = mkdtempSync(join(tmpdir(), 'sagan-images-'));
after(() => rmSync(temporary, { recursive: true }));

const cacheFolder = join(temporary, 'cache');
const png = await flat('#c86432').png().toBuffer();

/** A folder with these files in it. */
function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(join(temporary, 'folder-'));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

function flat(background: string, width = 16, height = 16) {
  return sharp({ create: { width, height, channels: 3, background } });
}

function open(folder: string, options: Partial<DatasetOptions> = {}): Promise<OpenedDataset> {
  return openDataset(folder, { resolution: 8, cacheFolder, ...options });
}

function noise(width: number, height: number): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255),
  );
}

test('a sub-folder a class, in the order of code points', async () => {
  const folder = folderWith({
    'zebra/b.png': png,
    'zebra/C.png': png,
    'zebra/deep/er.png': png,
    'ant/10.png': png,
    'ant/9.PNG': png,
    'ant/\u{1f40c}.png': png,
    'ant/\uff41.png': png,
    'ant/.hidden.png': png,
    'ant/notes.txt': Buffer.from('x'),
  });
  const { dataset, report } = await open(folder);
  assert.deepEqual(dataset.classNames, ['ant', 'zebra']);
  assert.deepEqual(
    Array.from({ length: dataset.count }, (_, index) => dataset.label(index)),
    [0, 0, 0, 0, 1, 1, 1],
  );
  assert.deepEqual(report.classes, [
    { name: 'ant', count: 4 },
    { name: 'zebra', count: 3 },
  ]);
  const order = ['ant/10.png', 'ant/9.PNG', 'ant/\uff41.png', 'ant/\u{1f40c}.png', 'zebra/C.png', 'zebra/b.png'];
  assert.deepEqual(
    listImages(folder).files.map(({ path }) => path),
    [...order, 'zebra/deep/er.png'],
  );
  assert.match(report.warnings.join(), /not PNG, JPEG, WebP or GIF were passed over: 1 \(ant.notes\.txt/);
});

test('images without classes are opened, with a warning, and their sizes are counted', async () => {
  const tall = await flat('red', 4, 20).png().toBuffer();
  const { dataset, report } = await open(folderWith({ 'a.png': tall, 'b.png': png, 'c.png': png }));
  assert.deepEqual([dataset.classNames.length, dataset.label(1), dataset.count, report.count], [0, 0, 3, 3]);
  assert.match(report.warnings.join(), /no labels.*1 of 3 images are smaller than the resolution/);
  const [small, large] = [
    { width: 4, height: 20, count: 1 },
    { width: 16, height: 16, count: 2 },
  ];
  assert.deepEqual([report.sizes, report.smallest, report.largest], [[large, small], small, large]);
});

test('channels follow the sources unless they are asked for', async () => {
  const grey = await flat('#777777').toColourspace('b-w').png().toBuffer();
  const folder = folderWith({ 'a.png': grey, 'b.png': grey });
  assert.equal((await open(folder)).dataset.channels, 1);
  const three = (await open(folder, { channels: 3 })).dataset;
  assert.deepEqual([...new Set(three.image(0))], [0x77]);
  assert.equal(three.image(0).length, 3 * 64);
  const mixed = folderWith({ 'a.png': grey, 'b.png': png });
  const { dataset, report } = await open(mixed);
  assert.equal(dataset.channels, 3);
  assert.deepEqual(report.kinds.map(({ kind }) => kind).toSorted(), ['colour', 'grey']);
  assert.equal((await open(mixed, { channels: 1 })).dataset.image(1).length, 64);
});

test('all bad files are listed with their reasons, and left out when that is asked for', async () => {
  const jpeg = await sharp(noise(64, 64), { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  const folder = folderWith({
    'good-1.png': png,
    'good-2.jpg': jpeg,
    'empty.png': Buffer.alloc(0),
    'cut.jpg': jpeg.subarray(0, jpeg.length * 0.9),
    'cut.png': png.subarray(0, 60),
    'page.jpg': Buffer.from('<!DOCTYPE html><title>404</title>'),
    'drawing.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    'huge.png': hugePng(),
  });
  symlinkSync(join(temporary, 'elsewhere.png'), join(folder, 'broken-link.png'));
  writeFileSync(join(temporary, 'outside.png'), png);
  symlinkSync(join(temporary, 'outside.png'), join(folder, 'outward-link.png'));
  symlinkSync(temporary, join(folder, 'outward-folder'));
  symlinkSync(join(folder, 'good-1.png'), join(folder, 'good-link.png'));
  const reasons: Record<string, RegExp> = {
    'empty.png': /the file is empty/,
    'cut.jpg': /./,
    'cut.png': /./,
    'page.jpg': /not a PNG, JPEG, WebP or GIF file: it starts with "<!DOCTYPE/,
    'drawing.png': /not a PNG/,
    'huge.png': /30000x30000 pixels, more than 64 megapixels/,
    'broken-link.png': /ENOENT/,
    'outward-link.png': /symbolic link that leaves the folder/,
    'outward-folder': /symbolic link that leaves the folder/,
  };
  for (let time = 0; time < 2; time++) {
    await assert.rejects(open(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /9 of 12 files cannot be used.*--skip-bad/);
      for (const path of Object.keys(reasons))
        assert.ok(error.message.includes(`\n  ${path}: `), `${path} is not listed`);
      return true;
    });
  }
  const { dataset, report } = await open(folder, { skipBad: true });
  assert.equal(dataset.count, 3);
  for (const [path, reason] of Object.entries(reasons)) {
    assert.match(report.badFiles.find((file) => file.path === path)?.reason ?? 'not reported', reason);
  }
  assert.equal(report.badFiles.length, 9);
  const alone = await open(folderWith({ 'good-2.jpg': jpeg }));
  assert.deepEqual(dataset.image(1), alone.dataset.image(0));
});

test('of many bad files twenty are listed, and a folder of nothing else is refused', async () => {
  const files = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`${i}.png`, Buffer.alloc(0)]));
  await assert.rejects(open(folderWith(files)), (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.message.match(/the file is empty/g)?.length, 20);
    assert.match(error.message, /25 of 25 files cannot be used.*… and 5 more$/s);
    return true;
  });
  await assert.rejects(open(folderWith(files), { skipBad: true }), /none of its images can be used/);
});

test('the cache is used while the folder is as it was, and rebuilt when it or the cache has changed', async () => {
  const folder = folderWith({ 'a.png': png, 'b.png': png });
  const ownCache = mkdtempSync(join(temporary, 'own-cache-'));
  const decoded = async (options: Partial<DatasetOptions> = {}) => {
    let files = 0;
    const opened = await open(folder, { cacheFolder: ownCache, onProgress: () => files++, ...options });
    return { files, dataset: opened.dataset, report: opened.report };
  };
  const first = await decoded();
  assert.equal(first.files, 2);
  const second = await decoded();
  assert.equal(second.files, 0);
  assert.deepEqual(second.dataset.image(1), first.dataset.image(1));
  assert.deepEqual(second.report, first.report);

  for (const name of readdirSync(ownCache)) {
    const file = join(ownCache, name);
    const bytes = readFileSync(file);
    for (const damaged of [bytes.subarray(0, -1), flipped(bytes), Buffer.alloc(0)]) {
      writeFileSync(file, damaged);
      assert.equal((await decoded()).files, 2, `${name} was damaged`);
      assert.equal((await decoded()).files, 0);
    }
  }

  const steady = await decoded();
  writeFileSync(join(folder, 'b.png'), await flat('blue').png().toBuffer());
  const changed = await decoded();
  assert.equal(changed.files, 2);
  assert.deepEqual(
    [...changed.dataset.image(1)].filter((_, i) => i % 64 === 0),
    [0, 0, 255],
  );
  assert.equal(readdirSync(ownCache).length, 2, 'the earlier state is removed');
  utimesSync(join(folder, 'b.png'), 1, 1);
  assert.equal((await decoded()).files, 2);
  assert.equal((await decoded({ background: 'black' })).files, 2);
  assert.equal((await decoded({ resolution: 4 })).files, 2);
  assert.equal(readdirSync(ownCache).length, 6);
  assert.equal(steady.dataset.image(1)[0], 0xc8, 'an open dataset keeps what it was opened with');
});

test('a file that was mended without a trace is found again', async () => {
  const folder = folderWith({ 'a.png': png, 'b.png': Buffer.alloc(png.length) });
  utimesSync(join(folder, 'b.png'), 100, 100);
  assert.equal((await open(folder, { skipBad: true })).dataset.count, 1);
  writeFileSync(join(folder, 'b.png'), png);
  utimesSync(join(folder, 'b.png'), 100, 100);
  assert.equal((await open(folder)).dataset.count, 2);
});

test('progress counts every file', async () => {
  const seen: string[] = [];
  const files = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.png`, png]));
  await open(folderWith(files), { onProgress: (done, total) => seen.push(`${done}/${total}`) });
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => `${i + 1}/20`),
  );
});

test('a cache folder that cannot be written is refused in words', async () => {
  const file = join(temporary, 'a-file');
  writeFileSync(file, '');
  await assert.rejects(
    open(folderWith({ 'a.png': png }), { cacheFolder: file }),
    /decoded images cannot be written .*choose another/,
  );
});

test('folders at the wrong depth are refused with the folder to pass instead', async () => {
  const one = folderWith({ 'images/cat/1.png': png, 'images/dog/2.png': png });
  await assert.rejects(open(one), (error) => {
    assert.ok(error instanceof UserError);
    assert.ok(error.message.includes(`Pass ${join(one, 'images')} instead`), error.message);
    return true;
  });
  await assert.rejects(open(folderWith({ 'images/cat/1.png': png })), /images[/\\]cat instead/);
  await assert.rejects(open(folderWith({ 'train/a/1.png': png, 'test/a/1.png': png })), /are splits.*train\.$/);
  await assert.rejects(
    open(folderWith({ 'a/1.png': png, '1.png': png })),
    /images \(1\.png, …\) lie beside folders of images \(a, …\)/,
  );
});

test('empty folders, folders without images, splits and colours that are none are refused', async () => {
  await assert.rejects(open(folderWith({})), /the folder is empty/);
  await assert.rejects(
    open(folderWith({ 'a.txt': png, 'b/c.bin': png })),
    /there is no image among its files \(a\.txt, …\)/,
  );
  await assert.rejects(open(folderWith({ 'a.png': png }), { split: 'test' }), /no test split/);
  await assert.rejects(open(folderWith({ 'a.png': png }), { background: 'whit' }), /background is "whit"/);
});

function flipped(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8((copy.at(-9) ?? 0) ^ 1, copy.length - 9);
  return copy;
}

/** A PNG of a kilobyte whose header promises 30000x30000 pixels. */
function hugePng(): Buffer {
  const bytes = Buffer.from(png);
  bytes.writeUInt32BE(30000, 16);
  bytes.writeUInt32BE(30000, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
