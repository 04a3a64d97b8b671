/**
 * The folder of a run, which is all that is kept of it:
 *
 *     config.json   what is trained, complete, written once     samples/       sheets of images
 *     events.jsonl  what happened, appended line by line        checkpoints/   states to go on from
 *     lock/         who trains it                           control/       what is asked of it
 */

import { join } from 'node:path';
import { FormatError, UserError } from '../base/errors.ts';
import { isTemporary, writeFileAtomic } from './atomic.ts';
import { isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type FileSystem, makeFolder, nodeFileSystem, readFile } from './file-system.ts';
import { explainRefusals } from './storage-error.ts';

const formatVersion = 1;

/** A run on disk. Folders that hold nothing yet may be missing; whoever writes into one makes it. */
export interface Run {
  readonly path: string;
  readonly config: JsonObject;
  readonly configPath: string;
  readonly eventsPath: string;
  readonly samplesPath: string;
  readonly checkpointsPath: string;
  readonly lockPath: string;
  readonly controlPath: string;
  readonly fileSystem: FileSystem;
}

function runAt(path: string, config: JsonObject, fileSystem: FileSystem): Run {
  return {
    path,
    config,
    configPath: join(path, 'config.json'),
    eventsPath: join(path, 'events.jsonl'),
    samplesPath: join(path, 'samples'),
    checkpointsPath: join(path, 'checkpoints'),
    lockPath: join(path, 'lock'),
    controlPath: join(path, 'control'),
    fileSystem,
  };
}

/**
 * Starts a run in a folder that is empty or not there yet. Writing `config.json` is the commit: a start that was
 * interrupted before it can be made again.
 *
 * throws  UserError if the folder holds anything, or if the disk refuses; RangeError if the config has a `formatVersion`
 */
export function createRun(path: string, config: JsonObject, fileSystem: FileSystem = nodeFileSystem): Run {
  if ('formatVersion' in config) {
    throw new RangeError('createRun: the config has a formatVersion of its own; expected a name the run does not use.');
  }
  const run = runAt(path, config, fileSystem);
  explainRefusals({ verb: 'write', path }, () => {
    makeFolder(fileSystem, path);
    const present = fileSystem.readdir(path).filter(({ name }) => !isTemporary(name));
    if (present.length === 0) return;
    const names = present.slice(0, 3).map(({ name }) => name);
    throw new UserError(
      `${path}: the folder is not empty (it holds ${names.join(', ')}${present.length > 3 ? ', …' : ''}); expected a new ` +
        'or an empty one. Pass --resume to go on with the run in it, or choose another --out.',
    );
  });
  writeFileAtomic(
    run.configPath,
    Buffer.from(`${JSON.stringify({ formatVersion, ...config }, null, 2)}\n`),
    fileSystem,
  );
  return run;
}

/**
 * Opens the run in a folder, and writes nothing.
 *
 * throws  UserError if the folder holds no run, or one of another format version; FormatError if its config is no JSON
 */
export function openRun(path: string, fileSystem: FileSystem = nodeFileSystem): Run {
  const { configPath } = runAt(path, {}, fileSystem);
  const bytes = explainRefusals({ verb: 'read', path: configPath }, () =>
    fileSystem.stat(configPath) === undefined ? undefined : readFile(fileSystem, configPath),
  );
  if (bytes === undefined) {
    throw new UserError(
      `${path}: not a run folder: there is no config.json in it. Pass the folder that was given to --out when training began.`,
    );
  }
  const { formatVersion: seen, ...config } = parseObject(bytes, configPath);
  if (seen !== formatVersion) {
    throw new UserError(
      `${configPath}: written by another version of Sagan: its formatVersion is ${JSON.stringify(seen) ?? 'missing'}, ` +
        `this one reads ${formatVersion}. Open it with the version that wrote it.`,
    );
  }
  return runAt(path, config, fileSystem);
}

const remedy = 'expected the config of the run, as it was saved. Put a copy of it back, or delete the run.';

function parseObject(bytes: Uint8Array, file: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new FormatError(file, `not JSON (${error instanceof Error ? error.message : error}); ${remedy}`);
  }
  if (!isJsonObject(value)) throw new FormatError(file, `not a JSON object; ${remedy}`);
  return value;
}
