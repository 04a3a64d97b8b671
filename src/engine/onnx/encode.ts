/** OnnxModel → the bytes of an ONNX file (ModelProto). Field numbers: onnx/onnx.proto, IR version 8. */

import type { OnnxAttribute } from '../ir/lowering.ts';
import type { TensorType } from '../ir/tensor.ts';
import type { OnnxInitializer, OnnxModel, OnnxNode } from './lower.ts';
import { ProtobufWriter } from './protobuf.ts';

const irVersion = 8;

const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
const attributeTypes = { float: 1, int: 2, string: 3, ints: 7 } as const;

export interface EncodeOptions {
  /** Text that travels with the file, such as where a generator came from. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export function encode(model: OnnxModel, options: EncodeOptions = {}): Uint8Array {
  const out = new ProtobufWriter();
  out.int(1, irVersion);
  out.text(2, 'sagan');
  out.message(7, (graph) => writeGraph(graph, model));
  const domains = new Set(['', ...model.nodes.map((node) => node.domain)]);
  for (const domain of domains) {
    out.message(8, (set) => {
      if (domain !== '') set.text(1, domain);
      set.int(2, domain === '' ? model.opset : 1);
    });
  }
  for (const [key, value] of Object.entries(options.metadata ?? {})) {
    out.message(14, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
  return out.finish();
}

function writeGraph(graph: ProtobufWriter, model: OnnxModel): void {
  for (const node of model.nodes) graph.message(1, (out) => writeNode(out, node));
  graph.text(2, model.name);
  for (const initializer of model.initializers) graph.message(5, (out) => writeInitializer(out, initializer));
  for (const [name, type] of model.inputs) graph.message(11, (out) => writeValueInfo(out, name, type));
  for (const [name, type] of model.outputs) graph.message(12, (out) => writeValueInfo(out, name, type));
}

function writeNode(out: ProtobufWriter, node: OnnxNode): void {
  for (const name of node.inputs) out.text(1, name);
  out.text(2, node.output);
  out.text(3, node.name);
  out.text(4, node.opType);
  for (const [name, value] of Object.entries(node.attributes)) {
    out.message(5, (attribute) => writeAttribute(attribute, name, value));
  }
  if (node.domain !== '') out.text(7, node.domain);
}

function writeAttribute(out: ProtobufWriter, name: string, value: OnnxAttribute): void {
  out.text(1, name);
  if (typeof value === 'number') {
    out.int(3, value);
    out.int(20, attributeTypes.int);
  } else if (typeof value === 'string') {
    out.text(4, value);
    out.int(20, attributeTypes.string);
  } else if ('float' in value) {
    out.float(2, value.float);
    out.int(20, attributeTypes.float);
  } else {
    out.ints(8, value);
    out.int(20, attributeTypes.ints);
  }
}

function writeInitializer(out: ProtobufWriter, { name, shape, dtype, data }: OnnxInitializer): void {
  if (shape.length > 0) out.ints(1, shape);
  out.int(2, elementTypes[dtype]);
  out.text(8, name);
  out.raw(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writeValueInfo(out: ProtobufWriter, name: string, type: TensorType): void {
  out.text(1, name);
  out.message(2, (typeProto) => {
    typeProto.message(1, (tensor) => {
      tensor.int(1, elementTypes[type.dtype]);
      tensor.message(2, (shape) => {
        for (const extent of type.shape) shape.message(1, (dimension) => dimension.int(1, extent));
      });
    });
  });
}
