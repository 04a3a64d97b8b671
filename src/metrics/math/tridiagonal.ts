/** A symmetric band matrix → a tridiagonal one → its eigenvalues. */

import { reflect } from './householder.ts';

/**
 * The lower half of a symmetric band matrix [n,n] with `width` diagonals below the main one. Element (i, j) lies at
 * i + 2·width·j, which leaves room for nearly as many diagonals again.
 */
export interface BandMatrix {
  readonly size: number;
  readonly width: number;
  readonly data: Float64Array;
}

export interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array;
  /** [n]; element i stands between i and i + 1, the last is 0. */
  readonly offDiagonal: Float64Array;
}

/**
 * Reduces a band matrix to a tridiagonal one with the same eigenvalues; the band is overwritten.
 *
 * Column by column, a reflection clears what lies below the first subdiagonal, and what that lets grow below the band is
 * chased down and out. Source: Lang 1993, "A parallel algorithm for reducing symmetric banded matrices to tridiagonal
 * form".
 */
export function tridiagonalize({ size, width, data }: BandMatrix): Tridiagonal {
  const block = new Block(data, 2 * width, width);
  for (let column = 0; column + 2 < size && width > 1; column++) {
    let before = column;
    let first = column + 1;
    let end = Math.min(column + width + 1, size);
    while (end - first > 1) {
      block.clearColumn(before, first, end);
      // What was cleared in the first column of the chased block is reflected in the others.
      if (before !== column) block.reflectRows(before + 1, first);
      block.reflectDiagonal();
      const below = Math.min(end + width, size);
      block.reflectColumns(below);
      [before, first, end] = [first, end, below];
    }
  }
  const at = (i: number, j: number) => (i < size ? (data[i + 2 * width * j] ?? 0) : 0);
  return {
    diagonal: Float64Array.from({ length: size }, (_, i) => at(i, i)),
    offDiagonal: Float64Array.from({ length: size }, (_, i) => at(i + 1, i)),
  };
}

/** The rows and columns `first` … `end` − 1 of a band, and the reflection I − τuuᵀ that acts on them. */
class Block {
  private readonly data: Float64Array;
  private readonly stride: number;
  private readonly u: Float64Array;
  private readonly product: Float64Array;
  private first = 0;
  private end = 0;
  private tau = 0;

  constructor(data: Float64Array, stride: number, width: number) {
    this.data = data;
    this.stride = stride;
    this.u = new Float64Array(width);
    this.product = new Float64Array(width);
  }

  /** Moves to rows `first` … `end` − 1 and leaves only the first of them in `column`. */
  clearColumn(column: number, first: number, end: number): void {
    const { data, u } = this;
    const at = this.stride * column;
    for (let i = first; i < end; i++) {
      u[i - first] = data[at + i] ?? 0;
      data[at + i] = 0;
    }
    const { tau, beta } = reflect(u, 0, end - first);
    data[at + first] = beta;
    [this.first, this.end, this.tau] = [first, end, tau];
  }

  /** Columns `from` … `to` − 1, left of the block: E ← (I − τuuᵀ)E. */
  reflectRows(from: number, to: number): void {
    const { data, u, first, end, tau, stride } = this;
    for (let column = from; column < to; column++) {
      const at = stride * column;
      let sum = 0;
      for (let i = first; i < end; i++) sum += (u[i - first] ?? 0) * (data[at + i] ?? 0);
      const scale = tau * sum;
      for (let i = first; i < end; i++) data[at + i] = (data[at + i] ?? 0) - scale * (u[i - first] ?? 0);
    }
  }

