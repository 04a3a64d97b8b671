import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { Random } from '../base/random.ts';
import { animate, type TiledFrames, tilesToPng } from './animation.ts';
import { rgbOf, surface } from './colours.ts';

/** 3 frames of 2 × 1 tiles with 2 × 2 pixels, enlarged 3 times, 1 pixel apart. */
const tiled = (channels: 1 | 3): TiledFrames => ({
  images: Uint8Array.from(new Random(1, 'pixels').integers(3 * 2 * channels * 4, 256)),
  channels,
  resolution: 2,
  rows: 2,
  columns: 1,
  scale: 3,
  gap: 1,
});

/** The colour that belongs at a place of a frame. */
function expected({ images, channels }: TiledFrames, frame: number, x: number, y: number): readonly number[] {
  if (y === 6) return rgbOf(surface.paper);
  const tile = y < 6 ? 0 : 1;
  const inTile = Math.floor((y - 7 * tile) / 3) * 2 + Math.floor(x / 3);
  const at = (frame * 2 + tile) * channels * 4 + inTile;
  return [0, 1, 2].map((c) => images[at + (channels === 1 ? 0 : 4 * c)] ?? 0);
}

const pixelsOf = async (bytes: Buffer, options = {}) =>
  (await sharp(bytes, options).removeAlpha().toColourspace('srgb').raw().toBuffer()).valueOf();

for (const channels of [1, 3] as const) {
  test(`WebP and GIF play the frames as they are, over and over (${channels} channels)`, async () => {
    for (const format of ['webp', 'gif'] as const) {
      const source = tiled(channels);
      const bytes = await animate(source, format, 20);
      const { pages, width, pageHeight, delay, loop } = await sharp(bytes, { animated: true }).metadata();
      assert.deepEqual({ pages, width, pageHeight, loop }, { pages: 3, width: 6, pageHeight: 13, loop: 0 });
      assert.deepEqual(delay, [50, 50, 50]);
      for (const frame of [0, 1, 2]) {
        const pixels = await pixelsOf(bytes, { page: frame });
        for (let at = 0; at < 6 * 13; at++) {
          const seen = [...pixels.subarray(3 * at, 3 * at + 3)];
          assert.deepEqual(
            seen,
            expected(source, frame, at % 6, Math.floor(at / 6)),
            `${format}, frame ${frame}, ${at}`,
          );
        }
      }
      assert.deepEqual(await animate(source, format, 20), bytes);
    }
  });
}

test('tiles lie side by side in a PNG', async () => {
  const source = { ...tiled(3), rows: 6 };
  const pixels = await pixelsOf(await tilesToPng({ ...source, gap: 0, scale: 1 }));
  for (let n = 0; n < 6; n++) {
    for (let at = 0; at < 4; at++) {
      const wanted = [0, 1, 2].map((c) => source.images[n * 12 + c * 4 + at]);
      assert.deepEqual([...pixels.subarray(3 * (n * 4 + at), 3 * (n * 4 + at) + 3)], wanted);
    }
  }
});

test('what is no whole frame, too fast or too large is refused', async () => {
  await assert.rejects(animate({ ...tiled(1), rows: 4 }, 'gif', 20), /6 images in frames of 4 × 1/);
  await assert.rejects(animate({ ...tiled(1), scale: 0.5 }, 'gif', 20), /enlarged 0.5 times/);
  await assert.rejects(animate(tiled(1), 'gif', 101), /101 frames a second; expected 0.1 to 100/);
  await assert.rejects(animate({ ...tiled(1), scale: 9000 }, 'webp', 20), /expected at most 16383 on a side/);
  await assert.rejects(tilesToPng(tiled(1)), /3 frames; expected one/);
});
