/** A symmetric matrix → a band matrix with the same eigenvalues, by products of matrices on the engine. */

import { concat, graph, input, matmul, mul, type Runtime, sub } from '../../engine/index.ts';
import { reflect } from './householder.ts';
import { compute64, paddedSize } from './matrices.ts';
import type { BandMatrix } from './tridiagonal.ts';

/** Diagonals below the main one that are kept. More would make fewer, larger products, and more to do afterwards. */
const bandwidth = 32;

/**
 * Reduces a symmetric matrix, float64 [n,n], to a band.
 *
 * Panels of as many columns as the band is wide are factored into QR in JavaScript; the rest, A ← QᵀAQ, is products of
 * matrices. Source: Bischof, Lang and Sun 2000, "A framework for symmetric band reduction"; Q = I − VTVᵀ is the form of
 * Schreiber and Van Loan 1989.
 */
export async function reduceToBand(runtime: Runtime, matrix: Float64Array, size: number): Promise<BandMatrix> {
  const width = Math.max(1, Math.min(bandwidth, size - 1));
  const band = { size, width, data: new Float64Array((2 * width + 1) * size) };
  let rest = { data: matrix, extent: size };
  let reduced = 0;
  for (; size - reduced > width + 1; reduced += width) {
    rest = trailing(rest, Math.min(size, paddedSize(size - reduced)));
    const start = rest.extent - (size - reduced);
    rest = { extent: rest.extent, data: await reflectBothSides(runtime, rest, factorPanel(rest, start, width), width) };
    copyBand(band, reduced, rest, start, width);
  }
  copyBand(band, reduced, rest, rest.extent - (size - reduced), size - reduced);
  return band;
}

/** A square matrix [extent,extent]. */
interface Square {
  readonly data: Float64Array;
  readonly extent: number;
}

/** The last `extent` rows and columns. */
function trailing(square: Square, extent: number): Square {
  if (extent === square.extent) return square;
  const data = new Float64Array(extent * extent);
  const skipped = square.extent - extent;
  for (let i = 0; i < extent; i++) {
    const row = (i + skipped) * square.extent;
    data.set(square.data.subarray(row + skipped, row + square.extent), i * extent);
  }
  return { data, extent };
}

/** Copies the lower half of `count` columns from `start` on to the columns from `at` on, as far as the band reaches. */
function copyBand(band: BandMatrix, at: number, { data, extent }: Square, start: number, count: number): void {
  for (let j = 0; j < count; j++) {
    const column = at + j + 2 * band.width * (at + j);
    for (let i = 0; i <= band.width && start + j + i < extent; i++) {
      band.data[column + i] = data[(start + j + i) * extent + start + j] ?? 0;
    }
  }
}

interface Panel {
  /** [extent,w]; 0 in the rows that are not reflected. */
  readonly v: Float64Array;
  /** [w,w], upper triangular. */
  readonly t: Float64Array;
}

/** I − VTVᵀ, which clears the columns `start` … `start` + w − 1 from w + 1 elements below the diagonal on. */
function factorPanel({ data, extent }: Square, start: number, width: number): Panel {
  const top = start + width;
  const rows = extent - top;
  const columns = Array.from({ length: width }, (_, j) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = data[(top + i) * extent + start + j] ?? 0;
    return column;
  });
  const [v, t] = [new Float64Array(extent * width), new Float64Array(width * width)];
  for (const [j, column] of columns.entries()) {
    column.fill(0, 0, j);
    if (j >= rows) continue;
    const { tau } = reflect(column, j, rows);
    for (const other of columns.slice(j + 1)) {
      const scale = tau * dot(column, other, j);
      for (let i = j; i < rows; i++) other[i] = (other[i] ?? 0) - scale * (column[i] ?? 0);
    }
    for (let i = j; i < rows; i++) v[(top + i) * width + j] = column[i] ?? 0;
    appendToT(t, columns, j, tau);
  }
  return { v, t };
}

/** Column j of T: −τ·T·Vᵀv above its diagonal, τ on it. */
function appendToT(t: Float64Array, columns: readonly Float64Array[], j: number, tau: number): void {
  const width = columns.length;
  const column = columns[j] ?? new Float64Array();
  const overlaps = columns.slice(0, j).map((other) => dot(other, column, j));
  for (let i = 0; i < j; i++) {
    let sum = 0;
    for (let k = i; k < j; k++) sum += (t[i * width + k] ?? 0) * (overlaps[k] ?? 0);
    t[i * width + j] = -tau * sum;
  }
  t[j * width + j] = tau;
}

function dot(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** QᵀAQ with Q = I − VTVᵀ. */
function reflectBothSides(
  runtime: Runtime,
  { data, extent }: Square,
  panel: Panel,
  width: number,
): Promise<Float64Array> {
  const a = input('a', 'float64', [extent, extent]);
  const v = input('v', 'float64', [extent, width]);
  const vt = matmul(v, input('t', 'float64', [width, width]));
  // X = AVT, W = X − ½V(VT)ᵀX, QᵀAQ = A − VWᵀ − WVᵀ
  const x = matmul(a, vt);
  const w = sub(x, mul(matmul(v, matmul(vt, x, { transposeA: true })), 0.5));
  const change = matmul(concat([v, w], 1), concat([w, v], 1), { transposeB: true });
  return compute64(runtime, graph('reflect both sides', [['result', sub(a, change)]]), { a: data, ...panel });
}
