/** Reading and filling arrays by coordinates. */

import { GraphError } from '../../base/errors.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';

export interface Operand {
  readonly shape: Shape;
  readonly data: Float64Array;
}

export type Meaning = (node: Tensor, operands: readonly Operand[]) => Float64Array;

/** All coordinates of a shape, the last axis fastest. */
export function coordinates(shape: Shape): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const where: number[] = [];
    let rest = flat;
    for (const n of [...shape].reverse()) {
      where.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    return where;
  });
}

/** An array of `shape` whose element at each coordinate is f(coordinate). */
export function tabulate(shape: Shape, f: (where: readonly number[]) => number): Float64Array {
  return Float64Array.from(coordinates(shape), f);
}

/** The element of x at a coordinate. Throws GraphError outside of x. */
export function at(x: Operand | undefined, where: readonly number[]): number {
  let flat = 0;
  for (const [axis, n] of (x?.shape ?? []).entries()) flat = flat * n + (where[axis] ?? 0);
  const value = x?.data[flat];
  if (value === undefined)
    throw new GraphError(`interpret: [${where.join(',')}] lies outside of [${x?.shape.join(',')}].`);
  return value;
}

/** A list attribute of a node. */
export function numbers(node: Tensor, name: string): readonly number[] {
  const value = node.attributes[name];
  if (!Array.isArray(value)) throw new GraphError(`interpret: ${node.op.name} lacks the list "${name}".`);
  return value;
}
