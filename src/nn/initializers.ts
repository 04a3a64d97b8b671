/** Initial values of weights. An initialiser is a function of a shape and a source of random numbers. */

import type { Random } from '../base/random.ts';
import { type Shape, sizeOf } from '../engine/ir/tensor-data.ts';

export type Initializer = (shape: Shape, random: Random) => Float32Array<ArrayBuffer>;

export const zeros: Initializer = (shape) => new Float32Array(sizeOf(shape));
export const ones: Initializer = (shape) => new Float32Array(sizeOf(shape)).fill(1);

/** N(centre, deviation²); the centre is 0 unless told. DCGAN and BigGAN-PyTorch's `N02` have a deviation of 0.02. */
export function normal(deviation: number, centre = 0): Initializer {
  return (shape, random) => random.normal(sizeOf(shape)).map((value) => centre + value * deviation);
}

/** U(−limit, limit). */
export function uniform(limit: number): Initializer {
  return (shape, random) => new Float32Array(sizeOf(shape)).map(() => (2 * random.uniform() - 1) * limit);
}

/** U(±1/√fanIn), fanIn the size of a row of the weight [rows, …]: what PyTorch's layers begin with. */
export const uniformByFanIn: Initializer = (shape, random) =>
  uniform(1 / Math.sqrt(sizeOf(shape.slice(1))))(shape, random);

/** Inputs and outputs of a weight [O, I, …]: a kernel's taps multiply both. */
function fans([outputs = 1, inputs = 1, ...kernel]: Shape): { fanIn: number; fanOut: number } {
  const taps = sizeOf(kernel);
  return { fanIn: inputs * taps, fanOut: outputs * taps };
}

/** U(−a, a) with a = √(6 / (fanIn + fanOut)). Source: Glorot, Bengio 2010, equation 16. */
export const xavierUniform: Initializer = (shape, random) => scaledXavierUniform(1)(shape, random);

/**
 * `xavierUniform` times a gain; √2 is the ResNet GANs' choice for layers before a ReLU. Of a kernel that strides, each input
 * pixel meets only one in stride² of its taps (for a transposed one, each output pixel), and the fan of axis 0 shrinks so.
 */
export function scaledXavierUniform(gain: number, stride = 1): Initializer {
  return (shape, random) => {
    const { fanIn, fanOut } = fans(shape);
    return uniform(gain * Math.sqrt(6 / (fanIn + fanOut / stride ** 2)))(shape, random);
  };
}

/**
 * A random matrix [O, I·taps] with orthonormal rows, or columns if it is taller than wide.
 * Source: Saxe, McClelland, Ganguli 2014, arXiv:1312.6120.
 */
export const orthogonal: Initializer = (shape, random) => {
  const rows = shape[0] ?? 1;
  const columns = sizeOf(shape) / rows;
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const basis = orthonormalRows(count, length, random);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      values[i * columns + j] = (rows <= columns ? basis[i]?.[j] : basis[j]?.[i]) ?? 0;
    }
  }
  return values;
};

/** Gram–Schmidt, applied twice so that the rows stay orthogonal to rounding. */
function orthonormalRows(count: number, length: number, random: Random): Float64Array[] {
  const rows: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const row = Float64Array.from(random.normal(length));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        let dot = 0;
        for (let j = 0; j < length; j++) dot += (row[j] ?? 0) * (other[j] ?? 0);
        for (let j = 0; j < length; j++) row[j] = (row[j] ?? 0) - dot * (other[j] ?? 0);
      }
    }
    const norm = Math.hypot(...chunkNorms(row));
    rows.push(row.map((value) => value / norm));
  }
  return rows;
}

/** Norms of stretches of a vector, because Math.hypot takes its arguments from the stack. */
function chunkNorms(row: Float64Array): number[] {
  const norms: number[] = [];
  for (let start = 0; start < row.length; start += 1024) norms.push(Math.hypot(...row.subarray(start, start + 1024)));
  return norms;
}

/** A random direction of length 1: the start of a power iteration. */
export const unitVector: Initializer = (shape, random) => {
  const direction = random.normal(sizeOf(shape));
  const norm = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  return direction.map((value) => value / norm);
};
