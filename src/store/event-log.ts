/**
 * What happened in a run, one JSON object a line:
 *
 *     {"seq":12,"type":"step","step":11,"lossD":0.7,"crc":"1c291ca3"}
 *
 * `seq` is the number of the line, from 1. `crc` is the CRC-32 of the line as it would be without that last member.
 * Nothing is ever taken back: when a run goes on from an earlier step, the lines after it stay, and an event of type
 * `resumed` with that `step` says that all events before it in the file with a greater `step` are superseded.
 */

import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { FormatError } from '../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type FileSystem, makeFolder, nodeFileSystem, readFully, withFile, writeFully } from './file-system.ts';
import { explainRefusals } from './storage-error.ts';

/** One line of a log, without its `crc`. */
export interface RunEvent extends JsonObject {
  readonly seq: number;
  readonly type: string;
}

/** A log open for appending, by one process: the one that holds the run's lock. */
export interface EventLog {
  /** What was dropped when the log was opened, to be shown to the user. */
  readonly notice: string | undefined;
  /**
   * Appends one event; the `seq` it got is returned. NaN and infinities become the strings JSON lacks numbers for.
   *
   * throws  UserError if the disk refuses; the next append then goes on behind the last whole line
   */
  append(type: string, fields: JsonObject): number;
  /** Makes what was appended survive a loss of power; a crash of the process alone loses nothing. */
  sync(): void;
  close(): void;
}

/** Events in order, and the offset to read on from when there are more. */
export interface EventsRead {
  readonly events: readonly RunEvent[];
  readonly nextOffset: number;
}

const newline = 0x0a;
const chunkBytes = 2 ** 20;
const crcLength = ',"crc":"00000000"}'.length;

/**
 * Opens a log for appending, and makes it where there is none. A last line that a crash tore is dropped, with a notice.
 *
 * throws  FormatError naming the line if one before the last is damaged; UserError if the disk refuses
 */
export function openEventLog(path: string, fileSystem: FileSystem = nodeFileSystem): EventLog {
  return explainRefusals({ verb: 'write', path }, () => {
    if (fileSystem.stat(path) === undefined) {
      makeFolder(fileSystem, dirname(path));
      withFile(fileSystem, path, 'w', () => undefined);
      fileSystem.fsyncFolder(dirname(path));
    }
    let { seq, end, tornBytes } = withFile(fileSystem, path, 'r', (file) => findEnd(fileSystem, file, path));
    const file = fileSystem.open(path, 'r+');
    let isTorn = false;
    if (tornBytes > 0) fileSystem.truncate(file, end);
    return {
      notice:
        tornBytes > 0
          ? `${path}: a crash tore line ${seq + 1}; its ${tornBytes} bytes from byte ${end} on have been dropped.`
          : undefined,
      append(type, fields) {
        const line = encodeLine(seq + 1, type, fields);
        explainRefusals({ verb: 'write', path, sizeBytes: line.length }, () => {
          if (isTorn) fileSystem.truncate(file, end);
          isTorn = true;
          writeFully(fileSystem, file, line, end);
          isTorn = false;
        });
        end += line.length;
        return ++seq;
      },
      sync: () => explainRefusals({ verb: 'write', path }, () => fileSystem.fsync(file)),
      close: () => fileSystem.close(file),
    };
  });
}

/**
 * Reads the events from byte `fromOffset` on, which is 0 or a `nextOffset` of an earlier reading: so a viewer follows a
 * log while it grows. A last line without its end is not there yet; a log that is missing has no events yet. With
 * `mostBytes` it stops after the line that reaches so many, so that a long log can be read a piece at a time.
 *
 * throws  FormatError naming the line if one is damaged, or if the log is shorter than `fromOffset`
 */
