import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, drawnRows, recordedScores, relativeError } from '../../../test/golden/recorded-scores.ts';
import { UserError } from '../../base/errors.ts';
import { openRuntime } from '../../engine/index.ts';
import { type FeatureRows, memoryRows } from '../features/feature-rows.ts';
import { prdc } from './prdc.ts';
import { precisionRecall } from './precision-recall.ts';

const runtime = await openRuntime({ threads: 1 });
const sample = (seed: number, count: number, shift = 0) => drawnRows({ seed, shape: [count, 6], scale: 1, shift });
const options = { neighbours: 3 };

/** Both kinds, without their warnings. */
async function scores(images: FeatureRows, reference: FeatureRows, given: { neighbours: number; blockRows?: number }) {
  const { warnings: _, ...inclusive } = await precisionRecall(runtime, images, reference, given);
  const { warnings: __, ...strict } = await prdc(runtime, images, reference, given);
  return { inclusive, strict };
}

for (const recorded of recordedScores.neighbourhoods) {
  const { program, neighbours, images, reference } = recorded;
  test(`${program}: ${images.shape[0]} images of ${images.shape[1]} dimensions, ${neighbours} neighbours`, async () => {
    const score = program === 'torch-fidelity' ? precisionRecall : prdc;
    const scored = await score(runtime, drawnRows(images), drawnRows(reference), { neighbours });
    const numbers = new Map<string, unknown>(Object.entries(scored));
    for (const name of ['precision', 'recall', 'fScore', 'density', 'coverage'] as const) {
      const expected = recorded[name];
      if (expected === undefined) continue;
      const actual = numbers.get(name);
      // torch-fidelity takes its means in float32.
      assert.ok(
        typeof actual === 'number' && relativeError(actual, expected) < 1e-6,
        `${name}: ${actual}, ${expected}`,
      );
    }
  });
}

test('a set scores 1 against itself, and against itself in another order', async () => {
  const data = drawn({ seed: 4, shape: [50, 6], scale: 1, shift: 0 });
  const turned = new Float32Array(300);
  for (let n = 0; n < 50; n++) turned.set(data.subarray(n * 6, n * 6 + 6), (49 - n) * 6);
  for (const images of [data, turned]) {
    const { inclusive, strict } = await scores(memoryRows(images, 6), memoryRows(data, 6), options);
    assert.deepEqual(inclusive, { precision: 1, recall: 1, fScore: 1 });
    // The ball around a row holds itself and two of its three neighbours: the third is on the surface.
    assert.deepEqual(strict, { precision: 1, recall: 1, density: 1, coverage: 1 });
  }
});

test('of copies only the surface is left: they count where it does', async () => {
  const images = memoryRows(new Float32Array(60).fill(0.25), 6);
  const { inclusive, strict } = await scores(images, images, options);
  assert.deepEqual(inclusive, { precision: 1, recall: 1, fScore: 1 });
  assert.deepEqual(strict, { precision: 0, recall: 0, density: 0, coverage: 0 });
  const { warnings } = await prdc(runtime, images, images, options);
  assert.match(warnings.join(), /10 images have 3 copies or more/);
});

test('a point on the surface is in by one rule and out by the other', async () => {
  // On a line: references at 0, 2, 4, 6, whose first neighbours are 2 away; images just at that distance.
  const reference = memoryRows(Float32Array.of(0, 2, 4, 6), 1);
  const images = memoryRows(Float32Array.of(8, 58, 158), 1);
  const { inclusive, strict } = await scores(images, reference, { neighbours: 1 });
  assert.deepEqual([inclusive.precision, strict.precision], [1 / 3, 0]);
  // Radii of the images are 50, 50, 100: that of 8 reaches down to −42.
  assert.deepEqual([inclusive.recall, strict.recall], [1, 1]);
  assert.deepEqual([strict.density, strict.coverage], [0, 0]);
});

test('the ball reaches to neighbour k, the row itself not counted', async () => {
  // Second neighbours of 0, 1, 3, 7 are 3, 2, 3 and 6 away.
  const reference = memoryRows(Float32Array.of(0, 1, 3, 7), 1);
  const images = memoryRows(Float32Array.of(-2.5, 12.5, 13.5), 1);
  const { strict } = await scores(images, reference, { neighbours: 2 });
  // −2.5 lies in the ball of 0, 12.5 in that of 7, 13.5 in none.
  assert.deepEqual([strict.precision, strict.coverage, strict.density], [2 / 3, 1 / 2, 2 / (2 * 3)]);
});

test('sets far apart score 0', async () => {
  const { inclusive, strict } = await scores(sample(1, 40, 100), sample(2, 40), options);
  assert.deepEqual(inclusive, { precision: 0, recall: 0, fScore: 0 });
  assert.deepEqual(strict, { precision: 0, recall: 0, density: 0, coverage: 0 });
});

test('the size of blocks does not matter', async () => {
  const [images, reference] = [sample(1, 45, 0.2), sample(2, 37)];
  const whole = await scores(images, reference, options);
  for (const blockRows of [1, 10, 37, 45]) {
    assert.deepEqual(await scores(images, reference, { ...options, blockRows }), whole);
  }
  assert.ok(whole.strict.precision < 1 && whole.strict.precision > 0);
});

test('unequal sets are warned of, equal ones are not', async () => {
  const unequal = await precisionRecall(runtime, sample(1, 20), sample(2, 21), options);
  assert.match(unequal.warnings.join(), /20 images against 21/);
  assert.deepEqual((await precisionRecall(runtime, sample(1, 20), sample(2, 20), options)).warnings, []);
});

test('what cannot be scored is refused', async () => {
  await assert.rejects(prdc(runtime, sample(1, 3), sample(2, 9), options), /the smaller set has 3 images/);
  await assert.rejects(prdc(runtime, sample(1, 9), sample(2, 9), { neighbours: 0 }), UserError);
  await prdc(runtime, sample(1, 4), sample(2, 9), options);
  const bad = drawn({ seed: 1, shape: [9, 6], scale: 1, shift: 0 });
  bad[8 * 6] = Number.POSITIVE_INFINITY;
  await assert.rejects(prdc(runtime, memoryRows(bad, 6), sample(2, 9), options), /the images: row 8 holds Infinity/);
});
