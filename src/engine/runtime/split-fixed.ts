/** Partial evaluation: what of a program depends on fixed inputs alone, and what is left to do in each run. */

import { flopsOf } from '../ir/cost.ts';
import { type Graph, graph } from '../ir/graph.ts';
import { bytesOf, isComputed, totalBytes } from '../ir/memory.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { input } from '../ops/constant.ts';
import { withInputs } from '../passes/pass.ts';

export interface SplitProgram {
  /** From the fixed inputs to all that the rest wants of them. */
  readonly settled: Graph;
  /** From what is settled and the other inputs to the program's outputs. */
  readonly rest: Graph;
}

/**
 * Splits a program in two, one for the inputs named in `fixed` and one for the others. Together they compute node for node
 * what the program does.
 */
export function splitFixed(program: Graph, fixed: ReadonlySet<string>): SplitProgram {
  const early = new Set<Tensor>();
  for (const node of program.nodes) {
    const dependsOnFixedAlone =
      node.inputs.some((x) => early.has(x)) && node.inputs.every((x) => early.has(x) || x.op.name === 'constant');
    if (dependsOnFixedAlone || fixed.has(inputName(node) ?? '')) early.add(node);
  }
  const readByRest = new Set<Tensor>(program.outputs.values());
  for (const node of program.nodes.toReversed()) {
    if (early.has(node) && (!readByRest.has(node) || isWorthKeeping(node))) continue;
    early.delete(node);
    for (const operand of node.inputs) readByRest.add(operand);
  }
  const crossing = program.nodes.filter((node) => early.has(node) && readByRest.has(node));
  const names = new Map(crossing.map((node, i) => [node, inputName(node) ?? `settled#${i}`]));
  const become = new Map<Tensor, Tensor>();
  const rewritten = (old: Tensor) => become.get(old) ?? old;
  for (const node of program.nodes) {
    const name = names.get(node);
    if (name !== undefined) become.set(node, input(name, node.dtype, node.shape));
    else if (!early.has(node)) become.set(node, withInputs(node, node.inputs.map(rewritten)));
  }
  return {
    settled: graph(
      `${program.name}, settled`,
      [...names].map(([node, name]) => [name, node] as const),
    ),
    rest: graph(
      program.name,
      [...program.outputs].map(([name, node]) => [name, rewritten(node)] as const),
    ),
  };
}

function inputName({ op, attributes }: Tensor): string | undefined {
  return op.name === 'input' ? String(attributes.name) : undefined;
}

/** False for views, and for what is larger than its operands and as quickly made as read: a value broadcast to a map. */
function isWorthKeeping(node: Tensor): boolean {
  if (node.inputs.length === 0) return true;
  const isExpansion = bytesOf(node) > totalBytes(node.inputs) && flopsOf(node) <= sizeOf(node.shape);
  return isComputed(node) && !isExpansion;
}
