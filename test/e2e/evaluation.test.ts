/** A run that is scored while it trains, from the command line. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { jsonLines, sagan, scratch, tinyTraining } from './command-line.ts';

const run = join(scratch, 'scored');
let events: Record<string, unknown>[];

before(async () => {
  const scored = ['--evaluate-every', '4', '--metrics', 'class-accuracy', '--set', 'evaluate.count=20'];
  const watched = ['--set', 'analysis.everySteps=4', '--steps', '8', '--json'];
  const { code, stdout, stderr } = await sagan(...tinyTraining('mnist', run, ...scored, ...watched));
  assert.equal(code, 0, stderr);
  events = jsonLines(stdout);
});

test('scores are told as they come, and the images that are held out', () => {
  assert.equal(events.find(({ type }) => type === 'started')?.heldOut, 10_000);
  const evaluations = events.filter(({ type }) => type === 'evaluation');
  assert.deepEqual(
    evaluations.map(({ step }) => step),
    [4, 8],
  );
  const [{ isBest, scores } = assert.fail()] = evaluations;
  assert.equal(isBest, true);
  assert.match(JSON.stringify(scores), /^\{"class-accuracy-mnist":0\.\d+/);
  assert.deepEqual(readdirSync(join(run, 'scores')).sort(), ['step-000004.json', 'step-000008.json']);
});

test('samples are drawn from the best checkpoint, the newest, or that of a step', async () => {
  const evaluations = events.filter(({ type }) => type === 'evaluation');
  const best = evaluations.filter(({ isBest }) => isBest === true).at(-1)?.step;
  const out = join(scratch, 'sheet.png');
  const drawn = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await sagan('sample', run, '--out', out, '--count', '2', '--json', ...args);
    assert.equal(code, 0, stderr);
    const [told] = jsonLines(stdout);
    return { step: told?.step, png: readFileSync(out) };
  };
  const [newest, ofBest, ofStep] = [
    await drawn(),
    await drawn('--checkpoint', 'best'),
    await drawn('--checkpoint', '5'),
  ];
  assert.deepEqual(
    [newest, ofBest, ofStep].map(({ step }) => step),
    [8, best, 5],
  );
  assert.deepEqual(await drawn('--checkpoint', 'newest'), newest);
  assert.notDeepEqual(ofStep.png, newest.png);
});

test('a checkpoint that is not there is refused with those that are, and one that is none by what it may be', async () => {
  const sample = (choice: string) => sagan('sample', run, '--out', join(scratch, 'none.png'), '--checkpoint', choice);
  const [missing, wrong] = await Promise.all([sample('7'), sample('worst')]);
  assert.deepEqual([missing.code, wrong.code], [2, 2]);
  assert.match(missing.stderr, /no checkpoint of step 7.*: step 8, step 5, best \(step \d\)/);
  assert.match(wrong.stderr, /--checkpoint.*worst.*best, newest/s);
});

test('curves show the scores', async () => {
  const { code, stderr } = await sagan('curves', run, '--out', join(scratch, 'curves.png'));
  assert.equal(code, 0, stderr);
});
