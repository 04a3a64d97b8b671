/** The commands that make and show things. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { configJsonSchema } from '../../src/train/index.ts';
import { jsonLines, sagan, scratch, tinyTraining, writeIdxFolder } from './command-line.ts';

const run = join(scratch, 'run');
let data: string;
let trained: string;

before(async () => {
  data = writeIdxFolder('idx');
  const { code, stdout, stderr } = await sagan(...tinyTraining(data, run, '--steps', '2'));
  assert.equal(code, 0, stderr);
  trained = stdout;
});

test('train without a terminal prints plain lines: the plan, the first step at once, where things are', () => {
  assert.ok(!trained.includes('\x1b'));
  for (const line of [
    /^training \S+run \(sagan-mnist-mini\)\n/,
    /dataset {2}\S+idx: 8 images, 32×32×1, 2 classes/,
    /model {4}sagan: generator 65,666 parameters, discriminator 17,074\n/,
    /step 1 of 2, [\d.]+ images\/s, \d+ s left, lossD -?\d+\.\d{3}, lossG -?\d+\.\d{3}, memory \d+ MB\n/,
    /first sample sheet: \S+step-000001\.png\n/,
    /checkpoint: \S+step-000002\n/,
    /finished at step 2, in \d+ s; samples: (?:npx )?sagan sample \S+run --out sheet\.png\n$/,
  ]) {
    assert.match(trained, line);
  }
});

test('sample: a row a class; the same seed gives the same bytes, another seed others', async () => {
  const sheet = async (name: string, ...args: readonly string[]) => {
    const out = join(scratch, `${name}.png`);
    const { code, stdout, stderr } = await sagan('sample', run, '--out', out, '--json', ...args);
    assert.equal(code, 0, stderr);
    return { png: readFileSync(out), ...jsonLines(stdout).at(-1) };
  };
  const first = await sheet('first', '--seed', '3');
  assert.deepEqual(await sheet('first', '--seed', '3'), first);
  const { png: other } = await sheet('other', '--seed', '4');
  // The first row of tiles: the caption below them differs in any case.
  const firstRow = (png: Buffer) => sharp(png).extract({ left: 0, top: 0, width: 600, height: 80 }).raw().toBuffer();
  assert.notDeepEqual(await firstRow(other), await firstRow(first.png));
  assert.deepEqual(
    { ...first, png: 0 },
    {
      png: 0,
      out: join(scratch, 'first.png'),
      count: 20,
      seed: 3,
      step: 2,
      checkpoint: join(run, 'checkpoints', 'step-000002'),
    },
  );
  const ofClass = await sheet('class', '--seed', '3', '--class', '1', '--count', '6', '--columns', '3');
  const [{ width, height }, whole] = [await sharp(ofClass.png).metadata(), await sharp(first.png).metadata()];
  assert.ok(width < whole.width / 2 && height > width * 0.7 && height < whole.height * 1.2);
});

test('describe counts exactly, without making the weights', async () => {
  const { stdout } = await sagan('describe', 'sagan-imagenet-128', '--json');
  const [description] = jsonLines(stdout);
  assert.ok(description);
  const { generator, discriminator, step } = JSON.parse(JSON.stringify(description));
  assert.deepEqual([generator.parameters, discriminator.parameters], [42_078_852, 39_463_618]);
  assert.deepEqual(generator.layers[0], { path: 'linear', outputShape: [16384], parameters: 129 * 16384 });
  assert.ok(step.flops > 1e13 && step.processBytes > step.stateBytes);
  const text = await sagan('describe', run);
  assert.match(text.stdout, /block1\.conv1\s+32×8×8\s+9,248\n/);
});

test('profile tells where a step goes, as text and as JSON, and writes nothing', async () => {
  const narrow = ['--set', 'model.generatorChannels=8', '--set', 'model.discriminatorChannels=8', '--batch', '2'];
  const asked = ['profile', 'dcgan-mnist-mini', ...narrow, '--steps', '1', '--threads', '1', '--passes', 'none'];
  const { code, stdout, stderr } = await sagan(...asked, '--json');
  assert.equal(code, 0, stderr);
  const [found] = jsonLines(stdout);
  assert.ok(found);
  const { batch, steps, kernelSeconds, modules, ops, places, unmapped, programs } = JSON.parse(JSON.stringify(found));
  assert.deepEqual([batch, steps, programs[0].appliedPasses], [2, 1, []]);
  for (const rows of [ops, places]) {
    const seconds = [...rows, ...unmapped].reduce((sum: number, row: { seconds: number }) => sum + row.seconds, 0);
    assert.ok(Math.abs(seconds - kernelSeconds) < 1e-9);
  }
  assert.ok(modules.some(({ path }: { path: string }) => path === 'Gstep.G'));
  const text = await sagan(...asked);
  assert.match(text.stdout, /^ {4}D {2,}[\d.]+ %/m);
  assert.match(text.stdout, /rewrites of the program: none/);
});

test('data reports what the loader sees, and draws it', async () => {
  const preview = join(scratch, 'preview.png');
  const { stdout } = await sagan('data', data, '--out', preview, '--json');
  const report = jsonLines(stdout).at(-1);
  assert.deepEqual(report?.classes, [
    { name: '0', count: 4 },
    { name: '1', count: 4 },
  ]);
  assert.deepEqual([report?.count, report?.channels, report?.sizes], [8, 1, [{ width: 28, height: 28, count: 8 }]]);
  assert.deepEqual(Object.keys(Object(report?.duplicates)), ['copies', 'groups', 'warnings']);
  assert.equal((await sharp(preview).metadata()).format, 'png');
});

test('every command has a help with an example that fits 100 columns', async () => {
  const { stdout } = await sagan('--help');
  const names = [...stdout.matchAll(/^ {2}(\w+)(?: \[options\]| <| {2,})/gm)].map(([, name = '']) => name);
  assert.ok(
    ['train', 'sample', 'data', 'describe', 'profile', 'presets', 'schema'].every((name) => names.includes(name)),
    stdout,
  );
  const helps = names.filter((name) => name !== 'help').map((name) => sagan(name, '--help'));
  for (const { code, stdout: help } of await Promise.all(helps)) {
    assert.equal(code, 0);
    assert.match(help, /Example:\n {2}\$ sagan /);
    const widest = Math.max(...help.split('\n').map((line) => line.length));
    assert.ok(widest <= 100, help);
  }
});

test('presets are found by words of their names, and a word of none is said to be so', async () => {
  const [found, none] = await Promise.all([sagan('presets', 'biggan', 'mini'), sagan('presets', 'biggan', 'nothing')]);
  assert.deepEqual(found.stdout.match(/^\S+/gm), ['biggan-mnist-mini', 'biggan-deep-mnist-mini']);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no preset has biggan and nothing in its name/);
});

test('presets and version print; the published schema is that of the config', async () => {
  const [presets, version] = await Promise.all([sagan('presets', '--json'), sagan('--version')]);
  assert.match(JSON.stringify(jsonLines(presets.stdout).at(-1)), /"name":"sagan-mnist-mini"/);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  const published: unknown = JSON.parse(readFileSync(new URL('../../sagan.schema.json', import.meta.url), 'utf8'));
  assert.deepEqual(published, configJsonSchema(), 'run: npx tsx scripts/schema.ts');
});