export function readEvents(
  path: string,
  options: { readonly fromOffset?: number; readonly mostBytes?: number; readonly fileSystem?: FileSystem } = {},
): EventsRead {
  const { fromOffset = 0, mostBytes = Number.POSITIVE_INFINITY, fileSystem = nodeFileSystem } = options;
  return explainRefusals({ verb: 'read', path }, () => {
    if (fileSystem.stat(path) === undefined) return { events: [], nextOffset: 0 };
    return withFile(fileSystem, path, 'r', (file) => {
      if (fileSystem.sizeBytes(file) < fromOffset) {
        throw new FormatError(path, 'the log ends before this offset; it is another one. Read it from 0.', fromOffset);
      }
      const events: RunEvent[] = [];
      let nextOffset = fromOffset;
      for (const { bytes, offset, isWhole } of linesFrom(fileSystem, file, fromOffset)) {
        if (!isWhole) break;
        const previous = events.at(-1)?.seq ?? (fromOffset === 0 ? 0 : undefined);
        const event = decodeLine(bytes, previous);
        if (typeof event === 'string') throw damaged(path, lineNumber(fileSystem, file, offset), event, offset);
        events.push(event);
        nextOffset = offset + bytes.length + 1;
        if (nextOffset - fromOffset >= mostBytes) break;
      }
      return { events, nextOffset };
    });
  });
}

/** The last whole line and where it ends; what follows it can only be the one line that a crash tore. */
function findEnd(fileSystem: FileSystem, file: number, path: string): { seq: number; end: number; tornBytes: number } {
  let seq = 0;
  let end = 0;
  let tornBytes = 0;
  let problem = '';
  for (const { bytes, offset, isWhole } of linesFrom(fileSystem, file, 0)) {
    if (problem !== '') throw damaged(path, seq + 1, problem, end);
    const event = isWhole ? decodeLine(bytes, seq) : 'has no end';
    if (typeof event === 'string') {
      problem = event;
      tornBytes = bytes.length + (isWhole ? 1 : 0);
    } else {
      seq = event.seq;
      end = offset + bytes.length + 1;
    }
  }
  return { seq, end, tornBytes };
}

function damaged(path: string, line: number, problem: string, offset: number): FormatError {
  return new FormatError(path, `line ${line} ${problem}. Rename the log to go on with a new one.`, offset);
}

interface Line {
  /** Without the newline. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Whether a newline ended it. */
  readonly isWhole: boolean;
}

function* linesFrom(fileSystem: FileSystem, file: number, fromOffset: number): Generator<Line> {
  let offset = fromOffset;
  let held: Uint8Array = new Uint8Array(0);
  for (;;) {
    const chunk = readFully(fileSystem, file, offset + held.length, chunkBytes);
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      yield { bytes: bytes.subarray(start, end), offset: offset + start, isWhole: true };
      start = end + 1;
    }
    held = bytes.subarray(start);
    offset += start;
    if (chunk.length < chunkBytes) break;
  }
  if (held.length > 0) yield { bytes: held, offset, isWhole: false };
}

function lineNumber(fileSystem: FileSystem, file: number, offset: number): number {
  const before = readFully(fileSystem, file, 0, offset);
  return before.reduce((count, byte) => count + (byte === newline ? 1 : 0), 1);
}

function encodeLine(seq: number, type: string, fields: JsonObject): Uint8Array {
  for (const name of ['seq', 'type', 'crc']) {
    if (name in fields) throw new RangeError(`append: the event "${type}" has a field "${name}", which the log sets.`);
  }
  const line = JSON.stringify({ seq, type, ...fields }, (_, value: Json) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
  const crc = crc32(line).toString(16).padStart(8, '0');
  return Buffer.from(`${line.slice(0, -1)},"crc":"${crc}"}\n`);
}

/** The event on a line, or what is wrong with it. `previous`: the `seq` of the line before, where it is known. */
function decodeLine(bytes: Uint8Array, previous: number | undefined): RunEvent | string {
  const body = bytes.subarray(0, -crcLength);
  const written = /^,"crc":"([0-9a-f]{8})"\}$/.exec(Buffer.from(bytes.subarray(-crcLength)).toString('latin1'))?.[1];
  if (written === undefined) return 'does not end with its crc';
  const line = Buffer.concat([body, Buffer.from('}')]);
  const crc = crc32(line).toString(16).padStart(8, '0');
  if (crc !== written) return `is damaged: its CRC-32 is ${crc}, but it says ${written}`;
  const event = parse(line.toString('utf8'));
  if (event === undefined || !isRunEvent(event)) return 'is not a JSON object with "seq" and "type"';
  if (previous !== undefined && event.seq !== previous + 1) return `has seq ${event.seq}; expected ${previous + 1}`;
  return event;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRunEvent(value: Json): value is RunEvent {
  return isJsonObject(value) && Number.isSafeInteger(value.seq) && typeof value.type === 'string';
}
