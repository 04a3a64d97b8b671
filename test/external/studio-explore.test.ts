/** The studio's explore page in a real browser: what is dragged is seen, and links and commands make the same picture again. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { sagan, scratch, writeIdxFolder } from '../e2e/command-line.ts';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import { copied, narrow, openStudioPage, overflowOf, press, seriousFindings, wide, wordsOf } from './studio-browser.ts';
import { makeTinyRun, resolution } from './studio-runs.ts';

const runs = join(scratch, 'runs');
let studio: StudioProcess;

before(async () => {
  const data = writeIdxFolder('digits');
  const attending = { model: { name: 'sagan', attentionAt: [16] }, data: { source: data }, classes: 2 };
  makeTinyRun(join(runs, 'it'), attending);
  const plain = { model: { name: 'dcgan' }, data: { source: data, conditional: false }, classes: 0 };
  makeTinyRun(join(runs, 'plain'), plain);
  makeTinyRun(join(runs, 'begun'), { ...attending, steps: [] });
  studio = await startStudioProcess(runs);
});

async function openExplore(query = '', name = 'it'): Promise<{ page: Page; minded: string[] }> {
  const opened = await openStudioPage(studio);
  await opened.page.goto(`${studio.origin}/run/${name}/explore${query}`);
  return opened;
}

const picture = (page: Page) => page.getByRole('button', { name: /^Picture of/ });
const heading = (page: Page) => page.locator('.explore-head h2').innerText();

/** The grey pixels that are seen, once they are those of where the page is. */
async function pixelsOf(page: Page): Promise<Uint8Array> {
  await page.locator('.explore-picture[aria-busy="false"]').waitFor();
  const seen: unknown = await page.evaluate(`(() => {
    const pen = document.querySelector('.explore-handle canvas').getContext('2d');
    return [...pen.getImageData(0, 0, ${resolution}, ${resolution}).data].filter((_, i) => i % 4 === 0);
  })()`);
  if (!Array.isArray(seen)) throw new TypeError('expected an array');
  return Uint8Array.from(seen);
}

const isAgain = (page: Page, pixels: Uint8Array) =>
  until(
    'the picture as it was',
    () => pixelsOf(page),
    (now) => isDeepStrictEqual(now, pixels),
  );
const isAnother = (page: Page, pixels: Uint8Array) =>
  until(
    'another picture',
    () => pixelsOf(page),
    (now) => !isDeepStrictEqual(now, pixels),
  );

/** Runs a copied command, and gives what it has written. */
async function carriedOut(command: string): Promise<Buffer> {
  const [first, ...words] = wordsOf(command);
  assert.equal(first, 'sagan');
  const out = join(scratch, `by-command-${words.pop()}`);
  const { code, stderr } = await sagan(...words, out);
  assert.equal(code, 0, stderr);
  return readFileSync(out);
}

async function drag(page: Page, right: number, down: number): Promise<void> {
  const { x, y, width, height } = (await picture(page).boundingBox()) ?? assert.fail('there is no picture');
  await page.mouse.move(x + width / 2, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + right, y + height / 2 + down, { steps: 6 });
  await page.mouse.up();
}

test('dragging walks through the lattice; the link and the command make the picture again, bit for bit', async () => {
  const { page, minded } = await openExplore('?class=0:0.5%2B1:0.25&psi=scale');
  await picture(page).waitFor();
  const before = await pixelsOf(page);
  await drag(page, 150, -60);
  assert.equal(await heading(page), 'Seed 3 at 0.50, -0.20');
  const after = await isAnother(page, before);

  const link = await copied(page, 'Copy link');
  assert.match(link, /at=20/);
  const command = await copied(page, 'Copy command');
  await page.goto('about:blank');
  await page.goto(link);
  await picture(page).waitFor();
  await isAgain(page, after);

  // A sheet has a margin of 16, and tiles of 64 pixels.
  const tile = sharp(await carriedOut(command)).extract({ left: 16, top: 16, width: 64, height: 64 });
  const small = tile.resize(resolution, resolution, { kernel: 'nearest' }).extractChannel(0);
  assert.deepEqual(Uint8Array.from(await small.raw().toBuffer()), after);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'PNG' }).click(),
  ]);
  const saved = await sharp(await download.path())
    .extractChannel(0)
    .raw()
    .toBuffer();
  assert.deepEqual(Uint8Array.from(saved), after);
  assert.deepEqual(minded, []);
});

