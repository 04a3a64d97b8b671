/**
 * Convolutions of maps laid out [H,W,N,C] as batches of matrix products over channels, one a product of the bilinear
 * algorithm of both axes (see axis-products.ts). In this layout every step is a matrix product over neighbours in memory:
 * the axes' matrices act from the left, the channels' from the right, and nothing is moved.
 *
 *     V = B x, U = G w, M = Aᵀ y        the three factors, transformed along both axes
 *     conv:            y = A (V·Uᵀ)
 *     convTranspose:   x = Bᵀ (M·U)
 *     kernelGradient:  w = Gᵀ Σ_tiles Mᵀ·V
 */

import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { constant, full } from '../ops/constant.ts';
import { matmul } from '../ops/matmul.ts';
import { concat, reshape, sliceAxis, transpose } from '../ops/shape.ts';
import type { AxisProducts, Matrix } from './axis-products.ts';

/** The algorithms of both axes. */
export interface PlaneProducts {
  readonly rows: AxisProducts;
  readonly columns: AxisProducts;
  /**
   * True where the tiles of all rows are brought together for a product, which moves the transformed maps once more. Both
   * axes are one block then.
   */
  readonly areJoined: boolean;
}

/** x [H,W,N,I], w [O,I,kH,kW] → y [H',W',N,O] */
export function bilinearConv(plane: PlaneProducts, x: Tensor, w: Tensor): Tensor {
  // Made first, so that it is computed last: ONNX Runtime goes for the younger operand of a product first, with all that it
  // depends on, and a large kernel would wait for the map.
  const kernel = transformKernel(plane, w);
  const products = matmul(transformInput(plane, x), kernel, { transposeB: true });
  return gather(plane, products, ({ output }) => output, x.shape[2] ?? 0);
}

/** y [H',W',N,O], w [O,I,kH,kW] → x [H,W,N,I] */
export function bilinearConvTranspose(plane: PlaneProducts, y: Tensor, w: Tensor): Tensor {
  const kernel = transformKernel(plane, w);
  const products = matmul(transformOutput(plane, y), kernel);
  return gather(plane, products, ({ input }) => transposed(input), y.shape[2] ?? 0);
}

/** x [H,W,N,I], y [H',W',N,O] → w [O,I,kH,kW] */
export function bilinearKernelGradient(plane: PlaneProducts, x: Tensor, y: Tensor): Tensor {
  const { rows, columns } = plane;
  const [, , , inputs = 0] = x.shape;
  const [, , , outputs = 0] = y.shape;
  const products = matmul(transformOutput(plane, y), transformInput(plane, x), { transposeA: true });
  const size = inputs * outputs;
  const bands = plane.areJoined ? 1 : rows.tilesABlock * columns.blocks;
  const perBlock = addUp(products, rows.blocks * rows.products, bands, columns.products * size);
  const total = addUp(perBlock, 1, rows.blocks, rows.products * columns.products * size);
  const flat = reshape(total, [rows.products * columns.products, size]);
  const taps = matmul(matrix(transposed(kronecker(rows.kernel, columns.kernel))), flat);
  return reshape(transpose(taps, [1, 0]), [outputs, inputs, rows.kernel.columns, columns.kernel.columns]);
}

/** x as [outer, count, inner] summed over the axis in the middle, by a product with ones, which is quicker than a reduction. */
function addUp(x: Tensor, outer: number, count: number, inner: number): Tensor {
  if (count === 1) return x;
  return matmul(full(1, [1, count]), reshape(x, [outer, count, inner]));
}

/** V: x [H,W,N,I] → the batches of the products (see `spread`). */
function transformInput(plane: PlaneProducts, x: Tensor): Tensor {
  return spread(plane, along([plane.rows.input, plane.columns.input], x));
}

/** M: y [H',W',N,O] → the batches of the products. */
function transformOutput(plane: PlaneProducts, y: Tensor): Tensor {
  return spread(plane, along([transposed(plane.rows.output), transposed(plane.columns.output)], y));
}

/** U: w [O,I,kH,kW] → [1, products, 1, 1, products, O, I], or [products, products, O, I] for joined tiles */
function transformKernel({ rows, columns, areJoined }: PlaneProducts, w: Tensor): Tensor {
  const [outputs = 0, inputs = 0, ...kernel] = w.shape;
  const taps = transpose(reshape(w, [outputs * inputs, sizeOf(kernel)]), [1, 0]);
  const products = matmul(matrix(kronecker(rows.kernel, columns.kernel)), taps);
  const batches = areJoined ? [rows.products, columns.products] : [1, rows.products, 1, 1, columns.products];
  return reshape(products, [...batches, outputs, inputs]);
}

/** Multiplies the first two axes of x [H,W,…] by a matrix each. */
function along([first, second]: readonly [Matrix, Matrix], x: Tensor): Tensor {
  return overAxis(second, overAxis(first, x, 0), 1);
}

