/** Tells a process from another that got its number later. */

import { readFileSync } from 'node:fs';
import { codeOf } from './storage-error.ts';

/** State letter and start time (clock ticks since boot) of a process, or undefined where the system keeps no /proc. */
function readProcStat(pid: number): { readonly state: string; readonly startTime: string } | undefined {
  let line: string;
  try {
    line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const [state = '', ...rest] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state, startTime: rest[18] ?? '' };
}

/** When a process started, as Linux counts it; null where the system does not say. */
export function startTimeOf(pid: number): string | null {
  return readProcStat(pid)?.startTime ?? null;
}

/** Whether a process with this number, and this start time where one is given, is running on this machine. */
export function isRunning(pid: number, startTime: string | null = null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false; // Any other refusal means that it is there, but not ours.
  }
  const seen = readProcStat(pid);
  if (seen === undefined) return true;
  const isDead = seen.state === 'Z' || seen.state === 'X'; // Dead, but not yet collected by its parent.
  return !isDead && (startTime === null || startTime === seen.startTime);
}
