/**
 * The header of a safetensors file: which tensors lie where.
 *
 * Layout: 8 bytes little-endian header length, a JSON object padded with spaces to a multiple of 8, the tensors' bytes.
 * Source: the format of github.com/huggingface/safetensors; every check of its reader is made here, and two more, on
 * repeated keys and on the header's alignment.
 */

import { isUtf8 } from 'node:buffer';
import { FormatError, suggest } from '../base/errors.ts';
import type { DType, State } from '../engine/ir/tensor-data.ts';
import { JsonReader } from './json-reader.ts';

/** Strings that travel with a file, by key. */
export type Metadata = ReadonlyMap<string, string>;

/** One tensor as a header describes it; `start` and `end` are byte offsets from the first byte after the header. */
export interface Entry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
  /** Where in the file the header describes it. */
  readonly offset: number;
}

export interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Metadata;
}

export const lengthBytes = 8;
const maxHeaderBytes = 100_000_000;
const maxRank = 64;
const metadataKey = '__metadata__';

const formats: Readonly<Record<DType, { readonly code: string; readonly bytes: number }>> = {
  float32: { code: 'F32', bytes: 4 },
  float64: { code: 'F64', bytes: 8 },
  int32: { code: 'I32', bytes: 4 },
  uint8: { code: 'U8', bytes: 1 },
  bool: { code: 'BOOL', bytes: 1 },
};
const dtypeOfCode = new Map<string, DType>([
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['I32', 'int32'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
]);
const codesOfOthers = 'F16 BF16 F8_E4M3 F8_E5M2 F8_E8M0 F6_E2M3 F6_E3M2 F4 C64 I64 I16 I8 U64 U32 U16'.split(' ');

/**
 * The length and the header of a file that holds `state`, in the state's order.
 *
 * throws  RangeError if a name, a shape or an array is one that could not be read back
 */
export function encodeHeader(state: State, metadata: Metadata): Uint8Array {
  const members = metadata.size === 0 ? [] : [`"${metadataKey}":${encodeMetadata(metadata)}`];
  let start = 0;
  for (const [name, { dtype, shape, data }] of state) {
    checkKey(name);
    const { code, bytes } = formats[dtype];
    const end = start + data.byteLength;
    if (byteLength(shape, bytes) !== data.byteLength) {
      const held = `${data.byteLength} bytes`;
      throw new RangeError(`encodeSafetensors: ${name} is ${dtype}[${shape.join(',')}], but its array holds ${held}.`);
    }
    const info = { dtype: code, shape, data_offsets: [start, end] };
    members.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    start = end;
  }
  const json = Buffer.from(`{${members.join(',')}}`);
  const header = Buffer.alloc(lengthBytes + Math.ceil(json.length / 8) * 8, ' ');
  if (header.length - lengthBytes > maxHeaderBytes) {
    throw new RangeError(`encodeSafetensors: the header has ${json.length} bytes; expected at most ${maxHeaderBytes}.`);
  }
  header.writeBigUInt64LE(BigInt(header.length - lengthBytes));
  json.copy(header, lengthBytes);
  return header;
}

function encodeMetadata(metadata: Metadata): string {
  const members = [...metadata].map(([key, value]) => {
    checkKey(key);
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}`;
}

function checkKey(key: string): void {
  if (key === '__proto__' || key === metadataKey || /\p{Surrogate}/u.test(key)) {
    throw new RangeError(`encodeSafetensors: ${JSON.stringify(key)} cannot be used as a name.`);
  }
}

/** Bytes of a tensor, or undefined where the shape is none or the number leaves the safe integers. */
function byteLength(shape: readonly number[], bytesPerElement: number): number | undefined {
  let product = bytesPerElement;
  for (const extent of shape) {
    product *= extent;
    if (!Number.isSafeInteger(extent) || extent < 0 || !Number.isSafeInteger(product)) return undefined;
  }
  return product;
}

/**
 * The header's length, from the first bytes of a file of `fileBytes` bytes.
 *
 * throws  FormatError if the file is too short, or the length too large, past the end, or not a multiple of 8
 */
export function decodeHeaderLength(file: string, first: Uint8Array, fileBytes: number): number {
  if (first.length < lengthBytes) {
    throw new FormatError(
      file,
      `the file has ${first.length} bytes; expected at least ${lengthBytes}, the header's length`,
      0,
    );
  }
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw new FormatError(file, `the header claims ${length} bytes; expected at most ${maxHeaderBytes}`, 0);
  }
  if (lengthBytes + Number(length) > fileBytes) {
    throw new FormatError(file, `the header claims ${length} bytes, past the end of a file of ${fileBytes} bytes`, 0);
  }
  if (length % 8n !== 0n) {
    throw new FormatError(file, `the header claims ${length} bytes; expected a multiple of 8, padded with spaces`, 0);
  }
  return Number(length);
}

