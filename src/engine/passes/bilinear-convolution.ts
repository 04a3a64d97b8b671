/**
 * Convolutions of maps laid out [H,W,N,C] as batches of matrix products over channels, one a product of the bilinear
 * algorithm of both axes (see axis-products.ts). In this layout every step is a matrix product over neighbours in memory:
 * the axes' matrices act from the left, the channels' from the right, and nothing is moved.
 *
 *     V = B x, U = G w, M = Aᵀ y        the three factors, transformed along both axes
 *     conv:            y = A (V·U)
 *     convTranspose:   x = Bᵀ (M·Uᵀ)
 *     kernelGradient:  w = Gᵀ Σ_tiles Vᵀ·M
 */

import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { constant } from '../ops/constant.ts';
import { matmul } from '../ops/matmul.ts';
import { sum } from '../ops/reduce.ts';
import { reshape, transpose } from '../ops/shape.ts';
import type { AxisProducts, Matrix } from './axis-products.ts';

/** The algorithms of both axes. */
export interface PlaneProducts {
  readonly rows: AxisProducts;
  readonly columns: AxisProducts;
}

/** x [H,W,N,I], w [O,I,kH,kW] → y [H',W',N,O] */
export function bilinearConv(plane: PlaneProducts, x: Tensor, w: Tensor): Tensor {
  const products = matmul(spread(plane, transformInput(plane, x)), transformKernel(plane, w));
  return along(plane.rows.output, plane.columns.output, gathered(plane, products));
}

/** y [H',W',N,O], w [O,I,kH,kW] → x [H,W,N,I] */
export function bilinearConvTranspose(plane: PlaneProducts, y: Tensor, w: Tensor): Tensor {
  const kernel = transformKernel(plane, w);
  const products = matmul(spread(plane, transformOutput(plane, y)), kernel, { transposeB: true });
  return along(transposed(plane.rows.input), transposed(plane.columns.input), gathered(plane, products));
}

/** x [H,W,N,I], y [H',W',N,O] → w [O,I,kH,kW] */
export function bilinearKernelGradient(plane: PlaneProducts, x: Tensor, y: Tensor): Tensor {
  const { rows, columns } = plane;
  const [, , , inputs = 0] = x.shape;
  const [, , , outputs = 0] = y.shape;
  const perTileRow = matmul(spread(plane, transformInput(plane, x)), spread(plane, transformOutput(plane, y)), {
    transposeA: true,
  }); // [products, tiles, products, I, O]
  const products = rows.tiles === 1 ? perTileRow : sum(perTileRow, [1]);
  const flat = reshape(products, [rows.products * columns.products, inputs * outputs]);
  const taps = matmul(matrix(transposed(kronecker(rows.kernel, columns.kernel))), flat);
  return transpose(reshape(taps, [rows.kernel.columns, columns.kernel.columns, inputs, outputs]), [3, 2, 0, 1]);
}

function transformInput({ rows, columns }: PlaneProducts, x: Tensor): Tensor {
  return along(rows.input, columns.input, x);
}

function transformOutput({ rows, columns }: PlaneProducts, y: Tensor): Tensor {
  return along(transposed(rows.output), transposed(columns.output), y);
}

/** w [O,I,kH,kW] → [products, 1, products, I, O] */
function transformKernel({ rows, columns }: PlaneProducts, w: Tensor): Tensor {
  const [outputs = 0, inputs = 0, ...kernel] = w.shape;
  const taps = reshape(transpose(w, [2, 3, 1, 0]), [sizeOf(kernel), inputs * outputs]);
  const products = matmul(matrix(kronecker(rows.kernel, columns.kernel)), taps);
  return reshape(products, [rows.products, 1, columns.products, inputs, outputs]);
}

/** Multiplies the first two axes of x [H,W,…] by a matrix each: [rows of `first`, rows of `second`, …]. */
function along(first: Matrix, second: Matrix, x: Tensor): Tensor {
  const [height = 0, width = 0, ...rest] = x.shape;
  const inner = sizeOf(rest);
  // The first product is the one that leaves less to the second.
  const overRows = matmul(matrix(first), reshape(x, [height, width * inner]));
  const overColumns = matmul(matrix(second), reshape(overRows, [first.rows, width, inner]));
  return reshape(overColumns, [first.rows, second.rows, ...rest]);
}

/** [products·tiles, products·tiles, N, C] → [products, tiles, products, tiles·N, C]: the batches of the products. */
function spread({ rows, columns }: PlaneProducts, x: Tensor): Tensor {
  const [, , batch = 0, channels = 0] = x.shape;
  return reshape(x, [rows.products, rows.tiles, columns.products, columns.tiles * batch, channels]);
}

/** The inverse of `spread`. */
function gathered({ rows, columns }: PlaneProducts, x: Tensor): Tensor {
  const [, , , tileRow = 0, channels = 0] = x.shape;
  const batch = tileRow / columns.tiles;
  return reshape(x, [rows.products * rows.tiles, columns.products * columns.tiles, batch, channels]);
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
