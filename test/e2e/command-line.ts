/** Runs the command line as a person would: a process of its own, its output, its exit code. */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly finished: Promise<Finished>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a TypeScript file of the repository; `onLine` sees each line of its standard output as it comes. */
export function start(
  file: string,
  args: readonly string[],
  options: { readonly onLine?: (line: string, command: RunningCommand) => void; readonly fileBlocks?: number } = {},
): RunningCommand {
  const node = [process.execPath, '--import', 'tsx', join(root, file), ...args];
  // A shell's limit on the size of files, in blocks of 512 bytes, stands in for a disk that is full.
  const limit = ['sh', '-c', `ulimit -f ${options.fileBlocks ?? 'unlimited'} && exec "$@"`, 'sh'];
  const [program = '', ...rest] = options.fileBlocks === undefined ? node : [...limit, ...node];
  const caches = { XDG_CACHE_HOME: join(scratch, 'cache'), TORCH_HOME: join(scratch, 'torch') };
  const env = { ...process.env, NO_COLOR: '1', ...caches };
  const child = spawn(program, rest, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (let end = stdout.indexOf('\n', seen); end !== -1; end = stdout.indexOf('\n', seen)) {
      options.onLine?.(stdout.slice(seen, end), command);
      seen = end + 1;
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const command: RunningCommand = { finished, kill: (signal) => child.kill(signal) };
  return command;
}

/** Runs `sagan` with these arguments to its end. */
export function sagan(...args: readonly string[]): Promise<Finished> {
  return start('src/cli/main.ts', args).finished;
}

/** The objects of an output of JSON lines. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A folder for this test file, removed when its tests are done. */
export const scratch = mkdtempSync(join(tmpdir(), 'sagan-e2e-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A folder of IDX files: eight 28×28 pictures of two classes. */
export function writeIdxFolder(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const pixels = Uint8Array.from({ length: 8 * 28 * 28 }, (_, i) => (i * 7919) % 256);
  const labels = Uint8Array.from({ length: 8 }, (_, i) => i % 2);
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([8, 28, 28], pixels));
  writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([8], labels));
  return folder;
}

function idx(shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

/** Arguments of a training run that takes a moment a step. */
export function tinyTraining(data: string, out: string, ...more: readonly string[]): string[] {
  const settings = [
    'model.generatorChannels=8',
    'model.discriminatorChannels=8',
    'model.latentDim=8',
    'checkpointEverySteps=5',
    'sampleEverySteps=1000',
  ];
  const set = settings.flatMap((setting) => ['--set', setting]);
  const small = ['--preset', 'sagan-mnist-mini', '--batch', '4', '--threads', '1'];
  return ['train', ...small, ...set, '--data', data, '--out', out, ...more];
}
