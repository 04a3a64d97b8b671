/** Puts into words what an operating system refuses: a full disk, a missing right, a failing drive. */

import { UserError } from '../base/errors.ts';

interface Refusal {
  readonly seen: string;
  readonly remedy: string;
}

const full = 'Free some space there, or choose a folder on another disk';
const forbidden = 'Give yourself the right to do so, or choose another folder';

const refusals: ReadonlyMap<string, Refusal> = new Map([
  ['ENOSPC', { seen: 'the disk is full', remedy: full }],
  ['EDQUOT', { seen: 'your share of the disk is used up', remedy: full }],
  ['EFBIG', { seen: 'a file of this size is not permitted here', remedy: 'Raise the limit, or choose another disk' }],
  ['EACCES', { seen: 'permission is denied', remedy: forbidden }],
  ['EPERM', { seen: 'the system does not permit it', remedy: forbidden }],
  ['EROFS', { seen: 'the disk is mounted read-only', remedy: 'Choose a folder on a disk that can be written' }],
  ['ENOENT', { seen: 'it is not there any more', remedy: 'Leave the folder in its place while it is in use' }],
  ['EISDIR', { seen: 'it is a folder, not a file', remedy: 'Choose another folder' }],
  ['ENOTDIR', { seen: 'a part of the path is a file, not a folder', remedy: 'Choose another folder' }],
  ['EIO', { seen: 'the disk reports an input/output error', remedy: 'Check the disk: it may be failing' }],
]);

/** What was being done when the system refused. `sizeBytes`: the room a write needs, where known. */
export interface StorageAction {
  readonly verb: 'read' | 'write' | 'remove';
  readonly path: string;
  readonly sizeBytes?: number;
}

/** The system's code for an error (`ENOSPC`), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Runs `perform` and explains the disk's refusals.
 *
 * throws  UserError naming the path, what happened, the room needed, and that what was saved before is intact;
 *         errors of any other kind pass as they are
 */
export function explainRefusals<T>(action: StorageAction, perform: () => T): T {
  try {
    return perform();
  } catch (error) {
    const code = codeOf(error);
    const refusal = code === undefined ? undefined : refusals.get(code);
    if (refusal === undefined) throw error;
    const room = action.sizeBytes === undefined ? '' : `; ${action.sizeBytes} bytes are needed`;
    const rest = action.verb === 'read' ? '' : 'What was saved before, the previous checkpoint included, is intact. ';
    throw new UserError(
      `${action.path}: cannot ${action.verb} it: ${refusal.seen} (${code})${room}. ${rest}${refusal.remedy}.`,
      { cause: error },
    );
  }
}