test('keys move, snap, go back; it moves by itself when it is asked to', async () => {
  const { page } = await openExplore();
  await picture(page).waitFor();
  const first = await pixelsOf(page);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  assert.equal(await heading(page), 'Seed 3 at 0.05, 1.00');
  await page.keyboard.press('s');
  assert.equal(await heading(page), 'Seed 3 at 0.00, 1.00');
  await page.getByText('Latent 0 of seed 4, as sagan sample draws it.').waitFor();
  await press(page, 'Go to 1, 0: latent 1 of seed 3');
  assert.equal(await heading(page), 'Seed 3 at 1.00, 0.00');
  await page.keyboard.press('a');
  await until(
    'it to move',
    () => heading(page),
    (now) => now !== 'Seed 3 at 1.00, 0.00',
  );
  await page.keyboard.press('a');
  const reset = page.getByRole('button', { name: 'Reset', exact: true });
  await reset.click();
  assert.equal(await heading(page), 'Seed 3 at 0.00, 0.00');
  await isAgain(page, first);
  assert.equal(await reset.isDisabled(), true, 'there is nothing to go back from');
  await page.keyboard.press('r');
  await until(
    'another seed',
    () => heading(page),
    (now) => !now.startsWith('Seed 3 '),
  );
});

test('classes are mixed, latents truncated, and the hint says what that costs', async () => {
  const { page } = await openExplore();
  await picture(page).waitFor();
  const one = await pixelsOf(page);
  await press(page, 'Mix in a class');
  await page.getByLabel('Weight of 1').fill('0.5');
  assert.match(await page.locator('.explore-classes').innerText(), /67 %.*33 %/s);
  await isAnother(page, one);
  await press(page, 'Take 1 out');
  await isAgain(page, one);
  await page.getByLabel('ψ', { exact: true }).fill('20');
  await page.getByText('beyond ±0.1 are drawn again').waitFor();
  const hint = page.getByText(/Images differ about \d+ % as much as without truncation/);
  const share = Number(/(\d+) %/.exec(await hint.innerText())?.[1]);
  assert.ok(share < 60, `${share} %`);
  await isAnother(page, one);
  assert.match(await copied(page, 'Copy command'), /--point 3\/truncation=0\.1 /);
});

test('points are kept, changed about, walked between and made into a file', async () => {
  const { page } = await openExplore('?tab=walk&frames=6');
  await picture(page).waitFor();
  await page.keyboard.press('k');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('k');
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('k');
  await page.getByRole('tab', { name: 'Walk (3)' }).waitFor();
  await press(page, 'Point 3 earlier');
  await press(page, 'Take point 1 out');
  assert.equal(new URL(page.url()).searchParams.get('kept'), '3@2,0*0_3@1,0*0');
  const stood = await pixelsOf(page);
  await page.keyboard.press(' ');
  await page.getByText(/walk, frame \d of 6/).waitFor();
  await page.keyboard.press(' ');
  await page.getByText('step 20').waitFor();
  await isAgain(page, stood);
  await press(page, 'Make the file');
  const download = page.getByRole('link', { name: /^Download walk\.webp/ });
  const [file] = await Promise.all([page.waitForEvent('download'), download.click()]);
  assert.equal(file.suggestedFilename(), 'walk.webp');
  const bytes = readFileSync(await file.path());
  assert.equal((await sharp(bytes).metadata()).pages, 6);
  assert.deepEqual(await carriedOut(await copied(page, 'Copy its command')), bytes);
});

