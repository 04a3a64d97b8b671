import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { z } from 'zod';
import { UserError } from '../../base/errors.ts';
import { firstImages } from './first-images.ts';
import { openFolderImages } from './folder-images.ts';
import type { ImageSet } from './image-set.ts';
import { openImageSet } from './open-image-set.ts';
import { hashBatch } from './pixel-hash.ts';

const root = await mkdtemp(join(tmpdir(), 'sagan-images-'));
after(() => rm(root, { recursive: true }));

const { cases } = z
  .object({ cases: z.array(z.object({ name: z.string(), file: z.base64() })) })
  .parse(JSON.parse(readFileSync(new URL('../../../test/reference/image-files.json', import.meta.url), 'utf8')));
const recorded = (name: string) => Buffer.from(cases.find((entry) => entry.name === name)?.file ?? '', 'base64');

/** A PNG of one colour, whose red says which it is. */
function image(red: number, width: number, height = width): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: 0, b: 255 } } })
    .png()
    .toBuffer();
}

let folders = 0;
async function folderOf(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const folder = join(root, String(folders++));
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** Of each batch: size, the first red of each image, labels. */
async function batchesOf(images: ImageSet, size: number) {
  const batches: [string, (number | undefined)[], number[]][] = [];
  for await (const { pixels, count, height, width, labels } of images.batches(size)) {
    assert.equal(pixels.length, count * 3 * height * width);
    const reds = Array.from({ length: count }, (_, n) => pixels[n * 3 * height * width]);
    batches.push([`${height}x${width}`, reds, [...labels]]);
  }
  return batches;
}

async function hashOf(images: ImageSet, size: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const batch of images.batches(size)) hashBatch(hash, batch);
  return hash.digest('hex');
}

test('images keep their sizes, come in the order of their paths, and a batch ends where the size changes', async () => {
  const folder = await folderOf({
    'b.png': await image(3, 4),
    'a10.png': await image(1, 4),
    'B.png': await image(0, 4),
    'a2.png': await image(2, 4),
    'c.png': await image(4, 7, 4),
    'd.png': await image(5, 7, 4),
    'e.png': await image(6, 7, 5),
  });
  const images = await openImageSet(folder);
  assert.equal(images.count, 7);
  assert.deepEqual(images.classNames, []);
  assert.deepEqual(await batchesOf(images, 3), [
    ['4x4', [0, 1, 2], [0, 0, 0]],
    ['4x4', [3], [0]],
    ['4x7', [4, 5], [0, 0]],
    ['5x7', [6], [0]],
  ]);
  assert.deepEqual(images.warnings, []);
});

test('sub-folders are classes', async () => {
  const folder = await folderOf({
    'cat/1.png': await image(1, 4),
    'ant/9.png': await image(0, 4),
    'cat/2.png': await image(2, 4),
  });
  const images = await openFolderImages(folder);
  assert.deepEqual(images.classNames, ['ant', 'cat']);
  assert.deepEqual(await batchesOf(images, 8), [['4x4', [0, 1, 2], [0, 1, 1]]]);
});

test('more files than are decoded ahead come all, once each, in order', async () => {
  const reds = Array.from({ length: 50 }, (_, i) => i);
  const files = await Promise.all(reds.map(async (red) => [`${100 + red}.png`, await image(red, 2)] as const));
  const images = await openFolderImages(await folderOf(Object.fromEntries(files)));
  assert.deepEqual(
    (await batchesOf(images, 7)).flatMap(([, seen]) => seen),
    reds,
  );
  assert.deepEqual(await batchesOf(firstImages(images, 3), 7), [['2x2', [0, 1, 2], [0, 0, 0]]]);
});

