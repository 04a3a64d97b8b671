/** For tests of the studio in a browser: its pages built, a studio in a process of its own, and Chromium, which says what it minds. */

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { buildStudio } from '../../studio/build.ts';
import { scratch } from '../e2e/command-line.ts';

const pagesFolder = join(scratch, 'pages');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const wide = { width: 1280, height: 900 };
export const narrow = { width: 390, height: 844 };

export interface StudioProcess {
  /** With the token. */
  readonly address: string;
  /** `http://127.0.0.1:40123`. */
  readonly origin: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Kills it, as nobody is asked who is killed. */
  kill(): Promise<void>;
}

let pages: Promise<void> | undefined;
let browser: Promise<Browser> | undefined;
const studios: StudioProcess[] = [];
after(async () => {
  await (await browser)?.close();
  await Promise.all(studios.map((studio) => studio.kill()));
});

/** Starts a studio of the runs in a folder, at a free port or this one; it ends with the tests. */
export async function startStudioProcess(runsFolder: string, port = 0): Promise<StudioProcess> {
  pages ??= buildStudio(pagesFolder);
  await pages;
  const program = fileURLToPath(new URL('studio-process.ts', import.meta.url));
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
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
  studios.push(studio);
  return studio;
}

export interface OpenedPage {
  readonly page: Page;
  /** What the browser has minded so far: errors of scripts and of its console. */
  readonly minded: string[];
}

/** A browser that has been let in, at the list of runs. */
export async function openStudioPage(studio: StudioProcess, size = wide): Promise<OpenedPage> {
  browser ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const context = await (await browser).newContext({ viewport: size, colorScheme: 'light', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const minded: string[] = [];
  page.on('pageerror', ({ message }) => minded.push(message));
  page.on('console', (message) => message.type() === 'error' && minded.push(message.text()));
  await page.goto(studio.address);
  await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
  return { page, minded };
}

/** What axe finds serious or critical in the page as it is now. */
export async function seriousFindings(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary)]))`);
}

/** How far the page is wider than what one sees of it, in pixels. */
export async function overflowOf(page: Page): Promise<number> {
  return Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
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
