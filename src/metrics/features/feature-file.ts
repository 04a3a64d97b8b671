/**
 * Features on disk: a safetensors file with one tensor, `features` float32 [N,D], and a checksum of all that it holds.
 *
 * It appears whole or not at all, and reading verifies it first, so one that was cut short or damaged is refused.
 */

import { createHash, type Hash, randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { FormatError, UserError } from '../../base/errors.ts';
import { type FileSystem, makeFolder, nodeFileSystem, readFully, writeFully } from '../../store/file-system.ts';
import { decodeHeader, decodeHeaderLength, lengthBytes, type Metadata } from '../../store/safetensors-header.ts';
import { explainRefusals } from '../../store/storage-error.ts';
import type { FeatureRows } from './feature-rows.ts';

const tensorName = 'features';
const checksumKey = 'sha256';
const bufferBytes = 2 ** 20;

/** Rows that lie in a file. */
export interface FeatureFile extends FeatureRows {
  readonly path: string;
  readonly metadata: Metadata;
  close(): void;
}

export interface FeatureFileWriter {
  /** Writes rows, float32 [n,D], behind those before. Throws UserError if the disk refuses. */
  append(rows: Float32Array): void;
  /** Makes the file visible under its name; it replaces one that was there. Throws UserError if the disk refuses. */
  finish(): void;
  /** Gives up what was written. */
  discard(): void;
}

/**
 * Starts a file of rows of D numbers, with strings that say what they are. Nothing is at `path` before `finish`.
 *
 * Throws UserError if the disk refuses.
 */
export function createFeatureFile(
  path: string,
  dimensions: number,
  metadata: Metadata = new Map(),
  fileSystem: FileSystem = nodeFileSystem,
): FeatureFileWriter {
  const temporary = `${path}.${process.pid}-${randomUUID()}.tmp`;
  // Room for a header with any count; the rows come before it is known.
  const dataStart = encodeHeader(Number.MAX_SAFE_INTEGER, dimensions, metadata, '0'.repeat(64), 0).length;
  const hash = createHash('sha256');
  let count = 0;
  const explained = <T>(perform: () => T) => explainRefusals({ verb: 'write', path }, perform);
  const file = explained(() => {
    makeFolder(fileSystem, dirname(path));
    return fileSystem.open(temporary, 'w');
  });
  return {
    append(rows) {
      if (rows.length % dimensions !== 0) {
        throw new RangeError(`FeatureFileWriter.append: ${rows.length} numbers; expected whole rows of ${dimensions}.`);
      }
      const bytes = bytesOf(rows);
      explained(() => writeFully(fileSystem, file, bytes, dataStart + count * dimensions * 4));
      hash.update(bytes);
      count += rows.length / dimensions;
    },
    finish() {
      const checksum = finishChecksum(hash, count, dimensions, metadata);
      explained(() => {
        writeFully(fileSystem, file, encodeHeader(count, dimensions, metadata, checksum, dataStart), 0);
        fileSystem.close(file);
        fileSystem.rename(temporary, path);
      });
    },
    discard() {
      explained(() => {
        fileSystem.close(file);
        fileSystem.unlink(temporary);
      });
    },
  };
}

/**
 * Opens a file of features after reading it once for its checksum. Takes a buffer of 1 MiB, whatever N.
 *
 * Throws FormatError where it is damaged, cut short, or of another kind; UserError if the disk refuses.
 */
export function openFeatureFile(path: string, fileSystem: FileSystem = nodeFileSystem): FeatureFile {
  return explainRefusals({ verb: 'read', path }, () => {
    const file = fileSystem.open(path, 'r');
    try {
      return verified(path, file, fileSystem);
    } catch (error) {
      fileSystem.close(file);
      throw error;
    }
  });
}

function verified(path: string, file: number, fileSystem: FileSystem): FeatureFile {
  const fileBytes = fileSystem.sizeBytes(file);
  const headerBytes = decodeHeaderLength(path, readFully(fileSystem, file, 0, lengthBytes), fileBytes);
  const dataStart = lengthBytes + headerBytes;
  const header = readFully(fileSystem, file, lengthBytes, headerBytes);
  const { entries, metadata: stored } = decodeHeader(path, header, fileBytes - dataStart);
  const [entry, ...others] = entries;
  const [count, dimensions, ...axes] = entry?.shape ?? [];
  if (
    entry?.name !== tensorName ||
    entry.dtype !== 'float32' ||
    count === undefined ||
    dimensions === undefined ||
    axes.length + others.length > 0
  ) {
    throw new FormatError(
      path,
      `it holds other tensors; expected one, "${tensorName}" float32[N,D]. Give a file of features`,
    );
  }
  const metadata = new Map([...stored].filter(([key]) => key !== checksumKey));
  const hash = createHash('sha256');
  for (let position = dataStart; position < fileBytes; position += bufferBytes) {
    hash.update(readFully(fileSystem, file, position, Math.min(bufferBytes, fileBytes - position)));
  }
  const checksum = finishChecksum(hash, count, dimensions, metadata);
  if (checksum !== stored.get(checksumKey)) {
    throw new FormatError(
      path,
      `its SHA-256 is ${checksum}, its header says ${stored.get(checksumKey) ?? 'nothing of it'}; expected the same. ` +
        'The file is damaged: remove it, and the features are taken anew',
    );
  }
  return {
    path,
    count,
    dimensions,
    metadata,
    read(first, target) {
      const bytes = bytesOf(target);
      const start = dataStart + first * dimensions * 4;
      for (let done = 0; done < bytes.length; ) {
        const read = fileSystem.read(file, bytes.subarray(done), start + done);
        if (read === 0) {
          throw new UserError(
            `${path}: row ${first} and those after it cannot be read: the file now ends at byte ${fileSystem.sizeBytes(file)}. ` +
              'It was cut short while in use. Start again: the features are taken anew.',
          );
        }
        done += read;
      }
    },
    close: () => fileSystem.close(file),
  };
}

function bytesOf(rows: Float32Array): Uint8Array {
  return new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
}

/** SHA-256 over the rows and a header that does not tell it yet. */
function finishChecksum(rows: Hash, count: number, dimensions: number, metadata: Metadata): string {
  return rows.update(encodeHeader(count, dimensions, metadata, '', 0)).digest('hex');
}

/** A safetensors header, padded with spaces to a multiple of 8 bytes and to at least `minBytes`. */
function encodeHeader(
  count: number,
  dimensions: number,
  metadata: Metadata,
  checksum: string,
  minBytes: number,
): Uint8Array {
  const json = JSON.stringify({
    __metadata__: Object.fromEntries([...metadata, [checksumKey, checksum]]),
    [tensorName]: { dtype: 'F32', shape: [count, dimensions], data_offsets: [0, count * dimensions * 4] },
  });
  const text = Buffer.from(json);
  const header = Buffer.alloc(Math.max(minBytes, lengthBytes + Math.ceil(text.length / 8) * 8), ' ');
  header.writeBigUInt64LE(BigInt(header.length - lengthBytes));
  text.copy(header, lengthBytes);
  return header;
}
