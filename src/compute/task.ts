/**
 * Tasks of the compute process: what the studio's pages ask of a trained model while they look at it. One file a task, and a
 * line in `tasks/index.ts`.
 */

import type { z } from 'zod';
import type { TrainedRun } from '../api/trained-run.ts';
import type { Runtime } from '../engine/index.ts';
import type { Run } from '../store/index.ts';
import type { Place } from './place.ts';

/** Bytes for the user to download; the server keeps them for a while and hands out where they are. */
export interface TaskFile {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What a task may use: everything that is slow to make is kept from one request to the next. */
export interface TaskContext {
  readonly runtime: Runtime;
  /** The run at a checkpoint; read again only when the checkpoint is another. Throws UserError as `openTrainedRun` does. */
  open(place: Place): TrainedRun;
  /** The run's folder, whether it has a checkpoint or not. Throws UserError where there is no such run. */
  run(name: string): Run;
  /**
   * What `make` gives, kept under a key of the place (the least recently used go first; `release` is called then). Without a
   * place it is of no run.
   */
  keep<T>(place: Place | undefined, key: string, make: () => Promise<T>, release?: (value: T) => void): Promise<T>;
  /** As `keep`, for numbers and names, some kilobytes at the most: thousands are kept, and what is large pushes none of them out. */
  remember<T>(place: Place | undefined, key: string, make: () => Promise<T>): Promise<T>;
  /** Tells how far the task is. Throws if nobody waits for the answer any more: call it inside of loops. */
  progress(done: number, total: number, what: string): Promise<void>;
  /** Hands a file over; the studio finds it at the address that comes back. */
  file(file: TaskFile): {
    readonly url: string;
    readonly name: string;
    readonly type: string;
    readonly sizeBytes: number;
  };
}

/** A request's schema, and how it is answered. Results are JSON; pictures in them are `data:` addresses. */
export interface Task<Schema extends z.ZodType, Result> {
  readonly request: Schema;
  run(request: z.output<Schema>, context: TaskContext): Promise<Result>;
}

/** Names the types of a task; it is the task that is handed in. */
export function task<Schema extends z.ZodType, Result>(definition: Task<Schema, Result>): Task<Schema, Result> {
  return definition;
}
