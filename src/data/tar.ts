/** The tar format. Source: IEEE Std 1003.1, pax, section "ustar Interchange Format"; GNU's older form differs in what is not read here. */

import { FormatError } from '../base/errors.ts';

export interface TarFile {
  /** As the archive spells it, with `/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;
const again = 'Fetch the archive again from where it came.';

/**
 * The regular files of an archive, in its order; `file` is for messages only. Folders and extended attributes are passed
 * over, and a name counts as its header has it.
 *
 * Throws a FormatError where the archive is damaged or cut short, where a name is there twice or could lead out of a
 * folder that it is unpacked to, and where an entry is a link or a device.
 */
export function readTar(bytes: Uint8Array, file: string): TarFile[] {
  const files = new Map<string, TarFile>();
  for (let at = 0; ; ) {
    const header = bytes.subarray(at, at + BLOCK_BYTES);
    if (header.length < BLOCK_BYTES) {
      throw new FormatError(file, `the archive ends without its mark of the end, a block of zeros. ${again}`, at);
    }
    if (header.every((byte) => byte === 0)) return [...files.values()];
    checkSum(header, file, at);
    const name = nameIn(header);
    const sizeBytes = octal(header, 124, 12, file, at);
    const start = at + BLOCK_BYTES;
    if (start + sizeBytes > bytes.length) {
      throw new FormatError(
        file,
        `"${name}" has ${bytes.length - start} bytes left; expected ${sizeBytes}. ${again}`,
        bytes.length,
      );
    }
    if (isRegular(header, name, file, at)) {
      if (files.has(name)) {
        throw new FormatError(file, `"${name}" is there twice; expected each file once. ${again}`, at);
      }
      files.set(name, { name, bytes: bytes.subarray(start, start + sizeBytes) });
    }
    at = start + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

/** Whether an entry is a file to keep, not a folder or attributes of another entry. */
function isRegular(header: Uint8Array, name: string, file: string, at: number): boolean {
  const leadsOut = /^\/|^[A-Za-z]:|\\/.test(name) || name.split('/').includes('..');
  if (name === '' || leadsOut) {
    throw new FormatError(
      file,
      `an entry is named ${JSON.stringify(name)}; expected a path that stays below the folder it is unpacked to. ${again}`,
      at,
    );
  }
  const kind = text(header, 156, 1);
  if (kind === '' || kind === '0') return true;
  if (kind === '5' || kind === 'x' || kind === 'g') return false;
  throw new FormatError(
    file,
    `"${name}" is of kind ${JSON.stringify(kind)}, a link, a device or an extension; expected files and folders alone. ${again}`,
    at + 156,
  );
}

function nameIn(header: Uint8Array): string {
  const name = text(header, 0, 100);
  // In GNU's form the magic ends in a space, and the prefix is something else.
  const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The sum of the header's bytes, its own eight taken as spaces. */
function checkSum(header: Uint8Array, file: string, at: number): void {
  const stated = octal(header, 148, 8, file, at);
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
  if (sum === stated) return;
  throw new FormatError(file, `a header's bytes sum to ${sum}; expected ${stated}, as it says. ${again}`, at + 148);
}

function octal(header: Uint8Array, start: number, length: number, file: string, at: number): number {
  const digits = text(header, start, length).trim();
  if (/^[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  throw new FormatError(
    file,
    `a header holds ${JSON.stringify(digits)} for a number; expected octal digits. ${again}`,
    at + start,
  );
}

/** A field up to its first zero byte, as Latin-1. */
function text(header: Uint8Array, start: number, length: number): string {
  return Buffer.from(header.subarray(start, start + length))
    .toString('latin1')
    .replace(/\0.*$/s, '');
}
