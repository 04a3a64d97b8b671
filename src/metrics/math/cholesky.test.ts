import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixWith, relativeDistance } from '../../../test/golden/recorded-frechet.ts';
import { choleskyPivoted, type Factor } from './cholesky.ts';

/** F·Fᵀ */
function product({ data, rank }: Factor, size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return data.subarray(i * size, i * size + rank).reduce((sum, x, k) => sum + x * (data[j * size + k] ?? 0), 0);
  });
}

test('the factor multiplies back to the matrix, and has as many columns as the matrix has rank', () => {
  for (const [size, rank] of [
    [1, 1],
    [2, 1],
    [5, 5],
    [6, 0],
    [30, 30],
    [30, 7],
    [61, 60],
  ] as const) {
    const matrix = matrixWith(Array.from({ length: size }, (_, i) => (i < rank ? 1 + i : 0)));
    const factor = choleskyPivoted(matrix, size);
    assert.equal(factor.rank, rank, `a matrix of rank ${rank} and size ${size}`);
    if (rank > 0) assert.ok(relativeDistance(product(factor, size), matrix) < 1e-14);
  }
});

test('a feature of tiny variance counts like any other', () => {
  assert.deepEqual(choleskyPivoted(Float64Array.of(1e-20, 0, 0, 1e4), 2), {
    rank: 2,
    data: Float64Array.of(0, 1e-10, 100, 0),
  });
});

test('a matrix with a negative eigenvalue is refused, one that is off by roundings is not', () => {
  assert.throws(() => choleskyPivoted(Float64Array.of(1, 2, 2, 1), 2), /diagonal element 1 is 1, and -3 of it is left/);
  assert.throws(() => choleskyPivoted(Float64Array.of(-1, 0, 0, 1), 2), /diagonal element 0 is -1/);
  assert.equal(choleskyPivoted(Float64Array.of(1, 1 + 1e-9, 1 + 1e-9, 1), 2).rank, 1);
});
