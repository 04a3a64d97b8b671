/** A trained generator, ready to make images. */

import { UserError } from '../base/errors.ts';
import type { BoundProgram, DeviceTensor, Runtime, State, TensorData } from '../engine/index.ts';
import { type BoundModel, type SamplerOptions, traceSampler } from '../gan/index.ts';
import { type StandingStatisticsOptions, standingStatistics } from './standing-statistics.ts';

export interface GeneratorOptions {
  /** Images made in one run of the program; results depend on it by rounding only. Default 32. */
  readonly batch?: number;
  /** Also return attention maps and gates. Default false. */
  readonly observe?: boolean;
  /** What `generate` is given: classes (the default), or weights of all classes for images between them. */
  readonly labels?: SamplerOptions['labels'];
  /** Take batch norm's statistics anew, of latents like those of the samples. Default: the state's running ones. */
  readonly standingStatistics?: Omit<StandingStatisticsOptions, 'network'> | undefined;
}

export interface Generated {
  /** float32 [N,C,H,W] in −1 … 1 */
  readonly images: Float32Array<ArrayBuffer>;
  /** By dotted path: attention maps `….map` float32 [N,L,L'], gates `….gamma`. Empty unless observed. */
  readonly observations: ReadonlyMap<string, TensorData>;
}

/** More images than these at once take more memory and no less time. */
const largestBatch = 32;

/** The batch that makes so many images in the fewest runs of a program, none of which is larger than pays. */
export function batchFor(count: number): number {
  return Math.ceil(count / Math.ceil(count / largestBatch));
}

/** The averaged generator of a state, compiled for a runtime and bound to its weights. */
export class Generator {
  readonly model: BoundModel;
  private readonly batch: number;
  /** Numbers that tell the class of an image: its label, or weights of all classes. */
  private readonly labelWidth: number;
  private readonly program: BoundProgram;
  private readonly runtime: Runtime;

  private constructor(
    model: BoundModel,
    { batch = largestBatch, labels }: GeneratorOptions,
    program: BoundProgram,
    runtime: Runtime,
  ) {
    this.model = model;
    this.batch = batch;
    this.labelWidth = labels === 'weights' ? model.images.classes : 1;
    this.program = program;
    this.runtime = runtime;
  }

  /** Throws UserError if the state lacks a variable of the model's generator, and as `standingStatistics` does. */
  static async open(
    runtime: Runtime,
    model: BoundModel,
    state: State,
    options: GeneratorOptions = {},
  ): Promise<Generator> {
    const { batch = largestBatch, observe = false, labels = 'classes', standingStatistics: standing } = options;
    const sampler = traceSampler(model, { batch, observe, labels });
    const settled = standing === undefined ? state : await standingStatistics(runtime, model, state, standing);
    const weights = sampler.variables.map(({ name }) => {
      const data = settled.get(name);
      if (data === undefined)
        throw new UserError(`the state has no ${name}: it is not one of this model (${model.name}).`);
      return [name, runtime.upload(data)] as const;
    });
    return new Generator(model, options, await runtime.bind(sampler.graph, Object.fromEntries(weights)), runtime);
  }

  /**
   * Makes an image of each latent, z float32 [N,Z], and its label, int32 [N], or the weights of its classes, float32 [N,K],
   * as the generator was opened; without classes labels do not matter. Throws UserError unless the lengths fit.
   */
  async generate(z: Float32Array, labels: Int32Array | Float32Array): Promise<Generated> {
    const { latentDim, images } = this.model;
    const count = this.labelWidth === 0 ? z.length / latentDim : labels.length / this.labelWidth;
    if (z.length !== count * latentDim || !Number.isInteger(count)) {
      throw new UserError(
        `generate: ${z.length} latent elements for ${count} labels; expected ${count} × ${latentDim}.`,
      );
    }
    const size = images.channels * images.resolution ** 2;
    const made = new Float32Array(count * size);
    const observed = new Map<string, TensorData[]>();
    for (let start = 0; start < count; start += this.batch) {
      const outputs = await this.run(z.subarray(start * latentDim), labels.subarray(start * this.labelWidth));
      const kept = Math.min(this.batch, count - start);
      for (const [name, tensor] of Object.entries(outputs)) {
        const part = await this.runtime.download(tensor);
        if (name === 'images') made.set(part.data.subarray(0, kept * size), start * size);
        else observed.set(name, [...(observed.get(name) ?? []), leading(part, kept)]);
      }
    }
    return { images: made, observations: new Map([...observed].map(([name, parts]) => [name, joined(parts)])) };
  }

  /** Frees what is kept on a GPU; it makes no images afterwards. */
  release(): void {
    this.program.release();
  }

  /** One batch; a short one is filled up with zeros, which change nothing for the others. */
  private run(z: Float32Array, labels: Int32Array | Float32Array): Promise<Record<string, DeviceTensor>> {
    const { latentDim } = this.model;
    const latents = new Float32Array(this.batch * latentDim);
    latents.set(z.subarray(0, latents.length));
    return this.program.run({
      z: this.runtime.upload({ dtype: 'float32', shape: [this.batch, latentDim], data: latents }),
      labels: this.runtime.upload(this.filledUp(labels)),
    });
  }

  private filledUp(labels: Int32Array | Float32Array): TensorData {
    const length = this.batch * this.labelWidth;
    if (labels instanceof Int32Array) {
      const data = new Int32Array(length);
      data.set(labels.subarray(0, length));
      return { dtype: 'int32', shape: [this.batch], data };
    }
    const data = new Float32Array(length);
    data.set(labels.subarray(0, length));
    return { dtype: 'float32', shape: [this.batch, this.labelWidth], data };
  }
}

/** The first `count` of a batch of observations; a scalar is one for all. */
function leading({ dtype, shape, data }: TensorData, count: number): TensorData {
  const [batch, ...rest] = shape;
  if (batch === undefined) return { dtype, shape, data };
  return { dtype, shape: [count, ...rest], data: data.slice(0, (data.length / batch) * count) };
}

function joined(parts: readonly TensorData[]): TensorData {
  const [first] = parts;
  if (first === undefined) return { dtype: 'float32', shape: [0], data: new Float32Array(0) };
  if (parts.length === 1 || first.shape.length === 0) return first;
  const data = new Float32Array(parts.reduce((total, part) => total + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return {
    dtype: first.dtype,
    shape: [parts.reduce((n, part) => n + (part.shape[0] ?? 0), 0), ...first.shape.slice(1)],
    data,
  };
}
