import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preprocess } from './preprocess.ts';
import { type NormalizationName, normalizationNames } from './preprocessing.ts';

const deviation = [0.229, 0.224, 0.225];
const mean = [0.485, 0.456, 0.406];

/** The definitions of `preprocessing.ts`, as the originals write them. */
const expected: Readonly<Record<NormalizationName, (x: number, channel: number) => number>> = {
  tensorflow: (x) => (x - 128) / 128,
  symmetric: (x) => (2 * x) / 255 - 1,
  unit: (x) => x / 255,
  imagenet: (x, channel) => (x / 255 - (mean[channel] ?? 0)) / (deviation[channel] ?? 0),
};

/** Two images of 2×2 pixels whose twelve values differ. */
const batch = {
  pixels: Uint8Array.from({ length: 24 }, (_, i) => (i * 11) % 256),
  count: 2,
  height: 2,
  width: 2,
  labels: new Int32Array(2),
};

for (const normalization of normalizationNames) {
  test(`normalises: ${normalization}`, () => {
    const values = preprocess(batch, { resizer: 'torch-bilinear', clip: false, normalization }, 2);
    assert.equal(values.length, 24);
    for (const [i, value] of values.entries()) {
      const wanted = expected[normalization](batch.pixels[i] ?? 0, Math.floor(i / 4) % 3);
      assert.ok(Math.abs(value - wanted) <= 4 * 2 ** -24, `value ${i} is ${value}, expected ${wanted}`);
    }
  });
}

test('clips what a filter makes beyond black and white, where the protocol does', () => {
  const edge = { ...batch, pixels: Uint8Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 0 : 255)) };
  const range = (clip: boolean) => {
    const values = preprocess(edge, { resizer: 'pillow-bicubic', clip, normalization: 'unit' }, 9);
    return [Math.min(...values), Math.max(...values)];
  };
  const [low = 0, high = 0] = range(false);
  assert.ok(low < -0.01 && high > 1.01, `${low} … ${high}`);
  assert.deepEqual(range(true), [0, 1]);
});
