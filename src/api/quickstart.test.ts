import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { openRuntime } from '../engine/index.ts';
import { classAccuracy, openClassifier, parseScoreFile } from '../metrics/index.ts';
import { Generator, latents, toBytes } from '../sample/index.ts';
import { createRun, openEventLog, readEvents, sha256 } from '../store/index.ts';
import { type QuickstartEvent, type QuickstartOptions, quickstart } from './quickstart.ts';
import { openTrainedRun } from './trained-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const tiny = ['model.generatorChannels=8', 'model.discriminatorChannels=8', 'model.latentDim=8', 'batch=8'];

async function collect(options: QuickstartOptions, onEvent = (_: QuickstartEvent): void => undefined) {
  const events: QuickstartEvent[] = [];
  for await (const event of quickstart({ threads: 1, ...options })) {
    events.push(event);
    onEvent(event);
  }
  return events;
}

/** What a quickstart says and where it trains, without waiting for the training. */
async function begin(options: QuickstartOptions) {
  const notices: string[] = [];
  for await (const event of quickstart({ threads: 1, ...options })) {
    if (event.type === 'notice') notices.push(event.text);
    if (event.type === 'started') return { notices, run: event.run, step: event.step };
  }
  throw new Error('training did not start');
}

const out = join(folder, 'first');

test('a quickstart that is interrupted is gone on with, and ends with score and pictures', async () => {
  const stop = new AbortController();
  const first = await collect({ out, settings: tiny, steps: 5, seed: 3, signal: stop.signal }, (event) => {
    if (event.type === 'step' && event.step === 2) stop.abort();
  });
  assert.deepEqual(first.at(-1), { type: 'finished', step: 2, reason: 'stopped' });
  assert.ok(!existsSync(join(out, 'sheet.png')));

  const [notice, started, ...rest] = await collect({ out });
  assert.ok(
    notice?.type === 'notice' && notice.text === `${out} holds a quickstart that was interrupted; going on with it.`,
  );
  assert.ok(started?.type === 'started' && started.step === 2);
  const steps = readEvents(join(out, 'events.jsonl')).events.filter(({ type }) => type === 'step');
  assert.deepEqual(
    steps.map(({ step }) => step),
    [1, 2, 3, 4, 5],
  );

  const last = rest.at(-1);
  assert.ok(last?.type === 'result');
  const { run, steps: trained, seconds, score, pictures } = last.result;
  assert.deepEqual([run, trained], [out, 5]);
  assert.ok(seconds > 0 && seconds < 600);
  const size = async (path: string) => {
    const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    assert.ok(new Set(data).size > 20, `${path} shows something`);
    return [info.width, info.height];
  };
  const [sheetWidth = 0, sheetHeight = 0] = await size(pictures.sheet);
  const tiles = 10 * 64 + 9 * 4;
  assert.ok(sheetWidth > tiles && sheetWidth < tiles + 80 && sheetHeight > tiles && sheetHeight < tiles + 80);
  const [attentionWidth = 0, attentionHeight = 0] = await size(pictures.attention);
  assert.ok(attentionWidth > 4 * 160 && attentionHeight > 4 * 160);
  assert.equal((await size(pictures.curves))[0], 1720);

  const scores = join(out, 'scores', 'class-accuracy.json');
  const saved = parseScoreFile(readFileSync(scores, 'utf8'), scores);
  const [classAccuracyScore] = saved.scores;
  const confusion = saved.confusion ?? [];
  assert.ok(confusion.length === 10 && confusion.every((row) => row.reduce((sum, images) => sum + images) === 100));
  assert.deepEqual(
    classAccuracyScore?.perClass,
    confusion.map((row, label) => (row[label] ?? 0) / 100),
  );
  const accuracy = confusion.reduce((sum, row, label) => sum + (row[label] ?? 0), 0) / 1000;
  const { testAccuracy, ...told } = score;
  assert.deepEqual(told, { accuracy, perClass: classAccuracyScore?.perClass, samples: 1000 });
  assert.ok(testAccuracy > 0.985 && testAccuracy < 1);
  const { images, features, metric } = classAccuracyScore?.passport ?? {};
  const file = new URL('../../assets/classifier-mnist.safetensors', import.meta.url);
  assert.deepEqual([metric, features?.weightsSha256], ['class-accuracy-mnist', sha256(readFileSync(file))]);
  const { seed, ...generator } = images?.generator ?? {};
  assert.deepEqual(generator, { step: 5, network: 'ema.G', batchNorm: 'running statistics' });
  assert.notEqual(seed, 3);
});

test('another can compute the score again from what it says', async () => {
  const { checkpoint, model } = openTrainedRun(out);
  const scores = join(out, 'scores', 'class-accuracy.json');
  const saved = parseScoreFile(readFileSync(scores, 'utf8'), scores);
  const { count = 0, generator: origin } = saved.scores[0]?.passport.images ?? {};
  const labels = Int32Array.from({ length: count }, (_, n) => n % 10);
  const runtime = await openRuntime({ threads: 1 });
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: 100 });
  const z = latents(origin?.seed ?? 0, count, model, { stream: 'evaluation' });
  const images = toBytes((await generator.generate(z, labels)).images);
  const judge = openClassifier(runtime, 'mnist');
  const { confusion } = await classAccuracy(judge, images, labels, { channels: 1, resolution: 32 });
  assert.deepEqual(confusion, saved.confusion);
});

test('a quickstart that lacks nothing but its score is scored, not trained again', async () => {
  rmSync(join(out, 'scores'), { recursive: true });
  const events = await collect({ out });
  assert.equal(events.filter(({ type }) => type === 'step').length, 0);
  assert.ok(existsSync(join(out, 'scores', 'class-accuracy.json')));
});

test('runs that are done, diverged or not of a quickstart are left as they are', async () => {
  const listing = () => readdirSync(out, { recursive: true, encoding: 'utf8' }).sort();
  const before = listing();
  createRun(`${out}-2`, { preset: 'sagan-images-32' });
  const diverged = createRun(`${out}-3`, { preset: 'sagan-mnist-mini' });
  const log = openEventLog(diverged.eventsPath);
  log.append('finished', { step: 7, reason: 'diverged' });
  log.close();
  const { run, step, notices } = await begin({ out, settings: tiny });
  assert.deepEqual([run, step], [`${out}-4`, 0]);
  assert.equal(notices.length, 1);
  assert.ok(notices[0]?.startsWith(`${out} holds a run already, which is left as it is; this one goes to ${out}-4.`));
  assert.deepEqual(listing(), before);

  // That one was left before its first step, so it is the one to go on with.
  const again = await begin({ out });
  assert.deepEqual([again.run, again.step], [`${out}-4`, 0]);
});