test('directions, coordinates and grids move the picture', async () => {
  const { page } = await openExplore('?tab=directions');
  await picture(page).waitFor();
  const first = await pixelsOf(page);
  await page.getByLabel(/^Direction 0, \d+ %$/).fill('2.5');
  await page.getByRole('button', { name: 'Reset all' }).and(page.locator(':enabled')).waitFor();
  await isAnother(page, first);
  assert.match(await copied(page, 'Copy command'), /\/d0=2\.5 /);
  await press(page, 'Reset all');
  await isAgain(page, first);
  await press(page, 'As a grid');
  await page.getByRole('img', { name: /4 rows of 7 pictures/ }).waitFor();
  await page.getByLabel('Kind', { exact: true }).selectOption('Single coordinates');
  await press(page, 'Go to -3 of coordinate 1');
  await isAnother(page, first);
  assert.match(await copied(page, 'Copy command'), /\/c1=-3 /);
  await press(page, 'Coordinate 1 as drawn');
  await page.getByLabel('Kind', { exact: true }).selectOption('Classes by latents');
  const grid = page.getByRole('img', { name: '2 rows of 7 pictures, from one latent to the other: 0, 1' });
  const tiles = sharp(Buffer.from((await grid.getAttribute('src'))?.split(',')[1] ?? '', 'base64'));
  const corner = tiles.extract({ left: 0, top: 0, width: resolution, height: resolution }).extractChannel(0);
  await isAgain(page, first);
  // Batches round each in its way.
  for (const [i, value] of (await corner.raw().toBuffer()).entries())
    assert.ok(Math.abs(value - (first[i] ?? -9)) <= 1);
});

test('the nearest real images come with their distances, and lead to the data', async () => {
  const { page } = await openExplore('?tab=neighbours');
  await page.getByText(/^The nearest training image is [\d.]+ away; from there/).waitFor();
  const neighbours = page.getByRole('link', { name: /^Training image/ });
  assert.ok((await neighbours.count()) > 1);
  const index = /\d+/.exec((await neighbours.first().getByRole('img').getAttribute('alt')) ?? '')?.[0];
  await neighbours.first().click();
  await page.getByRole('heading', { name: 'Data', level: 1 }).waitFor();
  assert.equal(new URL(page.url()).search, `?run=it&image=${index}`);
});

test('without classes there are none to choose; uniform latents are not truncated, and why is said', async () => {
  const { page } = await openExplore('?class=1', 'plain');
  await picture(page).waitFor();
  await pixelsOf(page);
  assert.equal(await page.getByLabel('Class', { exact: true }).count(), 0);
  await page.getByText('The latents of this model are uniform').waitFor();
  assert.equal(await page.getByLabel('ψ', { exact: true }).isDisabled(), true);
  await page.getByLabel('Truncation', { exact: true }).selectOption('Multiply all');
  await page.getByLabel('ψ', { exact: true }).fill('18');
  await page.getByText('is multiplied by 0.1').waitFor();
});

test('what is missing or broken is said, with a way on', async () => {
  const { page } = await openExplore('', 'begun');
  await page.getByRole('heading', { name: 'No checkpoint yet' }).waitFor();
  await page.goto(`${studio.origin}/run/it/explore?at=7`);
  await page.getByRole('heading', { name: 'The checkpoint cannot be used' }).waitFor();
  await press(page, 'Explore the newest that is whole');
  await picture(page).waitFor();
  const problem = JSON.stringify({ problem: 'the compute process ended (signal SIGKILL)' });
  await page.route('**/api/compute/images', (route) => route.fulfill({ status: 500, body: problem }));
  await page.keyboard.press('ArrowRight');
  await page.getByText('the compute process ended').waitFor();
  await page.unroute('**/api/compute/images');
  await press(page, 'Try again');
  await page.getByRole('heading', { name: 'No picture of this point' }).waitFor({ state: 'detached' });
  await page.goto(`${studio.origin}/run/it/explore?class=7`);
  await page.getByText('there is no class 7').waitFor();
});

test('it fits a telephone, and axe finds nothing serious, light or dark, in any tab', async () => {
  const { page, minded } = await openExplore('?class=0:1%2B1:1&point=3/truncation=0.5&kept=3*0_4*1');
  await picture(page).waitFor();
  for (const tab of [/^Point/, /^Walk/, /^Grid/, /^Directions/, /^Neighbours/]) {
    await page.getByRole('tab', { name: tab }).click();
    await page.locator('.explore-view .loading').waitFor({ state: 'detached' });
    for (const [size, colorScheme] of [
      [wide, 'light'],
      [narrow, 'dark'],
    ] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousFindings(page), [], `${tab} ${colorScheme}`);
      assert.equal(await overflowOf(page), 0, `${tab} ${size.width}`);
    }
  }
  assert.deepEqual(minded, []);
});
