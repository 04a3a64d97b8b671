/** Householder reflections I − τ·v·vᵀ: what both steps of tridiagonalisation are made of. */

/**
 * Turns `values[start … end − 1]`, x, into the vector v of the reflection that maps x to (β, 0, …, 0); v[0] = 1.
 *
 * Source: Golub and Van Loan, Matrix Computations, algorithm 5.1.1; τ is 0 where x is such a multiple already.
 */
export function reflect(
  values: Float64Array,
  start: number,
  end: number,
): { readonly tau: number; readonly beta: number } {
  let largest = 0;
  for (let i = start + 1; i < end; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
  const first = values[start] ?? 0;
  values[start] = 1;
  if (largest === 0) return { tau: 0, beta: first };
  // Divided by the largest, so that squares neither overflow nor vanish.
  const scale = Math.max(largest, Math.abs(first));
  let squares = 0;
  for (let i = start + 1; i < end; i++) squares += ((values[i] ?? 0) / scale) ** 2;
  const norm = scale * Math.sqrt((first / scale) ** 2 + squares);
  const beta = first > 0 ? -norm : norm;
  for (let i = start + 1; i < end; i++) values[i] = (values[i] ?? 0) / (first - beta);
  return { tau: (beta - first) / beta, beta };
}
