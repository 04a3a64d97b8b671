/**
 * How networks hear of classes: labels int32[N], or, for images between classes, weights float32[N,K] of all of them. A
 * network that takes its classes through these takes both.
 */

import type { Tensor } from '../engine/ir/tensor.ts';
import { gather, matmul, oneHot } from '../engine/ops/index.ts';

/** Rows of a table [K,F] → [N,F]: that of each label, or the sum of all by their weights. */
export function classRows(table: Tensor, classes: Tensor): Tensor {
  return classes.dtype === 'int32' ? gather(table, classes) : matmul(classes, table);
}

/** The classes as vectors [N,count]: one-hot, or their weights. */
export function classVectors(classes: Tensor, count: number): Tensor {
  return classes.dtype === 'int32' ? oneHot(classes, count) : classes;
}
