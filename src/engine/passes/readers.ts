/** Who reads a value: what a pass must know before it moves work from a node to its reader. */

import type { Graph } from '../ir/graph.ts';
import type { Tensor } from '../ir/tensor.ts';

/** How many nodes read each node of a program, and one more if it is an output. */
export function countReaders({ nodes, outputs }: Graph): ReadonlyMap<Tensor, number> {
  const readers = new Map<Tensor, number>();
  const read = [...nodes.flatMap(({ inputs }) => [...new Set(inputs)]), ...new Set(outputs.values())];
  for (const tensor of read) readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  return readers;
}
