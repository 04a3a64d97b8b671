/** Zip archives of stored entries. Source: PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */

import { crc32 } from 'node:zlib';
import { UserError } from '../base/errors.ts';

export interface FileToZip {
  /** ASCII. */
  readonly name: string;
  readonly contents: Uint8Array;
}

const mostBytes = 2 ** 32 - 1;
const storeVersion = 20;
/** 1 January 1980, the first day that an archive can tell: the same files give the same bytes whenever they are written. */
const firstDay = 0x21;

/**
 * The bytes of an archive, in parts. `path` is what errors call it.
 *
 * throws  UserError where it would take 4 GiB or more
 */
export function encodeZip(path: string, files: readonly FileToZip[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const put = (...written: readonly Uint8Array[]) => {
    parts.push(...written);
    for (const part of written) position += part.length;
  };
  for (const { name, contents } of files) {
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(storeVersion, 4);
    header.writeUInt16LE(storeVersion, 6);
    header.writeUInt16LE(firstDay, 14);
    header.writeUInt32LE(crc32(contents), 16);
    checkSize(path, position + contents.length);
    header.writeUInt32LE(contents.length, 20);
    header.writeUInt32LE(contents.length, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt32LE(position, 42);
    directory.push(header, Buffer.from(name));
    // From the needed version to the lengths, both headers tell the same.
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    header.copy(local, 4, 6, 32);
    put(local, Buffer.from(name), contents);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  checkSize(path, position);
  end.writeUInt32LE(position, 16);
  put(...directory, end);
  return parts;
}

function checkSize(path: string, sizeBytes: number): void {
  if (sizeBytes <= mostBytes) return;
  throw new UserError(
    `${path}: the arrays take ${sizeBytes} bytes; expected less than 4 GiB. Save fewer of them a file.`,
  );
}