test('the hash of pixels does not depend on batches, but on sizes and on every pixel', async () => {
  const wide = { 'a.png': await image(1, 6, 2), 'b.png': await image(1, 6, 2) };
  const images = await openFolderImages(await folderOf(wide));
  const hash = await hashOf(images, 1);
  assert.equal(await hashOf(images, 2), hash);
  const tall = await folderOf({ 'a.png': await image(1, 2, 6), 'b.png': await image(1, 2, 6) });
  assert.notEqual(await hashOf(await openFolderImages(tall), 1), hash);
  const other = await folderOf({ ...wide, 'b.png': await image(2, 6, 2) });
  assert.notEqual(await hashOf(await openFolderImages(other), 1), hash);
});

test('the fingerprint changes with a file', async () => {
  const folder = await folderOf({ 'a.png': await image(1, 4), 'b.png': await image(1, 4) });
  const { fingerprint } = await openFolderImages(folder);
  assert.equal((await openFolderImages(folder)).fingerprint, fingerprint);
  await utimes(join(folder, 'b.png'), 5, 5);
  const touched = (await openFolderImages(folder)).fingerprint;
  assert.notEqual(touched, fingerprint);
  await rm(join(folder, 'a.png'));
  assert.notEqual((await openFolderImages(folder)).fingerprint, touched);
});

test('bad files are named before the first batch, or left out and named', async () => {
  const whole = recorded('jpeg-444');
  const folder = await folderOf({
    'a.png': await image(1, 4),
    'b.jpg': whole.subarray(0, 400),
    'c.png': Buffer.from('<html>'),
    'd.png': await image(2, 4),
    'notes.txt': Buffer.from('hello'),
  });
  const images = await openFolderImages(folder);
  await assert.rejects(batchesOf(images, 1), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(
      error.message,
      /2 of 4 files cannot be used; expected every image to be whole\. Mend or remove them, or/,
    );
    assert.match(error.message, /\n {2}b\.jpg: .+\n {2}c\.png: not a PNG.*"<html>"/);
    return true;
  });
  const left = await openFolderImages(folder, { skipBad: true });
  assert.equal(left.count, 2);
  assert.deepEqual(await batchesOf(left, 8), [['4x4', [1, 2], [0, 0]]]);
  assert.match(
    left.warnings.join('\n'),
    /2 of 4 files cannot be used and were left out: b\.jpg: .*\n {2}c\.png: not a PNG/,
  );
  assert.match(left.warnings.join('\n'), /not PNG, JPEG, WebP, GIF or TIFF were passed over: 1 \(notes\.txt, …\)/);
  const none = await folderOf({ 'a.png': Buffer.from('<html>') });
  await assert.rejects(
    openFolderImages(none, { skipBad: true }),
    /none of its images can be used.*\n {2}a\.png: not a PNG/,
  );
});

test('a file that changes while the images are read is named', async () => {
  const folder = await folderOf({ 'a.png': await image(1, 4), 'b.png': await image(2, 4) });
  const images = await openFolderImages(folder);
  assert.equal((await batchesOf(images, 1)).length, 2);
  await writeFile(join(folder, 'b.png'), 'gone');
  await assert.rejects(
    batchesOf(images, 1),
    /b\.png changed while the images were read, and cannot be used any more: not a PNG/,
  );
});

test('what Pillow shows otherwise is a warning after the first batch, and progress is told', async () => {
  const folder = await folderOf({
    'a.png': recorded('png-grey16'),
    'b.gif': recorded('gif-transparent'),
    'c.png': recorded('png-grey16'),
    'd.tiff': recorded('tiff-lzw'),
  });
  const progress: string[] = [];
  const images = await openFolderImages(folder, { onChecked: (done, total) => progress.push(`${done}/${total}`) });
  const first = firstImages(images, 1);
  assert.deepEqual(progress, []);
  await batchesOf(first, 4);
  assert.deepEqual(progress, ['1/4', '2/4', '3/4', '4/4']);
  assert.equal(images.warnings.length, 2);
  assert.match(
    images.warnings[0] ?? '',
    /grey images of 16 bits, the upper 8 were taken: 2\. Programs that use Pillow/,
  );
  assert.match(images.warnings[1] ?? '', /Transparent pixels of GIF files are black: 1 files\./);
  assert.deepEqual(first.warnings, images.warnings);
});
