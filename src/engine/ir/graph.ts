/** A tensor program: named outputs and everything they depend on; printed, verified, hashed. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { GraphError } from '../../base/errors.ts';
import type { Attribute, Tensor } from './tensor.ts';
import { formatType, sizeOf, type TensorData } from './tensor-data.ts';

export interface Graph {
  readonly name: string;
  /** Named inputs, in the order in which they were made. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Every node that an output depends on, inputs before users. */
  readonly nodes: readonly Tensor[];
}

/** Collects the program that computes `outputs`, and verifies it. Throws GraphError as `collect` and `verify` do. */
export function graph(name: string, outputs: Iterable<readonly [string, Tensor]>): Graph {
  const result = collect(name, outputs);
  verify(result);
  return result;
}

/** As `graph`, for whoever verifies later. Throws GraphError if two inputs, or two outputs, share a name. */
export function collect(name: string, outputs: Iterable<readonly [string, Tensor]>): Graph {
  const named = new Map<string, Tensor>();
  for (const [outputName, tensor] of outputs) {
    if (named.has(outputName)) throw new GraphError(`graph ${name}: two outputs are named "${outputName}".`);
    named.set(outputName, tensor);
  }
  const nodes = topologicalOrder([...named.values()]);
  const inputs = new Map<string, Tensor>();
  for (const node of nodes) {
    const inputName = node.op.name === 'input' ? String(node.attributes.name) : undefined;
    if (inputName === undefined) continue;
    if (inputs.has(inputName)) throw new GraphError(`graph ${name}: two inputs are named "${inputName}".`);
    inputs.set(inputName, node);
  }
  return { name, inputs, outputs: named, nodes };
}

/**
 * Every tensor that `roots` depend on, inputs before users; ties in the order in which the program made them. What `ends`
 * depend on is left out, unless it is reached past them.
 */
export function topologicalOrder(roots: readonly Tensor[], ends: ReadonlySet<Tensor> = new Set()): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (!ends.has(node)) stack.push(...node.inputs);
  }
  // Ids grow with creation and an input is made before its user, so id order is a topological order.
  return [...seen].sort((a, b) => a.id - b.id);
}

/** Throws GraphError unless every node's dtype and shape are what its op infers and its inputs come before it. */
export function verify(graph: Graph): void {
  const seen = new Set<Tensor>();
  for (const node of graph.nodes) {
    const where = () => `graph ${graph.name}: ${node.op.name}${node.scope === '' ? '' : ` at ${node.scope}`}`;
    for (const input of node.inputs) {
      if (!seen.has(input)) throw new GraphError(`${where()} uses ${input} before it is computed.`);
    }
    seen.add(node);
    const type = node.op.infer(node.inputs, node.attributes);
    if (formatType(type) !== formatType(node)) {
      throw new GraphError(
        `${where()} claims ${node}, but its op infers ${formatType(type)} from (${node.inputs.join(', ')}).`,
      );
    }
    if (node.shape.some((n) => !Number.isSafeInteger(n) || n < 0)) {
      throw new GraphError(`${where()} has an impossible shape ${node}.`);
    }
  }
  for (const [name, node] of graph.outputs) {
    if (!seen.has(node)) throw new GraphError(`graph ${graph.name}: output "${name}" is not among its nodes.`);
  }
}

/**
 * The program as text, a node a line:
 *
 *     %2: float32[8,4] = matmul(%0, %1) {transposeB: true}  # G.linear
 */
export function print(graph: Graph): string {
  return [`graph ${graph.name}`, ...lines(graph, true), ''].join('\n');
}

/** SHA-256 of what the program computes: its nodes, attributes and constants, not its name or its scopes. */
export function hash(graph: Graph): string {
  const digest = sha256.create();
  digest.update(
    new TextEncoder().encode(
      lines(graph, false)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
  for (const node of graph.nodes) {
    for (const attribute of Object.values(node.attributes)) {
      if (isTensorData(attribute)) digest.update(bytesOf(attribute));
    }
  }
  return bytesToHex(digest.digest());
}

function lines(graph: Graph, withScopes: boolean): string[] {
  const numbers = new Map(graph.nodes.map((node, i) => [node, `%${i}`]));
  const numberOf = (node: Tensor) => numbers.get(node) ?? '%?';
  return [
    ...graph.nodes.map((node) => {
      const scope = withScopes && node.scope !== '' ? `  # ${node.scope}` : '';
      const operands = node.inputs.map(numberOf).join(', ');
      return `  ${numberOf(node)}: ${node} = ${node.op.name}(${operands})${formatAttributes(node)}${scope}`;
    }),
    ...[...graph.outputs].map(([name, node]) => `  return ${JSON.stringify(name)} = ${numberOf(node)}`),
  ];
}

function formatAttributes(node: Tensor): string {
  const parts = Object.entries(node.attributes).map(([key, value]) => `${key}: ${formatAttribute(value)}`);
  return parts.length === 0 ? '' : ` {${parts.join(', ')}}`;
}

/** Unlike JSON, keeps −0, NaN and the infinities apart. */
export function formatAttribute(value: Attribute): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean') return String(value);
  if (!isTensorData(value)) return `[${value.map(formatAttribute).join(', ')}]`;
  const shown = sizeOf(value.shape) <= 8 ? ` ${[...value.data].map(formatAttribute).join(' ')}` : '';
  return `<${formatType(value)}${shown}>`;
}

export function isTensorData(value: Attribute): value is TensorData {
  return typeof value === 'object' && 'dtype' in value;
}

function bytesOf({ data }: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
