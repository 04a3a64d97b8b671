/** All samples of the table and their first gradients as one program, with the interpreter's answers. */

import { Random } from '../../src/base/random.ts';
import {
  type Graph,
  grad,
  graph,
  input,
  interpret,
  type Tensor,
  type TensorData,
  type Values,
  values,
} from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import { allSamples } from '../tables/ops.ts';
import { buildSample, sampleValues, toTensorData } from '../tables/sample.ts';
import { float64Tolerance } from './tolerances.ts';

export interface Expected {
  readonly values: Values;
  /** An upper bound of how many products one element sums. */
  readonly terms: number;
}

export interface MergedGraph {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly expected: ReadonlyMap<string, Expected>;
}

type Samples = readonly (typeof allSamples)[number][];

/** Outputs are named `op: sample` and `op: sample, by input`; the cotangents are inputs too. */
export function mergeSamples(samples: Samples = allSamples): MergedGraph {
  const outputs = new Map<string, Tensor>();
  const terms = new Map<string, number>();
  const feeds: Record<string, Values> = {};
  for (const { name, sample } of samples) {
    const { inputs, output } = buildSample(sample, `${name}.`);
    const sizes = Object.values(inputs).map(({ shape }) => sizeOf(shape));
    for (const [key, value] of Object.entries(sampleValues(sample))) feeds[`${name}.${key}`] = value;
    const add = (key: string, tensor: Tensor) => {
      outputs.set(key, tensor);
      terms.set(key, Math.max(1, ...sizes, sizeOf(output.shape)));
    };
    add(name, output);
    const targets = Object.entries(inputs).filter(([, tensor]) => tensor.dtype === 'float32');
    if (output.dtype !== 'float32' || targets.length === 0) continue;
    const cotangent = input(`${name}.cotangent`, 'float32', output.shape);
    feeds[`${name}.cotangent`] = values(output.shape, new Random(3, name).normal(sizeOf(output.shape)));
    const gradients = grad(
      output,
      targets.map(([, tensor]) => tensor),
      cotangent,
    );
    for (const [i, gradient] of gradients.entries()) add(`${name}, by ${targets[i]?.[0]}`, gradient);
  }
  const merged = graph('every op', outputs);
  const results = interpret([...outputs.values()], feeds);
  return {
    graph: merged,
    feeds: Object.fromEntries(
      [...merged.inputs].map(([name, { dtype, shape }]) => [
        name,
        toTensorData(dtype, feeds[name] ?? values(shape, [])),
      ]),
    ),
    expected: new Map(
      [...outputs.keys()].map((name, i) => [
        name,
        { values: results[i] ?? values([], []), terms: terms.get(name) ?? 1 },
      ]),
    ),
  };
}

export type Tolerance = (reference: number, terms: number) => number;

/** One line for every result that lies further from the interpreter's than `tolerance` allows; none if all is well. */
export function misfits(
  results: Readonly<Record<string, TensorData>>,
  expected: ReadonlyMap<string, Expected>,
  tolerance: Tolerance,
): string[] {
  return [...expected].flatMap(([name, { values: reference, terms }]) => {
    const result = results[name];
    if (result === undefined) return [`${name} is missing`];
    if (String(result.shape) !== String(reference.shape)) return [`${name} has shape [${result.shape}]`];
    const wrong = reference.data.findIndex((wanted, i) => {
      const seen = result.data[i] ?? Number.NaN;
      const allowed =
        result.dtype === 'float32'
          ? tolerance(wanted, terms)
          : result.dtype === 'float64'
            ? float64Tolerance(wanted, terms)
            : 0;
      return !(Math.abs(seen - wanted) <= allowed);
    });
    return wrong < 0
      ? []
      : [`${name}: element ${wrong} is ${result.data[wrong]}, the interpreter says ${reference.data[wrong]}`];
  });
}
