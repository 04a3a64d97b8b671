/** Small runs on a real disk, for the tests that break them. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { State } from '../../src/engine/ir/tensor-data.ts';
import { type FileSystem, nodeFileSystem } from '../../src/store/file-system.ts';
import type { LockOwner } from '../../src/store/run-lock.ts';

export const config = { model: 'tiny', seed: 7 };

/** The real disk without the wait for its cache, which matters only when the power goes. */
export const unsyncedFileSystem: FileSystem = {
  ...nodeFileSystem,
  fsync: () => undefined,
  fsyncFolder: () => undefined,
};

const memoryDisk = '/dev/shm';

/** A folder that goes when the test ends; in memory where the system offers that, as the loops make thousands of files. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The state after `step` steps: a function of the step, so that a test knows every bit of it. */
export function stateAt(step: number, length = 5): State {
  const bits = Uint32Array.from({ length }, (_, i) => Math.imul(step + 1, 0x9e3779b9) ^ (0x7fc00000 + i));
  return new Map([
    ['G.weight', { dtype: 'float32', shape: [length], data: new Float32Array(bits.buffer) }],
    ['step', { dtype: 'int32', shape: [], data: Int32Array.of(step) }],
  ]);
}

/** Names and bits of a state, for comparison: NaNs of different payload differ. */
export function bitsOf(state: State): readonly (readonly [string, string])[] {
  return [...state].map(([name, { data }]) => [
    name,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ]);
}

/** Paths below `folder` that bear a temporary name. */
export function temporariesIn(folder: string): readonly string[] {
  const paths = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  return paths.filter((path) => path.includes('.tmp-'));
}

/** A number that no process has: above what any system gives out. */
const deadPid = 2 ** 22 + 1;

/** Writes the lock of a process of this machine. */
export function writeLock(runPath: string, number: number, owner: Partial<LockOwner>): void {
  const folder = join(runPath, 'lock', String(number));
  mkdirSync(folder, { recursive: true });
  const complete: LockOwner = { pid: deadPid, startTime: null, host: hostname(), isHeld: true, ...owner };
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(complete));
}

/** Lets whoever holds the run look dead: a simulated death leaves the number of this process, which lives on. */
export function buryLockOwner(runPath: string): void {
  const lock = join(runPath, 'lock');
  const numbers = existsSync(lock) ? readdirSync(lock).filter((name) => /^\d+$/.test(name)) : [];
  for (const number of numbers) writeLock(runPath, Number(number), { pid: deadPid });
}
