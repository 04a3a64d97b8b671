/** What a rewrite pass is, and how one walks a program. Passes run after differentiation and before lowering. */

import { collect, type Graph } from '../ir/graph.ts';
import type { Device } from '../ir/lowering.ts';
import { inScope, Tensor } from '../ir/tensor.ts';

/** One place where a pass changed the program. */
export interface Site {
  /** Scope of the node that was replaced. */
  readonly scope: string;
  /** Name of the op that was replaced. */
  readonly op: string;
  /** What it became, in a few words: "9 products a tile of 2×2". */
  readonly change: string;
}

export interface Rewritten {
  readonly graph: Graph;
  readonly sites: readonly Site[];
}

/**
 * An exact rewrite: the new program computes what the old one did, up to the rounding of its sums, with the same inputs
 * and outputs. Where it does not apply it leaves the program as it was.
 */
export interface Pass {
  readonly name: string;
  /** One line for `sagan profile`. */
  readonly summary: string;
  /** The devices that it pays on; the others never see it. */
  readonly devices: readonly Device[];
  apply(graph: Graph): Rewritten;
}

/**
 * What becomes of a node whose inputs have been rewritten already: a tensor of its type with a word on the change, or
 * undefined, which keeps the node and only exchanges its inputs.
 */
export type Rule = (
  node: Tensor,
  inputs: readonly Tensor[],
) => { readonly tensor: Tensor; readonly change: string } | undefined;

/** The node with other inputs, of the same types, in its own scope. */
export function withInputs(node: Tensor, inputs: readonly Tensor[]): Tensor {
  return inScope(node.scope, () => new Tensor(node.op, inputs, node.attributes, node));
}

/** Applies `rule` to every node, inputs before users. Tensors that the rule makes get the scope of the node. */
export function rewriteNodes(program: Graph, rule: Rule): Rewritten {
  const sites: Site[] = [];
  const become = new Map<Tensor, Tensor>();
  const rewritten = (old: Tensor) => become.get(old) ?? old;
  for (const node of program.nodes) {
    const inputs = node.inputs.map(rewritten);
    const replacement = inScope(node.scope, () => rule(node, inputs));
    if (replacement !== undefined) sites.push({ scope: node.scope, op: node.op.name, change: replacement.change });
    // Every node is made anew, so that ids keep the order of the program, on which its memory depends.
    become.set(node, replacement?.tensor ?? withInputs(node, inputs));
  }
  if (sites.length === 0) return { graph: program, sites };
  const outputs = [...program.outputs].map(([name, tensor]) => [name, rewritten(tensor)] as const);
  return { graph: collect(program.name, outputs), sites };
}
