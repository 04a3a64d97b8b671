/** Files that tasks have made, until they have been downloaded or forgotten. */

import type { TaskFile } from './task.ts';

export interface MadeFilesLimits {
  readonly keepMs: number;
  readonly totalBytes: number;
}

const defaultLimits: MadeFilesLimits = { keepMs: 10 * 60_000, totalBytes: 256 * 2 ** 20 };

interface Entry {
  readonly file: TaskFile;
  readonly timer: NodeJS.Timeout;
}

export class MadeFiles {
  /** The oldest first. */
  private readonly entries = new Map<string, Entry>();
  private readonly limits: MadeFilesLimits;

  constructor(limits = defaultLimits) {
    this.limits = limits;
  }

  /** The oldest others go where there is too much. */
  put(key: string, file: TaskFile): void {
    const timer = setTimeout(() => this.remove(key), this.limits.keepMs);
    timer.unref();
    this.entries.set(key, { file, timer });
    let total = [...this.entries.values()].reduce((sum, entry) => sum + entry.file.bytes.length, 0);
    for (const [oldest, entry] of this.entries) {
      if (total <= this.limits.totalBytes || oldest === key) return;
      total -= entry.file.bytes.length;
      this.remove(oldest);
    }
  }

  get(key: string): TaskFile | undefined {
    return this.entries.get(key)?.file;
  }

  clear(): void {
    for (const key of this.entries.keys()) this.remove(key);
  }

  private remove(key: string): void {
    clearTimeout(this.entries.get(key)?.timer);
    this.entries.delete(key);
  }
}
