/** The calls to the operating system that a store needs, as one small interface, so that tests can fail any of them. */

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from './storage-error.ts';

/** Synchronous, like the calls of `node:fs` it stands for; a refused call throws an Error with the system's `code`. */
export interface FileSystem {
  open(path: string, flags: 'r' | 'r+' | 'w'): number;
  /** Fills `into` from byte `position` on; returns how many bytes it read, 0 at the end of the file. */
  read(file: number, into: Uint8Array, position: number): number;
  /** Writes at byte `position`; returns how many bytes it wrote, which may be fewer than given. */
  write(file: number, bytes: Uint8Array, position: number): number;
  sizeBytes(file: number): number;
  truncate(file: number, length: number): void;
  fsync(file: number): void;
  close(file: number): void;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  mkdir(path: string): void;
  rmdir(path: string): void;
  readdir(path: string): readonly FolderEntry[];
  /** What `path` leads to, or undefined where there is nothing. */
  stat(path: string): { readonly isFolder: boolean } | undefined;
  /** Makes the names in a folder survive a loss of power. */
  fsyncFolder(path: string): void;
}

/** An entry of a folder; a symbolic link is no folder, wherever it leads. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The machine's own disk. */
export const nodeFileSystem: FileSystem = {
  open: (path, flags) => fs.openSync(path, flags),
  read: (file, into, position) => fs.readSync(file, into, 0, into.length, position),
  write: (file, bytes, position) => fs.writeSync(file, bytes, 0, bytes.length, position),
  sizeBytes: (file) => fs.fstatSync(file).size,
  truncate: (file, length) => fs.ftruncateSync(file, length),
  fsync: (file) => fs.fsyncSync(file),
  close: (file) => fs.closeSync(file),
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  mkdir: (path) => fs.mkdirSync(path),
  rmdir: (path) => fs.rmdirSync(path),
  readdir: (path) =>
    fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })),
  stat(path) {
    const found = fs.statSync(path, { throwIfNoEntry: false });
    return found && { isFolder: found.isDirectory() };
  },
  fsyncFolder(path) {
    if (process.platform === 'win32') return; // Windows opens no folder for this; its journal keeps the names.
    const folder = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(folder);
    } finally {
      fs.closeSync(folder);
    }
  },
};

/** One call moves at most this much: systems cap a transfer at 2 GiB. */
const maxTransferBytes = 2 ** 30;

/** Opens `path`, hands the open file to `use`, and closes it whatever happens. */
export function withFile<T>(
  fileSystem: FileSystem,
  path: string,
  flags: 'r' | 'r+' | 'w',
  use: (file: number) => T,
): T {
  const file = fileSystem.open(path, flags);
  try {
    return use(file);
  } finally {
    fileSystem.close(file);
  }
}

/** Writes all of `bytes` at `position`, in as many calls as it takes. */
export function writeFully(fileSystem: FileSystem, file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += fileSystem.write(file, bytes.subarray(done, done + maxTransferBytes), position + done);
  }
}

/** Reads `length` bytes from `position` on, or fewer where the file ends sooner. */
export function readFully(
  fileSystem: FileSystem,
  file: number,
  position: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const count = fileSystem.read(file, bytes.subarray(done, done + maxTransferBytes), position + done);
    if (count === 0) return bytes.slice(0, done);
    done += count;
  }
  return bytes;
}

/** The bytes of a whole file, which must exist. */
export function readFile(fileSystem: FileSystem, path: string): Uint8Array<ArrayBuffer> {
  return withFile(fileSystem, path, 'r', (file) => readFully(fileSystem, file, 0, fileSystem.sizeBytes(file)));
}

/** Writes a new file from its parts, in order, without joining them in memory. The caller syncs it. */
export function writeFile(fileSystem: FileSystem, path: string, parts: readonly Uint8Array[]): void {
  withFile(fileSystem, path, 'w', (file) => {
    let position = 0;
    for (const part of parts) {
      writeFully(fileSystem, file, part, position);
      position += part.length;
    }
  });
}

/** Makes a folder and those above it where they are missing, and syncs each new name. */
export function makeFolder(fileSystem: FileSystem, path: string): void {
  if (fileSystem.stat(path) !== undefined) return;
  makeFolder(fileSystem, dirname(path));
  try {
    fileSystem.mkdir(path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // Another process was a moment faster.
  }
  fileSystem.fsyncFolder(dirname(path));
}

/** Removes a file, or a folder with all in it; links are removed, never followed. */
export function removeTree(fileSystem: FileSystem, path: string, isFolder: boolean): void {
  if (!isFolder) {
    fileSystem.unlink(path);
    return;
  }
  for (const entry of fileSystem.readdir(path)) removeTree(fileSystem, join(path, entry.name), entry.isFolder);
  fileSystem.rmdir(path);
}
