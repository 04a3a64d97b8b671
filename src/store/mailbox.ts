/**
 * The mailbox of a run: requests to the process that trains it, a JSON file each, taken in the order of their names.
 *
 *     control/000001-9f86d081.json   {"do":"advance","steps":10}
 *
 * A request appears whole, by one rename, and is taken by another, to a temporary name, before anybody looks into it. So it is
 * done once or, if the trainer dies at that moment, never; and whoever asked may withdraw by removing it first.
 *
 * Learning rates are asked of the run: they wait for its next trainer. All else is asked of the process that trains at the
 * moment, and void once that has ended.
 */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { UserError } from '../base/errors.ts';
import { removeQuietly, temporaryBeside, writeFileAtomic } from './atomic.ts';
import { type Control, parseControl } from './control.ts';
import { makeFolder, readFully, withFile } from './file-system.ts';
import type { Run } from './run-folder.ts';
import { lockOwner } from './run-lock.ts';
import { codeOf, explainRefusals } from './storage-error.ts';

/** Longer than any request is. */
const mostBytes = 4096;

/** A request that nothing can be done about, and why. */
export interface Refusal {
  readonly refused: string;
}

/** The trainer's end of a mailbox. */
export interface Mailbox {
  /** What was void when it was opened, and was removed: a line for each. */
  readonly dropped: readonly string[];
  /** Removes what has come since, in order, and hands it over. Throws nothing: what the disk refuses is told once. */
  take(): readonly (Control | Refusal)[];
}

/**
 * Asks something of the process that trains a run.
 *
 * throws  UserError if nobody trains it (unless it can wait), if `control` is no request, or if the disk refuses
 */
export function sendControl(run: Run, control: Control): void {
  const { path, controlPath, fileSystem } = run;
  const parsed = parseControl(control);
  if (typeof parsed === 'string') throw new UserError(`${path}: ${JSON.stringify(control)} is no request: ${parsed}.`);
  if (!canWait(control) && lockOwner(run) === undefined) {
    throw new UserError(`${path}: nothing trains this run, so nobody would answer "${control.do}". Resume it first.`);
  }
  const names = explainRefusals({ verb: 'read', path: controlPath }, () => requestNames(run));
  const number = 1 + Math.max(0, ...names.map((name) => Number(/^(\d{6,12})-/.exec(name)?.[1] ?? 0)));
  // Two that ask at once may get the same number; either order is then as good.
  const name = `${String(number).padStart(6, '0')}-${randomBytes(4).toString('hex')}.json`;
  writeFileAtomic(join(controlPath, name), Buffer.from(`${JSON.stringify(parsed)}\n`), fileSystem);
}

/**
 * What has been asked of the process that trains a run and not been taken yet; where nobody trains it, what can wait.
 *
 * throws  UserError if the disk refuses
 */
export function pendingControls(run: Run): readonly Control[] {
  const { controlPath } = run;
  const isTrained = lockOwner(run) !== undefined;
  return explainRefusals({ verb: 'read', path: controlPath }, () =>
    requestNames(run).flatMap((name) => {
      const control = unlessGone(() => read(run, join(controlPath, name)));
      return control === undefined || 'refused' in control || !(isTrained || canWait(control)) ? [] : [control];
    }),
  );
}

function canWait(request: Control | Refusal): boolean {
  return 'do' in request && request.do === 'learningRates';
}

/**
 * Opens the mailbox for the process that holds the run's lock, and removes what was asked of another and cannot wait.
 *
 * throws  UserError if the disk refuses
 */
export function openMailbox(run: Run): Mailbox {
  const { controlPath, fileSystem } = run;
  const dropped = explainRefusals({ verb: 'write', path: controlPath }, () => {
    makeFolder(fileSystem, controlPath);
    return requestNames(run).flatMap((name) => {
      const path = join(controlPath, name);
      const request = unlessGone(() => read(run, path));
      if (request === undefined || canWait(request) || take(run, name) === undefined) return [];
      const what = 'refused' in request ? '' : ` ("${request.do}")`;
      return [`${path}: the trainer that it was meant for${what} is gone, so it was dropped.`];
    });
  });
  const told = new Set<string>();
  const orTold = <T>(path: string, attempt: () => readonly T[]): readonly (T | Refusal)[] => {
    try {
      return attempt();
    } catch (error) {
      if (told.has(path)) return [];
      told.add(path);
      return [{ refused: `${path}: it cannot be taken, so nothing was done: ${String(error)}` }];
    }
  };
  const takeAll = () =>
    requestNames(run).flatMap((name) =>
      orTold(join(controlPath, name), () => {
        const control = take(run, name);
        return control === undefined ? [] : [control];
      }),
    );
  return { dropped, take: () => orTold(controlPath, takeAll) };
}

/** Undefined where it was withdrawn. */
function take(run: Run, name: string): Control | Refusal | undefined {
  const { controlPath, fileSystem } = run;
  const path = join(controlPath, name);
  const taken = temporaryBeside(path);
  return unlessGone(() => {
    fileSystem.rename(path, taken);
    try {
      return read(run, taken, path);
    } finally {
      removeQuietly(fileSystem, taken);
    }
  });
}

/** Names of the requests, in order. Files with names of a person's own count too. */
function requestNames({ controlPath, fileSystem }: Run): readonly string[] {
  const entries = unlessGone(() => fileSystem.readdir(controlPath)) ?? [];
  return entries
    .filter(({ name, isFolder }) => !isFolder && name.endsWith('.json') && !name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function read({ fileSystem }: Run, file: string, path = file): Control | Refusal {
  const bytes = withFile(fileSystem, file, 'r', (open) => readFully(fileSystem, open, 0, mostBytes));
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { refused: `${path}: not JSON, so nothing was done; expected a request such as {"do":"pause"}.` };
  }
  const control = parseControl(value);
  if (typeof control !== 'string') return control;
  return { refused: `${path}: no request, so nothing was done: ${control}; expected one such as {"do":"pause"}.` };
}

function unlessGone<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
