/** File systems that fail on purpose: at the N-th call, in the ways real ones do. */

import type { FileSystem } from '../../src/store/file-system.ts';

export type CallName = keyof FileSystem;

/** One call on its way to the disk. `half`, where the call can be done by halves: does the first. */
export interface Call<T> {
  readonly name: CallName;
  readonly path: string | undefined;
  readonly perform: () => T;
  readonly half: (() => T) | undefined;
}

/** A file system that hands every call to `around`, which performs it, or not. */
export function intercept(inner: FileSystem, around: <T>(call: Call<T>) => T): FileSystem {
  const pass = <T>(name: CallName, path: string | undefined, perform: () => T, half?: () => T): T =>
    around({ name, path, perform, half });
  const paths = new Map<number, string>();
  return {
    open: (path, flags) =>
      pass('open', path, () => {
        const file = inner.open(path, flags);
        paths.set(file, path);
        return file;
      }),
    read: (file, into, position) => pass('read', paths.get(file), () => inner.read(file, into, position)),
    write: (file, bytes, position) =>
      pass(
        'write',
        paths.get(file),
        () => inner.write(file, bytes, position),
        () => inner.write(file, bytes.subarray(0, bytes.length >> 1), position),
      ),
    sizeBytes: (file) => pass('sizeBytes', paths.get(file), () => inner.sizeBytes(file)),
    truncate: (file, length) => pass('truncate', paths.get(file), () => inner.truncate(file, length)),
    fsync: (file) => pass('fsync', paths.get(file), () => inner.fsync(file)),
    close: (file) => pass('close', paths.get(file), () => inner.close(file)),
    rename: (from, to) => pass('rename', to, () => inner.rename(from, to)),
    unlink: (path) => pass('unlink', path, () => inner.unlink(path)),
    mkdir: (path) => pass('mkdir', path, () => inner.mkdir(path)),
    rmdir: (path) => pass('rmdir', path, () => inner.rmdir(path)),
    readdir: (path) => pass('readdir', path, () => inner.readdir(path)),
    stat: (path) => pass('stat', path, () => inner.stat(path)),
    fsyncFolder: (path) => pass('fsyncFolder', path, () => inner.fsyncFolder(path)),
  };
}

/** The end of the simulated process: thrown at the fatal call, and at every call after it. */
export class ProcessDied extends Error {}

/** The system's error with this code. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** How the N-th call goes wrong: an error and life goes on, or death before, after, or in the middle of it. */
export type Fault = 'ENOSPC' | 'EIO' | 'dies before' | 'dies after' | 'dies half-way';
export const faults: readonly Fault[] = ['ENOSPC', 'EIO', 'dies before', 'dies after', 'dies half-way'];

/** `inner`, whose call number `at` (from 1) goes wrong. `fired` tells whether it came to that. */
export function faultyAt(
  inner: FileSystem,
  at: number,
  fault: Fault,
): { readonly fileSystem: FileSystem; fired(): boolean } {
  let calls = 0;
  let isDead = false;
  const open = new Set<number>();
  const die = (): never => {
    isDead = true;
    for (const file of open) inner.close(file);
    open.clear();
    throw new ProcessDied(`died at call ${at}`);
  };
  const keepTrack: FileSystem = {
    ...inner,
    open(path, flags) {
      const file = inner.open(path, flags);
      open.add(file);
      return file;
    },
    close(file) {
      open.delete(file);
      inner.close(file);
    },
  };
  const fileSystem = intercept(keepTrack, ({ perform, half }) => {
    if (isDead) throw new ProcessDied('a dead process calls nothing');
    if (++calls !== at) return perform();
    if (fault === 'ENOSPC' || fault === 'EIO') throw systemError(fault);
    if (fault === 'dies after') perform();
    if (fault === 'dies half-way') half?.();
    return die();
  });
  return { fileSystem, fired: () => calls >= at };
}
