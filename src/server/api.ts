/**
 * What the studio's pages and its server say to each other. Types alone: the pages import this file and no other of the
 * server's.
 *
 *     GET    /api/studio                         Studio
 *     GET    /api/stream                         events: `runs` (RunSummary[]), whenever a run has changed
 *     GET    /api/runs                           RunSummary[], newest first
 *     POST   /api/runs                NewRun     RunSummary; the run has begun, or Problem if it could not
 *     GET    /api/runs/:run                      RunDetail
 *     DELETE /api/runs/:run           Deletion   {}
 *     GET    /api/runs/:run/series?names=a,b     Series; all without `names`; `from=` and `to=` (steps) narrow it, and bring
 *                                                detail
 *     GET    /api/runs/:run/stream?after=seq     events: `event` (RunEvent, id: its seq), `summary` (RunSummary); of steps 20 a
 *                                                second at most, and the last; if the log is another one by now, all of it
 *     GET    /api/runs/:run/samples/:step        image/png
 *     GET    /api/runs/:run/output               text/plain: the last lines that the training process has printed, if it was
 *                                                started from the studio
 *     POST   /api/runs/:run/resume    Resumption RunSummary
 *     POST   /api/runs/:run/control   Control    RunSummary
 *     POST   /api/compute/:task       the task's application/x-ndjson: lines of ComputeLine
 *     GET    /api/files/:file                    what a task has made to be downloaded
 *
 * `:run` is the name of a folder in the runs' folder; it is looked up among those that are there, and never joined into a
 * path. Every refusal is a Problem with a status of 400 or more; a task that refuses, or fails, says so in the last line of its
 * answer, which has begun by then.
 */

import type { ControlState } from '../store/control-state.ts';

export type { Control } from '../store/control.ts';
export type { ControlState } from '../store/control-state.ts';

/** What went wrong, as a person should read it. */
export interface Problem {
  readonly problem: string;
}

export interface Studio {
  readonly version: string;
  /** The folder whose runs are shown. */
  readonly runsFolder: string;
  /** Recipes to begin a run from. */
  readonly presets: readonly PresetSummary[];
  /** JSON Schema (2020-12) of a run's config, as `sagan schema` prints it. */
  readonly configSchema: object;
}

export interface PresetSummary {
  readonly name: string;
  readonly summary: string;
  /** The complete config that the preset stands for. */
  readonly config: object;
}

/**
 * - `starting`: its process has begun, and no step is done;
 * - `training`, `paused`: a process trains it;
 * - `stopped`: nobody does, and it can go on; `finished`: it has all its steps;
 * - `failed`: diverged, collapsed, or its process died; `reason` says it;
 * - `damaged`: the folder cannot be read as a run; `reason` says why and what to do.
 */
export type RunState = 'starting' | 'training' | 'paused' | 'stopped' | 'finished' | 'failed' | 'damaged';

export interface RunSummary {
  /** Name of its folder. */
  readonly run: string;
  readonly state: RunState;
  readonly reason: string | undefined;
  readonly model: string | undefined;
  readonly preset: string | undefined;
  readonly dataset: string | undefined;
  readonly step: number;
  /** At which it is finished. */
  readonly steps: number;
  readonly imagesSeen: number;
  /** Over the last steps; undefined unless it trains. */
  readonly imagesPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Memory of the training process, resident, in bytes; undefined unless it trains on this machine. */
  readonly memoryBytes: number | undefined;
  readonly bestScore: { readonly metric: string; readonly value: number; readonly step: number } | undefined;
  /** Step of the newest sample sheet. */
  readonly newestSample: number | undefined;
  /** When that sheet was drawn, ISO 8601: after a return the one from before stands there until it is drawn again. */
  readonly newestSampleAt: string | undefined;
  /** When something was last written, ISO 8601. */
  readonly changedAt: string | undefined;
}

export interface RunDetail extends RunSummary {
  /** As saved, complete; undefined if damaged. */
  readonly config: object | undefined;
  /** Steps with a sample sheet, ascending. */
  readonly samples: readonly number[];
  /** Steps with a checkpoint that can be chosen, ascending. */
  readonly checkpoints: readonly number[];
  readonly bestCheckpoint: number | undefined;
  /** Events other than steps and analyses: started, resumed, checkpoint, finding, cleared, rollback, control, finished … */
  readonly events: readonly RunEvent[];
  /** What has been asked of the trainer and not been done yet, and the rates that it trains with. */
  readonly control: ControlState | undefined;
  /** Names that `series` knows, in the order in which to show them. */
  readonly seriesNames: readonly string[];
}

/** A line of events.jsonl without its crc: docs/files.md says what they hold. */
export interface RunEvent {
  readonly seq: number;
  readonly type: string;
  readonly step?: number;
  readonly [field: string]: unknown;
}

/** Columns of equal length. Superseded steps (after a resumption or a return) are left out. */
export interface Series {
  /** By name, such as `lossD`, `gamma/G.attention`, `sigma/D.block1.conv1`, `score/fid`. */
  readonly series: Readonly<Record<string, SeriesColumns>>;
  /** `seq` of the last event that is in here: a stream goes on from it. */
  readonly seq: number;
}

export interface SeriesColumns {
  readonly step: readonly number[];
  /** Of many steps that fall on one point the mean, and what it spans. null: not finite. */
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export interface NewRun {
  /** Name of the folder to make. */
  readonly run: string;
  readonly preset: string;
  /** What `--data` takes. */
  readonly data: string | undefined;
  /** Changes to the preset, as `--set` takes them: `ema.decay=0.99`. */
  readonly settings: readonly string[];
}

export interface Resumption {
  /** Train on to this step; default: as the run's config says. */
  readonly steps?: number | undefined;
}

/** The name of the run once more, so that nothing is deleted by a slip. */
export interface Deletion {
  readonly confirm: string;
}

/** A line of the answer of a compute task: how far it is, then one `result` or `problem`. */
export type ComputeLine<Result> =
  | { readonly progress: { readonly done: number; readonly total: number; readonly what: string } }
  | { readonly result: Result }
  | Problem;

/** Something to download: `url` is good for some minutes. */
export interface MadeFile {
  readonly url: string;
  readonly name: string;
  readonly type: string;
  readonly sizeBytes: number;
}
