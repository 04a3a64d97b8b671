/** Orthogonal regularisation. Source: Brock, Donahue, Simonyan 2019, arXiv:1809.11096, section 3.1, equation 3. */

import { extent, type Tensor } from '../engine/ir/tensor.ts';
import { constant, matmul, mul, reshape } from '../engine/ops/index.ts';

/**
 * `paper`: the gradient of β‖WWᵀ ⊙ (1 − I)‖²_F, which is 4β (WWᵀ ⊙ (1 − I)) W. `biggan-pytorch`: that code adds half of it.
 */
export type OrthogonalForm = 'paper' | 'biggan-pytorch';

/**
 * What the regularisation adds to the gradient of `weight` [O, …], seen as a matrix [O, rest] whose rows are filters: it
 * pulls filters apart but leaves their norms alone. `strength` is β, 1e-4 in the paper.
 */
export function orthogonalGradient(weight: Tensor, strength: number, form: OrthogonalForm = 'paper'): Tensor {
  const filters = extent(weight, 0);
  const matrix = reshape(weight, [filters, -1]);
  const overlaps = mul(matmul(matrix, matrix, { transposeB: true }), offDiagonal(filters));
  const factor = form === 'paper' ? 4 : 2;
  return mul(reshape(matmul(overlaps, matrix), weight.shape), factor * strength);
}

/** 1 − I */
function offDiagonal(size: number): Tensor {
  const data = new Float32Array(size * size).fill(1);
  for (let i = 0; i < size; i++) data[i * size + i] = 0;
  return constant({ dtype: 'float32', shape: [size, size], data });
}
