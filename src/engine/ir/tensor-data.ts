/** Numbers with a shape: what goes into a program, comes out of it, and is kept in a checkpoint. */

export const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool'] as const;

/**
 * Element types of a tensor program. `bool` is held as one byte an element, 0 or 1. `float64` is for sums whose digits
 * must not be lost, such as those of statistics; no GPU computes with it.
 */
export type DType = (typeof dtypes)[number];

/** Extents, slowest first. `[]` is a scalar. */
export type Shape = readonly number[];

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A dense row-major array. */
export interface TensorData {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Everything that training carries from step to step: one flat, ordered map from dotted name to tensor. */
export type State = ReadonlyMap<string, TensorData>;

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function bytesPerElement(dtype: DType): number {
  return allocate(dtype, 0).BYTES_PER_ELEMENT;
}

/** A zero-filled array of the type that holds `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (dtype === 'float32') return new Float32Array(length);
  if (dtype === 'float64') return new Float64Array(length);
  if (dtype === 'int32') return new Int32Array(length);
  return new Uint8Array(length);
}

/** True for the two dtypes that hold fractions. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** `float32[8,3,32,32]`, as errors and the printer show it. */
export function formatType(type: { readonly dtype: DType; readonly shape: Shape }): string {
  return `${type.dtype}[${type.shape.join(',')}]`;
}
