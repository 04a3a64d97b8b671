/** A state as a safetensors file and back, bit for bit: NaN payloads and −0 included, the order of the entries kept. */

import { FormatError } from '../base/errors.ts';
import type { DType, State, TensorData, TypedArray } from '../engine/ir/tensor-data.ts';
import { type FileSystem, nodeFileSystem, readFully, withFile } from './file-system.ts';
import { decodeHeader, decodeHeaderLength, encodeHeader, lengthBytes, type Metadata } from './safetensors-header.ts';
import { explainRefusals } from './storage-error.ts';

/** What a safetensors file holds. */
export interface Safetensors {
  readonly state: State;
  readonly metadata: Metadata;
}

/**
 * The parts of a safetensors file, to be written one after another: the header, then each tensor's own bytes, uncopied.
 *
 * throws  RangeError if a name cannot be written, or an array does not fill its shape
 */
export function encodeSafetensors(state: State, metadata: Metadata = new Map()): readonly Uint8Array[] {
  const header = encodeHeader(state, metadata);
  return [
    header,
    ...[...state.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

/**
 * Reads a safetensors file from memory; `file` is its name for error messages. The tensors are copies.
 *
 * throws  FormatError naming the defect and the byte where it shows
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  return decode(file, bytes.length, (position, length) => new Uint8Array(bytes.subarray(position, position + length)));
}

/**
 * Reads a safetensors file, one tensor at a time.
 *
 * throws  FormatError naming the defect and the byte where it shows; UserError if the disk refuses
 */
export function readSafetensors(path: string, fileSystem: FileSystem = nodeFileSystem): Safetensors {
  return explainRefusals({ verb: 'read', path }, () =>
    withFile(fileSystem, path, 'r', (file) =>
      decode(path, fileSystem.sizeBytes(file), (position, length) => readFully(fileSystem, file, position, length)),
    ),
  );
}

/** Up to `length` bytes from `position` on, in a buffer of their own. */
type ReadBytes = (position: number, length: number) => Uint8Array<ArrayBuffer>;

function decode(file: string, fileBytes: number, read: ReadBytes): Safetensors {
  const headerBytes = decodeHeaderLength(file, read(0, lengthBytes), fileBytes);
  const dataStart = lengthBytes + headerBytes;
  const { entries, metadata } = decodeHeader(file, read(lengthBytes, headerBytes), fileBytes - dataStart);
  const state = new Map<string, TensorData>();
  for (const { name, dtype, shape, start, end } of entries) {
    const bytes = read(dataStart + start, end - start);
    if (bytes.length < end - start) {
      throw new FormatError(file, `the file was cut short while tensor "${name}" was read`, dataStart + start);
    }
    state.set(name, { dtype, shape, data: arrayOver(dtype, bytes.buffer) });
  }
  return { state, metadata };
}

function arrayOver(dtype: DType, buffer: ArrayBuffer): TypedArray {
  if (dtype === 'float32') return new Float32Array(buffer);
  if (dtype === 'float64') return new Float64Array(buffer);
  if (dtype === 'int32') return new Int32Array(buffer);
  return new Uint8Array(buffer);
}
