/** Runs that are scored while they train: what that leaves behind, and that it leaves training alone. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { parseScoreFile } from '../metrics/score-file.ts';
import { findBestCheckpoint, listCheckpoints, openRun, readEvents } from '../store/index.ts';
import { currentEvents } from './curves.ts';
import { type TrainEvent, type TrainOptions, train } from './train-run.ts';
import { openTrainedRun } from './trained-run.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-evaluation-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Ten classes, and named as the dataset whose classifier comes with Sagan: bars of ten heights. */
const bars = (count: number) =>
  datasetFrom({
    name: 'mnist',
    channels: 1,
    resolution: 32,
    images: Uint8Array.from({ length: count * 1024 }, (_, i) =>
      Math.floor(i / 32) % 32 < 3 * (Math.floor(i / 1024) % 10) ? 255 : 0,
    ),
    labels: Array.from({ length: count }, (_, n) => n % 10),
  });
const dataset = bars(40);

const steps = 9;

function options(out: string, more: Partial<TrainOptions['config'] & object> = {}): TrainOptions {
  return {
    out: join(scratch, out),
    data: dataset,
    heldOut: bars(20),
    steps,
    seed: 4,
    threads: 1,
    config: {
      model: { name: 'sagan', generatorChannels: 8, discriminatorChannels: 8, latentDim: 8, attentionAt: [] },
      batch: 4,
      analysis: { everySteps: 4 },
      checkpointEverySteps: 4,
      sampleEverySteps: 1000,
      evaluate: { everySteps: 3, count: 30, metrics: ['recognised', 'class-accuracy'], keepBest: 'effective-classes' },
      ...more,
    },
  };
}

async function run(given: TrainOptions, until: (event: TrainEvent) => boolean = () => false): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(given)) {
    events.push(event);
    if (until(event)) break;
  }
  return events;
}

/** What remains of a run: its states by name, and what its log still says, without what differs from machine to machine. */
function contentOf(out: string) {
  const opened = openRun(join(scratch, out));
  const states = listCheckpoints(opened).map((folder) => readFileSync(join(folder, 'state.safetensors')));
  const told = currentEvents(readEvents(opened.eventsPath).events)
    .filter(({ type }) => ['step', 'analysis', 'evaluation'].includes(type))
    .map(({ seq: _, ms: __, ...event }) => event);
  const best = findBestCheckpoint(opened);
  return {
    states,
    told,
    best: best && { step: best.step, score: best.score, state: readFileSync(join(best.folder, 'state.safetensors')) },
    scores: Object.fromEntries(
      readdirSync(join(opened.path, 'scores')).map((name) => [name, readScores(join(opened.path, 'scores', name))]),
    ),
  };
}

/** But for the name of the run, which the passports hold. */
function readScores(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8').replaceAll(/"name": ".*"/g, '"name": ""'));
}

