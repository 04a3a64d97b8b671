/** What the entries of a zip archive contain: whole, from their beginning, or as a stream. */

import { pipeline, Readable } from 'node:stream';
import { constants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { type ByteSource, refuse } from './byte-source.ts';
import { checkSum, packedParts, type ZipEntry } from './zip.ts';

/**
 * The contents of an entry, which fit into memory.
 *
 * throws  FormatError where they are not what was packed
 */
export function readContents(source: ByteSource, entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const { start, packedBytes, sizeBytes, isDeflated } = entry;
  const packed = source.read(start, packedBytes);
  const contents = isDeflated ? inflated(source, entry, packed, sizeBytes) : packed;
  if (contents.length < sizeBytes) refuseLength(source, entry, `ends after ${contents.length} bytes`);
  checkSum(source, entry, crc32(contents));
  return contents;
}

/**
 * What the first `length` bytes of an entry, as they lie in the file, contain; not verified.
 *
 * throws  FormatError where they cannot be inflated
 */
export function readBeginning(source: ByteSource, entry: ZipEntry, length: number): Uint8Array {
  const packed = source.read(entry.start, Math.min(length, entry.packedBytes));
  return entry.isDeflated ? inflated(source, entry, packed, entry.sizeBytes) : packed;
}

/**
 * The contents of an entry in parts, as they are read; they are verified when the last part has been read.
 *
 * throws  FormatError where they are not what was packed
 */
export async function* streamContents(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  let length = 0;
  let sum = 0;
  for await (const part of entry.isDeflated ? inflatedParts(source, entry) : packedParts(source, entry)) {
    length += part.length;
    if (length > entry.sizeBytes) refuseLength(source, entry, 'goes on');
    sum = crc32(part, sum);
    yield part;
  }
  if (length < entry.sizeBytes) refuseLength(source, entry, `ends after ${length} bytes`);
  checkSum(source, entry, sum);
}

async function* inflatedParts(source: ByteSource, entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: 2 ** 18 });
  // An error of any stage destroys the last, whose reader hears of it.
  pipeline(Readable.from(packedParts(source, entry)), inflate, () => undefined);
  try {
    for await (const part of inflate) yield part;
  } catch (error) {
    refuseDeflated(source, entry, error);
  }
}

function inflated(source: ByteSource, entry: ZipEntry, packed: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  try {
    // Without the end of the deflated bytes, what there is of them is still inflated.
    const finishFlush = packed.length < entry.packedBytes ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
    return inflateRawSync(packed, { finishFlush, maxOutputLength: Math.max(1, most) });
  } catch (error) {
    refuseDeflated(source, entry, error);
  }
}

function refuseDeflated(source: ByteSource, entry: ZipEntry, error: unknown): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ERR_BUFFER_TOO_LARGE') refuseLength(source, entry, 'goes on');
  if (!(error instanceof Error && code.startsWith('Z_'))) throw error;
  refuse(source.path, `the entry "${entry.name}" is damaged: it cannot be inflated (${error.message})`, entry.start);
}

function refuseLength(source: ByteSource, { name, start, sizeBytes }: ZipEntry, seen: string): never {
  refuse(source.path, `the entry "${name}" is damaged: it ${seen}; expected ${sizeBytes} bytes`, start);
}
