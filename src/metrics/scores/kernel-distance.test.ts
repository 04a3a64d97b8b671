import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, drawnRows, recordedScores, relativeError } from '../../../test/golden/recorded-scores.ts';
import { UserError } from '../../base/errors.ts';
import { openRuntime } from '../../engine/index.ts';
import { memoryRows } from '../features/feature-rows.ts';
import { type KernelDistanceOptions, kernelDistance } from './kernel-distance.ts';

const runtime = await openRuntime({ threads: 1 });
const options: KernelDistanceOptions = {
  subsets: 20,
  subsetSize: 30,
  shrinks: false,
  seed: 2020,
  firstDrawn: 'images',
};
const sample = (seed: number, count: number, shift = 0) => drawnRows({ seed, shape: [count, 8], scale: 1, shift });

for (const recorded of recordedScores.kernelDistance) {
  const [count, dimensions] = recorded.images.shape;
  test(`${recorded.program}: ${count} images of ${dimensions} dimensions`, async () => {
    const { images, reference } = recorded;
    const { mean, spread } = await kernelDistance(runtime, drawnRows(images), drawnRows(reference), recorded);
    assert.ok(relativeError(mean, recorded.mean) < 1e-9, `${mean} against ${recorded.mean}`);
    if (recorded.spread === undefined) return;
    assert.ok(Math.abs(spread - recorded.spread) < 1e-9 * recorded.mean, `${spread} against ${recorded.spread}`);
  });
}

test('it has no bias: over many samples of one source its mean is near 0', async () => {
  const scores: number[] = [];
  for (let seed = 0; seed < 60; seed++) {
    const all = drawn({ seed, shape: [60, 8], scale: 1, shift: 0.3 });
    const halves = [memoryRows(all.subarray(0, 240), 8), memoryRows(all.subarray(240), 8)] as const;
    scores.push((await kernelDistance(runtime, ...halves, { ...options, subsets: 1 })).mean);
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  assert.ok(Math.abs(mean) < (3 * deviation) / Math.sqrt(scores.length), `${mean} ± ${deviation}`);
  assert.ok(scores.some((score) => score < 0));
});

test('a shift shows, and more of it more', async () => {
  const reference = sample(2, 50);
  const near = await kernelDistance(runtime, sample(1, 50, 0.3), reference, options);
  const far = await kernelDistance(runtime, sample(1, 50, 0.6), reference, options);
  assert.ok(near.mean > (5 * near.spread) / Math.sqrt(20) && far.mean > near.mean);
});

test('who is drawn first decides which subsets, not what they tell', async () => {
  const first = await kernelDistance(runtime, sample(1, 50, 0.5), sample(2, 40), options);
  const second = await kernelDistance(runtime, sample(1, 50, 0.5), sample(2, 40), {
    ...options,
    firstDrawn: 'reference',
  });
  assert.notEqual(first.mean, second.mean);
  assert.ok(Math.abs(first.mean - second.mean) < 2 * first.spread);
  const exchanged = await kernelDistance(runtime, sample(2, 40), sample(1, 50, 0.5), {
    ...options,
    firstDrawn: 'reference',
  });
  assert.ok(relativeError(exchanged.mean, first.mean) < 1e-12);
});

test('too few images are refused, or shrink the subsets with a warning', async () => {
  const few = sample(1, 12);
  await assert.rejects(kernelDistance(runtime, few, sample(2, 40), options), /12 images, for 20 subsets of 30/);
  const shrunk = await kernelDistance(runtime, few, sample(2, 40), { ...options, shrinks: true });
  assert.equal(shrunk.subsetSize, 12);
  assert.match(shrunk.warnings.join(), /12 images instead of 30/);
  await assert.rejects(kernelDistance(runtime, sample(1, 1), few, { ...options, shrinks: true }), UserError);
});

test('features that cannot be compared are refused', async () => {
  const bad = drawn({ seed: 1, shape: [40, 8], scale: 1, shift: 0 });
  bad[35 * 8 + 2] = Number.NaN;
  const good = sample(2, 40);
  await assert.rejects(kernelDistance(runtime, good, memoryRows(bad, 8), options), /the reference: row 35 holds NaN/);
  await assert.rejects(
    kernelDistance(runtime, memoryRows(bad, 10), good, options),
    /10 dimensions, the reference of 8/,
  );
  await assert.rejects(kernelDistance(runtime, memoryRows(new Float32Array(0), 8), good, options), /there are none/);
});
