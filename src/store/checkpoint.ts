/**
 * Checkpoints: a state and the proof that it is whole, in a folder that appears by one rename or not at all.
 *
 *     checkpoints/step-000100/   state.safetensors   manifest.json
 *                 best-000050/   the same, and in its manifest the score that it is kept for
 *
 * Which one is the newest is worked out from the names; a pointer to it could lie. A step that is saved again, after a
 * return to an earlier state, gets the name `step-000100-2`, which counts as newer.
 */

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { FormatError, UserError } from '../base/errors.ts';
import type { State } from '../engine/ir/tensor-data.ts';
import { commitFolder, removeFolderAtomic } from './atomic.ts';
import { canonicalJson, type JsonObject, sha256 } from './canonical-json.ts';
import { type FileSystem, nodeFileSystem, readFile, readFully, withFile, writeFile } from './file-system.ts';
import { type CheckpointScore, decodeManifest, encodeManifest, type Manifest } from './manifest.ts';
import type { Run } from './run-folder.ts';
import { encodeSafetensors, readSafetensors } from './safetensors.ts';
import { explainRefusals } from './storage-error.ts';

const stateFile = 'state.safetensors';
const manifestFile = 'manifest.json';
const readBytes = 2 ** 22;

/** The fewest checkpoints a run keeps: if the newest turns out damaged, there is one before it. */
const minKeep = 2;

export interface CheckpointContent {
  readonly step: number;
  readonly imagesSeen: number;
  readonly state: State;
  /** What the trainer carries beside the state. */
  readonly training?: JsonObject | undefined;
}

/** What is saved, and what is left of those before it. */
export interface CheckpointToSave extends CheckpointContent {
  /** How many verified checkpoints to leave, the new one included; at least 2, which is the default. */
  readonly keep?: number;
  /** Leave also the newest one from before each of these steps. */
  readonly keepBefore?: readonly number[];
}

/** A checkpoint that was found whole. `configSha256` is the `configHash` of the run's config when it was saved. */
export interface Checkpoint {
  readonly folder: string;
  readonly step: number;
  readonly imagesSeen: number;
  readonly configSha256: string;
  readonly state: State;
  readonly training?: JsonObject | undefined;
  /** What it is kept for, if it is kept as the best. */
  readonly score?: CheckpointScore | undefined;
}

/** A checkpoint that cannot be used, and why. */
export interface RefusedCheckpoint {
  readonly folder: string;
  readonly reason: string;
}

/** SHA-256 of a config's canonical JSON: equal for equal configs, however they are written. */
export function configHash(config: JsonObject): string {
  return sha256(canonicalJson(config));
}

/** The folders of a run's checkpoints by name alone, newest first; whether they are whole shows when they are loaded. */
export function listCheckpoints(run: Run): readonly string[] {
  return readNames(run).map(({ folder }) => folder);
}

/** Those that training goes on from, and those that are kept for their score. */
type CheckpointKind = 'step' | 'best';

export const readNames = (run: Run, kind: CheckpointKind = 'step') =>
  explainRefusals({ verb: 'read', path: run.checkpointsPath }, () => namedCheckpoints(run, kind));

export interface NamedCheckpoint {
  readonly folder: string;
  readonly step: number;
  /** How many times the step had been saved by then. */
  readonly times: number;
}

function namedCheckpoints(
  { checkpointsPath, fileSystem }: Run,
  kind: CheckpointKind = 'step',
): readonly NamedCheckpoint[] {
  if (fileSystem.stat(checkpointsPath) === undefined) return [];
  return fileSystem
    .readdir(checkpointsPath)
    .flatMap(({ name, isFolder }) => {
      const parts = isFolder ? /^(step|best)-(\d{6,})(?:-(\d+))?$/.exec(name) : null;
      const folder = join(checkpointsPath, name);
      return parts?.[1] !== kind ? [] : [{ folder, step: Number(parts[2]), times: Number(parts[3] ?? 1) }];
    })
    .sort((a, b) => b.step - a.step || b.times - a.times);
}

