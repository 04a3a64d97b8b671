/** A run from its beginning to its end by a person at the studio's pages, and what its folder says of it. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { lockOwner, openRun, readEvents } from '../../src/store/index.ts';
import { writeIdxFolder } from '../e2e/command-line.ts';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import { openStudioPage } from './studio-browser.ts';

const runs = mkdtempSync(join(tmpdir(), 'sagan-runs-'));
const live = join(runs, 'live');
const small = ['batch=4', 'model.generatorChannels=8', 'model.discriminatorChannels=8', 'model.latentDim=8'];
let studio: StudioProcess;
let page: Page;
let minded: string[];

before(async () => {
  studio = await startStudioProcess(runs);
  ({ page, minded } = await openStudioPage(studio));
});
// A training process outlives the studio; where a test has failed there may be one.
after(() => {
  const trainer = existsSync(live) ? lockOwner(openRun(live)) : undefined;
  if (trainer !== undefined) process.kill(trainer.pid, 'SIGKILL');
  rmSync(runs, { recursive: true, maxRetries: 5 });
});

/** The step that the page tells. */
async function step(): Promise<number> {
  const facts = await page.getByRole('region', { name: 'Progress' }).innerText();
  return Number(/Step ([\d,]+) of/.exec(facts)?.[1]?.replaceAll(',', ''));
}

const stepBeyond = (bound: number) => until(`a step beyond ${bound}`, step, (now) => now > bound);
const isState = (state: string) => page.locator('.run-head .state', { hasText: state }).waitFor();
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** Events of the run's log but for what is measured: `step 5`, `paused 5`. */
function course(): string[] {
  const { events } = readEvents(openRun(live).eventsPath);
  return events.filter(({ type }) => type !== 'analysis').map(({ type, step }) => `${type} ${step}`);
}

test('a folder without runs shows how to begin one', async () => {
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
});

test('a wrong setting is refused where it stands, and what was typed is kept', async () => {
  await page.goto(`${studio.origin}/new?preset=sagan-mnist-mini&set=${small.join(',')}`);
  await page.getByLabel('Dataset', { exact: true }).fill(writeIdxFolder('digits'));
  await page.getByLabel('Name', { exact: true }).fill('live');
  await page.getByLabel('Steps', { exact: true }).fill('100000');
  await page.getByLabel('Search settings').fill('attention at');
  const wrong = page.getByLabel('Attention at', { exact: true });
  await wrong.fill('[7]');
  await press('Start training');
  await page.getByRole('heading', { name: 'The run could not begin' }).waitFor();
  assert.equal(await wrong.getAttribute('aria-invalid'), 'true');
  const described = (await wrong.getAttribute('aria-describedby'))?.split(' ').at(-1) ?? '';
  assert.match(await page.locator(`[id="${described}"]`).innerText(), /attentionAt.*7/);
  assert.equal(await wrong.inputValue(), '[7]');
  assert.equal(existsSync(live), false, 'nothing is left of it');
  assert.match(minded.splice(0).join(), /status of 422/);
  await press('Reset Attention at');
});

test('it begins, and its steps are seen as they are done', async () => {
  await press('Start training');
  await page.waitForURL('**/run/live');
  await page.evaluate('window.isSamePage = true');
  await isState('Training');
  const first = await stepBeyond(0);
  await stepBeyond(await stepBeyond(first));
  assert.equal(await page.evaluate('window.isSamePage'), true, 'without a reload');
  await page
    .getByRole('img', { name: /samples/i })
    .first()
    .waitFor();
});

test('paused, it does nothing; asked to advance two steps, it does two', async () => {
  await press('Pause');
  await isState('Paused');
  const pausedAt = await step();
  await page.getByLabel('Steps to advance').fill('2');
  await press('Advance');
  await until('two steps', step, (now) => now >= pausedAt + 2);
  await isState('Paused');
  const seen = course();
  const [paused, ...then] = seen.slice(seen.indexOf(`paused ${pausedAt}`));
  assert.equal(paused, `paused ${pausedAt}`);
  assert.deepEqual(
    then.filter((line) => !line.startsWith('samples')),
    [`continued ${pausedAt}`, `step ${pausedAt + 1}`, `step ${pausedAt + 2}`, `paused ${pausedAt + 2}`],
  );
  assert.equal(await step(), pausedAt + 2);
});

test('a learning rate is changed once it is confirmed, and stands in the log', async () => {
  await page.getByRole('tab', { name: 'Learning rates' }).click();
  await page.getByLabel('Generator', { exact: true }).fill('0.00005');
  await press('Apply …');
  const dialog = page.getByRole('dialog', { name: 'Change the learning rates?' });
  assert.equal(
    course().some((line) => line.startsWith('learningRates')),
    false,
  );
  await dialog.getByRole('button', { name: 'Apply', exact: true }).click();
  await page.getByText('Learning rates: generator 0.00005').waitFor();
  const changed = readEvents(openRun(live).eventsPath).events.filter(({ type }) => type === 'learningRates');
  assert.deepEqual(
    changed.map(({ generator }) => generator),
    [0.00005],
  );
});

test('it goes on, is stopped and saved, and resumed from there', async () => {
  const before = await step();
  await press('Continue');
  await stepBeyond(before);
  await press('Stop and save');
  await isState('Stopped');
  const stoppedAt = await step();
  assert.equal(course().at(-1), `finished ${stoppedAt}`);
  const saved = join(live, 'checkpoints', `step-${String(stoppedAt).padStart(6, '0')}`, 'manifest.json');
  assert.ok(existsSync(saved), saved);
  await press('Resume');
  await isState('Training');
  await stepBeyond(stoppedAt);
  assert.ok(course().includes(`resumed ${stoppedAt}`));
});

test('it is deleted only where its name is typed', async () => {
  await press('Stop and save');
  await isState('Stopped');
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await press('Delete live');
  const remove = page.getByRole('button', { name: 'Delete for good' });
  const field = page.getByLabel('Type live to confirm');
  for (const wrong of ['', 'liv', 'Live', 'live ']) {
    await field.fill(wrong);
    assert.equal(await remove.isDisabled(), true, wrong);
  }
  await field.press('Enter');
  assert.ok(existsSync(live));
  await field.fill('live');
  await remove.click();
  await page.getByText('live is deleted.').waitFor();
  assert.equal(existsSync(live), false);
  await page.getByRole('heading', { name: 'No runs yet' }).waitFor();
  assert.deepEqual(minded, []);
});
