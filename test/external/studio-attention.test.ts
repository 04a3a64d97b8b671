/** The studio's attention page in a real browser: what it draws and tells of a pixel is what the command line computes of it. */

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type AttentionReport, studyAttention } from '../../src/api/attention.ts';
import { modelOf } from '../../src/api/run-model.ts';
import { openTrainedRun } from '../../src/api/trained-run.ts';
import { openRuntime, type TensorData } from '../../src/engine/index.ts';
import { traceDiscriminatorObserver, traceSampler } from '../../src/gan/index.ts';
import { readAttention } from '../../src/inspect/index.ts';
import { createRun, saveCheckpoint } from '../../src/store/index.ts';
import { parseConfig } from '../../src/train/index.ts';
import { heatOver } from '../../studio/src/pages/attention/heat.ts';
import { sagan, scratch, writeIdxFolder } from '../e2e/command-line.ts';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';
import { midCourse } from '../tables/models.ts';
import { narrow, openStudioPage, overflowOf, seriousFindings, wide } from './studio-browser.ts';

const runs = join(scratch, 'runs');
const run = join(runs, 'it');
const resolution = 32;
let studio: StudioProcess;

before(async () => {
  const data = writeIdxFolder('digits');
  makeRun('it', data, [8, 16], [10, 20]);
  makeRun('blind', data, [], [10]);
  makeRun('begun', data, [16], []);
  cpSync(run, join(runs, 'torn'), { recursive: true });
  writeFileSync(join(runs, 'torn/checkpoints/step-000020/state.safetensors'), 'torn');
  studio = await startStudioProcess(runs);
});

/** A run of tiny networks as if in the middle of training, with a γ that grows with the steps. */
function makeRun(name: string, data: string, attentionAt: readonly number[], steps: readonly number[]): void {
  const sizes = { generatorChannels: 8, discriminatorChannels: 8, latentDim: 4 };
  const config = parseConfig(
    {
      model: { name: 'sagan', ...sizes, attentionAt },
      data: { source: data, resolution, channels: 1 },
      images: { resolution, channels: 1, classes: 2, classNames: ['0', '1'] },
      seed: 3,
    },
    name,
  );
  const made = createRun(join(runs, name), JSON.parse(JSON.stringify(config)));
  const model = modelOf(config);
  const { variables } = traceSampler(model, { batch: 1 });
  const trained = midCourse([...variables, ...traceDiscriminatorObserver(model, { batch: 1 }).variables]);
  for (const step of steps) {
    const gamma: TensorData = { dtype: 'float32', shape: [], data: Float32Array.of(step / 20) };
    const state = Object.entries(trained).map(([variable, value]): [string, TensorData] => [
      variable,
      variable.endsWith('.gamma') ? { ...value, ...gamma, shape: value.shape } : value,
    ]);
    saveCheckpoint(made, { step, imagesSeen: 8, state: new Map(state) });
  }
}

async function openAttention(query = '', name = 'it'): Promise<{ page: Page; minded: string[] }> {
  const opened = await openStudioPage(studio);
  await opened.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await opened.page.goto(`${studio.origin}/run/${name}/attention${query}`);
  return opened;
}

const picture = (page: Page) => page.getByRole('button', { name: 'Picture with its attention' });
const says = (page: Page) => page.locator('#attention-says').innerText();
const pinWords = (page: Page) => page.locator('.attention-pin').allInnerTexts();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

async function clickPixel(page: Page, x: number, y: number): Promise<void> {
  const box = (await picture(page).boundingBox()) ?? assert.fail('there is no picture');
  await page.mouse.click(box.x + ((x + 0.5) / resolution) * box.width, box.y + ((y + 0.5) / resolution) * box.height);
}

