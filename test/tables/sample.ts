/** A sample of an op: a small program around it, and seeded numbers to feed it. */

import { Random } from '../../src/base/random.ts';
import { input, type Tensor } from '../../src/engine/index.ts';
import { allocate, type DType, isFloat, type Shape, sizeOf, type TensorData } from '../../src/engine/ir/tensor-data.ts';
import { type Values, values } from '../../src/engine/reference/interpret.ts';

export interface SampleInput {
  readonly shape: Shape;
  /** Default `float32`. */
  readonly dtype?: DType;
  /** Draws lie in low ≤ x < high; default −2 … 2, for integers 0 … 4, for bool 0 … 2. */
  readonly range?: readonly [number, number];
  /** The numbers themselves, instead of draws. */
  readonly values?: readonly number[];
}

export interface Sample {
  readonly name: string;
  readonly inputs: Readonly<Record<string, SampleInput>>;
  /** A method, so that a function of particular inputs can stand here. */
  build(inputs: Record<string, Tensor>): Tensor;
  /** False where differences say nothing about the derivative: at a tie, at a kink, behind stopGradient. */
  readonly smooth: boolean;
}

/** Samples by the op they are about. */
export type SampleTable = Readonly<Record<string, readonly Sample[]>>;

export function sample<K extends string>(
  name: string,
  inputs: Record<K, SampleInput>,
  build: (inputs: Record<K, Tensor>) => Tensor,
  options: { readonly smooth?: boolean } = {},
): Sample {
  return { name, inputs, build, smooth: options.smooth ?? true };
}

/** The sample as a program whose inputs are named `prefix` + input. */
export function buildSample(sample: Sample, prefix = ''): { inputs: Record<string, Tensor>; output: Tensor } {
  const inputs = Object.fromEntries(
    Object.entries(sample.inputs).map(([name, { dtype = 'float32', shape }]) => [
      name,
      input(`${prefix}${name}`, dtype, shape),
    ]),
  );
  return { inputs, output: sample.build(inputs) };
}

/** The numbers of a sample, the same on every run, by input name. */
export function sampleValues(sample: Sample, seed = 1): Record<string, Values> {
  return Object.fromEntries(
    Object.entries(sample.inputs).map(([name, given], position) => [
      name,
      values(given.shape, given.values ?? draw(given, position, new Random(seed, `${sample.name} ${name}`))),
    ]),
  );
}

function draw({ shape, dtype = 'float32', range }: SampleInput, position: number, random: Random): number[] {
  const count = sizeOf(shape);
  if (isFloat(dtype)) {
    const floats = drawFloats(count, position, range ?? [-2, 2], random);
    return dtype === 'float64' ? floats : floats.map(Math.fround);
  }
  const [low, high] = range ?? (dtype === 'bool' ? [0, 2] : [0, 4]);
  return Array.from({ length: count }, () => low + random.below(high - low));
}

/**
 * Distinct points of the lattice k/64, moved by 1/320 an input: so no number is within 3e-3 of another of its input, of
 * any other input's, or of a kink at a multiple of 1/64.
 */
function drawFloats(count: number, position: number, [low, high]: readonly [number, number], random: Random): number[] {
  const points = Math.floor((high - low) * 64);
  if (count > points || position > 3) throw new RangeError(`a sample draws at most ${points} numbers for 4 inputs.`);
  const order = random.permutation(points);
  return Array.from({ length: count }, (_, i) => low + (order[i] ?? 0) / 64 + (position + 1) / 320);
}

/** Values as a program takes them. */
export function toTensorData(dtype: DType, { shape, data }: Values): TensorData {
  const array = allocate(dtype, data.length);
  array.set(data);
  return { dtype, shape, data: array };
}
