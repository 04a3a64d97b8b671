/**
 * Takes the pictures of docs/studio.md anew, or of those that are named: `tsx scripts/studio-screenshots.ts RUNS_FOLDER [NAME …]`. The folder has the run `quickstart`
 * and two others, `sagan-a` and `sagan-b`, to be compared. It needs Chromium at /usr/bin/chromium.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { startStudio } from '../src/server/start.ts';
import { buildStudio } from '../studio/build.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pictures = join(root, 'docs/studio');
const wide = (height: number) => ({ width: 1280, height });
const phone = { width: 390, height: 844 };

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Waits until all is there that the picture should show. */
  readonly isReady: (page: Page) => Promise<unknown>;
  readonly size?: { readonly width: number; readonly height: number };
  readonly isDark?: true;
}

const text = (words: string) => (page: Page) => page.getByText(words).first().waitFor();

const shots: readonly Shot[] = [
  { name: 'runs', path: '/', isReady: (page) => page.getByAltText('samples of quickstart').waitFor(), size: wide(520) },
  { name: 'new', path: '/new?set=data.flip=true', isReady: text('Reset all 1') },
  { name: 'run', path: '/run/quickstart', isReady: text('Step 700') },
  {
    name: 'attention',
    path: '/run/quickstart/attention?class=8&pins=q8-14,q24-18,q21-9',
    isReady: text('From 21,9'),
    size: wide(1080),
  },
  {
    name: 'explore',
    path: '/run/quickstart/explore?tab=grid&class=3',
    isReady: (page) => page.locator('.explore-view img, .explore-view canvas').first().waitFor(),
    size: wide(780),
    isDark: true,
  },
  { name: 'compare', path: '/compare?runs=sagan-a,sagan-b', isReady: text('Curves') },
  { name: 'data', path: '/data?run=quickstart', isReady: text('No two images are the same') },
  { name: 'phone', path: '/run/quickstart', isReady: text('Step 700'), size: phone },
];

const [runsFolder, ...names] = process.argv.slice(2);
if (runsFolder === undefined)
  throw new Error('expected the folder of the runs: tsx scripts/studio-screenshots.ts runs');
mkdirSync(pictures, { recursive: true });
const pages = mkdtempSync(join(tmpdir(), 'sagan-pages-'));
await buildStudio(pages);
const studio = await startStudio({ runsFolder, port: 0, assetsFolder: pages });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

const context = await browser.newContext({ reducedMotion: 'reduce' });
await context.request.get(studio.address);
const told: object = await (await context.request.get(`${studio.origin}/api/studio`)).json();
// Where things lie on this machine is nobody's concern.
await context.route('**/api/studio', (route) => route.fulfill({ json: { ...told, runsFolder: 'runs' } }));
await context.route('**/api/compute/dataset', async (route) => {
  const response = await route.fetch();
  await route.fulfill({ response, body: (await response.text()).replaceAll(root, '') });
});

for (const { name, path, isReady, size = wide(900), isDark } of shots) {
  if (names.length > 0 && !names.includes(name)) continue;
  const page = await context.newPage();
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' });
  await page.goto(`${studio.origin}${path}`);
  await isReady(page);
  await page.locator('.spinner').first().waitFor({ state: 'detached' });
  await page.evaluate('Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)))');
  const picture = await page.screenshot();
  const { size: sizeBytes } = await sharp(picture)
    .png({ palette: true, colours: 128, effort: 10 })
    .toFile(join(pictures, `${name}.png`));
  console.log(`docs/studio/${name}.png: ${Math.round(sizeBytes / 1000)} kB`);
  await page.close();
}
await browser.close();
await studio.close();
rmSync(pages, { recursive: true });