/** What `sagan attention` says of these words. */
async function reported(...words: readonly string[]): Promise<AttentionReport> {
  const { code, stdout, stderr } = await sagan('attention', ...words, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

const percent = (weight: number) =>
  100 * weight >= 10 ? `${(100 * weight).toFixed(0)} %` : `${Number((100 * weight).toPrecision(2))} %`;

/** What the page should say of a query that the command line has reported. */
function expectedWords(query: AttentionReport['images'][number]['queries'][number] | undefined): string {
  const [top] = query?.top ?? [];
  if (query === undefined || top === undefined) throw new Error('the report has a query, and the query its cells');
  const asked = query.direction === 'looksAt' ? 'looks most at' : 'is looked at most by';
  return `Row ${query.row}, column ${query.column} ${asked} row ${top.row}, column ${top.column}: ${percent(top.weight)}`;
}

/** The command that the page copies, as words behind `sagan attention`, but for where it writes. */
async function copiedCommand(page: Page): Promise<string[]> {
  await press(page, 'Copy command');
  const text = String(await page.evaluate('navigator.clipboard.readText()'));
  const [sagan, command, ...words] = [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, a, b]) => a ?? b ?? '');
  assert.deepEqual([sagan, command, ...words.splice(-2)], ['sagan', 'attention', '--out', 'attention.png']);
  return words;
}

/** A file up to its numbers, which differ in their last places; without what is said where it could be left out. */
function textOf(file: string): string {
  const [text = ''] = readFileSync(file, 'latin1').split('"blocks":');
  return text.replaceAll(',"direction":"looksAt"', '');
}

/** The colours in the middles of the image pixels of a canvas, the numbered one of those that a selector finds. */
async function coloursOf(page: Page, selector: string, number = 0): Promise<number[]> {
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
function likeness(seen: readonly number[], expected: readonly number[]): number {
  assert.equal(seen.length, expected.length);
  const isLike = (at: number) =>
    [0, 1, 2].every((c) => Math.abs((seen[3 * at + c] ?? Number.NaN) - (expected[3 * at + c] ?? Number.NaN)) <= 2);
  return Array.from({ length: seen.length / 3 }, (_, at) => at).filter(isLike).length / (seen.length / 3);
}

/** RGBA of grey bytes. */
const rgba = (bytes: Uint8Array) =>
  Uint8ClampedArray.from({ length: 4 * bytes.length }, (_, i) => (i % 4 === 3 ? 255 : (bytes[i >> 2] ?? 0)));

test('a click draws and tells the map that the command line computes of the same query', async () => {
  const { page, minded } = await openAttention('?seed=4&class=1&block=attention8&heat=1&origins=none');
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
  const { page } = await openAttention('?seed=4&index=2&class=1&mix=0&share=0.25&gamma=-0.5&map=window&window=9');
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
  await press(page, 'Copy link');
  const link = String(await page.evaluate('navigator.clipboard.readText()'));
  await page.goto('about:blank');
  await page.goto(link);
  await picture(page).waitFor();
  assert.deepEqual(await pinWords(page), told);
});

test('the keyboard asks, pins, turns round, chooses blocks and clears', async () => {
  const { page } = await openAttention('?block=attention8&pins=q1-1');
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
  const { page } = await openAttention('?pins=q8-8&block=attention8');
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
  const { page } = await openAttention('?seed=4&block=attention8');
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

test('a change of attention shows beside what was learned, and can be told apart from it', async () => {
  const { page } = await openAttention('?seed=4');
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
  const { page } = await openAttention('?point=4@1.5,2/c3=-1*1&pins=q8-8');
  await picture(page).waitFor();
  const words = await copiedCommand(page);
  assert.deepEqual(words.slice(1, 5), ['--point', '4@1.5,2/c3=-1', '--class', '1']);
  const report = await reported(...words, '--out', join(scratch, 'point.png'));
  assert.ok((await says(page)).startsWith(expectedWords(report.images[0]?.queries[0])), await says(page));
  await press(page, 'Choose by seed');
  await page.getByLabel('Seed', { exact: true }).waitFor();
});

test('the discriminator looks at images of the dataset, and checkpoints are measured and chosen', async () => {
  const { page } = await openAttention('?seed=4');
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

test('what is missing or broken is said, with a way on', async () => {
  const { page } = await openAttention('', 'blind');
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
  const { page, minded } = await openAttention('?pins=q8-8,k20-20&gamma=0&history=1');
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
