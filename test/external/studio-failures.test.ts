/** The studio's three kinds of process, each killed in turn: the others go on, and the page says what to do. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { lockOwner, openRun, readEvents } from '../../src/store/index.ts';
import { writeIdxFolder } from '../e2e/command-line.ts';
import { computeProcessOf, type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import { openStudioPage } from './studio-browser.ts';

const runs = mkdtempSync(join(tmpdir(), 'sagan-runs-'));
const live = join(runs, 'live');
let data: string;
let studio: StudioProcess;
let page: Page;

before(async () => {
  data = writeIdxFolder('digits');
  studio = await startStudioProcess(runs);
  ({ page } = await openStudioPage(studio));
});
// A training process outlives the studio.
after(() => {
  killTrainer();
  rmSync(runs, { recursive: true, maxRetries: 5 });
});

function killTrainer(): void {
  const trainer = existsSync(live) ? lockOwner(openRun(live)) : undefined;
  if (trainer !== undefined) process.kill(trainer.pid, 'SIGKILL');
}

/** Waits until the run has done more steps than it has now. */
async function moreSteps(): Promise<void> {
  const steps = () => readEvents(openRun(live).eventsPath).events.filter(({ type }) => type === 'step').length;
  const before = steps();
  await until('more steps', steps, (now) => now > before + 1);
}

const isState = (state: string) => page.locator('.run-head .state', { hasText: state }).waitFor();
const banner = () => page.locator('.banner');

test('the process that computes: the page says so, and “try again” has it started anew', async () => {
  const address = (resolution: number) =>
    `${studio.origin}/data?${new URLSearchParams({ data, resolution: String(resolution) })}`;
  await page.goto(address(32));
  await page.getByText('No two images are the same').waitFor();
  const computing = computeProcessOf(studio) ?? assert.fail('there is none');
  // Asleep, so that it is killed while it is asked.
  process.kill(computing, 'SIGSTOP');
  await page.goto(address(16));
  await page.getByText('Reading the dataset').waitFor();
  process.kill(computing, 'SIGKILL');
  await page.getByText('the compute process ended (signal SIGKILL) before it had answered').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('16 × 16').first().waitFor();
  assert.notEqual(computeProcessOf(studio), computing);
});

test('the server: a banner says so; training goes on; the page recovers once it is let in again', async () => {
  const settings = ['batch=4', 'steps=100000', 'model.generatorChannels=8', 'model.discriminatorChannels=8'];
  const begun = await page.request.post(`${studio.origin}/api/runs`, {
    data: { run: 'live', preset: 'sagan-mnist-mini', data, settings },
  });
  assert.equal(begun.status(), 200, await begun.text());
  await page.goto(`${studio.origin}/run/live`);
  await isState('Training');

  const computing = computeProcessOf(studio);
  await studio.kill();
  await banner().getByText('server does not answer; it may have been stopped. Run sagan studio again.').waitFor();
  await moreSteps();
  assert.notEqual(computing, undefined);
  await until(
    'the end of the compute process',
    () => existsSync(`/proc/${computing}`),
    (isThere) => !isThere,
  );

  studio = await startStudioProcess(runs, studio.port);
  await banner().getByText('A studio that was started anew has a new one.').waitFor();
  const other = await page.context().newPage();
  await other.goto(studio.address);
  await banner().waitFor({ state: 'detached' });
  await other.close();
  await isState('Training');
  await moreSteps();
});

test('the process that trains: its page says how it stands, and resumes it', async () => {
  killTrainer();
  await isState('Failed');
  await page.getByRole('heading', { name: 'This run has failed' }).waitFor();
  await page.getByText('it was killed, memory ran out, or the machine went down').first().waitFor();
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await isState('Training');
  await moreSteps();
});
