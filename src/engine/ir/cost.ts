/** What a program costs, worked out from the shapes of its nodes before anything runs. */

import type { Graph } from './graph.ts';
import { type GraphMemory, memoryOf } from './memory.ts';
import type { Tensor } from './tensor.ts';
import { sizeOf } from './tensor-data.ts';

export interface GraphCost extends GraphMemory {
  /** Floating-point operations of one run, as `flopsOf` counts them. */
  readonly flops: number;
}

/** Ops that compute nothing. */
const idle = new Set(['input', 'constant', 'reshape', 'stopGradient', 'after']);

/** Counts the operations and bytes of one run. */
export function costOf(graph: Graph): GraphCost {
  return { flops: graph.nodes.reduce((total, node) => total + flopsOf(node), 0), ...memoryOf(graph) };
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
