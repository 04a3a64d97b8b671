/** Tensors as PyTorch lays them down: a view, by offset and strides, of a storage of one element type. */

import { allocate, sizeOf, type TensorData } from '../engine/ir/tensor-data.ts';
import { type ByteSource, refuse } from './byte-source.ts';
import { PickleObject } from './pickle-value.ts';

/** An element type of PyTorch: what its storages are called, and how its bytes become numbers. */
export interface TorchType {
  readonly name: string;
  readonly bytes: 1 | 2 | 4 | 8;
  /** The numbers of a buffer: floats as float32, whole numbers as int32 or uint8. */
  decode(buffer: ArrayBuffer): Decoded;
}

type Decoded = Pick<TensorData, 'dtype' | 'data'> | 'out of range';

const float32 = (data: Float32Array): Decoded => ({ dtype: 'float32', data });
const int32 = (data: Int32Array): Decoded => ({ dtype: 'int32', data });

/** By the name of the storage's class, without `torch.` and `Storage`. */
export const torchTypes: ReadonlyMap<string, TorchType> = new Map(
  Object.entries({
    Float: { name: 'float32', bytes: 4, decode: (buffer) => float32(new Float32Array(buffer)) },
    Double: { name: 'float64', bytes: 8, decode: (buffer) => float32(Float32Array.from(new Float64Array(buffer))) },
    Half: { name: 'float16', bytes: 2, decode: (buffer) => float32(fromHalf(new Uint16Array(buffer))) },
    BFloat16: { name: 'bfloat16', bytes: 2, decode: (buffer) => float32(fromBfloat16(new Uint16Array(buffer))) },
    Long: { name: 'int64', bytes: 8, decode: (buffer) => fromInt64(new BigInt64Array(buffer)) },
    Int: { name: 'int32', bytes: 4, decode: (buffer) => int32(new Int32Array(buffer)) },
    Short: { name: 'int16', bytes: 2, decode: (buffer) => int32(Int32Array.from(new Int16Array(buffer))) },
    Char: { name: 'int8', bytes: 1, decode: (buffer) => int32(Int32Array.from(new Int8Array(buffer))) },
    Byte: { name: 'uint8', bytes: 1, decode: (buffer) => ({ dtype: 'uint8', data: new Uint8Array(buffer) }) },
    Bool: { name: 'bool', bytes: 1, decode: (buffer) => fromBool(new Uint8Array(buffer)) },
  } satisfies Readonly<Record<string, TorchType>>),
);

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const sign = half >> 15 === 0 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

/** The upper half of a float32. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

function fromInt64(values: BigInt64Array): Decoded {
  if (values.some((value) => value !== BigInt.asIntN(32, value))) return 'out of range';
  return int32(Int32Array.from(values, Number));
}

function fromBool(bytes: Uint8Array): Decoded {
  return bytes.some((byte) => byte > 1) ? 'out of range' : { dtype: 'bool', data: bytes };
}

/** The elements that tensors are views of. */
export class TorchStorage extends PickleObject {
  override readonly what = 'a storage';
  readonly type: TorchType;
  /** Elements. */
  readonly length: number;
  /** The file, and where in it the first element lies, once that is known. */
  readonly place: StoragePlace;

  constructor(type: TorchType, length: number, place: StoragePlace) {
    super();
    this.type = type;
    this.length = length;
    this.place = place;
  }
}

export interface StoragePlace {
  readonly source: ByteSource;
  /** Offset in the file of the first element. May verify the storage before. */
  start(): number;
}

/** A tensor of a file. Its numbers are read when they are asked for. */
export class TorchTensor extends PickleObject {
  override readonly what = 'a tensor';
  readonly shape: readonly number[];
  private readonly storage: TorchStorage;
  private readonly offset: number;
  private readonly strides: readonly number[];

  /** `offset` and `strides` count elements; `viewProblem` must have found nothing wrong with them. */
  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** `float16`: as it is stored. */
  get typeName(): string {
    return this.storage.type.name;
  }

  /**
   * The numbers, row by row.
   *
   * throws  FormatError if the file is damaged, or holds a whole number beyond 32 bits; UserError if the disk refuses
   */
  load(): TensorData {
    const { type, place } = this.storage;
    const { shape } = this;
    const span = sizeOf(shape) === 0 ? 0 : lastElement(shape, this.strides) + 1;
    const start = place.start() + this.offset * type.bytes;
    const decoded = type.decode(place.source.read(start, span * type.bytes).buffer);
    if (decoded === 'out of range') {
      const expected = type.name === 'bool' ? '0 or 1' : 'numbers of 32 bits';
      refuse(place.source.path, `a tensor of ${type.name} holds other values than ${expected}`, start);
    }
    const tensor = { ...decoded, shape };
    return isContiguous(shape, this.strides) ? tensor : gather(tensor, this.strides);
  }
}

/** What is wrong with a view of a storage of `length` elements, or undefined. */
export function viewProblem(
  length: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): string | undefined {
  const mostAxes = 64;
  const counts = [offset, ...shape, ...strides];
  if (shape.length !== strides.length || shape.length > mostAxes) {
    return `${shape.length} extents and ${strides.length} strides; expected as many of both, ${mostAxes} at most`;
  }
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    return `offset ${offset}, shape [${shape}], strides [${strides}]; expected whole numbers from 0 up`;
  }
  const elements = sizeOf(shape);
  if (elements === 0) return undefined;
  if (elements > length) {
    return `${elements} elements in a storage of ${length}; expected no more than it holds: expanded tensors are to be saved as tensor.clone()`;
  }
  const last = offset + lastElement(shape, strides);
  return last < length ? undefined : `its last element is number ${last} of a storage of ${length}`;
}

function lastElement(shape: readonly number[], strides: readonly number[]): number {
  return shape.reduce((last, extent, axis) => last + (extent - 1) * (strides[axis] ?? 0), 0);
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    if (extent !== 1 && strides[axis] !== expected) return false;
    expected *= extent;
  }
  return true;
}

/** Copies the elements of a strided view in row-major order. */
function gather(from: TensorData, strides: readonly number[]): TensorData {
  const { dtype, shape, data } = from;
  const into = allocate(dtype, sizeOf(shape));
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < into.length; i++) {
    into[i] = data[at] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const done = index[axis] ?? 0;
      const stride = strides[axis] ?? 0;
      if (done + 1 < (shape[axis] ?? 0)) {
        index[axis] = done + 1;
        at += stride;
        break;
      }
      index[axis] = 0;
      at -= done * stride;
    }
  }
  return { dtype, shape, data: into };
}
