/** The studio's attention page in a real browser: how it is worked by keys and by the pointer, and what it says when something is missing. */

import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import { clickPixel, makeAttendingRun, openAttention, picture, pinWords, runs, says } from './studio-attention-page.ts';
import { narrow, overflowOf, press, seriousFindings, wide } from './studio-browser.ts';

let studio: StudioProcess;

before(async () => {
  makeAttendingRun('it', [8, 16], [10, 20]);
  makeAttendingRun('blind', [], [10]);
  makeAttendingRun('begun', [16], []);
  cpSync(join(runs, 'it'), join(runs, 'torn'), { recursive: true });
  writeFileSync(join(runs, 'torn/checkpoints/step-000020/state.safetensors'), 'torn');
  studio = await startStudioProcess(runs);
});

test('the keyboard asks, pins, turns round, chooses blocks and clears', async () => {
  const { page } = await openAttention(studio, '?block=attention8&pins=q1-1');
  await picture(page).waitFor();
  await picture(page).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await until(
    'the cell',
    () => says(page),
    (text) => text.startsWith('Row 1, column 1 looks most'),
  );
  assert.match((await page.locator('p.unseen[role="status"]').textContent()) ?? '', /^Row 1, column 1 looks most/);
  await page.keyboard.press('Enter');
  await until(
    'two pins',
    () => pinWords(page),
    (pins) => pins.length === 2,
  );
  await page.keyboard.press('2');
  await page.getByRole('heading', { name: 'attention16', exact: true }).waitFor();
  await until(
    'the cell of the finer block',
    () => says(page),
    (text) => text.startsWith('Row 3, column 3 looks'),
  );
  await page.keyboard.press('d');
  await until(
    'who looks',
    () => says(page),
    (text) => text.startsWith('Row 1, column 1 is looked at most'),
  );
  await page.keyboard.press('x');
  await until(
    'no pins',
    () => pinWords(page),
    (pins) => pins.length === 0,
  );
  assert.ok(!page.url().includes('pins'), page.url());
});

test('the pointer previews without a request, and reads values when it is told to', async () => {
  const { page } = await openAttention(studio, '?pins=q8-8&block=attention8');
  await picture(page).waitFor();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const corner = async (right: number, down: number) => {
    const { x, y, width, height } = (await picture(page).boundingBox()) ?? assert.fail('there is no picture');
    await page.mouse.move(x + 2 + right * (width - 4), y + 2 + down * (height - 4));
  };
  await corner(1, 0);
  await until(
    'the corner',
    () => says(page),
    (text) => text.startsWith('Row 0, column 7 looks most'),
  );
  await press(page, 'Read values');
  await corner(0, 1);
  const value = await until(
    'a value',
    () => says(page),
    (text) => text.startsWith('Row 3, column 0 gets'),
  );
  assert.match(value, /gets [\d.]+ % of the attention of row 2, column 2\.$/);
  assert.deepEqual(
    requests.filter((url) => url.includes('/api/compute')),
    [],
  );
});

test('of maps that are too large to be sent, pins and the pointer ask for their part', async () => {
  const { page } = await openAttention(studio, '?seed=4&block=attention8');
  await picture(page).waitFor();
  await clickPixel(page, 20, 9);
  const told = await says(page);
  await page.route('**/api/compute/attention', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(/"map":\{"roots":"[^"]*","maxima":"[^"]*"\},/g, '');
    await route.fulfill({ response, body });
  });
  await page.goto(`${studio.origin}/run/it/attention?seed=4&block=attention8`);
  await until(
    'the middle',
    () => says(page),
    (text) => text.startsWith('Row 4, column 4 looks most'),
  );
  await clickPixel(page, 20, 9);
  await until(
    'the same as of the whole map',
    () => says(page),
    (text) => text === told,
  );
});

test('the pointer is forgotten with its picture; a wrong number gives way to another image', async () => {
  const { page } = await openAttention(studio, '?block=attention8');
  await picture(page).waitFor();
  await page.keyboard.press('ArrowLeft');
  const cell = (start: string) =>
    until(
      start,
      () => says(page),
      (text) => text.startsWith(start),
    );
  await cell('Row 4, column 3 looks');
  await page.getByRole('link', { name: 'Explore', exact: true }).click();
  await page.getByRole('heading', { name: /^Seed 3 at/ }).waitFor();
  await page.goBack();
  await cell('Row 4, column 4 looks');
  const seed = page.getByLabel('Seed', { exact: true });
  await seed.fill('-7');
  await page.getByText('Expected a whole number from 0.').waitFor();
  await press(page, 'By chance');
  await page.getByText('Expected a whole number from 0.').waitFor({ state: 'detached' });
  assert.equal(await seed.inputValue(), new URL(page.url()).searchParams.get('seed'));
});

test('what is missing or broken is said, with a way on', async () => {
  const { page } = await openAttention(studio, '', 'blind');
  await page.getByRole('heading', { name: 'This model does not attend' }).waitFor();
  await page.getByText('sagan-mnist-mini', { exact: true }).waitFor();
  await page.goto(`${studio.origin}/run/begun/attention`);
  await page.getByRole('heading', { name: 'No checkpoint yet' }).waitFor();
  await page.goto(`${studio.origin}/run/torn/attention`);
  await page.getByText('A newer checkpoint is damaged').waitFor();
  await page.getByText('step 10, class 0').waitFor();
  await page.goto(`${studio.origin}/run/torn/attention?at=20`);
  await page.getByRole('heading', { name: 'The checkpoint cannot be used' }).waitFor();
  await press(page, 'Look at the newest that is whole');
  await page.getByText('step 10, class 0').waitFor();
  await page.goto(`${studio.origin}/run/it/attention?net=D&of=dataset&image=99`);
  await page.getByText('image 99 is not in').waitFor();
  const problem = JSON.stringify({ problem: 'the compute process ended (signal SIGKILL)' });
  await page.route('**/api/compute/attention', (route) => route.fulfill({ status: 500, body: problem }), { times: 1 });
  await page.goto(`${studio.origin}/run/it/attention`);
  await page.getByText('the compute process ended').waitFor();
  await press(page, 'Try again');
  await picture(page).waitFor();
});

test('it fits a telephone, and axe finds nothing serious, light or dark', async () => {
  const { page, minded } = await openAttention(studio, '?pins=q8-8,k20-20&gamma=0&history=1');
  await page.getByRole('heading', { name: 'Mean distance, in sides of the image' }).waitFor();
  for (const [size, colorScheme] of [
    [wide, 'light'],
    [narrow, 'dark'],
  ] as const) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await seriousFindings(page), [], colorScheme);
    assert.equal(await overflowOf(page), 0, `${size.width}`);
  }
  assert.deepEqual(minded, []);
});
