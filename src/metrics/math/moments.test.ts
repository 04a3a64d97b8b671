import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mixed, recordedFrechet, relativeDistance } from '../../../test/golden/recorded-frechet.ts';
import { UserError } from '../../base/errors.ts';
import { openRuntime } from '../../engine/index.ts';
import { memoryRows } from '../features/feature-rows.ts';
import { type Moments, MomentsAccumulator, mergeMoments, momentsOf } from './moments.ts';

const runtime = await openRuntime({ threads: 1 });
const recorded = recordedFrechet.moments;
const { dimensions } = recorded;
/** Means near 10,000 with deviations near 1, which sums of plain squares would leave half of their digits. */
const far = mixed(recorded, dimensions);

function assertAlike(actual: Moments, expected: Pick<Moments, 'count' | 'mean' | 'covariance'>): void {
  assert.equal(actual.count, expected.count);
  assert.ok(relativeDistance(actual.mean, expected.mean) < 1e-14);
  const error = relativeDistance(actual.covariance, expected.covariance);
  assert.ok(error < 1e-12, `the covariance differs by ${error}`);
}

test('mean and covariance are those of numpy, with ddof 1 and 0, also far from the origin', async () => {
  const { count, covarianceDdof0 } = recorded;
  const [mean, covariance] = [Float64Array.from(recorded.mean), Float64Array.from(recorded.covariance)];
  assertAlike(await momentsOf(runtime, memoryRows(far, dimensions)), { count, mean, covariance });
  const biased = await momentsOf(runtime, memoryRows(far, dimensions), { ddof: 0 });
  assertAlike(biased, { count, mean, covariance: Float64Array.from(covarianceDdof0) });
});

test('it makes no difference how rows are divided into batches, or whether the moments were asked for in between', async () => {
  const whole = await momentsOf(runtime, memoryRows(far, dimensions));
  for (const batch of [1, 37, 256, 700]) {
    const accumulator = new MomentsAccumulator(runtime, dimensions);
    for (let at = 0; at < far.length; at += batch * dimensions) {
      await accumulator.add(far.subarray(at, at + batch * dimensions));
      if (batch === 37 && at === 10 * 37 * dimensions) await accumulator.finish();
    }
    assertAlike(await accumulator.finish(), whole);
  }
});

test('a covariance is symmetric to the last bit', async () => {
  const { covariance } = await momentsOf(runtime, memoryRows(far, dimensions));
  const transposed = covariance.map(
    (_, at) => covariance[(at % dimensions) * dimensions + Math.floor(at / dimensions)] ?? 0,
  );
  assert.deepEqual(transposed, covariance);
});

test('chosen rows are a set of their own, and the sets together are all rows', async () => {
  const rows = memoryRows(far, dimensions);
  const isThird = (row: number) => row % 3 === 0;
  const indices = Array.from({ length: rows.count }, (_, row) => row);
  const thirds = await momentsOf(runtime, rows, { chosen: indices.filter(isThird) });
  const others = await momentsOf(runtime, rows, { chosen: indices.filter((row) => !isThird(row)) });
  const alone = far.filter((_, at) => isThird(Math.floor(at / dimensions)));
  assertAlike(thirds, await momentsOf(runtime, memoryRows(alone, dimensions)));
  assertAlike(mergeMoments(thirds, others), await momentsOf(runtime, rows));
  const biased = await momentsOf(runtime, rows, { ddof: 0 });
  assert.throws(() => mergeMoments(thirds, biased), /ddof 1, the other 6 and ddof 0; expected the same/);
});

test('a feature that is not finite is refused by its row, and its batch does not count', async () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const accumulator = new MomentsAccumulator(runtime, 3);
    await accumulator.add(new Float32Array(12));
    const batch = new Float32Array(9);
    batch[5] = value;
    await assert.rejects(accumulator.add(batch), (error: Error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, new RegExp(`feature 2 of row 5 is ${value}; expected a finite number`));
      return true;
    });
    assert.equal(accumulator.count, 4);
    assert.equal((await accumulator.finish()).count, 4);
  }
});

test('half a row, and fewer rows than a covariance needs, are refused', async () => {
  const accumulator = new MomentsAccumulator(runtime, 3);
  await assert.rejects(accumulator.add(new Float32Array(4)), /4 numbers are no whole number of rows of 3/);
  await assert.rejects(
    accumulator.finish(),
    /0 rows of features were given; a covariance with ddof 1 needs at least 2/,
  );
  await accumulator.add(Float32Array.of(1, 2, 3));
  await assert.rejects(accumulator.finish(), /1 rows/);
  assert.deepEqual((await accumulator.finish(0)).covariance, new Float64Array(9));
});
