import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixWith, mixedRows, recordedFrechet } from '../../../test/golden/recorded-frechet.ts';
import { relativeError } from '../../../test/golden/recorded-scores.ts';
import { UserError } from '../../base/errors.ts';
import { openRuntime, type Program } from '../../engine/index.ts';
import { frechetDistance } from './frechet-distance.ts';
import { type Gaussian, momentsOf } from './moments.ts';

const runtime = await openRuntime({ threads: 1 });

const gaussian = (mean: readonly number[], covariance: ArrayLike<number>): Gaussian => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});
const diagonal = (variances: readonly number[]) =>
  variances.flatMap((v, i) => variances.map((_, j) => (i === j ? v : 0)));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const count = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));

async function assertDistance(a: Gaussian, b: Gaussian, expected: number, tolerance = 1e-9): Promise<void> {
  const actual = await frechetDistance(runtime, a, b);
  assert.ok(relativeError(actual, expected) < tolerance, `${actual}, expected ${expected}`);
}

test('one dimension: (μ₁ − μ₂)² + (σ₁ − σ₂)²', () =>
  assertDistance(gaussian([3], [4]), gaussian([-1], [25]), 4 ** 2 + 3 ** 2));

test('independent dimensions add up, however different their variances are', async () => {
  const [a, b] = [count(40, (i) => 10 ** (-i / 4)), count(40, (i) => 10 ** ((i - 20) / 4))];
  const means = [count(40, (i) => i), count(40, (i) => i - 0.01 * i)] as const;
  const expected = sum(a.map((v, i) => (0.01 * i) ** 2 + (Math.sqrt(v) - Math.sqrt(b[i] ?? 0)) ** 2));
  await assertDistance(gaussian(means[0], diagonal(a)), gaussian(means[1], diagonal(b)), expected);
});

test('covariances that commute: Σ (√λ − √κ)² over their common eigenvectors', async () => {
  const [a, b] = [count(70, (i) => 1 + i), count(70, (i) => 1 + ((7 * i) % 70))];
  const expected = sum(a.map((v, i) => (Math.sqrt(v) - Math.sqrt(b[i] ?? 0)) ** 2));
  const mean = count(70, () => 1);
  await assertDistance(gaussian(mean, matrixWith(a)), gaussian(mean, matrixWith(b)), expected);
});

test('a multiple of a covariance: (1 − √c)² · tr Σ', async () => {
  const variances = count(50, (i) => (i < 30 ? 1 + i : 0));
  const covariance = matrixWith(variances);
  const mean = count(50, () => 0);
  const scaled = gaussian(
    mean,
    covariance.map((v) => 0.3 * v),
  );
  await assertDistance(gaussian(mean, covariance), scaled, (1 - Math.sqrt(0.3)) ** 2 * sum(variances));
});

test('a covariance of zeros leaves the trace of the other', () =>
  assertDistance(gaussian([0, 0], [0, 0, 0, 0]), gaussian([0, 2], [2, 1, 1, 3]), 4 + 5, 1e-15));

test('covariances that share no direction: their traces add up', async () => {
  const halves = [0, 1].map((parity) => count(60, (i) => (i % 2 === parity ? 1 + i : 0)));
  const [a, b] = halves.map((variances) =>
    gaussian(
      count(60, () => 0),
      matrixWith(variances),
    ),
  );
  assert.ok(a && b);
  await assertDistance(a, b, sum(halves.flat()));
});

for (const { dimensions, images, reference, exact, root, eigenvalues } of recordedFrechet.distances) {
  test(`${images.count} and ${reference.count} images of ${dimensions} dimensions: as numpy and scipy say`, async () => {
    const a = await momentsOf(runtime, mixedRows(images, dimensions));
    const b = await momentsOf(runtime, mixedRows(reference, dimensions));
    await assertDistance(a, b, exact);
    // The roots of pytorch-fid and torch-fidelity, which lose digits where a covariance is singular.
    await assertDistance(a, b, root, 1e-5);
    await assertDistance(a, b, eigenvalues, 1e-5);
    assert.ok(relativeError(await frechetDistance(runtime, b, a), await frechetDistance(runtime, a, b)) < 1e-9);
  });
}

test('a set is as near as rounding to itself, with fewer images than dimensions too', async () => {
  for (const images of [20, 64, 300]) {
    const moments = await momentsOf(runtime, mixedRows({ seed: 5, count: images, shift: 0 }, 64));
    const trace = sum(count(64, (i) => moments.covariance[i * 65] ?? 0));
    const distance = await frechetDistance(runtime, moments, moments);
    assert.ok(Math.abs(distance) < 1e-9 * trace, `${images} images: ${distance}`);
  }
});

test('classes of many sizes share their programs, each of which keeps its memory', async () => {
  const shared = await openRuntime({ threads: 1 });
  const programs = new Set<Program>();
  const compile = shared.compile.bind(shared);
  shared.compile = async (...program) => {
    const compiled = await compile(...program);
    programs.add(compiled);
    return compiled;
  };
  const all = mixedRows({ seed: 5, count: 120, shift: 0 }, 64);
  const whole = await momentsOf(shared, all);
  const distanceOf = async (images: number) => {
    await frechetDistance(shared, await momentsOf(shared, all, { chosen: count(images, (i) => i) }), whole);
    return programs.size;
  };
  const once = await distanceOf(40);
  for (const images of [45, 50, 55, 60]) assert.equal(await distanceOf(images), once);
});

test('sides that do not fit, numbers that are not finite and matrices that are no covariances are refused', async () => {
  const unit = gaussian([0, 0], [1, 0, 0, 1]);
  for (const [other, problem] of [
    [gaussian([0], [1]), /a mean of 1 features and a covariance of 1 numbers stand beside a mean of 2/],
    [gaussian([0, 0], [1, 0]), /a covariance of 2 numbers .* expected 2 and 4/],
    [gaussian([0, Number.NaN], [1, 0, 0, 1]), /the statistics hold NaN/],
    [gaussian([0, 0], [1, 0, 0, Number.POSITIVE_INFINITY]), /the statistics hold Infinity/],
    [gaussian([0, 0], [1, 3, 3, 1]), /no negative eigenvalues/],
  ] as const) {
    await assert.rejects(frechetDistance(runtime, unit, other), (error: Error) => {
      assert.ok(error instanceof UserError, `${error}`);
      assert.match(error.message, problem);
      return true;
    });
  }
});
