/**
 * Arrays as numpy.save writes them: a header in Python's spelling, then the numbers.
 * Source: NEP 1, "A simple file format for NumPy arrays", versions 1 to 3.
 */

import { type Shape, sizeOf } from '../engine/ir/tensor-data.ts';
import { refuse, utf8 } from './byte-source.ts';

export type NpyData = Float64Array | Float32Array | Int32Array | Uint8Array;

/** An array of any rank, row-major. */
export interface NpyArray {
  readonly type: NpyTypeName;
  readonly shape: Shape;
  /** Whole numbers of 64 bits are held as float64, which is exact up to 2^53. */
  readonly data: NpyData;
}

export interface NpyHeader {
  readonly type: NpyTypeName;
  readonly shape: Shape;
  /** Whether the first axis runs fastest. */
  readonly isFortranOrder: boolean;
  /** Bytes before the first number. */
  readonly dataStart: number;
}

interface NpyType {
  /** As numpy spells it, with the byte order. */
  readonly description: string;
  readonly bytes: 1 | 4 | 8;
  decode(buffer: ArrayBuffer): NpyData | undefined;
  encode(data: NpyData): NpyData | BigInt64Array;
}

const npyTypes = {
  float64: {
    description: '<f8',
    bytes: 8,
    decode: (buffer) => new Float64Array(buffer),
    encode: (data) => (data instanceof Float64Array ? data : Float64Array.from(data)),
  },
  float32: {
    description: '<f4',
    bytes: 4,
    decode: (buffer) => new Float32Array(buffer),
    encode: (data) => (data instanceof Float32Array ? data : Float32Array.from(data)),
  },
  int64: {
    description: '<i8',
    bytes: 8,
    decode: (buffer) => fromInt64(new BigInt64Array(buffer)),
    encode: (data) => BigInt64Array.from(Array.from(data, BigInt)),
  },
  int32: {
    description: '<i4',
    bytes: 4,
    decode: (buffer) => new Int32Array(buffer),
    encode: (data) => (data instanceof Int32Array ? data : Int32Array.from(data)),
  },
  uint8: {
    description: '|u1',
    bytes: 1,
    decode: (buffer) => new Uint8Array(buffer),
    encode: (data) => (data instanceof Uint8Array ? data : Uint8Array.from(data)),
  },
} as const satisfies Readonly<Record<string, NpyType>>;

export type NpyTypeName = keyof typeof npyTypes;
const typeNames = ['float64', 'float32', 'int64', 'int32', 'uint8'] as const satisfies readonly NpyTypeName[];

function fromInt64(values: BigInt64Array): Float64Array | undefined {
  const numbers = Float64Array.from(values, Number);
  return numbers.every(Number.isSafeInteger) ? numbers : undefined;
}

const magic = '\x93NUMPY';
const plainArrays = 'Save plain arrays of numbers, with numpy.savez(FILE, name=array)';
/** A header tells a type and a few extents; it is padded to a multiple of 64 bytes. */
export const mostHeaderBytes = 4096;

/**
 * Reads the header at the beginning of an array's bytes, of which `bytes` may be a part. Errors call the array `place`.
 *
 * throws  FormatError where it is none, is cut short, or is of an element type that is not read here
 */
export function decodeNpyHeader(place: string, bytes: Uint8Array): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = Buffer.from(bytes.subarray(0, magic.length)).toString('latin1');
  if (start !== magic) refuse(place, `it begins with ${JSON.stringify(start)}; expected an array of numpy's`, 0);
  const version = bytes[6] ?? 0;
  const prefix = version === 1 ? 10 : 12;
  if (bytes.length < prefix) refuse(place, 'the header is cut short', bytes.length);
  if (version < 1 || version > 3 || bytes[7] !== 0) {
    refuse(place, `version ${version}.${bytes[7]} of numpy's format; expected 1.0, 2.0 or 3.0`, 6, plainArrays);
  }
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const dataStart = prefix + headerBytes;
  if (dataStart > mostHeaderBytes) {
    refuse(place, `a header of ${headerBytes} bytes; expected ${mostHeaderBytes} at most`, 8, plainArrays);
  }
  if (dataStart > bytes.length) refuse(place, `the header is cut short; expected ${headerBytes} bytes`, bytes.length);
  const text = utf8(bytes.subarray(prefix, dataStart)) ?? refuse(place, 'the header is not UTF-8 text', prefix);
  return { ...parseHeader(place, text, prefix), dataStart };
}

/** Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }`, the keys in any order. */
function parseHeader(place: string, text: string, position: number): Omit<NpyHeader, 'dataStart'> {
  const found = new Map<string, string>();
  const rest = text.replace(
    /'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d\s,]*\))\s*(,|(?=\}))/g,
    (_, key: string, value: string) => {
      found.set(key, value);
      return '';
    },
  );
  const description = found.get('descr')?.replaceAll("'", '') ?? '';
  const order = found.get('fortran_order') ?? '';
  const shape = found.get('shape') ?? '';
  if (!/^\{\s*\}\s*$/.test(rest) || !/^(?:True|False)$/.test(order) || !shape.startsWith('(')) {
    refuse(
      place,
      `the header is ${text.trim()}; expected a type, an order and a shape of numbers`,
      position,
      plainArrays,
    );
  }
  return {
    type: typeOf(place, description, position),
    shape: [...shape.matchAll(/\d+/g)].map(([digits]) => Number(digits)),
    isFortranOrder: order === 'True',
  };
}

function typeOf(place: string, description: string, position: number): NpyTypeName {
  const type = typeNames.find((name) => npyTypes[name].description === description);
  if (type !== undefined) return type;
  if (/^\|?O/.test(description)) {
    const remedy = 'A pickle can run any program when it is opened. Save arrays of numbers instead';
    refuse(place, 'it holds Python objects, as a pickle, which is never opened; expected numbers', position, remedy);
  }
  const known = typeNames.map((name) => `${npyTypes[name].description} (${name})`).join(', ');
  refuse(
    place,
    `elements of type "${description}"; expected one of ${known}`,
    position,
    'Convert it, with array.astype',
  );
}

/** Bytes of the numbers of an array. Throws FormatError where they are more than any file has. */
export function dataBytesOf(place: string, { type, shape, dataStart }: NpyHeader): number {
  const sizeBytes = sizeOf(shape) * npyTypes[type].bytes;
  if (!Number.isSafeInteger(sizeBytes))
    refuse(place, `the shape (${shape.join(', ')}) is larger than any file`, dataStart);
  return sizeBytes;
}

/**
 * Decodes an array from all of its bytes; one in Fortran's order is transposed.
 *
 * throws  FormatError as `decodeNpyHeader`, where the bytes are not as many as the shape says, and where a whole number is
 *         beyond ±2^53
 */
export function decodeNpy(place: string, bytes: Uint8Array): NpyArray {
  const header = decodeNpyHeader(place, bytes);
  const { type, shape, isFortranOrder, dataStart } = header;
  checkDataBytes(place, header, bytes.length - dataStart);
  const data = npyTypes[type].decode(new Uint8Array(bytes.subarray(dataStart)).buffer);
  if (data === undefined) {
    refuse(place, 'it holds whole numbers beyond ±2^53; expected smaller ones', dataStart, 'Save them as float64');
  }
  return { type, shape, data: isFortranOrder ? toRowMajor(data, shape) : data };
}

/** Throws FormatError where the numbers do not take `sizeBytes`. */
export function checkDataBytes(place: string, header: NpyHeader, sizeBytes: number): void {
  const expected = dataBytesOf(place, header);
  if (expected === sizeBytes) return;
  const { type, shape, dataStart } = header;
  refuse(place, `${type} (${shape.join(', ')}) takes ${expected} bytes, but ${sizeBytes} follow`, dataStart);
}

/** The same numbers with the last axis running fastest. */
function toRowMajor(data: NpyData, shape: Shape): NpyData {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const result = data.slice();
  for (let i = 0; i < data.length; i++) {
    let rest = i;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] ?? 1;
      from += (rest % extent) * (strides[axis] ?? 0);
      rest = Math.floor(rest / extent);
    }
    result[i] = data[from] ?? 0;
  }
  return result;
}

/** The bytes of an array, in version 1 of the format. Throws RangeError where the numbers do not fill the shape. */
export function encodeNpy({ type, shape, data }: NpyArray): Uint8Array {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`encodeNpy: ${data.length} numbers for the shape [${shape}]; expected ${sizeOf(shape)}.`);
  }
  const { description, encode } = npyTypes[type];
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${description}', 'fortran_order': False, 'shape': (${extents}), }`;
  const dataStart = Math.ceil((10 + text.length + 1) / 64) * 64;
  const header = Buffer.alloc(dataStart, ' ');
  header.write(magic, 'latin1');
  header[6] = 1;
  header[7] = 0;
  header.writeUInt16LE(dataStart - 10, 8);
  header.write(text, 10);
  header[dataStart - 1] = 10;
  const { buffer, byteOffset, byteLength } = encode(data);
  return Buffer.concat([header, new Uint8Array(buffer, byteOffset, byteLength)]);
}
