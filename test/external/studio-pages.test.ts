/** The studio's pages in a real browser, on real small runs: whole at every width and in both colours, and for the keyboard. */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { createRun } from '../../src/store/index.ts';
import { sagan, scratch, tinyTraining, writeIdxFolder } from '../e2e/command-line.ts';
import { type StudioProcess, startStudioProcess } from '../server/studio-process.ts';
import { toyConfig, toyRun } from '../server/toy-run.ts';
import { narrow, openStudioPage, overflowOf, seriousFindings, wide } from './studio-browser.ts';

const runs = join(scratch, 'runs');
let data: string;
let studio: StudioProcess;

before(async () => {
  data = writeIdxFolder('digits');
  const small = join(runs, 'small');
  const trained = await sagan(...tinyTraining(data, small, '--steps', '10', '--set', 'sampleEverySteps=5'));
  assert.equal(trained.code, 0, trained.stderr);
  cpSync(small, join(runs, 'twin'), { recursive: true });
  createRun(join(runs, 'untrained'), toyConfig);
  toyRun(join(runs, 'killed'), { steps: 2 });
  toyRun(join(runs, 'no-checkpoint'), { steps: 3, ending: 'stopped' });
  leaveHalfSaved(small);
  mkdirSync(join(runs, 'torn/samples'), { recursive: true });
  writeFileSync(join(runs, 'torn/config.json'), '{ "preset": "sagan-mn');
  cpSync(small, join(runs, 'without-config'), { recursive: true });
  rmSync(join(runs, 'without-config/config.json'));
  studio = await startStudioProcess(runs);
});

/** A run as a crash leaves it: a checkpoint under its temporary name, and another whose manifest never got there. */
function leaveHalfSaved(whole: string): void {
  cpSync(whole, join(runs, 'half-saved'), { recursive: true });
  const checkpoints = join(runs, 'half-saved/checkpoints');
  const newest = readdirSync(checkpoints).sort().at(-1) ?? assert.fail('it has checkpoints');
  rmSync(join(checkpoints, newest, 'manifest.json'));
  cpSync(join(checkpoints, newest), join(checkpoints, '.tmp-step-000012-4194305-0123abcd'), { recursive: true });
}

const shown = (text: string) => (page: Page) => page.getByText(text).first().waitFor();
const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).first().waitFor();

/** Every page: its address, and what stands there once it is complete. */
const pages: readonly (readonly [name: string, address: () => string, isReady: (page: Page) => Promise<unknown>])[] = [
  ['runs', () => '/', (page) => page.getByRole('img', { name: 'Newest samples of small' }).waitFor()],
  ['runs, some chosen', () => '/?chosen=small,twin', shown('Compare 2 runs')],
  ['runs, none found', () => '/?search=nothing-of-that-name', shown('No run is like that')],
  ['new run', () => '/new', shown('Start training')],
  ['new run, changed', () => '/new?set=batch=8,data.flip=true', shown('Reset all 2')],
  ['run', () => '/run/small', heading('Step 10')],
  ['run, findings', () => '/run/small?tab=findings', shown('Findings')],
  ['run, rates', () => '/run/small?tab=rates', shown('Changes')],
  ['run, config', () => '/run/small?tab=config', shown('sagan-mnist-mini')],
  ['run, events', () => '/run/small?tab=events', shown('A checkpoint was saved')],
  ['run, output', () => '/run/small?tab=output', shown('was not started from the studio')],
  ['run, sheets beside each other', () => '/run/small?beside=5', shown('With step')],
  ['run, torn', () => '/run/torn', heading('This run is damaged')],
  ['run, missing', () => '/run/nobody', heading('This run cannot be shown')],
  ['attention', () => '/run/small/attention?pins=q3-4', shown('From 3,4')],
  ['attention, without a checkpoint', () => '/run/untrained/attention', heading('No checkpoint yet')],
  ['explore', () => '/run/small/explore', (page) => page.getByLabel('Corners around').waitFor()],
  ['explore, without a checkpoint', () => '/run/untrained/explore', heading('No checkpoint yet')],
  ['compare', () => '/compare', shown('Choose two runs or more')],
  ['compare, two', () => '/compare?runs=small,twin', heading('Curves')],
  ['data', () => '/data', shown('Choose what to look at')],
  ['data of a run', () => '/data?run=small', heading('Classes')],
  ['data of a folder', () => `/data?${new URLSearchParams({ data, resolution: '32' })}`, heading('Classes')],
  ['data, missing', () => '/data?data=nowhere', heading('This dataset cannot be used')],
  ['no page', () => '/nowhere', heading('There is no such page')],
];

