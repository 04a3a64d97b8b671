/** The compiler on its own: tensor programs, their derivatives, their ONNX form, and runtimes for them. */

export { grad } from './autodiff/grad.ts';
export { type Graph, graph, hash, print, verify } from './ir/graph.ts';
export type { Device, Opset } from './ir/lowering.ts';
export { Tensor, withScope } from './ir/tensor.ts';
export type { DType, Shape, State, TensorData } from './ir/tensor-data.ts';
export { type EncodeOptions, encode } from './onnx/encode.ts';
export { lower, type OnnxModel } from './onnx/lower.ts';
export * from './ops/index.ts';
export { type AppliedPass, type OptimizedGraph, optimize, type PassSelection, passes } from './passes/index.ts';
export type { Pass, Site } from './passes/pass.ts';
export { interpret, type Values, values } from './reference/interpret.ts';
export type { BoundProgram } from './runtime/bound-program.ts';
export { formatValue, type LoadedModel, type ModelValue } from './runtime/loaded-model.ts';
export { type NodeDevice, type NodeRuntimeOptions, nodeDevices, openRuntime } from './runtime/node.ts';
export { type DeviceTensor, type Feeds, Program, Runtime } from './runtime/program.ts';
