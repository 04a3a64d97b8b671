/** The studio's attention page in a real browser: what it draws and tells of a pixel is what the command line computes of it. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { studyAttention } from '../../src/api/attention.ts';
import { openTrainedRun } from '../../src/api/trained-run.ts';
import { openRuntime } from '../../src/engine/index.ts';
import { readAttention } from '../../src/inspect/index.ts';
import { heatOver } from '../../studio/src/pages/attention/heat.ts';
import { scratch } from '../e2e/command-line.ts';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import {
  clickPixel,
  coloursOf,
  copiedCommand,
  expectedWords,
  likeness,
  makeAttendingRun,
  openAttention,
  picture,
  pinWords,
  reported,
  rgba,
  runs,
  says,
  textOf,
} from './studio-attention-page.ts';
import { copied, press } from './studio-browser.ts';
import { resolution } from './studio-runs.ts';

const run = join(runs, 'it');
let studio: StudioProcess;

before(async () => {
  makeAttendingRun('it', [8, 16], [10, 20]);
  studio = await startStudioProcess(runs);
});

test('a click draws and tells the map that the command line computes of the same query', async () => {
  const { page, minded } = await openAttention(studio, '?seed=4&class=1&block=attention8&heat=1&origins=none');
  await picture(page).waitFor();
  await clickPixel(page, 20, 9);
  const words = [run, '--point', '4', '--class', '1', '--block', 'attention8', '--query', '20,9'];
  const report = await reported(...words, '--out', join(scratch, 'one.png'));
  assert.ok((await says(page)).startsWith(expectedWords(report.images[0]?.queries[0])), await says(page));

  const trained = openTrainedRun(run);
  const runtime = await openRuntime({ threads: 1 });
  const study = await studyAttention(runtime, trained, { points: [{ seed: 4 }], class: '1', block: 'all' });
  const learned = study.images[0]?.learned ?? assert.fail('one image');
  for (const [i, block] of learned.blocks.entries()) {
    const { weights, grid } = readAttention(block, { x: 20, y: 9 }, resolution);
    const drawn = [...heatOver(rgba(learned.image), resolution, weights, grid, 1)].filter((_, at) => at % 4 !== 3);
    assert.equal(likeness(await coloursOf(page, '.attention-blocks canvas', i), drawn), 1, block.name);
    if (block.name !== 'attention8') continue;
    // Arrows, dots and lines lie over the large one.
    const share = likeness(await coloursOf(page, '.attention-asked canvas'), drawn);
    assert.ok(share > 0.7, `${share} of the pixels are the map's`);
  }
  assert.deepEqual(minded, []);
});

test('the copied command, the files and the link are of all pins', async () => {
  const { page } = await openAttention(
    studio,
    '?seed=4&index=2&class=1&mix=0&share=0.25&gamma=-0.5&map=window&window=9',
  );
  await picture(page).waitFor();
  await clickPixel(page, 5, 6);
  await page.keyboard.press('d');
  await clickPixel(page, 25, 17);
  const words = await copiedCommand(page);
  const out = join(scratch, 'two.png');
  const report = await reported(...words, '--out', out);
  assert.deepEqual(report.change, { gamma: -0.5, map: 'window', windowPixels: 9 });
  const queries = report.images[0]?.queries ?? [];
  const told = await pinWords(page);
  assert.equal(told.length, 2);
  for (const [i, query] of queries.entries()) assert.ok(told[i]?.includes(expectedWords(query)), told[i]);
  for (const [name, ending] of [
    ['PNG', 'png'],
    ['SVG', 'svg'],
    ['Web page', 'html'],
  ] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, name)]);
    assert.equal(download.suggestedFilename(), `it-attention.${ending}`);
    const own = join(scratch, `two.${ending}`);
    if (ending !== 'png') await reported(...words, '--out', own);
    assert.equal(textOf(await download.path()), textOf(own), `${name} as the command line writes it`);
  }
  const link = await copied(page, 'Copy link');
  await page.goto('about:blank');
  await page.goto(link);
  await picture(page).waitFor();
  assert.deepEqual(await pinWords(page), told);
});

test('a change of attention shows beside what was learned, and can be told apart from it', async () => {
  const { page } = await openAttention(studio, '?seed=4');
  await picture(page).waitFor();
  const pictures = page.locator('.attention-pair button');
  assert.equal(await pictures.count(), 0);
  await page.keyboard.press('0');
  await pictures.nth(2).waitFor();
  const study = await studyAttention(await openRuntime({ threads: 1 }), openTrainedRun(run), {
    points: [{ seed: 4 }],
    class: '0',
    change: { gamma: 0 },
  });
  const { learned, changed } = study.images[0] ?? assert.fail('one image');
  const grey = (bytes: Uint8Array | undefined) => [...(bytes ?? [])].flatMap((byte) => [byte, byte, byte]);
  assert.equal(likeness(await coloursOf(page, '.attention-pair canvas', 0), grey(changed?.image)), 1);
  assert.equal(likeness(await coloursOf(page, '.attention-pair canvas', 1), grey(learned.image)), 1);
  assert.ok(likeness(grey(changed?.image), grey(learned.image)) < 0.9, 'the change is to be seen');
  await page.keyboard.press('c');
  assert.equal(await pictures.nth(1).getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('u');
  await page.keyboard.press('0');
  await page.keyboard.press('c');
  await page.keyboard.press('c');
  await until(
    'even attention',
    () => says(page),
    (text) => text.endsWith('Entropy 6.0 of 6.0 bits: nearly even.'),
  );
});

test('a point of the explore page is looked at, and stands in the command', async () => {
  const { page } = await openAttention(studio, '?point=4@1.5,2/c3=-1*1&pins=q8-8');
  await picture(page).waitFor();
  const words = await copiedCommand(page);
  assert.deepEqual(words.slice(1, 5), ['--point', '4@1.5,2/c3=-1', '--class', '1']);
  const report = await reported(...words, '--out', join(scratch, 'point.png'));
  assert.ok((await says(page)).startsWith(expectedWords(report.images[0]?.queries[0])), await says(page));
  await press(page, 'Choose by seed');
  await page.getByLabel('Seed', { exact: true }).waitFor();
});

test('the discriminator looks at images of the dataset, and checkpoints are measured and chosen', async () => {
  const { page } = await openAttention(studio, '?seed=4');
  await page.getByRole('tab', { name: 'Discriminator' }).click();
  await page.getByLabel('It looks at').selectOption('The dataset');
  await page.getByRole('button', { name: 'Number 3, 1' }).click();
  await page.getByText('step 20, class 1, D(x) =').waitFor();
  await clickPixel(page, 9, 9);
  const words = await copiedCommand(page);
  const report = await reported(...words, '--out', join(scratch, 'three.png'));
  assert.equal(report.network, 'D');
  assert.ok((await says(page)).startsWith(expectedWords(report.images[0]?.queries[0])), await says(page));
  await press(page, 'Measure all 2 checkpoints');
  await page.getByRole('heading', { name: 'Mean distance, in sides of the image' }).waitFor();
  await press(page, 'Look at the maps of step 10');
  await page.getByText('step 10, class 1, D(x) =').waitFor();
  await until(
    'γ of step 10',
    () => page.locator('.attention-blocks').innerText(),
    (text) => text.includes('γ 0.500'),
  );
});
