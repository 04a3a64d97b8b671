/** Programs on ONNX Runtime, whichever build of it runs them (Node or browser share the interface used here). */

import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import { GraphError, UserError } from '../../base/errors.ts';
import { type Graph, graph, hash } from '../ir/graph.ts';
import type { Device } from '../ir/lowering.ts';
import { type DType, formatType, type Shape, type TensorData, type TypedArray } from '../ir/tensor-data.ts';
import { encode } from '../onnx/encode.ts';
import { lower, onnxOutputName } from '../onnx/lower.ts';
import { input, stopGradient } from '../ops/constant.ts';
import { type AppliedPass, optimize, type PassSelection } from '../passes/index.ts';
import { LoadedModel } from './loaded-model.ts';

/** The part of ONNX Runtime's module that is used. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
}

export interface RuntimeOptions {
  readonly device: Device;
  readonly sessionOptions: InferenceSession.SessionOptions;
  /** Which rewrites a program goes through before it is lowered. Default `all`. */
  readonly passes?: PassSelection | undefined;
}

/** A tensor where its program left it: in memory, or on a GPU until it is downloaded or released. */
export interface DeviceTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly ort: OrtTensor;
  readonly runtime: Runtime;
}

/** Compiles graphs for one device and moves tensors to and from it. */
export class Runtime {
  readonly device: Device;
  private readonly ort: Ort;
  private readonly sessionOptions: InferenceSession.SessionOptions;
  private readonly passes: PassSelection;
  private readonly programs = new Map<string, Promise<Program>>();

  constructor(ort: Ort, options: RuntimeOptions) {
    this.ort = ort;
    this.device = options.device;
    this.sessionOptions = options.sessionOptions;
    this.passes = options.passes ?? 'all';
  }

  /**
   * A runnable program; the same graph (by hash) with the same `keep` is compiled once.
   *
   * `keep` names the outputs that stay on the device because they are fed to a later run; default: none. It makes a
   * difference on a GPU only.
   */
  compile(graph: Graph, keep: ReadonlySet<string> = new Set()): Promise<Program> {
    const outputs = [...graph.outputs.keys()].map((name) => `${name}:${keep.has(name)}`);
    const key = [hash(graph), ...graph.inputs.keys(), ...outputs].join(' ');
    const known = this.programs.get(key);
    if (known !== undefined) return known;
    const program = this.createProgram(graph, keep);
    this.programs.set(key, program);
    return program;
  }

  private async createProgram(graph: Graph, keep: ReadonlySet<string>): Promise<Program> {
    const optimized = optimize(graph, this.device, this.passes);
    const model = encode(lower(optimized.graph, this.device));
    const preferredOutputLocation = Object.fromEntries(
      [...graph.outputs.keys()].map(
        (name) => [onnxOutputName(graph, name), keep.has(name) ? 'gpu-buffer' : 'cpu'] as const,
      ),
    );
    const options = this.onGpu ? { ...this.sessionOptions, preferredOutputLocation } : this.sessionOptions;
    const refusal = `compiling ${graph.name} for ${this.device}: ONNX Runtime refused the program`;
    return new Program(this, graph, optimized.applied, await this.createSession(model, options, refusal));
  }

  /** Opens a model of another program, the bytes of an ONNX file. Throws UserError where ONNX Runtime refuses them. */
  async load(model: Uint8Array, name: string): Promise<LoadedModel> {
    const refusal = `${name}: ONNX Runtime refused the model, which must be one ONNX file with its weights inside`;
    return new LoadedModel(this, name, await this.createSession(model, this.sessionOptions, refusal));
  }

