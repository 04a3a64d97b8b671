/** The stand-alone attention page in a real browser: what it says of a pixel, its controls, and that it asks for nothing. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { Random } from '../../src/base/random.ts';
import { type AttentionBlock, type AttentionScene, attentionPage, readAttention } from '../../src/inspect/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-page-'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

function drawn(name: string, side: number): AttentionBlock {
  const keys = (side / 2) ** 2;
  const map = new Random(1, name).normal(side * side * keys).map((score) => Math.exp(2 * score));
  for (let start = 0; start < map.length; start += keys) {
    const row = map.subarray(start, start + keys);
    const sum = row.reduce((a, b) => a + b);
    row.set(row.map((weight) => weight / sum));
  }
  const keyOrigins = new Float32Array(side * side).fill(0.25);
  return { name, gamma: -0.5, queryGrid: [side, side], keyGrid: [side / 2, side / 2], map, keyOrigins };
}

const blocks = [drawn('attention8', 8), drawn('attention16', 16)];
const scene: AttentionScene = {
  title: 'Where it looks',
  kind: 'generated',
  labels: ['cat', 'dog'],
  images: Uint8Array.from({ length: 2 * 32 * 32 }, (_, i) => (i * 7) % 256),
  asLearned: new Uint8Array(2 * 32 * 32),
  change: 'γ = 0',
  channels: 1,
  resolution: 32,
  blocks: [blocks, blocks],
  pins: [[{ x: 3, y: 4 }]],
};
const file = join(folder, 'page.html');
writeFileSync(file, await attentionPage(scene));

async function open(size: { width: number; height: number }, colorScheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ viewport: size, colorScheme, bypassCSP: true });
  const problems: string[] = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => request.url().startsWith('data:') || requested.push(request.url()));
  const requested: string[] = [];
  await page.goto(pathToFileURL(file).href);
  return { page, problems, requested };
}

/** What the page should say of a pixel, but for its three heaviest cells. */
function expectedOf(block: AttentionBlock | undefined, x: number, y: number, direction?: 'lookedAtBy'): string {
  if (block === undefined) throw new Error('there are two');
  const { cell, entropyBits, weights } = readAttention(block, { x, y, direction }, 32);
  const what = direction === undefined ? 'query' : 'who looks at key';
  const maximum = Math.log2(weights.length).toFixed(2);
  return `${x},${y}: ${what} ${cell.row},${cell.column}; ${entropyBits.toFixed(2)} of ${maximum} bits`;
}

async function clickPixel(page: Page, x: number, y: number): Promise<void> {
  const box = (await page.locator('#stage').boundingBox()) ?? assert.fail('no stage');
  await page.mouse.click(box.x + ((x + 0.5) / 32) * box.width, box.y + ((y + 0.5) / 32) * box.height);
}

const says = async (page: Page) => (await page.locator('#says').textContent()) ?? '';

test('a click on a pixel shows its row of the map, or its column, in the block that is chosen', async () => {
  const { page, problems, requested } = await open({ width: 1280, height: 900 });
  assert.ok((await says(page)).startsWith(expectedOf(blocks[0], 3, 4)), 'the first pin');
  await clickPixel(page, 20, 9);
  assert.ok((await says(page)).startsWith(expectedOf(blocks[0], 20, 9)), await says(page));
  await page.getByLabel('Block').selectOption('attention16');
  assert.ok((await says(page)).startsWith(expectedOf(blocks[1], 20, 9)), await says(page));
  await page.getByLabel('Ask').selectOption('who looks at this pixel');
  assert.ok((await says(page)).startsWith(expectedOf(blocks[1], 20, 9, 'lookedAtBy')), await says(page));
  assert.equal(await page.locator('#pins li').count(), 2);
  await page.getByRole('button', { name: 'remove from 3,4' }).click();
  assert.deepEqual(await page.locator('#pins li').allTextContents(), ['from 20,9remove']);
  assert.deepEqual(problems, []);
  assert.deepEqual(requested, [pathToFileURL(file).href]);
});

test('the keyboard moves, pins and puts away; the picture can be seen as learned', async () => {
  const { page } = await open({ width: 1280, height: 900 });
  await page.locator('#stage').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  assert.ok((await says(page)).startsWith(expectedOf(blocks[0], 4, 5)), await says(page));
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#pins li').count(), 2);
  await page.keyboard.press('Escape');
  assert.equal(await says(page), '');
  const pixels = () => page.evaluate("document.getElementById('stage').toDataURL()");
  const before = await pixels();
  await page.getByLabel('show the picture as learned').check();
  assert.notEqual(await pixels(), before);
  await page.getByLabel('show where pooled keys come from').check();
  await page.getByRole('button', { name: 'dog' }).click();
  assert.ok((await says(page)).startsWith(expectedOf(blocks[0], 3, 4)));
});

test('it fits a telephone, and axe finds nothing serious, light or dark', async () => {
  const axe = createRequire(import.meta.url).resolve('axe-core');
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await open({ width: 390, height: 844 }, colorScheme);
    const width: unknown = await page.evaluate('document.documentElement.scrollWidth');
    assert.equal(width, 390);
    await page.addScriptTag({ path: axe });
    const found: unknown = await page.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => [impact, id, nodes[0].html]))',
    );
    assert.deepEqual(found, [], colorScheme);
  }
});
