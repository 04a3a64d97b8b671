/** The bytes of a file that a stranger may have written, read where they are asked for and never all at once. */

import { FormatError, UserError } from '../base/errors.ts';
import { type FileSystem, nodeFileSystem, readFully, withFile } from '../store/file-system.ts';
import { explainRefusals } from '../store/storage-error.ts';

export interface ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  /** Throws FormatError if the range is not inside the file; UserError if the disk refuses. */
  read(start: number, length: number): Uint8Array<ArrayBuffer>;
}

/** A file of the disk. Throws UserError if there is none at `path`, or if it cannot be read. */
export function openBytes(path: string, fileSystem: FileSystem = nodeFileSystem): ByteSource {
  const found = fileSystem.stat(path);
  if (found === undefined || found.isFolder) {
    const seen = found === undefined ? 'there is no such file' : 'this is a folder';
    throw new UserError(`${path}: ${seen}; expected a file. Check the path.`);
  }
  const opened = <T>(use: (file: number) => T) =>
    explainRefusals({ verb: 'read', path }, () => withFile(fileSystem, path, 'r', use));
  const sizeBytes = opened((file) => fileSystem.sizeBytes(file));
  return {
    path,
    sizeBytes,
    read(start, length) {
      if (start < 0 || length < 0 || start + length > sizeBytes) {
        const range = `${length} bytes from byte ${start} on`;
        refuse(path, `${range} are wanted, but the file has ${sizeBytes}`);
      }
      const bytes = opened((file) => readFully(fileSystem, file, start, length));
      if (bytes.length < length) refuse(path, 'the file shrank while it was read', start);
      return bytes;
    },
  };
}

const fetchAgain = 'The file is cut short or damaged: fetch it again';

/** Throws FormatError: what was seen and expected, and what to do. */
export function refuse(path: string, problem: string, position?: number, remedy = fetchAgain): never {
  throw new FormatError(path, `${problem}. ${remedy}.`, position);
}

const windowBytes = 2 ** 16;

/** Reads a stretch of a source from its start on, in order. */
export class ByteReader {
  readonly source: ByteSource;
  readonly end: number;
  /** Offset in the file of the next byte. */
  position: number;
  private window = new Uint8Array(0);
  private windowStart = 0;

  constructor(source: ByteSource, start: number, end: number) {
    this.source = source;
    this.position = start;
    this.end = end;
  }

  /** The next `length` bytes. Throws FormatError if the stretch ends before. */
  bytes(length: number): Uint8Array {
    const start = this.position;
    if (length > this.end - start) {
      this.fail(`${length} bytes are expected here, but ${this.end - start} are left`);
    }
    this.position = start + length;
    if (length > windowBytes) return this.source.read(start, length);
    if (start < this.windowStart || start + length > this.windowStart + this.window.length) {
      this.window = this.source.read(start, Math.min(windowBytes, this.end - start));
      this.windowStart = start;
    }
    return this.window.subarray(start - this.windowStart, start - this.windowStart + length);
  }

  /** An unsigned little-endian integer of `length` bytes. Throws FormatError above 2^53 − 1. */
  unsigned(length: 1 | 2 | 4 | 8): number {
    const start = this.position;
    const bytes = this.bytes(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (bytes[i] ?? 0);
    if (!Number.isSafeInteger(value)) this.fail(`${value} is more than any file holds`, start);
    return value;
  }

  /** The text up to the next line feed, which is read too. */
  line(): string {
    const codes: number[] = [];
    for (let code = this.unsigned(1); code !== 10; code = this.unsigned(1)) codes.push(code);
    return utf8(Uint8Array.from(codes)) ?? this.fail('the line is not UTF-8 text');
  }

  /** Throws FormatError at `position`, or at the next byte. */
  fail(problem: string, position = this.position, remedy?: string): never {
    refuse(this.source.path, problem, position, remedy);
  }
}

/** Text from UTF-8, or undefined where the bytes are none. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
