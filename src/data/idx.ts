/**
 * The IDX format of MNIST and its successors: two zero bytes, an element type, the number of axes, big-endian extents, data.
 *
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section on file formats.
 */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { FormatError, UserError } from '../base/errors.ts';
import { reasonOf } from './report.ts';

const UNSIGNED_BYTE = 0x08;
const LARGEST_UNPACKED_BYTES = 2 ** 31 - 1;
const download = 'Fetch the file again from where it came.';

export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface LabelledImages {
  /** [N, H, W] */
  readonly images: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [N] */
  readonly labels: Int32Array;
}

/**
 * Reads an array of bytes with `rank` axes from the bytes of an IDX file; `file` is for messages only.
 *
 * Throws a FormatError at the first byte that breaks the format: every byte is accounted for.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = 4 + 4 * rank;
  if (bytes.length < 4) {
    throw new FormatError(
      file,
      `the file ends inside its magic number; expected at least ${headerLength} bytes. ${download}`,
      bytes.length,
    );
  }
  if (view.getUint16(0) !== 0) {
    const seen = view.getUint16(0).toString(16).padStart(4, '0');
    throw new FormatError(
      file,
      `the file starts with 0x${seen}; expected 0x0000, the start of an IDX file. Check that it is what its name says.`,
      0,
    );
  }
  const elementType = view.getUint8(2);
  if (elementType !== UNSIGNED_BYTE) {
    const seen = elementType.toString(16).padStart(2, '0');
    throw new FormatError(
      file,
      `the element type is 0x${seen}; expected 0x08, unsigned bytes. Convert pixels and labels to 0 … 255.`,
      2,
    );
  }
  if (view.getUint8(3) !== rank) {
    throw new FormatError(
      file,
      `the array has ${view.getUint8(3)} axes; expected ${rank}. ` +
        'Images have 3, labels 1: check that the two files are not exchanged.',
      3,
    );
  }
  if (bytes.length < headerLength) {
    throw new FormatError(
      file,
      `the file ends inside its header; expected ${headerLength} bytes. ${download}`,
      bytes.length,
    );
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const emptyAxis = shape.indexOf(0);
  if (emptyAxis !== -1) {
    throw new FormatError(
      file,
      `the shape is [${shape.join(',')}]; expected at least 1 along every axis. ${download}`,
      4 + 4 * emptyAxis,
    );
  }
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = bytes.subarray(headerLength);
  if (data.length !== size) {
    const difference = data.length < size ? 'the file is cut short' : 'bytes trail behind the data';
    throw new FormatError(
      file,
      `${difference}: ${data.length} bytes of data; expected ${size} for shape [${shape.join(',')}]. ${download}`,
      Math.min(bytes.length, headerLength + size),
    );
  }
  return { shape, data };
}

/**
 * Reads an IDX file, plain or gzipped (`.gz`); offsets in errors count unpacked bytes.
 *
 * Throws a UserError where the file cannot be read, a FormatError where its bytes are wrong.
 */
export function readIdx(file: string, rank: number): IdxArray {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${reasonOf(error)}). Check the path and its permissions.`);
  }
  return parseIdx(file.endsWith('.gz') ? unpack(bytes, file) : bytes, file, rank);
}

function unpack(bytes: Buffer, file: string): Buffer {
  let unpacked: Buffer;
  try {
    unpacked = gunzipSync(bytes, { maxOutputLength: LARGEST_UNPACKED_BYTES });
  } catch (error) {
    throw new FormatError(file, `cannot be unpacked (${reasonOf(error)}); expected gzip data. ${download}`);
  }
  // gunzip passes over zeros that follow the stream; the length it should have is the file's last word.
  if (bytes.readUInt32LE(bytes.length - 4) !== unpacked.length) {
    throw new FormatError(file, `unpacks to ${unpacked.length} bytes, which its last four bytes deny. ${download}`);
  }
  return unpacked;
}

/** Reads images and their labels. Throws a FormatError where the files disagree about how many there are. */
export function readLabelledImages(imagesFile: string, labelsFile: string): LabelledImages {
  const images = readIdx(imagesFile, 3);
  const labels = readIdx(labelsFile, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.data.length !== count) {
    throw new FormatError(
      labelsFile,
      `${labels.data.length} labels; expected ${count}, one for each image of ${imagesFile}. ` +
        'Check that both belong to the same split.',
      4,
    );
  }
  return { images: images.data, count, height, width, labels: Int32Array.from(labels.data) };
}