/** Requests that are answered with a refusal are minded by the browser, too. */
const isRefusal = (problem: string) => /^Failed to load resource: .* status of 404/.test(problem);

for (const [name, addressOf, isReady] of pages) {
  test(`${name}: complete, within its width, nothing serious for axe, nothing on the console`, async () => {
    const { page, minded } = await openStudioPage(studio);
    await page.goto(`${studio.origin}${addressOf()}`);
    await isReady(page);
    for (const size of [wide, narrow]) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await seriousFindings(page), [], `${size.width} px, ${colorScheme}`);
      }
      assert.equal(await overflowOf(page), 0, `${size.width} px`);
    }
    const isExpected = /missing|output/.test(name) ? isRefusal : () => false;
    assert.deepEqual(
      minded.filter((problem) => !isExpected(problem)),
      [],
    );
    await page.context().close();
  });
}

/** What has the focus, and whether one sees that it has. */
function focused(page: Page): Promise<unknown> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const isSeen = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
    return [element.ariaLabel ?? element.textContent.trim(), isSeen];
  })()`);
}

/** Presses Tab until the focus is on what is called `name`. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: unknown[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (Array.isArray(now) && now[0] === name) {
      assert.deepEqual(now, [name, true], 'the focus is seen');
      return;
    }
    passed.push(now);
  }
  assert.fail(`Tab does not lead to "${name}": ${JSON.stringify(passed)}`);
}

test('the keyboard alone finds a run, opens it, and tells its own keys', async () => {
  const { page, minded } = await openStudioPage(studio);
  await page.getByRole('link', { name: 'small', exact: true }).waitFor();
  await page.keyboard.press('Tab');
  assert.deepEqual(await focused(page), ['Skip to the content', true]);
  await tabTo(page, 'small');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/run/small');
  await heading('Step 10')(page);
  await page.keyboard.press('?');
  const overlay = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await overlay.getByText('The sheet before').waitFor();
  assert.deepEqual(await seriousFindings(page), []);
  await page.keyboard.press('Escape');
  await overlay.waitFor({ state: 'detached' });
  await tabTo(page, 'Train on');
  await tabTo(page, 'Play the sheets');
  await page.keyboard.press('ArrowLeft');
  await heading('Step 5')(page);
  await page.waitForURL('**/run/small?step=5');
  assert.deepEqual(minded, []);
  await page.context().close();
});

test('runs that something is wrong with say what it is and what to do, and the others are there', async () => {
  const { page } = await openStudioPage(studio);
  const row = (name: string) => page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
  await row('small').getByText('Finished').waitFor();
  for (const [name, state, words] of [
    ['torn', 'Damaged', /config\.json: not JSON .* Put a copy of it back, or delete the run\./],
    ['without-config', 'Damaged', /there is no config\.json .* Put it back, or delete the run\./],
    ['untrained', 'Stopped', /It has not been trained yet\. Resume it to begin\./],
    [
      'killed',
      'Failed',
      /it was killed, .* Resume it: it goes on from its last checkpoint, or from the beginning without one\./,
    ],
    ['half-saved', 'Finished', /^/],
    ['no-checkpoint', 'Stopped', /^/],
  ] as const) {
    assert.match(await row(name).innerText(), new RegExp(state), name);
    assert.match(await row(name).innerText(), words, name);
  }
  await page.goto(`${studio.origin}/run/torn`);
  await page.getByText('Mend what is named here, or delete the run').waitFor();
  await page.goto(`${studio.origin}/run/no-checkpoint`);
  await page.getByText('It has no checkpoint yet, and begins with its first step.').waitFor();
  // What was half written is passed over: the whole checkpoint before it is the newest.
  await page.goto(`${studio.origin}/run/half-saved`);
  await heading('Step 10')(page);
  const detail: { checkpoints?: unknown } = await (
    await page.request.get(`${studio.origin}/api/runs/half-saved`)
  ).json();
  assert.deepEqual(detail.checkpoints, [5]);
  await page.context().close();
});
