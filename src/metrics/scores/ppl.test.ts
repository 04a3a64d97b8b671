import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashed, recordedPerceptual } from '../../../test/golden/recorded-perceptual.ts';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { openRuntime } from '../../engine/index.ts';
import { openClassifierExtractor } from '../features/classifier-extractor.ts';
import { featureDistance, type ImageDistance } from '../features/image-distance.ts';
import { type PathDefinition, type PathLengthOptions, perceptualPathLength, withinPercentiles } from './ppl.ts';

/** Σ (a − b)² over pixels. */
const squared: ImageDistance = {
  name: 'pixels',
  description: 'squared distance of pixels',
  weightsSha256: '',
  measure: async (a, b) => {
    const size = 3 * a.resolution ** 2;
    return Float32Array.from({ length: a.count }, (_, n) => {
      let sum = 0;
      for (let i = n * size; i < (n + 1) * size; i++) sum += ((a.pixels[i] ?? 0) - (b.pixels[i] ?? 0)) ** 2;
      return sum;
    });
  },
};

/** Images [N,3,2,2] = weights · z + label/50, with weights [12,Z]. */
function linear(weights: Float64Array, latentDim: number): PathLengthOptions['generate'] {
  return async (z, labels) =>
    Float32Array.from({ length: labels.length * 12 }, (_, i) => {
      const [n, pixel] = [Math.floor(i / 12), i % 12];
      let value = (labels[n] ?? 0) / 50;
      for (let j = 0; j < latentDim; j++) value += (weights[pixel * latentDim + j] ?? 0) * (z[n * latentDim + j] ?? 0);
      return value;
    });
}

const weights = hashed(96, 400).map((x) => x / 4);
const closeTo = (seen: number, expected: number, relative: number) =>
  assert.ok(Math.abs(seen - expected) <= relative * Math.abs(expected), `${seen}, not ${expected}`);

for (const { definition, count, latents: latentDim, classes, ...expected } of recordedPerceptual.paths) {
  const { interpolation, quantized, discard } = definition;
  test(`${interpolation}, quantized ${quantized}, ${classes} classes, percentiles ${discard}: as in numpy`, async () => {
    const seen: { z: Float32Array; labels: Int32Array }[] = [];
    const generate = linear(weights, latentDim);
    const { mean, spread, distances, zeroShare } = await perceptualPathLength(definition, {
      generate: (z, labels) => {
        seen.push({ z, labels });
        return generate(z, labels);
      },
      format: { channels: 3, resolution: 2 },
      space: { latentDim, latents: 'normal' },
      classes,
      distance: squared,
      count,
      batch: 64,
    });
    closeTo(mean, expected.mean, 1e-6);
    closeTo(spread, expected.spread, 1e-6);
    assert.equal(zeroShare, expected.zeros / count);
    assert.equal(withinPercentiles(distances, discard ?? [1e-9, 100 - 1e-9]).length, expected.kept);
    const [first, last] = [seen[0], seen.at(-1)];
    for (const [i, value] of expected.ends.entries())
      closeTo(last?.z.at(i - expected.ends.length) ?? Number.NaN, value, 1e-6);
    assert.deepEqual([...(first?.labels ?? [])].slice(0, 6), expected.labels);
    assert.deepEqual(first?.labels.subarray(0, 64), first?.labels.subarray(64), 'both ends have the same label');
  });
}

const definition: PathDefinition = {
  epsilon: 1e-2,
  interpolation: 'lerp',
  discard: undefined,
  quantized: false,
  seed: 3,
};
const options: PathLengthOptions = {
  generate: linear(weights, 8),
  format: { channels: 3, resolution: 2 },
  space: { latentDim: 8, latents: 'normal' },
  classes: 0,
  distance: squared,
  count: 4000,
};

test('of a linear generator and the squared distance, the expectation is known, whatever the step', async () => {
  // E|W(z₁ − z₀)|² = 2‖W‖² Var z, in units of pixels.
  const norm = weights.reduce((sum, w) => sum + (127.5 * w) ** 2, 0);
  for (const [latents, variance] of [
    ['normal', 1],
    ['uniform', 1 / 3],
  ] as const) {
    for (const epsilon of [1e-3, 1e-1, 1]) {
      const space = { latentDim: 8, latents };
      const { mean, spread } = await perceptualPathLength({ ...definition, epsilon }, { ...options, space });
      const standardError = spread / Math.sqrt(4000);
      assert.ok(
        Math.abs(mean - 2 * norm * variance) < 4 * standardError,
        `${latents}: ${mean}, not ${2 * norm * variance}`,
      );
    }
  }
});

