import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toyRun, until } from '../../../test/server/toy-run.ts';
import { openRun, readEvents } from '../../store/index.ts';
import { Runs } from './runs.ts';

const script = (name: string) => fileURLToPath(new URL(`../../../test/server/${name}`, import.meta.url));
const parent = mkdtempSync(join(tmpdir(), 'sagan-run-processes-'));
after(() => rmSync(parent, { recursive: true }));

async function openRuns(context: TestContext): Promise<Runs> {
  const runs = await Runs.open({ folder: mkdtempSync(join(parent, 'runs-')), cli: script('fake-cli.ts') });
  context.after(() => runs.close());
  return runs;
}

const toy = (run: string, preset = 'toy') => ({ run, preset, data: undefined, settings: [] });

/** Waits until a run trains, and stops it. */
async function stop(runs: Runs, name: string): Promise<void> {
  await until(`${name} trains`, () => runs.find(name).summary.state === 'training');
  await runs.control(name, { do: 'stop' });
  await until(`${name} has stopped`, () => runs.find(name).summary.state === 'stopped');
}

const refused = (status: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && 'status' in error, String(error));
  assert.equal(error.status, status);
  assert.match(error.message, message);
  return true;
};

test('a run is begun, paused, stopped and resumed', async (context) => {
  const runs = await openRuns(context);
  const { folder } = runs;
  const settings = ['ema.decay=0.99', '--steps=1', 'a b;$(touch x)'];
  const { run, state } = await runs.create({ run: 'one', preset: 'toy', data: '--resume=x', settings });
  assert.equal(run, 'one');
  assert.ok(state === 'starting' || state === 'training', state);
  const summary = () => runs.find('one').summary;
  await until('it trains', () => summary().state === 'training');
  const [command] = runs.output('one').split('\n');
  assert.equal(
    command,
    `arguments: train --preset=toy --data=--resume=x --out=${folder}/one --set=ema.decay=0.99 --set=--steps=1 --set=a b;$(touch x)`,
  );
  await runs.control('one', { do: 'pause' });
  await until('it pauses', () => summary().state === 'paused');
  await assert.rejects(runs.resume('one', undefined), refused(409, /being trained already/));
  await assert.rejects(runs.create(toy('one')), refused(409, /something called "one"/));
  await assert.rejects(runs.delete('one', 'one'), refused(409, /Stop it first/));
  await runs.control('one', { do: 'stop' });
  await until('it has stopped', () => summary().state === 'stopped');
  const resumed = await runs.resume('one', 1e6);
  assert.ok(resumed.state === 'starting' || resumed.state === 'training', resumed.state);
  assert.equal(resumed.steps, 1e6, 'the steps that were asked for');
  await until('it trains again', () => summary().state === 'training');
  await until('it has printed', () => runs.output('one').includes('step 1\n'));
  assert.match(runs.output('one'), /^arguments: train --resume=.*one --steps=1000000\nstep 1\n/);
  await stop(runs, 'one');
  await runs.delete('one', 'one');
  assert.deepEqual([readdirSync(folder), readdirSync(join(folder, '.studio'))], [['.studio'], []]);
});

test('a run that has all its steps goes on only to more of them', async (context) => {
  const runs = await openRuns(context);
  await runs.create(toy('one', 'short'));
  await until('it is finished', () => runs.find('one').summary.state === 'finished');
  assert.equal(runs.find('one').summary.steps, 3);
  await assert.rejects(runs.resume('one', undefined), refused(409, /all its 3 steps/));
  await assert.rejects(runs.resume('one', 3), refused(409, /all its 3 steps/));
  await runs.resume('one', 5);
  await until('it is finished', () => runs.find('one').summary.step === 5);
});

test('what the command line refuses is said in its words, and leaves nothing', async (context) => {
  const runs = await openRuns(context);
  await assert.rejects(
    runs.create(toy('one', 'broken')),
    refused(422, /^preset "broken": there is no such recipe\.\nChoose another\.$/),
  );
  await assert.rejects(runs.create(toy('one', 'defect')), refused(422, /ended with code 1\. .*TypeError: a defect/s));
  assert.deepEqual(runs.list(), []);
  await runs.create(toy('one', 'short'));
  await until('it is finished', () => runs.find('one').summary.state === 'finished');
  writeFileSync(join(runs.folder, 'one', 'refuse'), '');
  await assert.rejects(runs.resume('one', 9), refused(422, /^the dataset has changed\.$/));
});

test('of two that ask for the same at once, one gets it', async (context) => {
  const runs = await openRuns(context);
  const begun = await Promise.allSettled([runs.create(toy('one')), runs.create(toy('one'))]);
  assert.deepEqual(begun.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await stop(runs, 'one');
  const resumed = await Promise.allSettled([runs.resume('one', undefined), runs.resume('one', undefined)]);
  assert.deepEqual(resumed.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await stop(runs, 'one');
});

test('a process that dies takes nobody along: its run has failed and can be resumed', async (context) => {
  const runs = await openRuns(context);
  toyRun(join(runs.folder, 'bystander'), { steps: 1, ending: 'steps' });
  await runs.create(toy('one', 'dies'));
  await until('it is known how it ended', () => /SIGKILL/.test(runs.find('one').summary.reason ?? ''));
  assert.equal(runs.find('one').summary.state, 'failed');
  assert.equal(runs.find('one').summary.step, 2);
  await until('the other is seen', () => runs.list().length === 2);
  await runs.resume('one', undefined);
  await stop(runs, 'one');
});

test('a studio that dies leaves those that train alone, and the next one finds them', async (context) => {
  const folder = mkdtempSync(join(parent, 'runs-'));
  const studio = fork(script('short-lived-studio.ts'), [folder, script('fake-cli.ts')]);
  await once(studio, 'exit');
  assert.equal(studio.signalCode, 'SIGKILL');
  const run = openRun(join(folder, 'orphan'));
  const steps = () => readEvents(run.eventsPath).events.length;
  const then = steps();
  await until('it goes on', () => steps() > then + 5);
  const runs = await Runs.open({ folder, cli: script('fake-cli.ts') });
  context.after(() => runs.close());
  assert.equal(runs.find('orphan').summary.state, 'training');
  await runs.control('orphan', { do: 'stop' });
  await until('it has stopped', () => runs.find('orphan').summary.state === 'stopped');
  assert.match(runs.output('orphan'), /\nstep \d+\n$/);
});

test('of long output the end is shown, in whole lines; without any it is said why', async (context) => {
  const runs = await openRuns(context);
  toyRun(join(runs.folder, 'elsewhere'));
  await until('it is seen', () => runs.list().length === 1);
  assert.throws(() => runs.output('elsewhere'), refused(404, /not started from the studio/));
  await runs.create(toy('one', 'short'));
  const outputPath = join(runs.folder, '.studio', 'one.log');
  await until('it is finished', () => runs.find('one').summary.state === 'finished');
  assert.ok(existsSync(outputPath));
  writeFileSync(outputPath, Array.from({ length: 50_000 }, (_, n) => `line ${n}\n`).join(''));
  const output = runs.output('one');
  assert.match(output, /^line \d+\n/);
  assert.ok(output.length <= 2 ** 16 && readFileSync(outputPath, 'utf8').endsWith(output));
});