/**
 * Saves a checkpoint, reads it back, and then removes those that are older than the newest `keep` verified ones.
 *
 * returns the folder of the checkpoint
 * throws  UserError if the disk refuses or does not give back what was written; older checkpoints are then untouched
 */
export function saveCheckpoint(run: Run, checkpoint: CheckpointToSave): string {
  const { keep = minKeep, keepBefore } = checkpoint;
  if (!Number.isSafeInteger(keep) || keep < minKeep) {
    throw new UserError(`checkpoints of ${run.path}: keep is ${keep}; expected ${minKeep} or more. Raise it.`);
  }
  const folder = commitCheckpoint(run, 'step', checkpoint);
  explainRefusals({ verb: 'remove', path: run.checkpointsPath }, () => prune(run, folder, keep, keepBefore));
  return folder;
}

/**
 * Writes a checkpoint under a name of its own and reads it back; removes none.
 *
 * returns the folder of the checkpoint
 * throws  UserError if the disk refuses or does not give back what was written
 */
export function commitCheckpoint(
  run: Run,
  kind: CheckpointKind,
  { step, imagesSeen, state, training }: CheckpointContent,
  score?: CheckpointScore,
): string {
  for (const [name, value] of Object.entries({ step, imagesSeen })) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RangeError(`checkpoint: ${name} is ${value}; expected a non-negative integer below 2^53.`);
  }
  const { fileSystem } = run;
  const parts = encodeSafetensors(state);
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const files = { [stateFile]: { sizeBytes, sha256: hash.digest('hex') } };
  const manifest = Buffer.from(
    encodeManifest({ step, imagesSeen, configSha256: configHash(run.config), training, score, files }),
  );
  const folder = explainRefusals({ verb: 'write', path: run.checkpointsPath }, () => newFolder(run, kind, step));
  commitFolder(
    folder,
    (temporary) => {
      writeFile(fileSystem, join(temporary, stateFile), parts);
      writeFile(fileSystem, join(temporary, manifestFile), [manifest]);
    },
    { fileSystem, sizeBytes: sizeBytes + manifest.length },
  );
  const damage = damageOf(folder, fileSystem);
  if (damage !== undefined) {
    throw new UserError(
      `${folder}: what was just written reads back damaged (${damage}); expected the same bytes. ` +
        'Older checkpoints are untouched. Check the disk: it may be failing.',
    );
  }
  return folder;
}

function newFolder(run: Run, kind: CheckpointKind, step: number): string {
  const before = namedCheckpoints(run, kind).find((named) => named.step === step);
  const suffix = before === undefined ? '' : `-${before.times + 1}`;
  return join(run.checkpointsPath, `${kind}-${String(step).padStart(6, '0')}${suffix}`);
}

/** Removes what is older than `keep` whole checkpoints, `newest` being the first; but the last from before each `keepBefore`. */
function prune(run: Run, newest: string, keep: number, keepBefore: readonly number[] = []): void {
  const checkpoints = namedCheckpoints(run);
  let whole = 0;
  let missing = keepBefore;
  for (const { folder, step } of checkpoints.slice(checkpoints.findIndex((named) => named.folder === newest))) {
    const isEarly = (bound: number) => step < bound;
    if (whole >= keep && !missing.some(isEarly)) removeFolderAtomic(folder, run.fileSystem);
    else if (folder === newest || damageOf(folder, run.fileSystem) === undefined) {
      whole++;
      missing = missing.filter((bound) => !isEarly(bound));
    }
  }
}

/**
 * Loads the newest whole checkpoint of an earlier step than `step` and removes all that are not, so that it becomes the newest
 * of the run; undefined, with none left, if there is none. A crash on the way leaves a run that can go on.
 *
 * throws  UserError if the disk refuses
 */
