/** The two layouts of a map in a program that is being laid out, and what a rule says of an op. */

import type { Tensor } from '../ir/tensor.ts';
import { reshape, transpose } from '../ops/shape.ts';

/** What the rewritten program has of a tensor of the old one: a map in either layout, made when first asked for. */
export interface Layouts {
  /** As the program had it: [N,C,H,W]. */
  standard(old: Tensor): Tensor;
  /** [H,W,N,C]. A tensor of lower rank is taken for one that broadcasts to [N,C,H,W]. */
  positionsFirst(old: Tensor): Tensor;
  /** True if the tensor was computed in positions-first layout, so that the other would cost a transposition. */
  isPositionsFirst(old: Tensor): boolean;
  /** A number for the part of the program that a tensor belongs to: the outermost scope, forward and backward apart. */
  part(old: Tensor): number;
}

/** The result of a rule: in which layout it is, and a word on the change where it is one. */
export interface LaidOut {
  readonly tensor: Tensor;
  readonly layout: 'standard' | 'positionsFirst';
  readonly change?: string | undefined;
}

/** How an op is computed beside maps that lie positions first; undefined leaves it in the standard layout. */
export type LayoutRule = (node: Tensor, layouts: Layouts) => LaidOut | undefined;

/**
 * [N,C,H,W] ↔ [H,W,N,C]. Where one pair of axes is 1×1 nothing moves; else it is the transpose of a matrix, which ONNX
 * Runtime does ten times as fast as one of four axes.
 */
export function swapPlanes(x: Tensor): Tensor {
  const [a = 0, b = 0, c = 0, d = 0] = x.shape;
  const swapped = [c, d, a, b];
  return a * b === 1 || c * d === 1
    ? reshape(x, swapped)
    : reshape(transpose(reshape(x, [a * b, c * d]), [1, 0]), swapped);
}

export function positionsFirst(tensor: Tensor): LaidOut {
  return { tensor, layout: 'positionsFirst' };
}

export function standard(tensor: Tensor): LaidOut {
  return { tensor, layout: 'standard' };
}
