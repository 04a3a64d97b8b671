/** Chromium at a studio, saying what it minds. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { StudioProcess } from '../server/studio-process.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const wide = { width: 1280, height: 900 };
export const narrow = { width: 390, height: 844 };

export interface OpenedPage {
  readonly page: Page;
  /** What the browser has minded so far: errors of scripts and of its console. */
  readonly minded: string[];
}

let browser: Promise<Browser> | undefined;
after(async () => (await browser)?.close());

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

/** How far the page is wider than what one sees of it, in pixels. What is too wide in `main` is cut off there, and counts. */
export async function overflowOf(page: Page): Promise<number> {
  return Number(
    await page.evaluate(`(() => {
      const { scrollWidth, clientWidth } = document.querySelector('main');
      return Math.max(document.documentElement.scrollWidth - innerWidth, scrollWidth - clientWidth);
    })()`),
  );
}

/** Presses the button of this name. */
export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

/** What a button that copies puts into the clipboard. */
export async function copied(page: Page, button: string): Promise<string> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await press(page, button);
  return String(await page.evaluate('navigator.clipboard.readText()'));
}

/** The words of a command, without their quotes. */
export const wordsOf = (command: string) =>
  [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
