/** Processes that train: commands of Sagan's own command line, which outlive the server. */

import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readFully, withFile } from '../../store/file-system.ts';
import { nodeFileSystem } from '../../store/index.ts';

/** Of what a process has printed, this much of the end is shown. */
const outputBytes = 2 ** 16;

export interface TrainingCommand {
  /** The file that is the command line: `src/cli/main.ts`, or what it was built to. */
  readonly cli: string;
  readonly args: readonly string[];
  /** File for what it prints; what was there is replaced. */
  readonly outputPath: string;
  /** At which it will be finished, if that is known. */
  readonly steps: number | undefined;
}

export interface TrainingProcess {
  /** Undefined if the system has refused to start it. */
  readonly pid: number | undefined;
  readonly startedAtMs: number;
  readonly steps: number | undefined;
  /** Undefined while it runs. */
  readonly ended: { readonly isSuccess: boolean; readonly how: string } | undefined;
}

/**
 * Starts a command in a process group of its own, so that neither the server's end nor Ctrl-C in its terminal reaches it.
 *
 * throws  the system's error if the file for its output cannot be written
 */
export function startTraining({ cli, args, outputPath, steps }: TrainingCommand): TrainingProcess {
  mkdirSync(dirname(outputPath), { recursive: true });
  const output = openSync(outputPath, 'w');
  try {
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = fork(cli, args, {
      detached: true,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', output, output, 'ipc'],
    });
    let ended: TrainingProcess['ended'];
    child.on('error', (error) => {
      ended ??= { isSuccess: false, how: `could not be started: ${error.message}` };
    });
    child.on('exit', (code, signal) => {
      ended ??= { isSuccess: code === 0, how: signal === null ? `ended with code ${code}` : `was ended by ${signal}` };
    });
    // The channel that comes with fork would tie the two together.
    if (child.connected) child.disconnect();
    child.unref();
    return {
      pid: child.pid,
      startedAtMs: Date.now(),
      steps,
      get ended() {
        return ended;
      },
    };
  } finally {
    closeSync(output);
  }
}

/** The last lines that were printed to a file; undefined where it is missing. */
export function lastOutput(outputPath: string): string | undefined {
  if (nodeFileSystem.stat(outputPath) === undefined) return undefined;
  return withFile(nodeFileSystem, outputPath, 'r', (file) => {
    const start = Math.max(0, nodeFileSystem.sizeBytes(file) - outputBytes);
    const text = Buffer.from(readFully(nodeFileSystem, file, start, outputBytes)).toString('utf8');
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  });
}

/** The error that the command line has printed last; undefined if it has printed none. */
export function lastError(outputPath: string): string | undefined {
  const output = lastOutput(outputPath) ?? '';
  const at = output.startsWith('error: ') ? 0 : output.lastIndexOf('\nerror: ') + 1;
  return output.startsWith('error: ', at) ? output.slice(at + 'error: '.length).trim() : undefined;
}

/** Memory of a process, resident, in bytes; undefined where the system does not say. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
