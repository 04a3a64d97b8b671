/** Files of torch.save written by hand, for what no torch.save would write. */

import { crc32 } from 'node:zlib';
import { type FileSystem, nodeFileSystem } from '../../src/store/index.ts';

/** A file in memory, for the bytes that no torch.save would write. */
export function memory(bytes: Uint8Array): FileSystem {
  return {
    ...nodeFileSystem,
    open: () => 1,
    close: () => undefined,
    stat: () => ({ isFolder: false }),
    sizeBytes: () => bytes.length,
    read(_, into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

export interface ZipForm {
  readonly method?: number;
  readonly flags?: number;
  /** Sizes and offsets in the fields for large files. */
  readonly zip64?: boolean;
}

/** A zip archive of stored entries, as torch.save writes it. */
export function archive(files: readonly (readonly [string, Uint8Array])[], form: ZipForm = {}): Buffer {
  const { method = 0, flags = 0, zip64 = false } = form;
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of files) {
    const header = Buffer.alloc(30 + name.length);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.write(name, 30);
    const extra = Buffer.alloc(zip64 ? 34 : 0);
    if (zip64) {
      // Another field comes first, which is to be passed over.
      extra.writeUInt16LE(0x5455, 0);
      extra.writeUInt16LE(2, 2);
      extra.writeUInt16LE(1, 6);
      extra.writeUInt16LE(24, 8);
      for (const [i, value] of [data.length, data.length, offset].entries()) extra.writeUInt32LE(value, 10 + 8 * i);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc32(data), 16);
    central.writeUInt32LE(zip64 ? 0xffffffff : data.length, 20);
    central.writeUInt32LE(zip64 ? 0xffffffff : data.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(zip64 ? 0xffffffff : offset, 42);
    parts.push(header, Buffer.from(data));
    directory.push(central, Buffer.from(name), extra);
    offset += header.length + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : files.length, 10);
  end.writeUInt32LE(zip64 ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(zip64 ? 0xffffffff : offset, 16);
  const end64 = Buffer.alloc(zip64 ? 56 + 20 : 0);
  if (zip64) {
    end64.writeUInt32LE(0x06064b50, 0);
    for (const [i, value] of [files.length, central.length, offset].entries()) end64.writeUInt32LE(value, 32 + 8 * i);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeUInt32LE(offset + central.length, 64);
  }
  return Buffer.concat([...parts, central, end64, end]);
}

/** A pickle written out by hand: operations as characters, numbers as bytes. */
export function pickle(...parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.of(part))));
}

export const zipped = (data: Uint8Array, files: Readonly<Record<string, Uint8Array>> = {}, form?: ZipForm) =>
  archive([['archive/data.pkl', data], ...Object.entries(files)], form);

/** The pickle of one tensor: a view of storage "0" with `length` floats. */
export function tensorPickle(length: number, view: string, typeName = 'FloatStorage'): Uint8Array {
  const storage = `(U\x07storagectorch\n${typeName}\nU\x010U\x03cpuK${String.fromCharCode(length)}tQ`;
  return pickle(0x80, 2, `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${view}\x89}tR.`);
}

/** Small integers as a tuple. */
export const tuple = (...items: readonly number[]) =>
  `(${items.map((item) => `K${String.fromCharCode(item)}`).join('')}t`;

/** A legacy file of one tensor: a view of storage "0" with 4 floats, which the file says has `length`. */
export function legacy(storageView: string, length: number, listed = 'U\x010a'): Uint8Array {
  const magic = '\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.';
  const head = pickle(0x80, 2, magic, 0x80, 2, 'M\xe9\x03.');
  const machine = pickle(0x80, 2, '}.');
  const storage = `(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04${storageView}tQ`;
  const tensor = pickle(0x80, 2, `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00${tuple(4)}${tuple(1)}\x89}tR.`);
  const keys = pickle(0x80, 2, `]${listed}.`);
  const count = Buffer.of(length, 0, 0, 0, 0, 0, 0, 0);
  return Buffer.concat([head, machine, tensor, keys, count, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)]);
}
