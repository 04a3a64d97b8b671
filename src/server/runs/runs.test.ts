import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { appendSteps, toyConfig, toyRun, until } from '../../../test/server/toy-run.ts';
import { lockRun, openEventLog, saveBestCheckpoint, saveCheckpoint } from '../../store/index.ts';
import { Runs } from './runs.ts';

const parent = mkdtempSync(join(tmpdir(), 'sagan-runs-'));
after(() => rmSync(parent, { recursive: true }));

const newFolder = () => mkdtempSync(join(parent, 'runs-'));

async function openRuns(context: TestContext, folder: string): Promise<Runs> {
  const runs = await Runs.open({ folder, cli: 'no command line is needed here' });
  context.after(() => runs.close());
  return runs;
}

/** What a request is refused with. */
const refusal = (status: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'status' in error, String(error));
  assert.equal(error.status, status);
  assert.match(error.message, message);
  return true;
};

const tinyState = new Map([['G.w', { dtype: 'float32' as const, shape: [1], data: new Float32Array(1) }]]);

test('a run is summed up from its config and its log', async (context) => {
  const folder = newFolder();
  const run = toyRun(join(folder, 'first'), { steps: 6 });
  const log = openEventLog(run.eventsPath);
  log.append('evaluation', { step: 4, scores: { 'is-mnist': 3, 'fid-mnist': 12.5 }, isBest: true });
  log.append('evaluation', { step: 6, scores: { 'is-mnist': 4, 'fid-mnist': 13.5 }, isBest: false });
  log.append('resumed', { step: 6, steps: 240 });
  log.append('finished', { step: 6, reason: 'stopped' });
  log.close();
  for (const step of [4, 6]) saveCheckpoint(run, { step, imagesSeen: 8 * step, state: tinyState });
  const score = { metric: 'fid-mnist', value: 12.5, better: 'lower' } as const;
  saveBestCheckpoint(run, { step: 4, imagesSeen: 32, state: tinyState }, score);
  mkdirSync(join(run.checkpointsPath, 'step-000009'));
  mkdirSync(join(run.checkpointsPath, '.tmp-step-000008-1-00000000'));
  mkdirSync(run.samplesPath);
  for (const name of ['step-000001.png', 'step-000004.png', 'step-000007.png', 'notes.txt']) {
    writeFileSync(join(run.samplesPath, name), name);
  }
  const runs = await openRuns(context, folder);
  const [summary] = runs.list();
  assert.ok(summary?.changedAt !== undefined && Date.now() - Date.parse(summary.changedAt) < 60_000);
  const { changedAt: _, newestSampleAt, ...rest } = summary;
  assert.equal(newestSampleAt, new Date(statSync(join(run.samplesPath, 'step-000004.png')).mtimeMs).toISOString());
  assert.deepEqual(rest, {
    run: 'first',
    state: 'stopped',
    reason: undefined,
    model: 'toy',
    preset: 'toy-preset',
    dataset: 'toys',
    step: 6,
    steps: 240,
    imagesSeen: 48,
    imagesPerSecond: undefined,
    secondsLeft: undefined,
    memoryBytes: undefined,
    bestScore: { metric: 'fid-mnist', value: 12.5, step: 4 },
    newestSample: 4,
  });
  const detail = runs.detail('first');
  assert.deepEqual(detail.config, toyConfig);
  assert.deepEqual(detail.samples, [1, 4], 'a sheet of a step that does not count is not shown');
  assert.deepEqual(detail.checkpoints, [4, 6], 'those that are not there whole are not offered');
  assert.equal(detail.bestCheckpoint, 4);
  assert.deepEqual(
    detail.events.map(({ type }) => type),
    ['started', 'evaluation', 'evaluation', 'resumed', 'finished'],
  );
  assert.deepEqual(detail.control?.learningRates, { generator: 0.001, discriminator: 0.001 });
});

