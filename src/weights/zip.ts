/**
 * The entries of a zip archive, as PyTorch and numpy write it: where each lies in the file, stored as it is or deflated.
 * Source: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14-16 (its end), 4.5.3 (zip64).
 */

import { crc32 } from 'node:zlib';
import { ByteReader, type ByteSource, refuse, utf8 } from './byte-source.ts';

export interface ZipEntry {
  readonly name: string;
  /** Offset in the file of its first byte. */
  readonly start: number;
  /** Of its contents. */
  readonly sizeBytes: number;
  /** In the file. */
  readonly packedBytes: number;
  readonly isDeflated: boolean;
  /** Of its contents. */
  readonly crc32: number;
}

/** What archives of one program may hold. */
export interface ZipKind {
  readonly mayDeflate: boolean;
  /** What to do where an archive holds something else. */
  readonly remedy: string;
}

const torchArchive: ZipKind = {
  mayDeflate: false,
  remedy: 'Unpack the archive, or save the weights again with torch.save, which does neither',
};

const localHeader = { signature: 0x04034b50, bytes: 30 };
const centralHeader = { signature: 0x02014b50, bytes: 46 };
const endRecord = { signature: 0x06054b50, bytes: 22 };
const end64Record = { signature: 0x06064b50, bytes: 56 };
const end64Locator = { signature: 0x07064b50, bytes: 20 };
const longestComment = 0xffff;
const inZip64 = 0xffffffff;
const mostEntries = 1_000_000;
const deflateMethod = 8;
/** Bytes that one deflated byte can stand for: a repeat of 258 bytes takes two bits at least. */
const mostDeflated = 1032;

/**
 * The entries of an archive, by name.
 *
 * throws  FormatError where the archive is cut short, encrypted, compressed in a way that `kind` does not allow, or
 *         contradicts itself
 */
export function readZip(source: ByteSource, kind: ZipKind = torchArchive): ReadonlyMap<string, ZipEntry> {
  const { count, start, sizeBytes } = findDirectory(source);
  if (count > mostEntries || count * centralHeader.bytes > sizeBytes) {
    refuse(source.path, `the archive claims ${count} entries in ${sizeBytes} bytes`);
  }
  const reader = new ByteReader(source, start, start + sizeBytes);
  const entries = new Map<string, ZipEntry>();
  for (let i = 0; i < count; i++) {
    const position = reader.position;
    const entry = readEntry(reader, start, kind);
    if (entries.has(entry.name)) reader.fail(`the archive has two entries "${entry.name}"; expected one`, position);
    entries.set(entry.name, entry);
  }
  checkApart(source, [...entries.values()]);
  return entries;
}

/** Throws FormatError if the bytes of a stored entry are not those that were stored. */
export function verifyEntry(source: ByteSource, entry: ZipEntry): void {
  let seen = 0;
  for (const part of packedParts(source, entry)) seen = crc32(part, seen);
  checkSum(source, entry, seen);
}

/** The bytes of an entry as they lie in the file, in parts. */
export function* packedParts(source: ByteSource, { start, packedBytes }: ZipEntry): Generator<Uint8Array> {
  const stepBytes = 2 ** 20;
  for (let done = 0; done < packedBytes; done += stepBytes) {
    yield source.read(start + done, Math.min(stepBytes, packedBytes - done));
  }
}

/** Throws FormatError if `seen` is not the checksum that the archive gives. */
export function checkSum(source: ByteSource, { name, start, crc32: stored }: ZipEntry, seen: number): void {
  if (seen === stored) return;
  refuse(source.path, `the entry "${name}" is damaged: its checksum is ${seen}, expected ${stored}`, start);
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly sizeBytes: number;
}

/** Finds the central directory from the record at the end of the file, after which only a comment may stand. */
function findDirectory(source: ByteSource): Directory {
  const tailBytes = Math.min(source.sizeBytes, endRecord.bytes + longestComment);
  const tailStart = source.sizeBytes - tailBytes;
  const tail = source.read(tailStart, tailBytes);
  const view = new DataView(tail.buffer);
  for (let at = tailBytes - endRecord.bytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== endRecord.signature) continue;
    if (at + endRecord.bytes + view.getUint16(at + 20, true) !== tailBytes) continue;
    const record = tailStart + at;
    const directory = readEnd64(source, record) ?? {
      count: view.getUint16(at + 10, true),
      sizeBytes: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    if (view.getUint16(at + 4, true) !== 0 || directory.start + directory.sizeBytes > record) {
      refuse(source.path, `the archive's directory does not lie before its end`, record);
    }
    return directory;
  }
  refuse(source.path, `a zip archive without its end: there is no list of its entries`);
}

