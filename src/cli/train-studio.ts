/** The studio beside a run in training: a process of its own, so that neither takes the other along when it crashes. */

import { type ChildProcess, fork } from 'node:child_process';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TrainEvent } from '../api/train-run.ts';

/** The same from src and from dist. */
const commandLine = fileURLToPath(import.meta.url).replace(/train-studio\.(\w+)$/, 'main.$1');

export interface StudioBesideOptions {
  /** Default: the studio's own choice. */
  readonly port?: number | undefined;
  /** Ends the studio. Until then it stays, and this process with it, also when the run is done. */
  readonly signal: AbortSignal;
  /** The event that it is started after. Default: `started`. */
  readonly after?: 'started' | 'step';
  /** Whether it ends with the events. Default: false. */
  readonly endsWithRun?: boolean;
  /** The file that is the command line. */
  readonly cli?: string;
}

/**
 * Passes the events of a run on. Once it has begun, the studio of the folder that it lies in is started, and what that prints
 * first, its address, follows as a notice before training goes on.
 */
export async function* withStudio(
  events: AsyncIterable<TrainEvent>,
  { port, signal, after = 'started', endsWithRun = false, cli = commandLine }: StudioBesideOptions,
): AsyncGenerator<TrainEvent> {
  let studio: ChildProcess | undefined;
  let folder = '.';
  const options = port === undefined ? [] : ['--port', String(port)];
  const stay = endsWithRun ? 'until this is done' : 'until Ctrl-C, also when training is done';
  try {
    for await (const event of events) {
      yield event;
      if (event.type === 'started') folder = dirname(event.run);
      if (event.type !== after || studio !== undefined) continue;
      const { FORCE_COLOR: _, ...env } = process.env;
      studio = fork(cli, ['studio', folder, ...options], {
        env: { ...env, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      yield { type: 'notice', text: await firstWord(studio, stay) };
    }
  } finally {
    if (signal.aborted || endsWithRun) studio?.kill();
    else signal.addEventListener('abort', () => studio?.kill());
  }
}

/** The first line of its output and how long it stays, or that it has not come so far. */
function firstWord(studio: ChildProcess, stay: string): Promise<string> {
  // The channel that comes with fork would tie the two together.
  if (studio.connected) studio.disconnect();
  return new Promise((resolve) => {
    const failed = (how: string) => resolve(`the studio could not be started (${how}); training goes on without it`);
    studio.once('error', ({ message }) => failed(message));
    studio.once('exit', (code, signal) => failed(signal ?? `exit code ${code}`));
    if (studio.stdout === null) return;
    // The lines after it are read too, and dropped: in a full pipe, or a closed one, the studio would be stuck.
    createInterface(studio.stdout).once('line', (line) => resolve(`${line} (${stay})`));
  });
}
