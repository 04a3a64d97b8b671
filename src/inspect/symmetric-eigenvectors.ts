/** Eigenvectors of small symmetric matrices. */

export interface Eigenvector {
  readonly eigenvalue: number;
  /** float64 [n], of length 1, its largest element positive. */
  readonly vector: Float64Array;
}

/** Rotations below this share of the matrix change nothing that float64 can tell. */
const negligible = 2 ** -53;

/**
 * The eigenvectors of a symmetric matrix, float64 [n,n], by falling eigenvalues.
 *
 * Jacobi's rotations, row by row, until nothing is left beside the diagonal: slower than reductions to a tridiagonal
 * matrix, but short and exact. Golub, Van Loan, "Matrix Computations", section 8.5. n = 128 takes a tenth of a
 * second, n = 512 nine seconds. Throws RangeError if the elements are not finite.
 */
export function symmetricEigenvectors(matrix: Float64Array, size: number): Eigenvector[] {
  if (!matrix.every(Number.isFinite))
    throw new RangeError('eigenvectors: the matrix has elements that are no numbers.');
  const a = Array.from({ length: size }, (_, i) => matrix.slice(i * size, (i + 1) * size));
  const vectors = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, k) => (i === k ? 1 : 0)),
  );
  const least = negligible * Math.hypot(...a.map((row) => Math.hypot(...row)));
  for (let rotated = true; rotated; ) {
    rotated = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (Math.abs(at(a, p, q)) <= least) continue;
        rotate(a, vectors, p, q);
        rotated = true;
      }
    }
  }
  return vectors
    .map((vector, i) => ({ eigenvalue: at(a, i, i), vector: facingForward(vector) }))
    .sort((one, other) => other.eigenvalue - one.eigenvalue);
}

const at = (rows: readonly Float64Array[], i: number, k: number) => rows[i]?.[k] ?? 0;

/** Turns the axes p and q of a symmetric matrix, kept in full, until their element is 0; `vectors` turn with it. */
function rotate(a: readonly Float64Array[], vectors: readonly Float64Array[], p: number, q: number): void {
  const theta = (at(a, q, q) - at(a, p, p)) / (2 * at(a, p, q));
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  mix(a[p], a[q], cosine, sine);
  for (const row of a) {
    const [x, y] = [row[p] ?? 0, row[q] ?? 0];
    row[p] = cosine * x - sine * y;
    row[q] = sine * x + cosine * y;
  }
  // What rounding leaves of it would be turned for ever.
  for (const [i, k] of [
    [p, q],
    [q, p],
  ] as const) {
    const row = a[i];
    if (row !== undefined) row[k] = 0;
  }
  mix(vectors[p], vectors[q], cosine, sine);
}

function mix(one: Float64Array | undefined, other: Float64Array | undefined, cosine: number, sine: number): void {
  if (one === undefined || other === undefined) return;
  for (let k = 0; k < one.length; k++) {
    const [x, y] = [one[k] ?? 0, other[k] ?? 0];
    one[k] = cosine * x - sine * y;
    other[k] = sine * x + cosine * y;
  }
}

/** An eigenvector and its opposite are the same direction: the one is taken whose largest element is positive. */
function facingForward(vector: Float64Array): Float64Array {
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? vector.map((value) => -value) : vector;
}