/** The zip64 form of the end, if there is one in front of the plain form. */
function readEnd64(source: ByteSource, record: number): Directory | undefined {
  const at = record - end64Locator.bytes;
  if (at < 0) return undefined;
  const locator = new ByteReader(source, at, record);
  if (locator.unsigned(4) !== end64Locator.signature) return undefined;
  locator.bytes(4);
  const start = locator.unsigned(8);
  if (start + end64Record.bytes > at) locator.fail(`the archive's zip64 end lies at ${start}`, at);
  const reader = new ByteReader(source, start, at);
  if (reader.unsigned(4) !== end64Record.signature) reader.fail(`there is no zip64 end here`, start);
  reader.bytes(28);
  const count = reader.unsigned(8);
  const sizeBytes = reader.unsigned(8);
  return { count, sizeBytes, start: reader.unsigned(8) };
}

/** Reads one header of the central directory, which lies at `limit`, and finds the entry's bytes. */
function readEntry(reader: ByteReader, limit: number, { mayDeflate, remedy }: ZipKind): ZipEntry {
  const position = reader.position;
  if (reader.unsigned(4) !== centralHeader.signature) {
    reader.fail(`expected the header of an entry here`, position);
  }
  reader.bytes(4);
  const flags = reader.unsigned(2);
  const method = reader.unsigned(2);
  reader.bytes(4);
  const checksum = reader.unsigned(4);
  const packed = reader.unsigned(4);
  const unpacked = reader.unsigned(4);
  const nameBytes = reader.unsigned(2);
  const extraBytes = reader.unsigned(2);
  const commentBytes = reader.unsigned(2);
  reader.bytes(8);
  const offset = reader.unsigned(4);
  const name = utf8(reader.bytes(nameBytes)) ?? reader.fail('the name of an entry is not UTF-8 text', position);
  const extra = new ByteReader(reader.source, reader.position, reader.position + extraBytes);
  reader.bytes(extraBytes);
  reader.bytes(commentBytes);
  const [size, packedSize, header] = withZip64(extra, [unpacked, packed, offset]);
  if ((flags & 1) !== 0) reader.fail(`the entry "${name}" is encrypted; expected plain bytes`, position, remedy);
  const isDeflated = mayDeflate && method === deflateMethod;
  if (!isDeflated && (method !== 0 || size !== packedSize)) {
    const expected = mayDeflate ? 'stored or deflated bytes' : 'stored bytes';
    reader.fail(`the entry "${name}" is compressed by method ${method}; expected ${expected}`, position, remedy);
  }
  if (size > packedSize * mostDeflated) {
    reader.fail(`the entry "${name}" claims ${size} bytes in ${packedSize} deflated ones`, position);
  }
  const local = new ByteReader(reader.source, header, limit);
  if (local.unsigned(4) !== localHeader.signature) {
    reader.fail(`the entry "${name}" is said to begin at ${header}, where none begins`, position);
  }
  local.bytes(22);
  const start = header + localHeader.bytes + local.unsigned(2) + local.unsigned(2);
  if (start + packedSize > limit) {
    reader.fail(`the entry "${name}" has ${packedSize} bytes from ${start} on, past the last at ${limit}`, position);
  }
  return { name, start, sizeBytes: size, packedBytes: packedSize, isDeflated, crc32: checksum };
}

/** Sizes and offset, each taken from the zip64 field where the plain header has no room for it. */
function withZip64(extra: ByteReader, values: readonly [number, number, number]): [number, number, number] {
  const [size, packed, offset] = values;
  if (!values.includes(inZip64)) return [size, packed, offset];
  while (extra.position < extra.end) {
    const isZip64 = extra.unsigned(2) === 1;
    const length = extra.unsigned(2);
    if (isZip64) {
      const next = (value: number) => (value === inZip64 ? extra.unsigned(8) : value);
      return [next(size), next(packed), next(offset)];
    }
    extra.bytes(length);
  }
  return extra.fail(`the sizes of an entry stand in a zip64 field, which is missing`);
}

/** Two entries that share bytes are the mark of an archive made to deceive. */
function checkApart(source: ByteSource, entries: readonly ZipEntry[]): void {
  let end = 0;
  for (const { name, start, packedBytes } of entries.toSorted((a, b) => a.start - b.start)) {
    if (start < end) {
      refuse(source.path, `the entry "${name}" overlaps the one before it; expected them apart`, start);
    }
    end = start + packedBytes;
  }
}
