/** Whether a file or folder has changed since it was last looked at. */

import { statSync } from 'node:fs';

export interface FileMark {
  readonly file: number;
  readonly sizeBytes: number;
  /** When something was last written to it; to a folder: when a name came or went. */
  readonly mtimeMs: number;
}

/** The mark of what is there now; undefined if there is nothing, or nothing that may be looked at. */
export function markOf(path: string): FileMark | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found && { file: found.ino, sizeBytes: found.size, mtimeMs: found.mtimeMs };
  } catch {
    return undefined;
  }
}

export function sameMark(a: FileMark | undefined, b: FileMark | undefined): boolean {
  return a?.file === b?.file && a?.sizeBytes === b?.sizeBytes && a?.mtimeMs === b?.mtimeMs;
}
