/**
 * Gives large values shapes of their own, so that their memory is given back while nobody needs it.
 *
 * ONNX Runtime plans that a value takes over the memory of an earlier one of the very same shape, and keeps that memory
 * from the one to the other, however far apart they are. A training step has the same shapes on its way forward and on its
 * way back, with everything that must be kept in between, and so held up to twice what was alive. A shape with one more
 * leading 1 is another one to the planner, and the same to everybody else.
 */

import { collect, type Graph } from '../ir/graph.ts';
import { bytesOf, executionOrder, isComputed, storageOf } from '../ir/memory.ts';
import { apply, inScope, type Tensor } from '../ir/tensor.ts';
import { formatType, type Shape } from '../ir/tensor-data.ts';
import { matmul } from '../ops/matmul.ts';
import { broadcastTo, reshape } from '../ops/shape.ts';
import { elementwiseOps } from './elementwise-ops.ts';
import { type Pass, type Rewritten, type Site, withInputs } from './pass.ts';

/** Smaller values are not worth the two reshapes. */
const largeBytes = 2 ** 20;

/** Memory that is taken again within so many nodes might as well stay. */
const shortWait = 48;

/** A value in so many shapes takes up the last one that is free. */
const mostOnes = 12;

export const releaseEarly: Pass = {
  name: 'release-early',
  summary: 'shapes of their own for large values, so that their memory is not kept for later ones',
  devices: ['cpu'],
  apply: shapeApart,
};

function shapeApart(program: Graph): Rewritten {
  const ones = leadingOnes(program);
  if (ones.size === 0) return { graph: program, sites: [] };
  const sites: Site[] = [];
  const become = new Map<Tensor, Tensor>();
  const rewritten = (old: Tensor) => become.get(old) ?? old;
  for (const node of program.nodes) {
    const inputs = node.inputs.map(rewritten);
    const count = ones.get(node) ?? 0;
    const reshaped = inScope(node.scope, () => (count === 0 ? undefined : withLeadingOnes(node, inputs, count)));
    if (reshaped !== undefined) sites.push({ scope: node.scope, op: node.op.name, change: `${count} leading ones` });
    become.set(node, reshaped ?? withInputs(node, node.op.name === 'reshape' ? inputs.map(beforeReshape) : inputs));
  }
  const outputs = [...program.outputs].map(([name, tensor]) => [name, rewritten(tensor)] as const);
  return { graph: collect(program.name, outputs), sites };
}

/**
 * The reshape back and one of a reader are joined. ONNX Runtime's own rewriting would join them too, but as a new node; and
 * those it computes first, with all that they depend on, however late they are needed.
 */
function beforeReshape(x: Tensor): Tensor {
  const [operand] = x.inputs;
  return x.op.name === 'reshape' && operand !== undefined ? beforeReshape(operand) : x;
}

/** How many leading ones each large value gets: as few as keep values apart that are of one type and far from each other. */
function leadingOnes(program: Graph): Map<Tensor, number> {
  const order = executionOrder(program);
  const lastUse = new Map<Tensor, number>();
  for (const [i, node] of order.entries()) for (const input of node.inputs) lastUse.set(storageOf(input), i);
  // An output is never given back, and under another shape it would be copied.
  const outputs = new Set([...program.outputs.values()].map(storageOf));
  /** By type and number of ones: when the last value of that shape is used for the last time. */
  const deaths = new Map<string, number[]>();
  const chosen = new Map<Tensor, number>();
  for (const [birth, node] of order.entries()) {
    if (!isComputed(node) || bytesOf(node) < largeBytes || outputs.has(node) || !canLead(node)) continue;
    const known = deaths.get(formatType(node)) ?? [];
    deaths.set(formatType(node), known);
    const latest = known.reduce((best, death) => (death < birth && death > best ? death : best), -1);
    const isNear = latest >= 0 && (birth - latest <= shortWait || known.length > mostOnes);
    const count = isNear ? known.indexOf(latest) : known.length;
    known[count] = lastUse.get(node) ?? birth;
    if (count > 0) chosen.set(node, count);
  }
  return chosen;
}

function canLead({ op, inputs, shape }: Tensor): boolean {
  return (
    op.name === 'matmul' || op.name === 'broadcastTo' || (elementwiseOps.has(op.name) && fullAmong(inputs, shape) >= 0)
  );
}

/** The place of an operand that has the whole shape of an elementwise result, or −1. */
function fullAmong(inputs: readonly Tensor[], shape: Shape): number {
  return inputs.findIndex((input) => input.shape.join() === shape.join());
}

/** The node's value by the same op in a shape with `count` more leading ones, under its old shape. */
function withLeadingOnes(node: Tensor, inputs: readonly Tensor[], count: number): Tensor {
  const led = (shape: Shape) => [...Array.from({ length: count }, () => 1), ...shape];
  return reshape(inLedShape(node, inputs, led), node.shape);
}

function inLedShape(node: Tensor, inputs: readonly Tensor[], led: (shape: Shape) => Shape): Tensor {
  const [a, b] = inputs;
  if (node.op.name === 'broadcastTo' && a !== undefined) return broadcastTo(a, led(node.shape));
  if (node.op.name === 'matmul' && a !== undefined && b !== undefined) {
    const { transposeA, transposeB } = node.attributes;
    const batch = node.shape.slice(0, -2);
    const lead = reshape(a, led([...batch.slice(0, batch.length - (a.rank - 2)).map(() => 1), ...a.shape]));
    return matmul(lead, b, { transposeA: transposeA === true, transposeB: transposeB === true });
  }
  const full = fullAmong(inputs, node.shape);
  const operands = inputs.map((input, i) => (i === full ? reshape(input, led(input.shape)) : input));
  return apply(node.op, operands, node.attributes);
}