export function returnBefore(run: Run, step: number): Checkpoint | undefined {
  const found = findWhole(
    run,
    namedCheckpoints(run).filter((named) => named.step < step),
  ).checkpoint;
  explainRefusals({ verb: 'remove', path: run.checkpointsPath }, () => {
    for (const { folder } of namedCheckpoints(run)) {
      if (folder === found?.folder) return;
      removeFolderAtomic(folder, run.fileSystem);
    }
  });
  return found;
}

/**
 * Loads the newest checkpoint of a run that is whole, and tells which newer ones were refused.
 *
 * throws  UserError if there is none, with the reason for each that was refused
 */
export function loadNewestCheckpoint(run: Run): {
  readonly checkpoint: Checkpoint;
  readonly refused: readonly RefusedCheckpoint[];
} {
  const { checkpoint, refused } = findWhole(run, readNames(run));
  if (checkpoint !== undefined) return { checkpoint, refused };
  const reasons = refused.map(({ folder, reason }) => `\n  ${basename(folder)}: ${reason}`);
  throw new UserError(
    `${run.checkpointsPath}: ${refused.length === 0 ? 'there is no checkpoint yet' : 'no checkpoint can be used'}; ` +
      `expected one to go on from. Start again with another --out.${reasons.join('')}`,
  );
}

/** The first of these that is whole, and those before it, which are not. */
export function findWhole(
  run: Run,
  candidates: readonly NamedCheckpoint[],
): { readonly checkpoint?: Checkpoint; readonly refused: readonly RefusedCheckpoint[] } {
  const refused: RefusedCheckpoint[] = [];
  for (const { folder } of candidates) {
    try {
      return { checkpoint: loadCheckpoint(folder, run.fileSystem), refused };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      refused.push({ folder, reason: error.message });
    }
  }
  return { refused };
}

/**
 * Loads one checkpoint, after its hashes have been checked.
 *
 * throws  FormatError if a byte differs from what was saved, or if a newer version wrote it; UserError if the disk refuses
 */
export function loadCheckpoint(folder: string, fileSystem: FileSystem = nodeFileSystem): Checkpoint {
  const { step, imagesSeen, configSha256, training, score } = verifyCheckpoint(folder, fileSystem);
  const { state } = readSafetensors(join(folder, stateFile), fileSystem);
  return { folder, step, imagesSeen, configSha256, state, training, score };
}

/** What is wrong with a checkpoint, or undefined where it is whole. */
function damageOf(folder: string, fileSystem: FileSystem): string | undefined {
  try {
    verifyCheckpoint(folder, fileSystem);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

/**
 * Checks the manifest, and the state against it, without holding the state in memory.
 *
 * throws  as `loadCheckpoint` does
 */
export function verifyCheckpoint(folder: string, fileSystem: FileSystem): Manifest {
  return explainRefusals({ verb: 'read', path: folder }, () => {
    const manifestPath = join(folder, manifestFile);
    const statePath = join(folder, stateFile);
    for (const path of [manifestPath, statePath]) {
      if (fileSystem.stat(path) === undefined) throw new FormatError(path, 'the file is missing from the checkpoint');
    }
    const manifest = decodeManifest(readFile(fileSystem, manifestPath), manifestPath);
    const expected = manifest.files[stateFile];
    const seen = measure(statePath, fileSystem);
    if (seen.sizeBytes !== expected.sizeBytes) {
      throw new FormatError(statePath, `the file has ${seen.sizeBytes} bytes; its manifest says ${expected.sizeBytes}`);
    }
    if (seen.sha256 !== expected.sha256) {
      throw new FormatError(statePath, `the file is damaged: its sha256 is ${seen.sha256}, not ${expected.sha256}`);
    }
    return manifest;
  });
}

function measure(path: string, fileSystem: FileSystem): { readonly sizeBytes: number; readonly sha256: string } {
  return withFile(fileSystem, path, 'r', (file) => {
    const hash = createHash('sha256');
    for (let position = 0; ; ) {
      const bytes = readFully(fileSystem, file, position, readBytes);
      if (bytes.length === 0) return { sizeBytes: position, sha256: hash.digest('hex') };
      hash.update(bytes);
      position += bytes.length;
    }
  });
}
