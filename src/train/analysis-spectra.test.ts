import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { singularValues, spectrumBlock, symmetricEigenvalues } from './analysis-spectra.ts';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

function assertClose(seen: readonly number[] | undefined, expected: readonly number[], relative: number): void {
  assert.equal(seen?.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((seen?.[i] ?? Number.NaN) - value) <= relative * value, `${i}: ${seen?.[i]}, not ${value}`);
  }
}

/** H diag(eigenvalues) H with the reflection H of a random vector: a full matrix of which the eigenvalues are known. */
function withEigenvalues(eigenvalues: readonly number[]): number[][] {
  const v = new Random(3, 'reflection').normal(eigenvalues.length);
  const scale = 2 / dot(v, v);
  const reflect = (x: readonly number[]) => x.map((value, i) => value - scale * dot(v, x) * (v[i] ?? 0));
  const columns = eigenvalues.map((value, i) => reflect(eigenvalues.map((_, j) => (i === j ? value : 0))));
  return eigenvalues.map((_, row) => reflect(columns.map((column) => column[row] ?? 0)));
}

test('eigenvalues of a second difference are those that are known of it', () => {
  const n = 40;
  const matrix = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
  );
  const known = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
  assertClose(symmetricEigenvalues(matrix), known, 1e-12);
  assert.deepEqual(symmetricEigenvalues([]), []);
});

test('the top three are within 1 % in a dense spectrum, exact where they stand out, repeated where they repeat', async () => {
  const squares = (values: readonly number[]) => values.map((value) => value ** 2);
  const dense = Array.from({ length: 160 }, (_, i) => 2 - i / 100);
  const spectra = {
    dense,
    apart: [50, 20, 10, ...dense.slice(0, 97)],
    repeated: [5, 5, 5, ...dense.slice(0, 97)],
    small: [4, 2, 1, 1, 0.5],
    pair: [3, 2],
    lone: [7],
  };
  const matrices = new Map(Object.entries(spectra).map(([name, values]) => [name, withEigenvalues(squares(values))]));
  const weights = Object.entries(spectra).map(([name, { length: side }]) => ({ name, side }));
  let products = 0;
  const found = await singularValues(weights, 1, async (probes) => {
    products++;
    return new Map(
      weights.map(({ name, side }) => {
        const rows = probes.get(name) ?? [];
        const multiplied = Array.from({ length: spectrumBlock }, (_, i) =>
          (matrices.get(name) ?? []).map((row) => dot(row, rows.slice(i * side, (i + 1) * side))),
        );
        return [name, Float32Array.from(multiplied.flat())];
      }),
    );
  });
  assertClose(found.get('dense'), dense.slice(0, 3), 0.01);
  assertClose(found.get('apart'), [50, 20, 10], 1e-5);
  assertClose(found.get('repeated'), [5, 5, 5], 1e-5);
  assertClose(found.get('small'), [4, 2, 1], 1e-6);
  assertClose(found.get('pair'), [3, 2], 1e-6);
  assertClose(found.get('lone'), [7], 1e-6);
  assert.ok(products <= 12);
});

test('a weight of zeros has singular values 0', async () => {
  const found = await singularValues([{ name: 'w', side: 6 }], 1, async () => new Map([['w', new Float32Array(24)]]));
  assert.deepEqual(found.get('w'), [0, 0, 0]);
});
