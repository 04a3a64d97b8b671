/** What the compute process keeps from one request to the next: runs at their checkpoints, and what tasks made of them. */

import { readdirSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { openTrainedRun, type TrainedRun } from '../api/trained-run.ts';
import { canonicalJson, openRun } from '../store/index.ts';
import type { Place } from './place.ts';
import { Recent } from './recent.ts';

export interface KeptLimits {
  readonly runs: number;
  readonly values: number;
  /** Of some kilobytes at the most: a value for each checkpoint of a long run. */
  readonly smallValues: number;
  /** Of the process. Beyond it only what was used last stays, and small values. */
  readonly residentBytes: number;
}

export const defaultLimits: KeptLimits = {
  runs: 4,
  values: 24,
  smallValues: 10_000,
  // Large models need some gigabytes to be computed at all.
  residentBytes: Math.max(3 * 2 ** 30, totalmem() / 4),
};

export class Kept {
  private readonly runs = new Recent();
  private readonly values = new Recent();
  private readonly smallValues = new Recent();
  private readonly limits: KeptLimits;
  private wasTooMuch = false;

  constructor(limits = defaultLimits) {
    this.limits = limits;
  }

  /** Reads a run in `folder` again if its config or the names of its checkpoints have changed. */
  open(folder: string, checkpoint: Place['checkpoint']): TrainedRun {
    const { config, checkpointsPath } = openRun(folder);
    const state = canonicalJson([config, namesIn(checkpointsPath)]);
    return this.runs.get(JSON.stringify([folder, checkpoint, state]), () => openTrainedRun(folder, { checkpoint }));
  }

  /** As `TaskContext.keep`: what is made of a run is kept for the checkpoint that it was made of. */
  keep<T>(
    trained: TrainedRun | undefined,
    key: string,
    make: () => Promise<T>,
    release?: (value: T) => void,
  ): Promise<T> {
    return keptIn(this.values, trained, key, make, release);
  }

  /** As `TaskContext.remember`. */
  remember<T>(trained: TrainedRun | undefined, key: string, make: () => Promise<T>): Promise<T> {
    return keptIn(this.smallValues, trained, key, make);
  }

  /**
   * Lets go of what is too much. To be called between requests: what a request uses stays until it is answered. Whether the
   * process should end: it held too much memory twice in a row, so that letting go has not helped.
   */
  trim(residentBytes = process.memoryUsage.rss()): boolean {
    const { wasTooMuch } = this;
    const isTooMuch = residentBytes > this.limits.residentBytes;
    this.wasTooMuch = isTooMuch;
    this.values.trim(isTooMuch ? 1 : this.limits.values);
    this.smallValues.trim(this.limits.smallValues);
    this.runs.trim(isTooMuch ? 1 : this.limits.runs);
    return wasTooMuch && isTooMuch;
  }
}

async function keptIn<T>(
  values: Recent,
  trained: TrainedRun | undefined,
  key: string,
  make: () => Promise<T>,
  release: (value: T) => void = () => undefined,
): Promise<T> {
  const whole = JSON.stringify([trained === undefined ? [] : identityOf(trained), key]);
  try {
    return await values.get(whole, make, (made) => void made.then(release, () => undefined));
  } catch (error) {
    values.forget(whole);
    throw error;
  }
}

/** The checkpoint's folder and when it was made: a run may be deleted, and another begun under its name. */
function identityOf({ checkpoint }: TrainedRun): unknown {
  const { folder, configSha256 } = checkpoint;
  return [folder, configSha256, statSync(folder, { throwIfNoEntry: false })?.mtimeMs];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // Opening the run will say what is wrong.
  }
}
