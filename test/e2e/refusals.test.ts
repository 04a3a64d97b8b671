/** What a person can get wrong: each mistake exits with 2 and one message that says what to do, without a stack. */

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { lockRun, openRun } from '../../src/store/index.ts';
import { jsonLines, sagan, scratch, tinyTraining, writeIdxFolder } from './command-line.ts';

const run = join(scratch, 'run');
const newRun = join(scratch, 'new-run');
let data: string;

before(async () => {
  data = writeIdxFolder('idx');
  const { code, stderr } = await sagan(...tinyTraining(data, run, '--steps', '1'));
  assert.equal(code, 0, stderr);
});

async function refused(args: readonly string[], ...patterns: readonly RegExp[]): Promise<void> {
  const { code, stdout, stderr } = await sagan(...args);
  const what = `sagan ${args.join(' ')}\n${stdout}${stderr}`;
  assert.equal(code, 2, what);
  for (const pattern of patterns) assert.match(stderr, pattern, what);
  assert.match(stderr, /^error: /, what);
  assert.doesNotMatch(stderr, /\n\s+at |defect of Sagan/, what);
}

/** A copy of the run with its config changed as text. */
function changedRun(name: string, change: (config: string) => string): string {
  const out = join(scratch, name);
  cpSync(run, out, { recursive: true });
  const file = join(out, 'config.json');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return out;
}

const preset = ['train', '--preset', 'sagan-mnist-mini', '--out', newRun];

for (const [mistake, args, ...patterns] of [
  ['a command misspelt', ['trian'], /unknown command 'trian'/, /Did you mean train\?/],
  ['an option misspelt', ['train', '--stepz', '3'], /unknown option '--stepz'/, /Did you mean --steps\?/],
  ['a number that is none', ['train', '--steps', 'many'], /'many' is invalid\. Expected a whole number, 1 or more/],
  ['a preset misspelt', ['train', '--preset', 'sagan-mnst-mini', '--out', newRun], /Did you mean "sagan-mnist-mini"\?/],
  ['a dataset misspelt', [...preset, '--data', 'minst'], /"minst": no dataset has this name/, /Did you mean "mnist"\?/],
  ['no dataset', ['train', '--preset', 'sagan-images-32', '--out', newRun], /no dataset is named\. Pass --data mnist/],
  ['no run folder', ['train', '--preset', 'sagan-mnist-mini'], /no run folder is named; expected one: --out FOLDER/],
  ['a model misspelt', [...preset, '--set', 'model.name=sagann'], /model\.name is "sagann"\. Did you mean "sagan"\?/],
  ['a key misspelt', [...preset, '--set', 'ema.decai=0.9'], /unknown key "ema\.decai"\. Did you mean "ema\.decay"\?/],
  ['a size no model can have', [...preset, '--set', 'data.resolution=48'], /resolution 48 .* choose 32, 64, 128/],
  ['a config file that is none', [...preset, '--config', 'README.md'], /README\.md: cannot be read as a config/],
  ['a folder with something in it', [...preset, '--out', run], /the folder is not empty .*Pass --resume to go on/],
  ['a run that is none', ['sample', scratch, '--out', join(scratch, 'no.png')], /not a run folder.*given to --out/],
  ['a class that is none', ['sample', run, '--class', 'cat', '--out', join(scratch, 'no.png')], /"cat".*Known: 0, 1\./],
  [
    'a pass that is none',
    [...preset, '--passes', 'speedy'],
    /passes\.0 is "speedy": expected "all", "none", or a list of/,
  ],
  ['a pass that is none', ['sample', run, '--passes', 'speedy', '--out', join(scratch, 'no.png')], /no "speedy"/],
  ['other passes on resume', ['train', '--resume', run, '--passes', 'none'], /--passes none \(the run has all\)/],
  ['another seed on resume', ['train', '--resume', run, '--seed', '9'], /--seed 9 \(the run has 0\)/],
] as const) {
  test(mistake, () => refused(args, ...patterns));
}

test('a run of another format version', () => {
  const changed = changedRun('version', (config) => config.replace('"formatVersion": 1', '"formatVersion": 7'));
  return refused(['train', '--resume', changed], /its formatVersion is 7, this one reads 1/);
});

test('a dataset that is not what it was', () => {
  const changed = changedRun('classes', (config) => config.replace('"classes": 2', '"classes": 3'));
  return refused(['train', '--resume', changed], /the dataset has changed since the run began/);
});

test('two trainers on one run', async () => {
  const lock = lockRun(openRun(run));
  const owner = new RegExp(`process ${process.pid} is training this run; expected no other trainer`);
  await refused(['train', '--resume', run, '--steps', '2'], owner);
  lock.release();
});

test('an IDX file with a wrong magic number', () => {
  const folder = writeIdxFolder('wrong-idx');
  const file = join(folder, 'train-images-idx3-ubyte');
  writeFileSync(file, Buffer.concat([Buffer.from([9]), readFileSync(file).subarray(1)]));
  return refused([...preset, '--data', folder], /train-images-idx3-ubyte, byte 0: the file starts with 0x0900/);
});

test('an image that cannot be read, and the way to leave it out', async () => {
  const folder = join(scratch, 'pictures');
  mkdirSync(folder);
  for (const name of ['a', 'b', 'c', 'd']) {
    await sharp({ create: { width: 40, height: 32, channels: 3, background: '#3060c0' } }).toFile(
      join(folder, `${name}.png`),
    );
  }
  writeFileSync(join(folder, 'torn.png'), readFileSync(join(folder, 'a.png')).subarray(0, 40));
  await refused(tinyTraining(folder, newRun), /1 of 5 files cannot be used.*--skip-bad\.[^\n]*\n {2}torn\.png: /);

  const out = join(scratch, 'skipped');
  const { code, stdout, stderr } = await sagan(...tinyTraining(folder, out, '--steps', '1', '--skip-bad'));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /4 images, 32×32×3, without classes/);
  assert.match(stdout, /warning: left out, as it cannot be read: torn\.png \(/);
  const looked = await sagan('data', folder, '--skip-bad', '--json');
  const { count, badFiles, kinds } = jsonLines(looked.stdout).at(-1) ?? {};
  assert.deepEqual([count, kinds], [4, [{ kind: 'colour', count: 4 }]]);
  assert.match(JSON.stringify(badFiles), /^\[\{"path":"torn\.png","reason":"[^"]+"\}\]$/);
});