test('what is damaged says so, what is no run is not shown, and the others are', async (context) => {
  const folder = newFolder();
  toyRun(join(folder, 'good'), { steps: 2, ending: 'steps' });
  toyRun(join(folder, 'bad config'));
  writeFileSync(join(folder, 'bad config', 'config.json'), '{"steps": ');
  toyRun(join(folder, 'odd config'), { config: { steps: 'many', model: 7, data: null } });
  toyRun(join(folder, 'bad log'), { steps: 3 });
  appendFileSync(join(folder, 'bad log', 'events.jsonl'), 'rubbish\n{}\n');
  toyRun(join(folder, 'bad lock'), { steps: 3, ending: 'stopped' });
  mkdirSync(join(folder, 'bad lock', 'lock', '1'), { recursive: true });
  writeFileSync(join(folder, 'bad lock', 'lock', '1', 'owner.json'), '{}');
  toyRun(join(folder, 'no config'), { steps: 1 });
  rmSync(join(folder, 'no config', 'config.json'));
  toyRun(join(folder, 'newer'), { config: {} });
  writeFileSync(join(folder, 'newer', 'config.json'), '{"formatVersion": 99}');
  mkdirSync(join(folder, 'no run'));
  mkdirSync(join(folder, '.hidden'));
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'good'), join(folder, 'link'));
  const runs = await openRuns(context, folder);
  const states = Object.fromEntries(runs.list().map(({ run, state, reason }) => [run, `${state}: ${reason}`]));
  assert.deepEqual(Object.keys(states).sort(), [
    ...['bad config', 'bad lock', 'bad log', 'good', 'newer', 'no config', 'odd config'],
  ]);
  assert.equal(states.good, 'finished: undefined');
  assert.match(states['bad config'] ?? '', /^damaged: .*config\.json: not JSON/);
  assert.match(states['bad log'] ?? '', /^damaged: .*line 5 .*Rename the log/);
  assert.match(states['bad lock'] ?? '', /^damaged: .*not a lock.*remove the folder/);
  assert.match(states['no config'] ?? '', /^damaged: .*no config\.json.*Put it back/);
  assert.match(states.newer ?? '', /^damaged: .*another version/);
  assert.match(states['odd config'] ?? '', /^failed: /);
  assert.equal(runs.detail('bad log').step, 3, 'what could be read is there');
  for (const { run } of runs.list()) assert.equal(runs.detail(run).run, run);
});

test('a folder that is not there has no runs, until it has', async (context) => {
  const folder = join(newFolder(), 'later');
  const runs = await openRuns(context, folder);
  assert.deepEqual(runs.list(), []);
  toyRun(join(folder, 'one'));
  await until('the run is seen', () => runs.list().length === 1);
});

test('a run in training is followed; it may pause, end, be replaced and go', async (context) => {
  const folder = newFolder();
  const path = join(folder, 'live');
  toyRun(join(folder, 'bystander'), { ending: 'steps' });
  const run = toyRun(path);
  const lock = lockRun(run);
  const runs = await openRuns(context, folder);
  const summary = () => runs.find('live').summary;
  assert.equal(summary().state, 'starting');
  const log = openEventLog(run.eventsPath);
  appendSteps(log, 1, 10);
  await until('it trains', () => summary().state === 'training');
  await until('all steps are read', () => summary().step === 10);
  const { imagesPerSecond, secondsLeft, memoryBytes = Number.NaN } = summary();
  assert.deepEqual({ imagesPerSecond, secondsLeft }, { imagesPerSecond: 400, secondsLeft: 1.8 });
  assert.ok(Math.abs(memoryBytes / process.memoryUsage.rss() - 1) < 0.5, `${memoryBytes} bytes`);
  log.append('paused', { step: 10 });
  await until('it pauses', () => summary().state === 'paused');
  assert.equal(runs.detail('live').control?.isPaused, true);
  await runs.control('live', { do: 'continue' });
  assert.deepEqual(runs.detail('live').control?.pending, [{ do: 'continue' }]);
  log.append('continued', { step: 10 });
  await until('it goes on', () => summary().state === 'training');
  log.close();
  lock.release();
  await until('it has died', () => summary().state === 'failed');
  await assert.rejects(runs.control('live', { do: 'stop' }), refusal(409, /Nothing trains .*Resume it first/));
  rmSync(path, { recursive: true });
  toyRun(path, { steps: 2, ending: 'stopped', config: { preset: 'another' } });
  await until('it is another', () => summary().preset === 'another' && summary().step === 2);
  rmSync(path, { recursive: true });
  await until('it is gone', () => runs.list().length === 1);
  assert.throws(() => runs.detail('live'), refusal(404, /no run "live"/));
  assert.equal(runs.find('bystander').summary.state, 'finished');
});

