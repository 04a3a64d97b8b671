/** The studio's attention page as a test works it and reads it, and what the command line says of the same. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { AttentionReport } from '../../src/api/attention.ts';
import { sagan, scratch, writeIdxFolder } from '../e2e/command-line.ts';
import type { StudioProcess } from '../server/studio-process.ts';
import { copied, type OpenedPage, openStudioPage, wordsOf } from './studio-browser.ts';
import { makeTinyRun, resolution } from './studio-runs.ts';

export const runs = join(scratch, 'runs');

/** Makes a run with a checkpoint at each step, which attends at these resolutions. */
export function makeAttendingRun(name: string, attentionAt: readonly number[], steps: readonly number[]): void {
  const data = { source: writeIdxFolder(`digits-${name}`) };
  makeTinyRun(join(runs, name), { data, model: { name: 'sagan', attentionAt }, classes: 2, steps });
}

/** The page of a run in a browser of its own. */
export async function openAttention(studio: StudioProcess, query = '', name = 'it'): Promise<OpenedPage> {
  const opened = await openStudioPage(studio);
  await opened.page.goto(`${studio.origin}/run/${name}/attention${query}`);
  return opened;
}

export const picture = (page: Page) => page.getByRole('button', { name: 'Picture with its attention' });
export const says = (page: Page) => page.locator('#attention-says').innerText();
export const pinWords = (page: Page) => page.locator('.attention-pin').allInnerTexts();

export async function clickPixel(page: Page, x: number, y: number): Promise<void> {
  const box = (await picture(page).boundingBox()) ?? assert.fail('there is no picture');
  await page.mouse.click(box.x + ((x + 0.5) / resolution) * box.width, box.y + ((y + 0.5) / resolution) * box.height);
}

/** What `sagan attention` says of these words. */
export async function reported(...words: readonly string[]): Promise<AttentionReport> {
  const { code, stdout, stderr } = await sagan('attention', ...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const percent = (weight: number) =>
  100 * weight >= 10 ? `${(100 * weight).toFixed(0)} %` : `${Number((100 * weight).toPrecision(2))} %`;

/** What the page should say of a query that the command line has reported. */
export function expectedWords(query: AttentionReport['images'][number]['queries'][number] | undefined): string {
  const [top] = query?.top ?? [];
  if (query === undefined || top === undefined) throw new Error('the report has a query, and the query its cells');
  const asked = query.direction === 'looksAt' ? 'looks most at' : 'is looked at most by';
  return `Row ${query.row}, column ${query.column} ${asked} row ${top.row}, column ${top.column}: ${percent(top.weight)}`;
}

/** The command that the page copies, as words behind `sagan attention`, but for where it writes. */
export async function copiedCommand(page: Page): Promise<string[]> {
  const [sagan, command, ...words] = wordsOf(await copied(page, 'Copy command'));
  assert.deepEqual([sagan, command, ...words.splice(-2)], ['sagan', 'attention', '--out', 'attention.png']);
  return words;
}

/** A file up to its numbers, which differ in their last places; without what is said where it could be left out. */
export function textOf(file: string): string {
  const [text = ''] = readFileSync(file, 'latin1').split('"blocks":');
  return text.replaceAll(',"direction":"looksAt"', '');
}

/** The colours in the middles of the image pixels of a canvas, the numbered one of those that a selector finds. */
export async function coloursOf(page: Page, selector: string, number = 0): Promise<number[]> {
  const found: unknown = await page.evaluate(`(() => {
    const canvas = document.querySelectorAll('${selector}')[${number}];
    const pen = canvas.getContext('2d');
    const size = canvas.width / ${resolution};
    return Array.from({ length: ${resolution ** 2} }, (_, i) => [
      ...pen.getImageData((i % ${resolution} + 0.5) * size, (Math.floor(i / ${resolution}) + 0.5) * size, 1, 1).data.slice(0, 3),
    ]).flat();
  })()`);
  if (!Array.isArray(found)) throw new TypeError('expected an array');
  return found.map(Number);
}

/** Share of the pixels whose three channels are within two levels. */
export function likeness(seen: readonly number[], expected: readonly number[]): number {
  assert.equal(seen.length, expected.length);
  const isLike = (at: number) =>
    [0, 1, 2].every((c) => Math.abs((seen[3 * at + c] ?? Number.NaN) - (expected[3 * at + c] ?? Number.NaN)) <= 2);
  return Array.from({ length: seen.length / 3 }, (_, at) => at).filter(isLike).length / (seen.length / 3);
}

/** RGBA of grey bytes. */
export const rgba = (bytes: Uint8Array) =>
  Uint8ClampedArray.from({ length: 4 * bytes.length }, (_, i) => (i % 4 === 3 ? 255 : (bytes[i >> 2] ?? 0)));
