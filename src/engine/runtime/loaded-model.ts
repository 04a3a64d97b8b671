/** ONNX models of other programs: what they take and return, and how to run them. */

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { GraphError, UserError } from '../../base/errors.ts';
import { dtypes, formatType, type TensorData } from '../ir/tensor-data.ts';
import type { Runtime } from './program.ts';

/** An input or output of a model. */
export interface ModelValue {
  readonly name: string;
  /** As ONNX Runtime calls it: `float32`, `float16`, `int64` …; `sequence or map` for what is no tensor. */
  readonly dtype: string;
  /** Of an extent that may be any, its name, or '' where it has none. A value of unknown rank looks like a scalar. */
  readonly shape: readonly (number | string)[];
}

/** A model that came as the bytes of an ONNX file. */
export class LoadedModel {
  /** As messages call it. */
  readonly name: string;
  readonly inputs: readonly ModelValue[];
  readonly outputs: readonly ModelValue[];
  private readonly runtime: Runtime;
  private readonly session: InferenceSession;

  constructor(runtime: Runtime, name: string, session: InferenceSession) {
    this.runtime = runtime;
    this.name = name;
    this.session = session;
    this.inputs = session.inputMetadata.map(toModelValue);
    this.outputs = session.outputMetadata.map(toModelValue);
  }

  /**
   * Runs on numbers in memory and returns numbers in memory: the outputs that are named, which must have a dtype of ours.
   * Throws GraphError where an input is missing or does not fit, or an output does not exist; UserError where the model
   * fails.
   */
  async compute(
    inputs: Readonly<Record<string, TensorData>>,
    outputs: readonly string[],
  ): Promise<Record<string, TensorData>> {
    const feeds: Record<string, OrtTensor> = {};
    for (const expected of this.inputs) {
      const given = inputs[expected.name];
      if (given === undefined || !fits(given, expected)) {
        const seen = given === undefined ? 'was not given' : `is ${formatType(given)}`;
        throw new GraphError(`${this.name}: input ${seen}; expected ${formatValue(expected)}.`);
      }
      feeds[expected.name] = this.runtime.upload(given).ort;
    }
    const names = outputs.map((name) => this.output(name).name);
    const results = await this.session.run(feeds, names).catch((error: Error) => {
      const given = Object.entries(inputs).map(([name, data]) => `${name}: ${formatType(data)}`);
      throw new UserError(
        `${this.name}: ONNX Runtime could not run the model on ${given.join(', ')}: ${error.message}`,
      );
    });
    const downloads = Object.entries(results).map(async ([name, ort]) => {
      const dtype = dtypes.find((known) => known === ort.type);
      if (dtype === undefined) {
        throw new GraphError(
          `${this.name}: output ${formatValue(this.output(name))} cannot be read; expected one of ${dtypes.join(', ')}.`,
        );
      }
      return [name, await this.runtime.download({ dtype, shape: ort.dims, ort, runtime: this.runtime })] as const;
    });
    return Object.fromEntries(await Promise.all(downloads));
  }

  private output(name: string): ModelValue {
    const found = this.outputs.find((output) => output.name === name);
    if (found !== undefined) return found;
    const known = this.outputs.map(formatValue).join(', ');
    throw new GraphError(`${this.name}: there is no output "${name}". The outputs are ${known}.`);
  }
}

/** `pixels: float32[batch,3,64,64]`; an extent without a name is written `?`. */
export function formatValue({ name, dtype, shape }: ModelValue): string {
  return `${name}: ${dtype}[${shape.map((extent) => (extent === '' ? '?' : extent)).join(',')}]`;
}

function toModelValue(value: InferenceSession.ValueMetadata): ModelValue {
  const { name } = value;
  return value.isTensor
    ? { name, dtype: value.type, shape: value.shape }
    : { name, dtype: 'sequence or map', shape: [] };
}

function fits({ dtype, shape }: TensorData, expected: ModelValue): boolean {
  return (
    dtype === expected.dtype &&
    shape.length === expected.shape.length &&
    shape.every((extent, axis) => typeof expected.shape[axis] === 'string' || extent === expected.shape[axis])
  );
}