/**
 * Reads a header and checks that its tensors cover the `dataBytes` bytes after it exactly. Entries come in data order.
 *
 * throws  FormatError naming the defect and the byte where it shows
 */
export function decodeHeader(file: string, bytes: Uint8Array, dataBytes: number): Header {
  if (!isUtf8(bytes)) {
    throw new FormatError(file, 'the header is not UTF-8 text', lengthBytes + firstInvalidByte(bytes));
  }
  const reader = new JsonReader(file, bytes, lengthBytes);
  const entries: Entry[] = [];
  const metadata = new Map<string, string>();
  reader.object('the header', (name, offset) => {
    if (name === metadataKey) {
      reader.object(metadataKey, (key) => metadata.set(key, reader.string(`"${key}" of ${metadataKey}`)));
    } else {
      entries.push(readEntry(reader, name, offset));
    }
  });
  reader.end();
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCoverage(reader, entries, dataBytes);
  return { entries, metadata };
}

/** Where decoding and encoding again first changes a byte. */
function firstInvalidByte(bytes: Uint8Array): number {
  const repaired = Buffer.from(Buffer.from(bytes).toString('utf8'));
  return bytes.findIndex((byte, i) => byte !== repaired[i]);
}

function readEntry(reader: JsonReader, name: string, offset: number): Entry {
  let dtype: DType | undefined;
  let shape: readonly number[] | undefined;
  let range: readonly number[] | undefined;
  reader.object(`tensor "${name}"`, (key) => {
    if (key === 'dtype') dtype = readDType(reader, name);
    else if (key === 'shape') shape = readIntegers(reader, `the shape of "${name}"`);
    else if (key === 'data_offsets') range = readIntegers(reader, `data_offsets of "${name}"`);
    else reader.skip();
  });
  if (dtype === undefined) return reader.fail(`tensor "${name}" has no dtype`, offset);
  if (shape === undefined) return reader.fail(`tensor "${name}" has no shape`, offset);
  if (range === undefined) return reader.fail(`tensor "${name}" has no data_offsets`, offset);
  const [start, end, ...more] = range;
  if (start === undefined || end === undefined || more.length > 0) {
    return reader.fail(`tensor "${name}" has ${range.length} data_offsets; expected two, start and end`, offset);
  }
  return { name, dtype, shape, start, end, offset };
}

function readDType(reader: JsonReader, name: string): DType {
  const { offset } = reader;
  const code = reader.string(`the dtype of "${name}"`);
  const dtype = dtypeOfCode.get(code);
  if (dtype !== undefined) return dtype;
  const readable = [...dtypeOfCode.keys()];
  return codesOfOthers.includes(code)
    ? reader.fail(`tensor "${name}" has dtype ${code}; Sagan reads ${readable.join(', ')}. Convert it first.`, offset)
    : reader.fail(`tensor "${name}" has the unknown dtype "${code}". ${suggest(code, readable)}`, offset);
}

function readIntegers(reader: JsonReader, what: string): readonly number[] {
  const { offset } = reader;
  const integers: number[] = [];
  reader.array(what, () => {
    if (integers.length === maxRank) reader.fail(`${what} has more than ${maxRank} entries`, offset);
    integers.push(reader.integer(`an entry of ${what}`));
  });
  return integers;
}

/** The tensors must follow one another from byte 0 to the last byte, without overlap and without a hole. */
function checkCoverage(reader: JsonReader, entries: readonly Entry[], dataBytes: number): void {
  let covered = 0;
  for (const [i, { name, dtype, shape, start, end, offset }] of entries.entries()) {
    const place = `tensor "${name}" lies at ${start} … ${end}`;
    if (end < start) reader.fail(`${place}; expected the end after the start`, offset);
    if (i === 0 && start > 0) reader.fail(`${place}; expected the first tensor at 0`, offset);
    if (start > covered) reader.fail(`${place}, which leaves a hole after ${covered}`, offset);
    if (start < covered) reader.fail(`${place} and overlaps the tensor that ends at ${covered}`, offset);
    const bytes = byteLength(shape, formats[dtype].bytes);
    const type = `${dtype}[${shape.join(',')}]`;
    if (bytes === undefined) reader.fail(`tensor "${name}" is ${type}, more bytes than can be counted`, offset);
    if (bytes !== end - start) {
      reader.fail(`tensor "${name}" is ${type} and takes ${bytes} bytes, but has ${end - start}`, offset);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    const problem = covered > dataBytes ? 'the file is cut short' : 'bytes follow the last tensor';
    reader.fail(`${problem}: the tensors take ${covered} bytes, the file holds ${dataBytes}`, 0);
  }
}
