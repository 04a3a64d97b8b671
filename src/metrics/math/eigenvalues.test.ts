import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixWith, mixedRows, recordedFrechet, relativeDistance } from '../../../test/golden/recorded-frechet.ts';
import { openRuntime } from '../../engine/index.ts';
import { eigenvaluesSymmetric } from './eigenvalues.ts';
import { momentsOf } from './moments.ts';

const runtime = await openRuntime({ threads: 1 });

for (const { count, dimensions, seed, values } of recordedFrechet.eigenvalues) {
  test(`a covariance of ${count} rows of ${dimensions}: as numpy has them`, async () => {
    const { covariance } = await momentsOf(runtime, mixedRows({ seed, count, shift: 0.5 }, dimensions));
    const error = relativeDistance(await eigenvaluesSymmetric(runtime, covariance, dimensions), values);
    assert.ok(error < 1e-13, `they differ by ${error}`);
  });
}

test('eigenvalues that are known come back, at sizes around the width of the band', async () => {
  for (const size of [1, 2, 3, 4, 32, 33, 34, 35, 64, 65, 66, 97, 130]) {
    for (const [name, eigenvalue] of Object.entries({
      ascending: (i: number) => i + 1,
      'of either sign, over twelve decades': (i: number) => (-1) ** i * 10 ** (-12 * (i / size)),
      'in three clusters': (i: number) => (i % 3) + 1,
      'nearly all 0': (i: number) => (i === 0 ? 5 : 0),
    })) {
      const expected = Array.from({ length: size }, (_, i) => eigenvalue(i));
      const actual = await eigenvaluesSymmetric(runtime, matrixWith(expected), size);
      const error = relativeDistance(
        actual,
        expected.toSorted((a, b) => a - b),
      );
      assert.ok(error < 1e-14 * Math.sqrt(size) * 4, `${size} eigenvalues ${name} differ by ${error}`);
    }
  }
});

test('a matrix that is tridiagonal already, of very large or very small numbers, or of zeros', async () => {
  const size = 50;
  const chain = (scale: number) =>
    Float64Array.from({ length: size ** 2 }, (_, at) => {
      const apart = Math.abs(Math.floor(at / size) - (at % size));
      return apart === 0 ? 2 * scale : apart === 1 ? -scale : 0;
    });
  for (const scale of [1, 1e100, 1e-100]) {
    const expected = Array.from(
      { length: size },
      (_, k) => 4 * scale * Math.sin(((k + 1) * Math.PI) / (2 * size + 2)) ** 2,
    );
    assert.ok(relativeDistance(await eigenvaluesSymmetric(runtime, chain(scale), size), expected) < 1e-14, `${scale}`);
  }
  assert.deepEqual(await eigenvaluesSymmetric(runtime, new Float64Array(size ** 2), size), new Float64Array(size));
});
