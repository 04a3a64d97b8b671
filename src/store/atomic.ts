/** Files and folders that appear whole or not at all, through a crash of the process or a loss of power. */

import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { type FileSystem, makeFolder, nodeFileSystem, removeTree, withFile, writeFile } from './file-system.ts';
import { isRunning } from './process-identity.ts';
import { explainRefusals } from './storage-error.ts';

const temporaryName = /^\.tmp-.+-(\d+)-[0-9a-f]{8}$/;

/** A name beside `target` that tells whose it is: `.tmp-<name>-<pid>-<random>`. */
export function temporaryBeside(target: string): string {
  return join(dirname(target), `.tmp-${basename(target)}-${process.pid}-${randomBytes(4).toString('hex')}`);
}

/**
 * Writes a file so that a reader sees the old content or the new, never a mixture; makes the folder above if missing.
 *
 * `bytes` may come in parts, which are written one after another.
 *
 * throws  UserError if the disk refuses (full, read-only, no right, failing); the old content is then untouched
 */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array | readonly Uint8Array[],
  fileSystem: FileSystem = nodeFileSystem,
): void {
  const parts = bytes instanceof Uint8Array ? [bytes] : bytes;
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  explainRefusals({ verb: 'write', path, sizeBytes }, () => {
    makeFolder(fileSystem, dirname(path));
    commit(fileSystem, path, (temporary) => writeFile(fileSystem, temporary, parts));
  });
}

/**
 * Lets `write` fill a temporary folder beside `target`, syncs all in it, and renames it to `target` as the commit.
 *
 * `sizeBytes`: the room needed, where known, for the message of a full disk.
 *
 * throws  UserError if the disk refuses; the system's own error if `target` exists and is not an empty folder
 */
export function commitFolder(
  target: string,
  write: (temporaryFolder: string) => void,
  options: { readonly fileSystem?: FileSystem; readonly sizeBytes?: number } = {},
): void {
  const { fileSystem = nodeFileSystem, ...known } = options;
  explainRefusals({ verb: 'write', path: target, ...known }, () => {
    makeFolder(fileSystem, dirname(target));
    commit(fileSystem, target, (temporary) => {
      fileSystem.mkdir(temporary);
      write(temporary);
    });
  });
}

function commit(fileSystem: FileSystem, target: string, build: (temporary: string) => void): void {
  const temporary = temporaryBeside(target);
  try {
    build(temporary);
    syncTree(fileSystem, temporary);
    fileSystem.rename(temporary, target);
  } catch (error) {
    removeQuietly(fileSystem, temporary);
    throw error;
  }
  fileSystem.fsyncFolder(dirname(target));
}

function syncTree(fileSystem: FileSystem, path: string): void {
  if (fileSystem.stat(path)?.isFolder) {
    for (const entry of fileSystem.readdir(path)) syncTree(fileSystem, join(path, entry.name));
    fileSystem.fsyncFolder(path);
    return;
  }
  withFile(fileSystem, path, 'r+', (file) => fileSystem.fsync(file)); // Windows syncs only what is open for writing.
}

/** Removes a file or folder that stands in nobody's way: what stays, for whatever reason, does no harm. */
export function removeQuietly(fileSystem: FileSystem, path: string): void {
  try {
    const found = fileSystem.stat(path);
    if (found !== undefined) removeTree(fileSystem, path, found.isFolder);
  } catch {
    // A temporary name is swept at the next start.
  }
}

/**
 * Removes a folder so that no crash leaves half of it under its own name.
 *
 * throws  UserError if the disk refuses
 */
export function removeFolderAtomic(path: string, fileSystem: FileSystem = nodeFileSystem): void {
  explainRefusals({ verb: 'remove', path }, () => {
    const temporary = temporaryBeside(path);
    fileSystem.rename(path, temporary);
    removeTree(fileSystem, temporary, true);
  });
}

/**
 * Removes what dead processes left half-written in `folder`; called at start, before this process writes anything.
 *
 * A leftover that bears this process's own number is from an earlier process too: in a container, every start has pid 1.
 */
export function sweepTemporaries(folder: string, fileSystem: FileSystem): void {
  for (const entry of fileSystem.readdir(folder)) {
    const pid = Number(temporaryName.exec(entry.name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || (pid !== process.pid && isRunning(pid))) continue;
    removeTree(fileSystem, join(folder, entry.name), entry.isFolder);
  }
}

/** Whether a name is that of a temporary file or folder. */
export function isTemporary(name: string): boolean {
  return temporaryName.test(name);
}
