/**
 * One trainer a run. The folder `lock/` holds numbered folders, and the one with the highest number says who trains:
 * a process that is running, or nobody. To take the lock is to make the next number, which only one process can do,
 * since renaming a folder onto a full one fails; the highest number is never removed, so no number comes twice.
 */

import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { FormatError, UserError } from '../base/errors.ts';
import { commitFolder, removeQuietly, sweepTemporaries, writeFileAtomic } from './atomic.ts';
import { makeFolder, readFile, writeFile } from './file-system.ts';
import { isRunning, startTimeOf } from './process-identity.ts';
import type { Run } from './run-folder.ts';
import { codeOf, explainRefusals } from './storage-error.ts';

const ownerSchema = z.strictObject({
  pid: z.int().positive(),
  startTime: z.string().nullable(),
  host: z.string(),
  isHeld: z.boolean(),
});

/** The process that holds a run, or held it last. `startTime` tells it from a later process of the same number. */
export type LockOwner = Readonly<z.infer<typeof ownerSchema>>;

/** The right to train a run, until `release` or the end of the process. */
export interface RunLock {
  release(): void;
}

/**
 * Takes the run for this process, and sweeps what dead processes left half-written in it.
 *
 * A lock whose process is dead, or whose number belongs to another process by now, is taken over.
 *
 * throws  UserError naming the process that holds the run, or if the disk refuses
 */
export function lockRun(run: Run): RunLock {
  const { fileSystem, lockPath } = run;
  const owner: LockOwner = { pid: process.pid, startTime: startTimeOf(process.pid), host: hostname(), isHeld: true };
  const number = explainRefusals({ verb: 'write', path: lockPath }, () => {
    makeFolder(fileSystem, lockPath);
    return takeNextNumber(run, owner);
  });
  const ownPath = ownerPath(run, number);
  const release = () => {
    process.off('exit', releaseQuietly);
    writeFileAtomic(ownPath, encodeOwner({ ...owner, isHeld: false }), fileSystem);
  };
  const releaseQuietly = () => {
    try {
      release();
    } catch {
      // The lock of a dead process is taken over all the same.
    }
  };
  process.on('exit', releaseQuietly);
  try {
    sweepRun(run);
  } catch (error) {
    releaseQuietly();
    throw error;
  }
  return { release };
}

/** The process that trains the run now, or undefined. A process of another machine counts as running. */
export function lockOwner(run: Run): LockOwner | undefined {
  const owner = explainRefusals({ verb: 'read', path: run.lockPath }, () => readOwner(run, newestNumber(run)));
  return owner !== undefined && isHeld(owner) ? owner : undefined;
}

function isHeld({ isHeld, host, pid, startTime }: LockOwner): boolean {
  return isHeld && (host !== hostname() || isRunning(pid, startTime));
}

/** Makes the number after the highest; whoever is overtaken on the way looks again at who holds the run. */
function takeNextNumber(run: Run, owner: LockOwner): number {
  const { fileSystem, lockPath } = run;
  for (;;) {
    const newest = newestNumber(run);
    const holder = readOwner(run, newest);
    if (holder !== undefined && isHeld(holder)) throw alreadyHeld(run, holder);
    const own = newest + 1;
    try {
      commitFolder(
        join(lockPath, String(own)),
        (folder) => writeFile(fileSystem, join(folder, 'owner.json'), [encodeOwner(owner)]),
        { fileSystem },
      );
    } catch (error) {
      if (newestNumber(run) > newest) continue;
      throw error;
    }
    // A number that was taken and cleared away while we looked can be made again, but then a higher one stands.
    const isHighest = newestNumber(run) === own;
    const outdated = isHighest ? numbersBelow(run, own) : [own];
    for (const number of outdated) removeQuietly(fileSystem, join(lockPath, String(number)));
    if (isHighest) return own;
  }
}

function alreadyHeld({ path, lockPath }: Run, { pid, host }: LockOwner): UserError {
  const isHere = host === hostname();
  const remedy = isHere
    ? 'Wait for it to end, or stop it'
    : `If nothing trains it there any more, remove the folder ${lockPath}`;
  return new UserError(
    `${path}: process ${pid}${isHere ? '' : ` on ${host}`} is training this run; expected no other trainer. ` +
      `${remedy}, or choose another --out.`,
  );
}

function ownerPath({ lockPath }: Run, number: number): string {
  return join(lockPath, String(number), 'owner.json');
}

function encodeOwner(owner: LockOwner): Uint8Array {
  return Buffer.from(`${JSON.stringify(owner)}\n`);
}

/** Undefined where the number has no owner, or is being cleared away under a higher one. */
function readOwner(run: Run, number: number): LockOwner | undefined {
  const path = ownerPath(run, number);
  let text: string;
  try {
    text = Buffer.from(readFile(run.fileSystem, path)).toString('utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const owner = ownerSchema.safeParse(content);
  if (!owner.success) {
    throw new FormatError(path, `not a lock. If nothing trains this run, remove the folder ${run.lockPath}.`);
  }
  return owner.data;
}

/** The highest number in `lock/`, 0 where there is none. */
function newestNumber(run: Run): number {
  return Math.max(0, ...numbersBelow(run, Number.POSITIVE_INFINITY));
}

function numbersBelow({ fileSystem, lockPath }: Run, limit: number): readonly number[] {
  if (fileSystem.stat(lockPath) === undefined) return [];
  const names = fileSystem.readdir(lockPath).map(({ name }) => name);
  return names.filter((name) => /^\d+$/.test(name) && Number(name) < limit).map(Number);
}

function sweepRun({ path, fileSystem }: Run): void {
  explainRefusals({ verb: 'remove', path }, () => {
    sweepTemporaries(path, fileSystem);
    for (const { name, isFolder } of fileSystem.readdir(path)) {
      if (isFolder) sweepTemporaries(join(path, name), fileSystem);
    }
  });
}
