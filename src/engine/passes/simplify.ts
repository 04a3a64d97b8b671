/** Algebra on the program: nodes that say nothing, and work that can be done on fewer numbers. */

import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { div, mul } from '../ops/elementwise.ts';
import { mean, sum } from '../ops/reduce.ts';
import { reshape, transpose } from '../ops/shape.ts';
import { type Pass, type Rule, rewriteNodes } from './pass.ts';
import { countReaders } from './readers.ts';

/** Below this many numbers a pass over them costs less than the node that does it. */
const shortLength = 4096;

/**
 * Removes nodes that only rename or reorder, which changes no number, and takes a factor of one element out of sums, which
 * rounds once instead of at every term. That factor may be anything: a sum that was finite stays so unless the bare sum
 * overflows; one that was infinite or NaN may be the other of the two, where the factor is 0 or infinite.
 */
export const simplify: Pass = {
  name: 'simplify',
  summary: 'reshapes and transposes of one another become one, and single factors leave sums',
  devices: ['cpu', 'webgpu', 'wasm'],
  apply(program) {
    const readers = countReaders(program);
    return rewriteNodes(program, (node, inputs) => {
      // Of the very product: what a stop of gradients held has other readers, which were not counted as its own.
      const isOnlyReader = node.inputs.every((x, i) => readers.get(x) === 1 && x.op === inputs[i]?.op);
      return rules[node.op.name]?.(node, inputs) ?? (isOnlyReader ? factorOut(node, inputs) : undefined);
    });
  },
};

const rules: Readonly<Record<string, Rule>> = {
  // It has spoken: differentiation is over.
  stopGradient: (_, [x]) => x && { tensor: x, change: 'what it holds' },
  reshape: (node, [x]) =>
    x?.op.name === 'reshape' ? { tensor: reshaped(x, node.shape), change: 'one reshape' } : undefined,
  transpose: (node, [x]) => {
    if (x === undefined) return undefined;
    const permutation = axesOf(node, 'permutation');
    const moved = permutation.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, i) => axis >= (moved[i - 1] ?? 0))) {
      return { tensor: reshaped(x, node.shape), change: 'a reshape: only axes of extent 1 move' };
    }
    const [source] = x.inputs;
    if (x.op.name !== 'transpose' || source === undefined) return undefined;
    const inner = axesOf(x, 'permutation');
    const both = permutation.map((axis) => inner[axis] ?? 0);
    return { tensor: transpose(source, both), change: 'one transpose' };
  },
  sum: ofOne,
  mean: ofOne,
  reduceMax: ofOne,
};

function ofOne(node: Tensor, [x]: readonly Tensor[]): ReturnType<Rule> {
  return x !== undefined && sizeOf(x.shape) === sizeOf(node.shape)
    ? { tensor: reshaped(x, node.shape), change: 'a reshape: of single elements' }
    : undefined;
}

const reductions: Readonly<Record<string, typeof sum>> = { sum, mean };
const products: Readonly<Record<string, typeof mul>> = { mul, div };

/** Σ (x · s) as (Σ x) · s for an s of one element, and the same of quotients and means: a pass over x less. */
function factorOut(node: Tensor, [product]: readonly Tensor[]): ReturnType<Rule> {
  const reduce = reductions[node.op.name];
  const multiply = products[product?.op.name ?? ''];
  if (product === undefined || sizeOf(product.shape) < shortLength) return undefined;
  const [a, b] = product.inputs;
  if (reduce === undefined || multiply === undefined || a === undefined || b === undefined) return undefined;
  const [x, factor] = sizeOf(a.shape) === 1 && product.op.name === 'mul' ? [b, a] : [a, b];
  if (sizeOf(factor.shape) !== 1 || x.rank !== product.rank) return undefined;
  const reduced = reduce(x, axesOf(node, 'axes'), { keepDims: node.attributes.keepDims === true });
  return { tensor: multiply(reduced, reshaped(factor, [])), change: 'a factor of one element after the sum' };
}

/** As `reshape`, of what x itself is a reshape of. */
function reshaped(x: Tensor, shape: Shape): Tensor {
  return reshape(x.op.name === 'reshape' ? (x.inputs[0] ?? x) : x, shape);
}

function axesOf({ attributes }: Tensor, name: string): readonly number[] {
  const value = attributes[name];
  return Array.isArray(value) ? value : [];
}
