/** Numbers with a shape: what goes into a program, comes out of it, and is kept in a checkpoint. */

export const dtypes = ['float32', 'int32', 'uint8', 'bool'] as const;

/** Element types of a tensor program. `bool` is held as one byte an element, 0 or 1. */
export type DType = (typeof dtypes)[number];

/** Extents, slowest first. `[]` is a scalar. */
export type Shape = readonly number[];

export type TypedArray = Float32Array | Int32Array | Uint8Array;

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

export function bytesPerElement(dtype: DType): 1 | 4 {
  return dtype === 'float32' || dtype === 'int32' ? 4 : 1;
}

/** A zero-filled array of the type that holds `dtype`. */
export function allocate(dtype: DType, length: number): TypedArray {
  if (dtype === 'float32') return new Float32Array(length);
  if (dtype === 'int32') return new Int32Array(length);
  return new Uint8Array(length);
}

/** `float32[8,3,32,32]`, as errors and the printer show it. */
export function formatType(type: { readonly dtype: DType; readonly shape: Shape }): string {
  return `${type.dtype}[${type.shape.join(',')}]`;
}