/**
 * Multiplies axis 0 or 1 of x [H,W,…] by a matrix. One with fewer columns than the axis is a block of a block-diagonal
 * matrix with all blocks alike; a long one that is banded is multiplied a part of its rows at a time.
 */
function overAxis(factor: Matrix, x: Tensor, axis: 0 | 1): Tensor {
  const parts = bandsOf(factor);
  if (parts.length === 1) return multiply(factor, x, axis);
  return concat(
    parts.map(({ from, until, part }) => multiply(part, sliceAxis(x, axis, from, until), axis)),
    axis,
  );
}

function multiply(factor: Matrix, x: Tensor, axis: 0 | 1): Tensor {
  const outer = axis === 0 ? [] : x.shape.slice(0, 1);
  const [extent = 0, ...rest] = x.shape.slice(axis);
  const blocks = extent / factor.columns;
  const product = matmul(matrix(factor), reshape(x, [...outer, blocks, factor.columns, sizeOf(rest)]));
  return reshape(product, [...outer, blocks * factor.rows, ...rest]);
}

/** Some rows of a matrix, without the columns on either side in which they are zero. */
interface Band {
  readonly from: number;
  readonly until: number;
  readonly part: Matrix;
}

/** Up to this many columns a matrix is multiplied as a whole, zeros and all. */
const wholeColumns = 32;

/** Parts of a banded matrix with about as many rows each, or the whole of one that would gain nothing. */
function bandsOf(factor: Matrix): Band[] {
  const count = Math.max(1, Math.floor(factor.columns / wholeColumns));
  const bands = Array.from({ length: count }, (_, i) => {
    const first = Math.round((i * factor.rows) / count);
    return band(factor, first, Math.round(((i + 1) * factor.rows) / count));
  });
  const columns = bands.reduce((total, { from, until }) => total + until - from, 0);
  return columns * 2 > count * factor.columns ? [band(factor, 0, factor.rows)] : bands;
}

function band({ columns, data }: Matrix, first: number, end: number): Band {
  const rows = data.subarray(first * columns, end * columns);
  const used = Array.from({ length: columns }, (_, column) => column).filter((column) =>
    rows.some((value, at) => value !== 0 && at % columns === column),
  );
  const from = used[0] ?? 0;
  const until = (used.at(-1) ?? columns - 1) + 1;
  const kept = rows.filter((_, at) => at % columns >= from && at % columns < until);
  return { from, until, part: { rows: end - first, columns: until - from, data: kept } };
}

/**
 * A map of products [·,·,N,C] as [blocks, products, tiles, blocks, products, tiles·N, C]: the batches of the products. Joined:
 * [products, products, tiles·tiles·N, C].
 */
function spread({ rows, columns, areJoined }: PlaneProducts, x: Tensor): Tensor {
  const [, , batch = 0, channels = 0] = x.shape;
  const row = columns.tilesABlock * batch;
  if (areJoined) {
    const apart = reshape(x, [rows.products, rows.tilesABlock, columns.products, row * channels]);
    const joined = transpose(apart, [0, 2, 1, 3]);
    return reshape(joined, [rows.products, columns.products, rows.tilesABlock * row, channels]);
  }
  const ofRows = [rows.blocks, rows.products, rows.tilesABlock];
  return reshape(x, [...ofRows, columns.blocks, columns.products, row, channels]);
}

/** Undoes `spread` and multiplies both axes by a matrix of theirs: the result of a convolution, [·,·,N,C]. */
function gather(
  { rows, columns, areJoined }: PlaneProducts,
  products: Tensor,
  matrixOf: (axis: AxisProducts) => Matrix,
  batch: number,
): Tensor {
  const channels = products.shape.at(-1) ?? 0;
  const extent = (axis: AxisProducts) => axis.blocks * axis.products * axis.tilesABlock;
  const row = columns.tilesABlock * batch * channels;
  const apart = areJoined
    ? transpose(reshape(products, [rows.products, columns.products, rows.tilesABlock, row]), [0, 2, 1, 3])
    : products;
  const map = reshape(apart, [extent(rows), extent(columns), batch, channels]);
  return along([matrixOf(rows), matrixOf(columns)], map);
}

function matrix({ rows, columns, data }: Matrix): Tensor {
  return constant({ dtype: 'float32', shape: [rows, columns], data });
}

function transposed({ rows, columns, data }: Matrix): Matrix {
  const turned = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  return { rows: columns, columns: rows, data: turned };
}

/** Row (i, k) and column (j, l) hold a[i, j]·b[k, l]. */
function kronecker(a: Matrix, b: Matrix): Matrix {
  const [rows, columns] = [a.rows * b.rows, a.columns * b.columns];
  const data = new Float32Array(rows * columns).map((_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const ofA = a.data[Math.floor(row / b.rows) * a.columns + Math.floor(column / b.columns)] ?? 0;
    return ofA * (b.data[(row % b.rows) * b.columns + (column % b.columns)] ?? 0);
  });
  return { rows, columns, data };
}