  /** The block on the diagonal: D ← (I − τuuᵀ)D(I − τuuᵀ) = D − uqᵀ − quᵀ with q = p − ½τ(pᵀu)u and p = τDu. */
  reflectDiagonal(): void {
    const { data, u, first, end, tau, stride, product } = this;
    const length = end - first;
    product.fill(0);
    for (let j = 0; j < length; j++) {
      const at = stride * (first + j) + first;
      const uj = u[j] ?? 0;
      let sum = (data[at + j] ?? 0) * uj;
      for (let i = j + 1; i < length; i++) {
        const d = data[at + i] ?? 0;
        sum += d * (u[i] ?? 0);
        product[i] = (product[i] ?? 0) + d * uj;
      }
      product[j] = (product[j] ?? 0) + sum;
    }
    let overlap = 0;
    for (let i = 0; i < length; i++) overlap += (product[i] ?? 0) * (u[i] ?? 0);
    const half = 0.5 * tau * overlap;
    for (let i = 0; i < length; i++) product[i] = tau * ((product[i] ?? 0) - half * (u[i] ?? 0));
    for (let j = 0; j < length; j++) {
      const at = stride * (first + j) + first;
      const [uj, qj] = [u[j] ?? 0, product[j] ?? 0];
      for (let i = j; i < length; i++) {
        data[at + i] = (data[at + i] ?? 0) - (u[i] ?? 0) * qj - (product[i] ?? 0) * uj;
      }
    }
  }

  /** Rows `end` … `below` − 1, under the block: E ← E(I − τuuᵀ). */
  reflectColumns(below: number): void {
    const { data, u, first, end, tau, stride, product } = this;
    product.fill(0);
    for (let j = first; j < end; j++) {
      const [at, uj] = [stride * j, u[j - first] ?? 0];
      for (let i = end; i < below; i++) product[i - end] = (product[i - end] ?? 0) + (data[at + i] ?? 0) * uj;
    }
    for (let j = first; j < end; j++) {
      const [at, scale] = [stride * j, tau * (u[j - first] ?? 0)];
      for (let i = end; i < below; i++) data[at + i] = (data[at + i] ?? 0) - scale * (product[i - end] ?? 0);
    }
  }
}

/** More than any matrix has been seen to need for one eigenvalue; LAPACK allows 30. */
const maxSweeps = 60;

/**
 * Eigenvalues of a symmetric tridiagonal matrix, ascending, by the QL algorithm with implicit shifts.
 *
 * Source: Dubrulle, Martin and Wilkinson 1968, "The implicit QL algorithm". Errors are a few roundings of the largest
 * eigenvalue.
 */
export function tridiagonalEigenvalues({ diagonal, offDiagonal }: Tridiagonal): Float64Array {
  const d = Float64Array.from(diagonal);
  const e = Float64Array.from(offDiagonal);
  for (let first = 0; first < d.length; first++) {
    let sweeps = 0;
    for (let last = unreducedEnd(d, e, first); last > first; last = unreducedEnd(d, e, first)) {
      if (sweeps++ === maxSweeps) throw new Error(`tridiagonalEigenvalues: no convergence at eigenvalue ${first}.`);
      sweep(d, e, first, last);
    }
  }
  return d.sort();
}

/** The last row of the part that begins at `first` and is not yet cut off by an element that rounds to nothing. */
function unreducedEnd(d: Float64Array, e: Float64Array, first: number): number {
  let last = first;
  for (; last + 1 < d.length; last++) {
    const size = Math.abs(d[last] ?? 0) + Math.abs(d[last + 1] ?? 0);
    if (Math.abs(e[last] ?? 0) <= Number.EPSILON * size) break;
  }
  return last;
}

/** One QL sweep over the rows `first` … `last`, with Wilkinson's shift. */
function sweep(d: Float64Array, e: Float64Array, first: number, last: number): void {
  const [d0, e0] = [d[first] ?? 0, e[first] ?? 0];
  const slope = ((d[first + 1] ?? 0) - d0) / (2 * e0);
  const radius = Math.hypot(slope, 1);
  let g = (d[last] ?? 0) - d0 + e0 / (slope + (slope >= 0 ? radius : -radius));
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = last - 1; i >= first; i--) {
    const f = sine * (e[i] ?? 0);
    const b = cosine * (e[i] ?? 0);
    const r = Math.sqrt(f * f + g * g);
    e[i + 1] = r;
    if (r === 0) {
      // The matrix falls apart here by itself.
      d[i + 1] = (d[i + 1] ?? 0) - p;
      e[last] = 0;
      return;
    }
    [sine, cosine] = [f / r, g / r];
    g = (d[i + 1] ?? 0) - p;
    const t = ((d[i] ?? 0) - g) * sine + 2 * cosine * b;
    p = sine * t;
    d[i + 1] = g + p;
    g = cosine * t - b;
  }
  d[first] = d0 - p;
  e[first] = g;
  e[last] = 0;
}
