/** What a program holds in memory while ONNX Runtime runs it on the CPU, worked out from its nodes before it does. */

import { changesOf, type Lifetime, touchedBytes } from './arena.ts';
import type { Graph } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { bytesPerElement, formatType, sizeOf } from './tensor-data.ts';

export interface GraphMemory {
  /** What the caller holds and hands in: state, batch, noise. */
  readonly inputBytes: number;
  /** What is handed back: the next state and the scalars. */
  readonly outputBytes: number;
  /** The most that everything the run computes takes at one time: outputs, values in between, scratch. */
  readonly peakBytes: number;
  /** What ONNX Runtime's arena comes to meanwhile, which the process keeps. */
  readonly arenaBytes: number;
}

/** Values that are there before the run, and ops whose result is another name of their operand. */
const given = new Set(['input', 'constant']);
const aliases = new Set(['reshape', 'stopGradient']);
/** Ops whose kernels write over an operand of the result's size that nobody else reads. */
const overwriting = new Set(
  'abs add after div exp leakyRelu log mul neg relu sigmoid softplus sqrt square sub tanh'.split(' '),
);

/** Measures a program by replaying how ONNX Runtime 1.30 plans its memory, node by node. */
export function memoryOf(graph: Graph): GraphMemory {
  const outputs = outputsOf(graph);
  const pieces = planned(executionOrder(graph), outputs);
  return {
    inputBytes: totalBytes(graph.inputs.values()),
    outputBytes: totalBytes([...outputs].filter((node) => !given.has(node.op.name))),
    peakBytes: peakOf(pieces).bytes,
    arenaBytes: touchedBytes(pieces),
  };
}

/** Memory that is held when a program's memory is at its peak. */
export interface HeldPiece {
  readonly bytes: number;
  /** Whose value lies in it, or lay there last if it is kept for another. */
  readonly node: Tensor;
}

/** What a program holds when its memory is at its peak; the sizes add up to `peakBytes`. */
export function heldAtPeak(graph: Graph): HeldPiece[] {
  const pieces = planned(executionOrder(graph), outputsOf(graph));
  const { at } = peakOf(pieces);
  return pieces
    .filter(({ bytes, from, until }) => bytes > 0 && from <= at && at <= until)
    .flatMap(({ bytes, tenants }) => {
      const tenant = tenants.findLast(({ from }) => from <= at);
      return tenant === undefined ? [] : [{ bytes, node: tenant.node }];
    });
}

function outputsOf(graph: Graph): Set<Tensor> {
  return new Set([...graph.outputs.values()].map(storageOf));
}

/**
 * The order in which ONNX Runtime's sequential executor computes the nodes: from what nobody reads, the last first, down
 * to the operands, the youngest first.
 */
export function executionOrder({ nodes }: Graph): Tensor[] {
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const stack = nodes.filter((node) => !read.has(node)).map((node) => ({ node, isReady: false }));
  const seen = new Set<Tensor>();
  const order: Tensor[] = [];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { node, isReady } = next;
    if (isReady) order.push(node);
    if (seen.has(node)) continue;
    seen.add(node);
    const operands = node.inputs.toSorted((a, b) => a.id - b.id);
    stack.push({ node, isReady: true }, ...operands.map((operand) => ({ node: operand, isReady: false })));
  }
  return order;
}

/** A piece of memory that is held from the `from`-th node of the order to the `until`-th, both included. */
interface Piece extends Lifetime {
  until: number;
  /** Whose memory it becomes, one after the other. */
  readonly tenants: { readonly node: Tensor; readonly from: number }[];
}

/**
 * Every piece of memory of a run. A value takes the piece of an operand that it may overwrite, or else one that an earlier
 * value of its very type has left, before it asks for a new one; likewise the scratch of ops with operands of the same
 * types. A piece that will be taken again is not given back in between, so a step holds up to half as much again as what
 * is alive.
 */
function planned(order: readonly Tensor[], outputs: ReadonlySet<Tensor>): Piece[] {
  const pieces: Piece[] = [];
  const left = new Map<string, Piece[]>();
  const hold = (bytes: number, from: number, until = from): Piece => {
    const piece = { bytes, from, until, tenants: [] };
    pieces.push(piece);
    return piece;
  };
  const leave = (kind: string, piece: Piece) => left.set(kind, [...(left.get(kind) ?? []), piece]);
  const take = (kind: string, bytes: number, at: number) => left.get(kind)?.pop() ?? hold(bytes, at);

  const pieceOf = new Map<Tensor, Piece>();
  const readers = new Map<Tensor, number>();
  for (const operand of order.flatMap(operandsOf)) readers.set(operand, (readers.get(operand) ?? 0) + 1);
  const countReader = (operand: Tensor): number => {
    const others = (readers.get(operand) ?? 0) - 1;
    readers.set(operand, others);
    return others;
  };

  for (const [i, node] of order.entries()) {
    if (!isComputed(node)) continue;
    const { op, attributes, inputs } = node;
    const scratchKind = `${op.name} of ${inputs.map(formatType)}`;
    const scratch = take(scratchKind, op.scratchBytes?.(node, attributes) ?? 0, i);
    scratch.until = i;
    scratch.tenants.push({ node, from: i });
    leave(scratchKind, scratch);

    const finished = operandsOf(node).filter((operand) => countReader(operand) === 0 && !outputs.has(operand));
    const isOutput = outputs.has(node);
    const overwritten = finished.find(
      (operand) => !isOutput && overwriting.has(op.name) && bytesOf(operand) === bytesOf(node),
    );
    const inherited = overwritten && pieceOf.get(overwritten);
    const piece = isOutput
      ? hold(bytesOf(node), i, order.length)
      : (inherited ?? take(formatType(node), bytesOf(node), i));
    piece.tenants.push({ node, from: i });
    if (!isOutput) pieceOf.set(node, piece);
    for (const operand of finished) {
      const freed = pieceOf.get(operand);
      if (freed === undefined) continue;
      freed.until = i;
      if (operand !== overwritten) leave(formatType(operand), freed);
    }
  }
  return pieces;
}

/** The most bytes that are held at one time, and the node of the order at which they first are. */
function peakOf(pieces: readonly Piece[]): { readonly bytes: number; readonly at: number } {
  let held = 0;
  let peak = { bytes: 0, at: 0 };
  for (const { at, piece, isTaken } of changesOf(pieces)) {
    held += isTaken ? piece.bytes : -piece.bytes;
    if (held > peak.bytes) peak = { bytes: held, at };
  }
  return peak;
}

/** The node in whose memory a value lies: its own, or that of the value it is another name of. */
export function storageOf(node: Tensor): Tensor {
  const [operand] = node.inputs;
  return operand !== undefined && aliases.has(node.op.name) ? storageOf(operand) : node;
}

/** True for a value that takes memory of its own during the run. */
export function isComputed(node: Tensor): boolean {
  return !given.has(node.op.name) && !aliases.has(node.op.name);
}

/** The computed values that a computed node reads, each once. */
function operandsOf(node: Tensor): Tensor[] {
  return isComputed(node) ? [...new Set(node.inputs.map(storageOf))].filter(isComputed) : [];
}

/** The size of several values together. */
export function totalBytes(nodes: Iterable<Tensor>): number {
  return [...nodes].reduce((total, node) => total + bytesOf(node), 0);
}

export function bytesOf({ dtype, shape }: Tensor): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}
