import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { type DecodeOptions, decodeImage } from './image-decoding.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-decoding-'));
after(() => rmSync(folder, { recursive: true }));

let written = 0;
function decode(bytes: Uint8Array, options: Partial<DecodeOptions> = {}) {
  const file = join(folder, `${++written}`);
  writeFileSync(file, bytes);
  return decodeImage(file, { resolution: 8, channels: 3, background: 'white', ...options });
}

function flat(background: string | { r: number; g: number; b: number; alpha: number }, channels: 3 | 4 = 3) {
  return sharp({ create: { width: 16, height: 16, channels, background } });
}

/** The value of each plane at its first pixel. */
function corner(pixels: Uint8Array, planes = 3): number[] {
  return Array.from({ length: planes }, (_, plane) => pixels[(plane * pixels.length) / planes] ?? -1);
}

function assertNear(seen: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.equal(seen.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((seen[i] ?? Number.NaN) - value) <= tolerance, `${seen} is not ${expected} within ${tolerance}`);
  }
}

test('PNG and WebP come through exactly, JPEG and GIF nearly', async () => {
  const image = flat('#c86432');
  for (const [bytes, tolerance] of [
    [await image.clone().png().toBuffer(), 0],
    [await image.clone().webp({ lossless: true }).toBuffer(), 0],
    [await image.clone().jpeg({ quality: 95 }).toBuffer(), 3],
    [await image.clone().gif().toBuffer(), 3],
    [await image.clone().png({ palette: true }).toBuffer(), 0],
  ] as const) {
    const decoded = await decode(bytes);
    assertNear(corner(decoded.pixels), [200, 100, 50], tolerance);
    assert.deepEqual([decoded.width, decoded.height, decoded.isGrey], [16, 16, false]);
    assert.equal(decoded.pixels.length, 3 * 64);
  }
});

test('alpha is flattened on the background', async () => {
  const half = await flat({ r: 200, g: 100, b: 0, alpha: 0.5 }, 4).png().toBuffer();
  const decoded = await decode(half, { background: '#000000' });
  assertNear(corner(decoded.pixels), [100, 50, 0], 1);
  assert.equal(decoded.kind, 'colour, alpha');
  assertNear(corner((await decode(half)).pixels), [228, 178, 128], 1);
  const clear = await flat({ r: 9, g: 9, b: 9, alpha: 0 }, 4).png().toBuffer();
  assert.deepEqual(corner((await decode(clear, { background: '#123456' })).pixels), [0x12, 0x34, 0x56]);
});

test('grey, 16-bit and CMYK images become 8-bit sRGB', async () => {
  const grey = await flat('#808080').greyscale().toColourspace('b-w').png().toBuffer();
  assert.deepEqual(corner((await decode(grey)).pixels), [128, 128, 128]);
  const one = await decode(grey, { channels: 1 });
  assert.deepEqual([...new Set(one.pixels)], [128]);
  assert.deepEqual([one.pixels.length, one.kind, one.isGrey], [64, 'grey', true]);

  const deep = await decode(await flat('#c86432').toColourspace('rgb16').png().toBuffer());
  assertNear(corner(deep.pixels), [200, 100, 50], 1);
  assert.equal(deep.kind, 'colour, 16 bit');
  const deepGrey = await flat('#808080').toColourspace('grey16').png().toBuffer();
  for (const channels of [1, 3] as const) {
    const decoded = await decode(deepGrey, { channels });
    assertNear([...new Set(decoded.pixels)], [128], 1);
    assert.equal(decoded.kind, 'grey, 16 bit');
  }
  const cmyk = await decode(await flat('#a08070').toColourspace('cmyk').jpeg({ quality: 98 }).toBuffer());
  // There and back through an 8-bit press profile; by (1 − C)(1 − K) alone it would be (142, 112, 90).
  assertNear(corner(cmyk.pixels), [160, 128, 112], 6);
  assert.equal(cmyk.kind, 'CMYK');
});

test('colour becomes grey by luminance where one channel is asked for', async () => {
  const [red, green] = await Promise.all(
    ['#ff0000', '#00ff00'].map(
      async (colour) => (await decode(await flat(colour).png().toBuffer(), { channels: 1 })).pixels[0],
    ),
  );
  // 255 · sRGB gamma of the weights 0.2126 and 0.7152 of BT.709.
  assertNear([red ?? -1, green ?? -1], [127, 220], 1);
});

test('the first frame of an animation is taken', async () => {
  const frames = Buffer.concat([Buffer.alloc(768, 250), Buffer.alloc(768, 10)]);
  const raw = { width: 16, height: 32, channels: 3, pageHeight: 16 } as const;
  const gif = await sharp(frames, { raw })
    .gif({ delay: [100, 100] })
    .toBuffer();
  assert.equal((await sharp(gif).metadata()).pages, 2);
  const decoded = await decode(gif);
  assertNear(corner(decoded.pixels), [250, 250, 250], 2);
  assert.deepEqual([decoded.width, decoded.height], [16, 16]);
});

test('EXIF rotation is applied before the crop', async () => {
  // 12x4, the left third white. Orientation 6 shows it turned clockwise: 4x12, the top third white.
  const pixels = Uint8Array.from({ length: 48 }, (_, i) => (i % 12 < 4 ? 255 : 0));
  const turned = await sharp(pixels, { raw: { width: 12, height: 4, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const decoded = await decode(turned, { resolution: 4, channels: 1 });
  assert.deepEqual([decoded.width, decoded.height], [4, 12]);
  assert.deepEqual([...decoded.pixels], new Array(16).fill(0));
  const off = Uint8Array.from({ length: 48 }, (_, i) => (i % 12 < 6 ? 255 : 0));
  const half = await sharp(off, { raw: { width: 12, height: 4, channels: 1 } })
    .withMetadata({ orientation: 6 })
    .png()
    .toBuffer();
  const upright = await decode(half, { resolution: 4, channels: 1 });
  assert.deepEqual([...upright.pixels], [...new Array(8).fill(255), ...new Array(8).fill(0)]);
});

test('the crop is the centre square, exactly, in planes', async () => {
  const [width, height] = [7, 4];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => i);
  const bytes = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  const decoded = await decode(bytes, { resolution: 4 });
  const expected = [0, 1, 2].flatMap((channel) =>
    [0, 1, 2, 3].flatMap((y) => [1, 2, 3, 4].map((x) => (y * width + x) * 3 + channel)),
  );
  assert.deepEqual([...decoded.pixels], expected);
});

test('JPEG, PNG, WebP and GIF files cut anywhere behind their header are refused', async () => {
  const noise = Uint8Array.from({ length: 48 * 48 * 3 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);
  const image = sharp(noise, { raw: { width: 48, height: 48, channels: 3 } });
  const files = { jpeg: image.jpeg(), png: image.clone().png(), webp: image.clone().webp(), gif: image.clone().gif() };
  for (const [format, pipeline] of Object.entries(files)) {
    const bytes = await pipeline.toBuffer();
    await decode(bytes);
    for (const part of [0.1, 0.5, 0.9, 0.99]) {
      await assert.rejects(decode(bytes.subarray(0, Math.floor(bytes.length * part))), `${format} cut at ${part}`);
    }
  }
});
