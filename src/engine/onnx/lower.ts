/** Graph → ONNX: the list of nodes that an ONNX file holds. */

import { GraphError } from '../../base/errors.ts';
import type { Graph } from '../ir/graph.ts';
import type { Device, Lowering, OnnxAttribute, Opset } from '../ir/lowering.ts';
import type { Tensor, TensorType } from '../ir/tensor.ts';
import { formatType, type TensorData } from '../ir/tensor-data.ts';
import { fuseBias, isBiasedConvolution } from './fuse-bias.ts';

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData['data'] | BigInt64Array;
  readonly dtype: TensorData['dtype'] | 'int64';
}

/** What an ONNX file says, before it is bytes. */
export interface OnnxModel {
  readonly name: string;
  readonly opset: Opset;
  readonly inputs: ReadonlyMap<string, TensorType>;
  readonly outputs: ReadonlyMap<string, TensorType>;
  readonly initializers: readonly OnnxInitializer[];
  readonly nodes: readonly OnnxNode[];
}

/** ONNX lets no output share an input's name; state does (weights in, the same weights out), so it gets a suffix. */
export function onnxOutputName(graph: Graph, name: string): string {
  return graph.inputs.has(name) ? `${name}.next` : name;
}

/** Writes a verified graph as ONNX nodes for a device. */
export function lower(graph: Graph, device: Device, opset: Opset = 18): OnnxModel {
  const writer = new GraphWriter(device, opset);
  for (const node of graph.nodes) writer.lower(node);
  return writer.finish(graph);
}

class GraphWriter implements Lowering {
  readonly device: Device;
  readonly opset: Opset;
  private readonly names = new Map<Tensor, string>();
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxInitializer>();
  private scope = '';

  constructor(device: Device, opset: Opset) {
    this.device = device;
    this.opset = opset;
  }

  lower(node: Tensor): void {
    if (node.dtype === 'float64' && this.device === 'webgpu') {
      throw new GraphError(
        `${node.op.name}${node.scope === '' ? '' : ` at ${node.scope}`}: ${node} cannot be computed by WebGPU, which has ` +
          'no float64; run the program on the CPU, or cast to float32.',
      );
    }
    this.scope = node.scope === '' ? node.op.name : `${node.scope}/${node.op.name}`;
    this.names.set(node, node.op.lower(this, node, node.attributes));
  }

  name(tensor: Tensor): string {
    const name = this.names.get(tensor);
    if (name === undefined) throw new GraphError(`lowering: ${tensor} is used before it is computed.`);
    return name;
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = '',
  ): string {
    const number = `#${this.nodes.length}`;
    // Nodes have names for people, values short ones, which ONNX Runtime finds sooner.
    this.nodes.push({ opType, domain, name: `${this.scope}${number}`, inputs, output: number, attributes });
    return number;
  }

  constant(value: TensorData): string {
    const bytes = new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength);
    // Short constants are shared by value; long ones are few, and their content would make long keys.
    const content = bytes.length <= 64 ? [...bytes].join(',') : `#${this.initializers.size}`;
    return this.initializer(`${formatType(value)} ${content}`, value);
  }

  int64(values: readonly number[]): string {
    const data = BigInt64Array.from(values, BigInt);
    return this.initializer(`int64 ${values.join(',')}`, { dtype: 'int64', shape: [values.length], data });
  }

  private initializer(key: string, value: Omit<OnnxInitializer, 'name'>): string {
    const known = this.initializers.get(key);
    if (known !== undefined) return known.name;
    const name = `constant#${this.initializers.size}`;
    const { dtype, shape, data } = value;
    this.initializers.set(key, { name, dtype, shape, data });
    return name;
  }

  finish(graph: Graph): OnnxModel {
    const renamed = this.nameOutputs(graph);
    const rename = (name: string) => renamed.get(name) ?? name;
    const outputs = new Map([...graph.outputs].map(([name, tensor]) => [onnxOutputName(graph, name), tensor]));
    const nodes = this.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), output: rename(node.output) }));
    const sums = graph.nodes.filter(isBiasedConvolution).map((sum) => rename(this.name(sum)));
    return {
      name: graph.name,
      opset: this.opset,
      inputs: graph.inputs,
      outputs,
      initializers: [...this.initializers.values()],
      nodes: fuseBias(nodes, new Set(sums), new Set(outputs.keys())),
    };
  }

  /** Gives each output its name by renaming the value behind it; a value that cannot be renamed is copied. */
  private nameOutputs(graph: Graph): Map<string, string> {
    const renamed = new Map<string, string>();
    const computed = new Set(this.nodes.map((node) => node.output));
    for (const [graphName, tensor] of graph.outputs) {
      const outputName = onnxOutputName(graph, graphName);
      const name = this.name(tensor);
      if (computed.has(name) && !renamed.has(name)) {
        renamed.set(name, outputName);
      } else {
        this.scope = outputName;
        const node = { opType: 'Identity', domain: '', name: `${outputName}#copy`, inputs: [name], output: outputName };
        this.nodes.push({ ...node, attributes: {} });
      }
    }
    return renamed;
  }
}
