import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { type ResizerName, resizerNames } from './preprocessing.ts';
import { planResize } from './resizers.ts';

const recorded = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        resizer: z.enum(resizerNames),
        height: z.number(),
        width: z.number(),
        resolution: z.number(),
        stride: z.number(),
        samples: z.array(z.number()),
        sums: z.array(z.number()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../test/reference/image-resizers.json', import.meta.url), 'utf8')));

/** The images of the recorded cases, uint8 [3,H,W]. */
function pattern(height: number, width: number): Uint8Array {
  return Uint8Array.from({ length: 3 * height * width }, (_, i) => {
    const x = i % width;
    const y = Math.floor(i / width) % height;
    const channel = Math.floor(i / width / height);
    return (3 * x * x + 7 * y + 5 * x * y + 85 * channel + 9) % 256;
  });
}

function resized(resizer: ResizerName, image: Uint8Array, height: number, width: number, resolution: number) {
  const target = new Float32Array(3 * resolution * resolution);
  planResize(resizer, height, width, resolution)(image, target);
  return target;
}

const halfStep = 2 ** -24; // The most that a rounding to float32 moves a number of size 1.

/** In roundings: PyTorch rounds weights and every product and sum; Pillow only sums, of terms in another order here. */
const roundings = (resizer: ResizerName) =>
  resizer === 'tensorflow-bilinear' ? 0 : resizer.startsWith('torch') ? 6 : 2;

for (const { name, resizer, height, width, resolution, stride, samples, sums } of recorded.cases) {
  test(`as the original: ${name} → ${resolution}`, () => {
    const values = resized(resizer, pattern(height, width), height, width, resolution);
    const tolerance = roundings(resizer) * halfStep;
    for (const [k, expected] of samples.entries()) {
      const seen = values[(k * stride) % values.length] ?? Number.NaN;
      // A sample has 9 digits, which tell any two float32 apart.
      const allowed = tolerance * Math.max(1, Math.abs(expected));
      assert.ok(Math.abs(seen - Math.fround(expected)) <= allowed, `sample ${k} is ${seen}, expected ${expected}`);
    }
    for (const [channel, expected] of sums.entries()) {
      const plane = values.subarray(channel * resolution ** 2, (channel + 1) * resolution ** 2);
      const sum = plane.reduce((total, value) => total + value, 0);
      assert.ok(
        Math.abs(sum - expected) <= (tolerance + 1e-11) * expected,
        `channel ${channel} sums to ${sum}, not ${expected}`,
      );
    }
  });
}

test('every resizer is recorded at every size', () => {
  assert.equal(recorded.cases.length, resizerNames.length * 9);
  assert.deepEqual([...new Set(recorded.cases.map(({ resizer }) => resizer))], [...resizerNames]);
});

test('an image of the wanted size is copied', () => {
  const image = pattern(19, 19);
  for (const resizer of resizerNames) {
    assert.deepEqual(resized(resizer, image, 19, 19, 19), Float32Array.from(image), resizer);
  }
});

test('a plan resizes one image after another, each by itself', () => {
  const image = pattern(20, 30);
  const other = image.map((value) => 255 - value);
  for (const resizer of resizerNames) {
    const resize = planResize(resizer, 20, 30, 11);
    const target = new Float32Array(3 * 11 * 11);
    resize(image, target);
    resize(other, target);
    assert.deepEqual(target, resized(resizer, other, 20, 30, 11), resizer);
  }
});