test('scores come when they are due, to the log and into files; the best checkpoint is the one with the best', async () => {
  const events = await run(options('whole'));
  const evaluations = events.filter((event) => event.type === 'evaluation');
  assert.deepEqual(
    evaluations.map(({ step }) => step),
    [3, 6, 9],
  );
  const best = findBestCheckpoint(openRun(join(scratch, 'whole'))) ?? assert.fail('no best checkpoint');
  const values = evaluations.map(({ scores }) => scores['effective-classes-mnist'] ?? Number.NaN);
  assert.deepEqual(best.score, { metric: 'effective-classes-mnist', value: Math.max(...values), better: 'higher' });
  assert.equal(best.step, evaluations[values.indexOf(best.score.value)]?.step, 'the first of equal ones');
  for (const [i, { step, scores, perClass, isBest }] of evaluations.entries()) {
    assert.equal(
      isBest,
      values.slice(0, i).every((value) => value < (values[i] ?? 0)),
      `step ${step}`,
    );
    const path = join(scratch, 'whole', 'scores', `step-00000${step}.json`);
    const file = parseScoreFile(readFileSync(path, 'utf8'), path);
    assert.deepEqual(Object.fromEntries(file.scores.map(({ passport, value }) => [passport.metric, value])), scores);
    assert.deepEqual(
      perClass?.['class-accuracy-mnist'],
      file.scores.find(({ passport }) => passport.metric === 'class-accuracy-mnist')?.perClass,
    );
    const [{ passport } = assert.fail()] = file.scores;
    assert.deepEqual([passport.images.count, passport.images.generator?.step], [30, step]);
    assert.equal(
      file.confusion?.flat().reduce((sum, n) => sum + n),
      30,
    );
  }
  const opened = openTrainedRun(join(scratch, 'whole'), { checkpoint: 'best' });
  assert.deepEqual([opened.checkpoint.step, opened.checkpoint.score], [best.step, best.score]);
  assert.equal(openTrainedRun(join(scratch, 'whole')).checkpoint.step, steps);
  assert.throws(() => openTrainedRun(join(scratch, 'whole'), { checkpoint: 7 }), /step 9, step 8, best \(step \d\)/);
  const { evaluate } = openRun(join(scratch, 'whole')).config;
  assert.deepEqual(evaluate, {
    everySteps: 3,
    count: 30,
    features: 'mnist',
    metrics: ['class-accuracy', 'recognised'],
    protocol: 'torch-fidelity',
    keepBest: 'effective-classes',
  });
});

test('evaluations and held-out images leave the weights alone, bit for bit', async () => {
  await run({ ...options('unscored', { evaluate: {}, analysis: { everySteps: 0 } }), heldOut: undefined });
  assert.ok(!existsSync(join(scratch, 'unscored', 'scores')));
  const lossesOf = (content: ReturnType<typeof contentOf>['told']) => content.filter(({ type }) => type === 'step');
  const [scored, plain] = [contentOf('whole'), openRun(join(scratch, 'unscored'))];
  assert.deepEqual(
    listCheckpoints(plain).map((folder) => readFileSync(join(folder, 'state.safetensors'))),
    scored.states,
  );
  const told = currentEvents(readEvents(plain.eventsPath).events).filter(({ type }) => type === 'step');
  assert.deepEqual(
    told.map(({ seq: _, ms: __, ...event }) => event),
    lossesOf(scored.told),
  );
});

test('wherever a scored run is broken off, it becomes the run that it would have been, and knows its best', async () => {
  const whole = contentOf('whole');
  const breaks: Record<string, (event: TrainEvent) => boolean> = {
    'before its first checkpoint': (event) => event.type === 'step' && event.step === 4,
    'after an evaluation that no checkpoint has followed': (event) => event.type === 'evaluation' && event.step === 6,
    'after a checkpoint': (event) => event.type === 'checkpoint' && event.step === 8,
  };
  for (const [name, until] of Object.entries(breaks)) {
    const out = name.replaceAll(' ', '-');
    await run(options(out), until);
    await run({ out: join(scratch, out), data: dataset, heldOut: bars(20), threads: 1, resume: true });
    assert.deepEqual(contentOf(out), whole, name);
  }
});

test('analyses tell of held-out images', () => {
  const analyses = contentOf('whole').told.filter(({ type }) => type === 'analysis');
  assert.equal(analyses.length, 2);
  for (const { heldOut } of analyses) {
    const { images, separation } = JSON.parse(JSON.stringify(heldOut));
    assert.equal(images, 20);
    assert.ok(separation > 0 && separation < 1);
  }
});

test('what cannot be evaluated is said before a folder is made', async () => {
  const refused = async (evaluate: object, message: RegExp, more: Partial<TrainOptions> = {}) => {
    const given = options('refused', { evaluate });
    await assert.rejects(run({ ...given, ...more }), { name: 'UserError', message });
    assert.ok(!existsSync(given.out));
  };
  await refused({ everySteps: 5, metrics: ['class-acuracy'] }, /class-acuracy.*Did you mean "class-accuracy"/);
  await refused({ everySteps: 5, features: 'minst' }, /evaluate\.features: features "minst".*Did you mean "mnist"/);
  await refused({ everySteps: 5, keepBest: 'kid' }, /evaluate\.keepBest is "kid", which is not scored/);
});
