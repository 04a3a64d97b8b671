/** Programs on ONNX Runtime, whichever build of it runs them (Node or browser share the interface used here). */

import type { InferenceSession, Tensor as OrtTensor, TensorConstructor } from 'onnxruntime-common';
import { GraphError, UserError } from '../../base/errors.ts';
import { type Graph, graph, hash } from '../ir/graph.ts';
import type { Device } from '../ir/lowering.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type DType, formatType, type Shape, type TensorData, type TypedArray } from '../ir/tensor-data.ts';
import { encode } from '../onnx/encode.ts';
import { lower, onnxOutputName } from '../onnx/lower.ts';
import { input, stopGradient } from '../ops/constant.ts';
import { type AppliedPass, type OptimizedGraph, optimize, type PassSelection } from '../passes/index.ts';
import { BoundProgram } from './bound-program.ts';
import { LoadedModel } from './loaded-model.ts';
import { splitFixed } from './split-fixed.ts';

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
  private readonly splits = new Map<string, Promise<CompiledSplit>>();

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
    return known(this.programs, keyOf(graph, keep), () =>
      this.createProgram(graph, optimize(graph, this.device, this.passes), { keep }),
    );
  }

  /**
   * The program of a graph with some inputs fixed: what depends on them alone is computed now, and not in every run. Its
   * results are those of the same nodes in the same order. Later changes to the arrays behind `fixed` do not reach it.
   *
   * The same graph is compiled once for the same names; binding it to other values only computes. `keep` as in `compile`.
   * Throws GraphError for a name that is no input, and as `Program.run` does for a tensor that does not fit.
   */
  async bind(graph: Graph, fixed: Feeds, keep: ReadonlySet<string> = new Set()): Promise<BoundProgram> {
    const names = Object.keys(fixed).sort();
    for (const name of names) {
      const expected = graph.inputs.get(name);
      if (expected === undefined) {
        throw new GraphError(
          `${graph.name}: there is no input "${name}" to fix; expected some of ${[...graph.inputs.keys()].join(', ')}.`,
        );
      }
      this.checkFeed(graph, name, expected, fixed[name]);
    }
    const { settled, rest } = await known(this.splits, `${JSON.stringify(names)} ${keyOf(graph, keep)}`, () =>
      this.createSplit(graph, new Set(names), keep),
    );
    return new BoundProgram(graph, rest, new Set(names), (await settled?.run(fixed)) ?? {});
  }

  private async createSplit(
    graph: Graph,
    fixed: ReadonlySet<string>,
    keep: ReadonlySet<string>,
  ): Promise<CompiledSplit> {
    const { graph: optimized, applied } = optimize(graph, this.device, this.passes);
    const { settled, rest } = splitFixed(optimized, fixed);
    const ofPart = (part: Graph) => ({ graph: part, applied });
    return {
      // It runs once a binding: the memory that it takes meanwhile is not to be held until the next.
      settled:
        settled.outputs.size === 0
          ? undefined
          : await this.createProgram(settled, ofPart(settled), {
              keep: new Set(settled.outputs.keys()),
              sessionOptions: { enableCpuMemArena: false },
            }),
      rest: await this.createProgram(rest, ofPart(rest), { keep }),
    };
  }

  private async createProgram(
    graph: Graph,
    optimized: OptimizedGraph,
    { keep, sessionOptions }: { keep: ReadonlySet<string>; sessionOptions?: InferenceSession.SessionOptions },
  ): Promise<Program> {
    const model = encode(lower(optimized.graph, this.device));
    const preferredOutputLocation = Object.fromEntries(
      [...graph.outputs.keys()].map(
        (name) => [onnxOutputName(graph, name), keep.has(name) ? 'gpu-buffer' : 'cpu'] as const,
      ),
    );
    const options = { ...this.sessionOptions, ...sessionOptions, ...(this.onGpu ? { preferredOutputLocation } : {}) };
    const refusal = `compiling ${graph.name} for ${this.device}: ONNX Runtime refused the program`;
    return new Program(this, graph, optimized.applied, await this.createSession(model, options, refusal));
  }

  /** Opens a model of another program, the bytes of an ONNX file. Throws UserError where ONNX Runtime refuses them. */
  async load(model: Uint8Array, name: string): Promise<LoadedModel> {
    const refusal = `${name}: ONNX Runtime refused the model, which must be one ONNX file with its weights inside`;
    // It has not been through our passes.
    const options: InferenceSession.SessionOptions = { ...this.sessionOptions, graphOptimizationLevel: 'basic' };
    return new LoadedModel(this, name, await this.createSession(model, options, refusal));
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

  /** Throws GraphError unless a tensor of this runtime and of the type of the input is given for it. */
  checkFeed(
    graph: Graph,
    name: string,
    expected: Tensor,
    given: DeviceTensor | undefined,
  ): asserts given is DeviceTensor {
    const where = `${graph.name}: input "${name}"`;
    if (given === undefined) throw new GraphError(`${where} ${expected} was not given.`);
    if (formatType(given) !== formatType(expected)) {
      throw new GraphError(`${where} is ${formatType(given)}, the program takes ${expected}.`);
    }
    // A GPU tensor read by another runtime would be silent garbage.
    if (given.runtime !== this) throw new GraphError(`${where} belongs to another device.`);
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

/** A graph in two parts, for inputs that are fixed and for the others. */
interface CompiledSplit {
  /** Undefined where nothing is: ONNX Runtime refuses a program without outputs. */
  readonly settled: Program | undefined;
  readonly rest: Program;
}

/** What tells programs apart that must not share a session. */
function keyOf(graph: Graph, keep: ReadonlySet<string>): string {
  const outputs = [...graph.outputs.keys()].map((name) => `${name}:${keep.has(name)}`);
  return [hash(graph), ...graph.inputs.keys(), ...outputs].join(' ');
}

/** What `made` knows by its key, made if it knows nothing yet. What could not be made is tried again by the next who asks. */
function known<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = made.get(key);
  if (before !== undefined) return before;
  const value = make();
  made.set(key, value);
  value.catch(() => made.delete(key));
  return value;
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
      this.runtime.checkFeed(this.graph, name, expected, given);
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

  /** Runs on numbers in memory, and on tensors that are held already, and returns numbers in memory. */
  async compute(inputs: Readonly<Record<string, TensorData>>, held: Feeds = {}): Promise<Record<string, TensorData>> {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, this.runtime.upload(data)]));
    const outputs = await this.run({ ...feeds, ...held });
    const downloaded: Record<string, TensorData> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      downloaded[name] = await this.runtime.download(tensor);
      this.runtime.release(tensor);
    }
    return downloaded;
  }
}
