/** What an op needs to know to write itself as ONNX nodes. The writer itself is in `onnx/`. */

import type { Tensor } from './tensor.ts';
import type { TensorData } from './tensor-data.ts';

/** Where a program runs. `cpu` is onnxruntime-node's CPU provider; `webgpu` and `wasm` lack its contributed ops. */
export type Device = 'cpu' | 'webgpu' | 'wasm';

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/**
 * The version of ONNX's operators that a file asks for. 18 is what programs run with: providers lose ops from 22 on, and
 * nothing after 18 is needed. 17 says the same for older readers, such as the checker of onnx 1.12.
 */
export type Opset = 17 | 18;

export interface Lowering {
  readonly device: Device;
  readonly opset: Opset;
  /** The ONNX value name of a tensor that has been lowered already. */
  name(tensor: Tensor): string;
  /** Appends a node with one output and returns the output's name. Integers become INT attributes; `{float}` FLOAT. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    domain?: string,
  ): string;
  /** An initialiser. Equal constants are stored once. */
  constant(data: TensorData): string;
  /** A 1-D int64 initialiser: axes, shapes, starts. */
  int64(values: readonly number[]): string;
}