test('grey images are three equal planes, and batches do not matter', async () => {
  const grey: PathLengthOptions = {
    ...options,
    generate: async (z) => z.slice(),
    format: { channels: 1, resolution: 1 },
    space: { latentDim: 1, latents: 'uniform' },
    count: 10,
  };
  const whole = await perceptualPathLength({ ...definition, epsilon: 1 }, grey);
  const parts = await perceptualPathLength({ ...definition, epsilon: 1 }, { ...grey, batch: 3 });
  assert.deepEqual(parts, whole);
  const one = await perceptualPathLength(
    { ...definition, epsilon: 1 },
    {
      ...grey,
      distance: {
        ...squared,
        measure: async (a, b) => a.pixels.map((x, i) => (x - (b.pixels[i] ?? 0)) ** 2).filter((_, i) => i % 3 === 0),
      },
    },
  );
  for (const [n, distance] of whole.distances.entries()) closeTo(distance, 3 * (one.distances[n] ?? 0), 1e-6);
});

test('rounded to bytes, steps too small to see are zeros: a warning says how many', async () => {
  const small = { ...definition, epsilon: 1e-4 };
  const rounded = await perceptualPathLength({ ...small, quantized: true }, options);
  assert.ok(rounded.zeroShare > 0.5 && rounded.zeroShare < 1, `share ${rounded.zeroShare}`);
  const percent = (100 * rounded.zeroShare).toFixed(1);
  assert.match(rounded.warnings.join(), new RegExp(`^${percent} % of the distances are exactly 0: rounded to bytes`));
  assert.deepEqual((await perceptualPathLength(small, options)).warnings, []);
});

test('percentiles fall outward on values that occur, as those of numpy', () => {
  const values = Float64Array.of(5, 1, 4, 2, 3);
  // np.percentile([1 … 5], q, method) for q·4/100 = 0.4, 1, 3.6
  assert.deepEqual(withinPercentiles(values, [10, 90]), [5, 1, 4, 2, 3]);
  assert.deepEqual(withinPercentiles(values, [25, 75]), [4, 2, 3]);
  assert.deepEqual(withinPercentiles(values, [26, 74]), [4, 2, 3]);
  assert.deepEqual(withinPercentiles(values, [50.1, 99]), [5, 4, 3]);
  assert.deepEqual(withinPercentiles(Float64Array.of(7), [1, 99]), [7]);
});

test('features of a classifier are a distance too', async () => {
  const extractor = openClassifierExtractor(await openRuntime({ threads: 1 }), 'mnist');
  const preprocessing = { resizer: 'pillow-bicubic', clip: true, normalization: 'symmetric' } as const;
  const distance = featureDistance(extractor, preprocessing);
  assert.equal(distance.name, 'mnist');
  const pixels = new Random(2, 'pixels').normal(2 * 3 * 1024).map((x) => 128 + 40 * x);
  const others = pixels.map((x, i) => (i < 3072 ? x : x + (i % 7)));
  const measured = await distance.measure(
    { pixels, count: 2, resolution: 32 },
    { pixels: others, count: 2, resolution: 32 },
  );
  assert.equal(measured[0], 0);
  const clipped = (x: number) => (2 * Math.min(255, Math.max(0, x))) / 255 - 1;
  const [a, b] = await Promise.all([pixels, others].map((images) => extractor.extract(images.map(clipped), 2)));
  const expected = [...(a?.features.subarray(64) ?? [])].reduce(
    (sum, x, d) => sum + (x - (b?.features[64 + d] ?? 0)) ** 2,
    0,
  );
  closeTo(measured[1] ?? 0, expected, 1e-4);
});

test('options that cannot be, and generators that have diverged, are refused', async () => {
  const refused = (changed: Partial<PathDefinition>, more: Partial<PathLengthOptions>, message: RegExp) =>
    assert.rejects(
      perceptualPathLength({ ...definition, ...changed }, { ...options, ...more }),
      (error) => error instanceof UserError && message.test(error.message),
    );
  await refused({}, { count: 0 }, /count is 0/);
  await refused({}, { format: { channels: 2, resolution: 2 } }, /channels is 2; expected 1 or 3/);
  await refused({ epsilon: 0 }, {}, /epsilon is 0/);
  await refused({ discard: [99, 1] }, {}, /discard is 99 and 1/);
  await refused({ discard: [0, 99] }, {}, /discard is 0 and 99/);
  const diverged: PathLengthOptions['generate'] = async (_, labels) =>
    new Float32Array(12 * labels.length).fill(Number.NaN);
  await refused(
    {},
    { generate: diverged, count: 3 },
    /distance of pair 0 is NaN; expected a number. The generator has/,
  );
});
