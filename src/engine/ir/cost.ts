/** What a program costs, worked out from the shapes of its nodes before anything runs. */

import type { Graph } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { bytesPerElement, sizeOf } from './tensor-data.ts';

export interface GraphCost {
  /** Floating-point operations of one run, as `flopsOf` counts them. */
  readonly flops: number;
  /** What the caller holds and hands in: state, batch, noise. */
  readonly inputBytes: number;
  /** What is handed back: the next state and the scalars. */
  readonly outputBytes: number;
  /** The most that the values in between hold at one time, the scratch of weight gradients included. */
  readonly peakBytes: number;
}

/** Values that are there before the run, and ops whose result is another name of their operand. */
const given = new Set(['input', 'constant']);
const aliases = new Set(['reshape', 'stopGradient']);
/** Ops that compute nothing. */
const idle = new Set([...given, ...aliases, 'after']);

/** Counts the operations and bytes of one run in which nodes are computed in order and dropped after their last use. */
export function costOf({ nodes, inputs, outputs }: Graph): GraphCost {
  const kept = new Set([...outputs.values()].map(storageOf).filter((node) => !given.has(node.op.name)));
  return {
    flops: nodes.reduce((total, node) => total + flopsOf(node), 0),
    inputBytes: totalBytes(inputs.values()),
    outputBytes: totalBytes(kept),
    peakBytes: peakOf(nodes, kept),
  };
}

/** Operations of one node: 2 a multiply-add of convolutions and matrix products, 1 an element of any other result. */
export function flopsOf(node: Tensor): number {
  const [a, b] = node.inputs;
  if (a === undefined || idle.has(node.op.name)) return 0;
  switch (b === undefined ? '' : node.op.name) {
    case 'matmul':
      return 2 * sizeOf(node.shape) * (a.shape.at(node.attributes.transposeA === true ? -2 : -1) ?? 0);
    // The three convolutions are one sum over the elements of y and of a filter of w, with another factor left out.
    case 'conv':
      return 2 * sizeOf(node.shape) * sizeOf(b?.shape.slice(1) ?? []);
    case 'convTranspose':
      return 2 * sizeOf(a.shape) * sizeOf(b?.shape.slice(1) ?? []);
    case 'kernelGradient':
      return 2 * sizeOf(b?.shape ?? []) * sizeOf(node.shape.slice(1));
    default:
      return sizeOf(node.shape);
  }
}

function peakOf(nodes: readonly Tensor[], kept: ReadonlySet<Tensor>): number {
  const lastUse = new Map<Tensor, Tensor>();
  for (const node of nodes) for (const input of node.inputs) lastUse.set(storageOf(input), node);
  const isCounted = (node: Tensor) => storageOf(node) === node && !given.has(node.op.name) && !kept.has(node);
  let live = 0;
  let peak = 0;
  for (const node of nodes) {
    if (isCounted(node)) live += bytesOf(node);
    peak = Math.max(peak, live + scratchOf(node));
    for (const input of new Set(node.inputs.map(storageOf))) {
      if (lastUse.get(input) === node && isCounted(input)) live -= bytesOf(input);
    }
  }
  return peak;
}

/** A weight gradient is computed from rearranged copies: y, x padded and shifted, and the products of all taps. */
function scratchOf(node: Tensor): number {
  return node.op.name === 'kernelGradient' ? 2 * totalBytes(node.inputs) + bytesOf(node) : 0;
}

/** The node in whose memory a value lies: its own, or that of the value it is another name of. */
function storageOf(node: Tensor): Tensor {
  const [operand] = node.inputs;
  return operand !== undefined && aliases.has(node.op.name) ? storageOf(operand) : node;
}

function totalBytes(nodes: Iterable<Tensor>): number {
  return [...nodes].reduce((total, node) => total + bytesOf(node), 0);
}

function bytesOf({ dtype, shape }: Tensor): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}
