/** The folders of runs, and what lies in one beside its log: sample sheets and checkpoints, by their names. */

import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FileMark, markOf, sameMark } from './file-mark.ts';

/** Names that come and go within the resolution of a folder's time leave the time as it is. */
const settlesAfterMs = 100;

export interface RunFiles {
  /** Steps, ascending. */
  readonly samples: readonly number[];
  /** Steps of checkpoints that have their files; whether those are whole shows when they are loaded. Ascending. */
  readonly checkpoints: readonly number[];
  /** Steps of checkpoints that are kept as the best, ascending: one, or two after a crash. */
  readonly best: readonly number[];
  /** When a name last came or went. */
  readonly changedAtMs: number;
}

/** Names of the runs in a folder, and of what is left of some. Links are none, and what begins with a dot is nobody's run. */
export function runNames(folder: string): readonly string[] {
  const isRun = (name: string) =>
    ['config.json', 'events.jsonl', 'checkpoints'].some((part) => existsSync(join(folder, name, part)));
  return entriesOf(folder).flatMap((entry) =>
    entry.isDirectory() && !entry.name.startsWith('.') && isRun(entry.name) ? [entry.name] : [],
  );
}

/** Looks into a run's folder, and only where something has changed. */
export class RunFilesReader {
  private readonly samples: StepsIn;
  private readonly checkpoints: StepsIn;
  private readonly best: StepsIn;

  constructor(path: string) {
    const isCheckpoint = (entry: Dirent, folder: string) =>
      entry.isDirectory() &&
      ['manifest.json', 'state.safetensors'].every((file) => existsSync(join(folder, entry.name, file)));
    this.samples = new StepsIn(join(path, 'samples'), /^step-(\d{6,15})\.png$/, (entry) => entry.isFile());
    this.checkpoints = new StepsIn(join(path, 'checkpoints'), /^step-(\d{6,15})(?:-\d+)?$/, isCheckpoint);
    this.best = new StepsIn(join(path, 'checkpoints'), /^best-(\d{6,15})(?:-\d+)?$/, isCheckpoint);
  }

  read(): RunFiles {
    const [samples, checkpoints, best] = [this.samples.read(), this.checkpoints.read(), this.best.read()];
    return {
      samples,
      checkpoints,
      best,
      changedAtMs: Math.max(this.samples.changedAtMs, this.checkpoints.changedAtMs),
    };
  }

  /** The name of the sheet of a step, if it is there. */
  sampleName(step: number): string | undefined {
    this.samples.read();
    return this.samples.names.get(step);
  }
}

/** The steps in the names of a folder's entries; none where it is missing or cannot be read. */
class StepsIn {
  names: ReadonlyMap<number, string> = new Map();
  private readonly folder: string;
  private readonly pattern: RegExp;
  private readonly counts: (entry: Dirent, folder: string) => boolean;
  private mark: FileMark | undefined;
  private steps: readonly number[] = [];

  constructor(folder: string, pattern: RegExp, counts: (entry: Dirent, folder: string) => boolean) {
    this.folder = folder;
    this.pattern = pattern;
    this.counts = counts;
  }

  get changedAtMs(): number {
    return this.mark?.mtimeMs ?? 0;
  }

  read(): readonly number[] {
    const mark = markOf(this.folder);
    const isSettled = Date.now() - (mark?.mtimeMs ?? 0) > settlesAfterMs;
    if (isSettled && sameMark(mark, this.mark)) return this.steps;
    this.mark = mark;
    this.names = new Map(
      entriesOf(this.folder).flatMap((entry) => {
        const step = this.pattern.exec(entry.name)?.[1];
        return step === undefined || !this.counts(entry, this.folder) ? [] : [[Number(step), entry.name]];
      }),
    );
    this.steps = [...this.names.keys()].sort((a, b) => a - b);
    return this.steps;
  }
}

function entriesOf(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
