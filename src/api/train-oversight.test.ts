/** Runs that really collapse, and what becomes of them. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { listCheckpoints, loadCheckpoint, openRun, readEvents } from '../store/index.ts';
import { currentEvents } from './curves.ts';
import { type TrainEvent, type TrainOptions, train } from './train-run.ts';

const scratch = mkdtempSync(join(tmpdir(), 'sagan-oversight-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** Discs of many sizes and places. */
const dataset = datasetFrom({
  name: 'discs',
  channels: 1,
  resolution: 32,
  images: Uint8Array.from({ length: 64 * 1024 }, (_, i) => {
    const [n, y, x] = [Math.floor(i / 1024), Math.floor(i / 32) % 32, i % 32];
    return (x - 8 - (n % 8) * 2) ** 2 + (y - 8 - Math.floor(n / 8) * 2) ** 2 < (3 + (n % 5)) ** 2 ? 255 : 0;
  }),
});

const steps = 90;

/** A hinge SAGAN whose discriminator learns so fast that it soon says the same of every image. */
function options(out: string, watch: object): TrainOptions {
  return {
    out: join(scratch, out),
    data: dataset,
    steps,
    seed: 4,
    threads: 1,
    config: {
      model: { name: 'sagan', generatorChannels: 8, discriminatorChannels: 8, latentDim: 8, attentionAt: [] },
      batch: 4,
      discriminator: { learningRate: 0.04 },
      analysis: { everySteps: 10 },
      watch,
      checkpointEverySteps: 25,
      sampleEverySteps: 1000,
    },
  };
}

/** All events, to the first that `until` says to break off at, as a crash would. */
async function run(given: TrainOptions, until: (event: TrainEvent) => boolean = () => false): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(given)) {
    events.push(event);
    if (until(event)) break;
  }
  return events;
}

/** What remains of a run: its state, and each step as the log tells it, without the time it took. */
function contentOf(given: TrainOptions) {
  const opened = openRun(given.out);
  const [newest = ''] = listCheckpoints(opened);
  const { step, training } = loadCheckpoint(newest);
  const told = currentEvents(readEvents(opened.eventsPath).events)
    .filter(({ type }) => ['step', 'analysis', 'finding', 'cleared'].includes(type))
    .map(({ seq: _, ms: __, ...event }) => event);
  return { step, training, told, state: readFileSync(join(newest, 'state.safetensors')) };
}

test('a collapse is found, explained, and told once; warned of, a run goes on', async () => {
  const events = await run(options('warned', { action: 'warn' }));
  const findings = events.filter((event) => event.type === 'finding');
  assert.deepEqual(
    findings.map(({ kind, subject }) => [kind, subject]),
    [['pinnedLoss', 'lossD']],
  );
  const [{ step, since, evidence, cause } = assert.fail()] = findings;
  assert.ok(step === since + 51 && since < 40, `${since}, ${step}`);
  assert.deepEqual(evidence, { value: 2 });
  assert.match(cause, /the same of every image/);
  const analyses = events.filter((event) => event.type === 'analysis');
  assert.deepEqual(
    analyses.map((analysis) => analysis.step),
    [10, 20, 30, 40, 50, 60, 70, 80, 90],
  );
  assert.ok((analyses.at(-1)?.gradNormFake ?? 1) < 1e-9, 'no gradient reaches the generator');
  assert.deepEqual(events.at(-1), { type: 'finished', step: steps, reason: 'steps' });
});

test('a run that shall stop at a collapse stops, and goes on if it is told to', async () => {
  const given = options('stopped', { action: 'stop' });
  const events = await run(given);
  const { step = 0 } = events.find((event) => event.type === 'finding') ?? {};
  assert.deepEqual(events.slice(-2), [
    { type: 'checkpoint', step, path: join(given.out, 'checkpoints', `step-0000${step}`) },
    { type: 'finished', step, reason: 'collapsed' },
  ]);
  const resumed = await run({ out: given.out, data: dataset, threads: 1, resume: true });
  assert.deepEqual(resumed.at(-1), { type: 'finished', step: steps, reason: 'steps' });
  assert.ok(!resumed.some((event) => event.type === 'finding'), 'it has been told');
});

const rollback = { action: 'rollback', learningRateFactor: 0.05, mostRollbacks: 1 };

test('a run goes back to before its collapse, goes on otherwise, and repeats bit for bit however it was interrupted', async () => {
  const whole = options('whole', rollback);
  const events = await run(whole);
  const back = events.find((event) => event.type === 'rollback') ?? assert.fail('it did not go back');
  const { since = 0, step: found = 0 } = events.find((event) => event.type === 'finding') ?? {};
  assert.deepEqual(back, { type: 'rollback', step: 25, from: found, branch: 1, learningRateFactor: 0.05 });
  assert.ok(back.step < since && since < 40, 'the last checkpoint before it');
  const after = events.slice(events.indexOf(back) + 1);
  assert.equal(after[0]?.type === 'checkpoint' && after[0].path, join(whole.out, 'checkpoints', 'step-000025-2'));
  const losses = after.flatMap((event) => (event.type === 'step' ? [event.lossD] : []));
  assert.equal(losses.length, steps - 25);
  assert.ok(!losses.slice(-30).every((loss) => loss === 2), 'with smaller steps the discriminator lives');
  assert.deepEqual(events.at(-1), { type: 'finished', step: steps, reason: 'steps' });
  const content = contentOf(whole);
  assert.equal(content.training?.branch, 1);
  assert.deepEqual(
    content.told.filter(({ type }) => type === 'step').map(({ step }) => step),
    Array.from({ length: steps }, (_, i) => i + 1),
  );

  const interruptions: Record<string, (event: TrainEvent, rolledBack: boolean) => boolean> = {
    suspected: (event) => event.type === 'step' && event.step === 57,
    returned: (event) => event.type === 'rollback',
    branched: (event, rolledBack) => rolledBack && event.type === 'step' && event.step === 38,
  };
  for (const [name, breaksOff] of Object.entries(interruptions)) {
    const given = options(name, rollback);
    let rolledBack = false;
    await run(given, (event) => {
      rolledBack ||= event.type === 'rollback';
      return breaksOff(event, rolledBack);
    });
    const resumed = await run({ out: given.out, data: dataset, threads: 1, resume: true });
    assert.deepEqual(contentOf(given), content, name);
    const returns = resumed.filter((event) => event.type === 'rollback').length;
    assert.equal(returns, name === 'branched' ? 0 : 1, `${name}: in its branch already, or not yet`);
  }
});

test('where a branch collapses at once, the run goes further back, and stops when it may not any more', async () => {
  const given = options('doomed', { ...rollback, learningRateFactor: 1, mostRollbacks: 2 });
  const events = await run({
    ...given,
    config: { ...given.config, discriminator: { learningRate: 0.06 }, checkpointEverySteps: 10 },
  });
  const told = events.flatMap((event) => (event.type === 'rollback' ? [event.step] : []));
  assert.deepEqual(told, [10, 0]);
  const last = events.at(-1);
  assert.equal(last?.type === 'finished' && last.reason, 'collapsed');
});