  private async createSession(
    model: Uint8Array,
    options: InferenceSession.SessionOptions,
    refusal: string,
  ): Promise<InferenceSession> {
    try {
      return await this.ort.InferenceSession.create(model, options);
    } catch (error) {
      throw new UserError(`${refusal}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private get onGpu(): boolean {
    return this.device === 'webgpu';
  }

  upload(data: TensorData): DeviceTensor {
    const { dtype, shape } = data;
    return { dtype, shape, ort: new this.ort.Tensor(dtype, data.data, [...shape]), runtime: this };
  }

  /** The numbers of a tensor. From a GPU they travel through a small copying program, the one way that works everywhere. */
  async download(tensor: DeviceTensor): Promise<TensorData> {
    if (tensor.ort.location !== 'gpu-buffer') return toTensorData(tensor);
    const source = input('x', tensor.dtype, tensor.shape);
    const program = await this.compile(graph('download', [['y', stopGradient(source)]]));
    const copy = (await program.run({ x: tensor })).y;
    if (copy === undefined) throw new GraphError('download: the copying program returned nothing.');
    return toTensorData(copy);
  }

  /** Frees a tensor that lives on a GPU; memory on the CPU is the garbage collector's. */
  release(tensor: DeviceTensor): void {
    if (tensor.ort.location === 'gpu-buffer') tensor.ort.dispose();
  }
}

function toTensorData({ dtype, shape, ort }: DeviceTensor): TensorData {
  const { data } = ort;
  if (
    !(
      data instanceof Float32Array ||
      data instanceof Float64Array ||
      data instanceof Int32Array ||
      data instanceof Uint8Array
    )
  ) {
    throw new GraphError(`a ${dtype} tensor holds unexpected data (${ort.type}).`);
  }
  return { dtype, shape, data: data satisfies TypedArray };
}

export type Feeds = Readonly<Record<string, DeviceTensor>>;

/** A compiled graph. */
export class Program {
  /** As it was given; ONNX Runtime runs what the passes made of it. */
  readonly graph: Graph;
  /** The passes that it went through, and where each changed it. */
  readonly appliedPasses: readonly AppliedPass[];
  private readonly runtime: Runtime;
  private readonly session: InferenceSession;

  constructor(runtime: Runtime, graph: Graph, appliedPasses: readonly AppliedPass[], session: InferenceSession) {
    this.runtime = runtime;
    this.graph = graph;
    this.appliedPasses = appliedPasses;
    this.session = session;
  }

  /**
   * Runs the program. `feeds` must hold a tensor for every input, of its type and of this runtime; others are ignored.
   * Throws GraphError that names the input otherwise.
   */
  async run(feeds: Feeds): Promise<Record<string, DeviceTensor>> {
    const ortFeeds: Record<string, OrtTensor> = {};
    for (const [name, expected] of this.graph.inputs) {
      const given = feeds[name];
      if (given === undefined) throw new GraphError(`${this.graph.name}: input "${name}" ${expected} was not given.`);
      if (formatType(given) !== formatType(expected)) {
        throw new GraphError(
          `${this.graph.name}: input "${name}" is ${formatType(given)}, the program takes ${expected}.`,
        );
      }
      // A GPU tensor read by another runtime would be silent garbage.
      if (given.runtime !== this.runtime)
        throw new GraphError(`${this.graph.name}: input "${name}" belongs to another device.`);
      ortFeeds[name] = given.ort;
    }
    const results = await this.session.run(ortFeeds);
    const outputs: Record<string, DeviceTensor> = {};
    for (const [name, { dtype, shape }] of this.graph.outputs) {
      const ort = results[onnxOutputName(this.graph, name)];
      if (ort === undefined) throw new GraphError(`${this.graph.name}: output "${name}" is missing from the results.`);
      outputs[name] = { dtype, shape, ort, runtime: this.runtime };
    }
    return outputs;
  }

  /** Writes the trace of all runs so far, if the runtime was opened with a profile prefix. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  /** Runs on numbers in memory and returns numbers in memory. */
  async compute(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, this.runtime.upload(data)]));
    const outputs = await this.run(feeds);
    const downloaded: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      downloaded[name] = await this.runtime.download(tensor);
      this.runtime.release(tensor);
    }
    return downloaded;
  }
}