test('names that are no names of runs lead nowhere', async (context) => {
  const folder = newFolder();
  toyRun(join(folder, 'one'));
  const runs = await openRuns(context, join(folder));
  for (const name of ['..', '.', '', '../one', 'one/', 'one/../one', 'one\0', '.studio', 'ONE', '/etc', '__proto__']) {
    assert.throws(() => runs.detail(name), refusal(404, /There is no run/), name);
    await assert.rejects(runs.delete(name, name), refusal(404, /There is no run/), name);
    const made = { run: name, preset: 'toy', data: undefined, settings: [] };
    if (!['ONE', '__proto__'].includes(name)) {
      await assert.rejects(runs.create(made), refusal(400, /cannot be called/), name);
    }
  }
  await assert.rejects(
    runs.create({ run: 'one', preset: 'toy', data: undefined, settings: [] }),
    refusal(409, /something called "one"/),
  );
});

test('a sheet is found by its step; nothing outside of the run is', async (context) => {
  const folder = newFolder();
  const { samplesPath } = toyRun(join(folder, 'one'), { steps: 3 });
  writeFileSync(join(folder, 'secret.png'), 'secret');
  mkdirSync(samplesPath);
  writeFileSync(join(samplesPath, 'step-000001.png'), 'first');
  symlinkSync(join(folder, 'secret.png'), join(samplesPath, 'step-000002.png'));
  toyRun(join(folder, 'two'), { steps: 3 });
  symlinkSync(samplesPath, join(folder, 'two', 'samples'));
  const runs = await openRuns(context, folder);
  const { png, etag } = runs.sample('one', 1);
  assert.equal(Buffer.from(png).toString(), 'first');
  assert.equal(runs.sample('one', 1).etag, etag);
  assert.throws(() => runs.sample('one', 2), refusal(404, /no sheet of step 2/));
  assert.throws(() => runs.sample('one', 3), refusal(404, /no sheet of step 3/));
  assert.throws(() => runs.sample('two', 1), refusal(404, /no sheet of step 1/));
  writeFileSync(join(samplesPath, 'step-000001.png'), 'another');
  assert.notEqual(runs.sample('one', 1).etag, etag);
});

test('a run is deleted once its name is confirmed and nobody trains it; what its links lead to stays', async (context) => {
  const folder = newFolder();
  const outside = newFolder();
  writeFileSync(join(outside, 'precious'), '');
  const run = toyRun(join(folder, 'one'), { steps: 1 });
  symlinkSync(outside, join(run.path, 'samples'));
  const lock = lockRun(run);
  const runs = await openRuns(context, folder);
  await assert.rejects(runs.delete('one', 'One'), refusal(400, /confirm its name/));
  await assert.rejects(runs.delete('one', 'one'), refusal(409, /is being trained/));
  assert.ok(existsSync(run.eventsPath));
  lock.release();
  await runs.delete('one', 'one');
  assert.deepEqual(readdirSync(folder), []);
  assert.deepEqual(readdirSync(outside), ['precious']);
  assert.deepEqual(runs.list(), []);
});

test('a long log is read in less than a second, and asked of in milliseconds', async (context) => {
  const folder = newFolder();
  toyRun(join(folder, 'long'), { steps: 100_000 });
  const openedAt = performance.now();
  const runs = await openRuns(context, folder);
  const openMs = performance.now() - openedAt;
  const askedAt = performance.now();
  for (let n = 0; n < 10; n++)
    JSON.stringify([runs.list(), runs.detail('long'), runs.find('long').log.history.series(['lossD'])]);
  const readMs = (performance.now() - askedAt) / 10;
  context.diagnostic(`opened in ${openMs.toFixed(0)} ms, read in ${readMs.toFixed(2)} ms`);
  // Ten times what it takes, for a machine that has other things to do.
  assert.ok(openMs < 5000 && readMs < 50, `${openMs} ms, ${readMs} ms`);
});
