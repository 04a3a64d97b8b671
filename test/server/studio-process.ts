/** The whole studio with its built pages, in a process of its own: for tests that ask much of it, or kill it. */

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { buildStudio } from '../../studio/build.ts';
import { scratch } from '../e2e/command-line.ts';

export interface StudioProcess {
  /** With the token. */
  readonly address: string;
  /** `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Kills it without a word, as a crash would. */
  kill(): Promise<void>;
}

const pagesFolder = join(scratch, 'pages');
const program = fileURLToPath(new URL('studio-program.ts', import.meta.url));
const studios: StudioProcess[] = [];
let pages: Promise<void> | undefined;
after(() => Promise.all(studios.map((studio) => studio.kill())));

/** Starts a studio of the runs in a folder, at this port or a free one; it ends with the tests. */
export async function startStudioProcess(runsFolder: string, port = 0): Promise<StudioProcess> {
  pages ??= buildStudio(pagesFolder);
  await pages;
  const child = fork(program, [runsFolder, String(port), pagesFolder], { execArgv: ['--import', 'tsx'] });
  const exited = once(child, 'exit');
  const address = await Promise.race([
    once(child, 'message').then(([message]) => String(message)),
    exited.then(([code]) => assert.fail(`the studio ended with code ${code} before it had begun`)),
  ]);
  const { origin, port: bound } = new URL(address);
  const studio = {
    address,
    origin,
    port: Number(bound),
    process: child,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
  studios.push(studio);
  return studio;
}

/** The number of the compute process that a studio has started; undefined if there is none. Linux only. */
export function computeProcessOf({ process }: StudioProcess): number | undefined {
  const isCompute = (pid: string) => {
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('compute/main');
    } catch {
      return false;
    }
  };
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isCompute(name));
  return pid === undefined ? undefined : Number(pid);
}

/** Waits for what `look` gives to be as `holds` says, and returns it. Throws after a minute, with what it was last. */
export async function until<Seen>(
  what: string,
  look: () => Promise<Seen> | Seen,
  holds: (seen: Seen) => boolean,
): Promise<Seen> {
  for (const giveUpAt = Date.now() + 60_000; ; await delay(50)) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > giveUpAt) assert.fail(`waited in vain for ${what}; last: ${JSON.stringify(seen)}`);
  }
}
