/** A run does what is asked through its folder, and what was asked of it is part of what it resumes to. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { currentEvents } from '../../src/api/curves.ts';
import {
  type Control,
  controlStateOf,
  createRun,
  lockRun,
  openMailbox,
  openRun,
  pendingControls,
  readEvents,
  sendControl,
} from '../../src/store/index.ts';
import { jsonLines, type RunningCommand, sagan, scratch, start, tinyTraining, writeIdxFolder } from './command-line.ts';

const steps = 12;
let data: string;
before(() => {
  data = writeIdxFolder('idx');
});

type Line = Readonly<Record<string, unknown>>;

/** Trains, and asks at each line of the output what `ask` says. */
function train(
  out: string,
  options: readonly string[],
  ask: (line: Line, command: RunningCommand) => readonly Control[],
) {
  return start('src/cli/main.ts', options, {
    onLine(text, command) {
      const line: Line = JSON.parse(text);
      for (const control of ask(line, command)) sendControl(openRun(out), control);
    },
  }).finished;
}

const newRun = (out: string) => tinyTraining(data, out, '--steps', String(steps), '--json');
const lower: Control = { do: 'learningRates', generator: 2e-5 };
const higher: Control = { do: 'learningRates', generator: 3e-4, discriminator: 2e-3 };

/** Pauses at once, advances to step 4, lowers a rate there, and advances to step 7. */
function commonRequests({ type, step }: Line): readonly Control[] {
  if (type === 'started') return [{ do: 'pause' }];
  if (type !== 'paused') return [];
  if (Number(step) < 4) return [{ do: 'sample' }, { do: 'checkpoint' }, { do: 'advance', steps: 4 - Number(step) }];
  return step === 4 ? [lower, { do: 'advance', steps: 3 }] : [];
}

/** Steps and answers in their order, without sheets and checkpoints that were due anyway. */
function courseOf(stdout: string): string[] {
  return jsonLines(stdout)
    .filter(({ type }) =>
      ['step', 'paused', 'continued', 'learningRates', 'samples', 'finished'].includes(String(type)),
    )
    .map(({ type, step }) => `${type} ${step}`);
}

function contentOf(out: string) {
  const { events } = readEvents(join(out, 'events.jsonl'));
  const told = currentEvents(events)
    .filter(({ type }) => type === 'step')
    .map(({ step, lossD, lossG, gradNormD, gradNormG }) => [step, lossD, lossG, gradNormD, gradNormG]);
  const checkpoint = join(out, 'checkpoints', `step-${String(steps).padStart(6, '0')}`);
  const { training } = JSON.parse(readFileSync(join(checkpoint, 'manifest.json'), 'utf8'));
  return { told, training, state: readFileSync(join(checkpoint, 'state.safetensors')) };
}

test('paused, advanced, given other rates, stopped and resumed, a run is the one that was asked the same without a stop', async () => {
  const [whole, stopped, plain] = [join(scratch, 'whole'), join(scratch, 'stopped'), join(scratch, 'plain')];
  const isAtSeven = ({ type, step }: Line) => type === 'paused' && step === 7;
  const uninterrupted = await train(whole, newRun(whole), (line) =>
    isAtSeven(line) ? [higher, { do: 'continue' }] : commonRequests(line),
  );
  assert.equal(uninterrupted.code, 0, uninterrupted.stderr);

  const first = await train(stopped, newRun(stopped), (line) =>
    isAtSeven(line) ? [{ do: 'stop' }] : commonRequests(line),
  );
  assert.equal(first.code, 0, first.stderr);
  const course = courseOf(first.stdout);
  const paused = course.findIndex((event) => event.startsWith('paused'));
  const at = Number(course[paused]?.split(' ')[1]);
  assert.ok(at < 4, `paused at step ${at} already`);
  const twoToFour = Array.from({ length: 4 - at }, (_, i) => `step ${at + 1 + i}`);
  assert.deepEqual(
    course.slice(paused).filter((event) => at > 0 || event !== 'samples 1'),
    [
      `paused ${at}`,
      `samples ${at}`,
      `continued ${at}`,
      ...twoToFour,
      'paused 4',
      'learningRates 4',
      'continued 4',
      'step 5',
      'step 6',
      'step 7',
      'paused 7',
      'finished 7',
    ],
  );
  assert.deepEqual(jsonLines(first.stdout).at(-1)?.checkpoint, join(stopped, 'checkpoints', 'step-000007'));

  // Of what comes when nobody trains it, rates wait and the rest is void.
  const run = openRun(stopped);
  sendControl(run, higher);
  writeFileSync(join(run.controlPath, 'late.json'), '{"do":"stop"}');
  assert.deepEqual(pendingControls(run), [higher]);
  const resumed = await train(stopped, ['train', '--resume', stopped, '--threads', '1', '--json'], () => []);
  assert.equal(resumed.code, 0, resumed.stderr);
  const lines = jsonLines(resumed.stdout);
  assert.match(
    String(lines[0]?.text),
    /late\.json: the trainer that it was meant for \("stop"\) is gone, so it was dropped\.$/,
  );
  assert.deepEqual(
    lines.filter(({ type }) => type === 'learningRates'),
    [
      { type: 'learningRates', step: 7, generator: 2e-5, discriminator: 1e-3 },
      { type: 'learningRates', step: 7, generator: 3e-4, discriminator: 2e-3 },
    ],
  );
  assert.deepEqual(contentOf(stopped), contentOf(whole));
  const begun = readEvents(run.eventsPath).events.filter(({ type }) => type === 'started' || type === 'resumed');
  assert.deepEqual(
    begun.map((event) => [event.type, event.step, event.steps]),
    [
      ['started', 0, steps],
      ['resumed', 7, steps],
    ],
  );
  const learningRates = { generator: 3e-4, discriminator: 2e-3 };
  assert.deepEqual(contentOf(whole).training.learningRates, learningRates);
  assert.deepEqual(controlStateOf(readEvents(run.eventsPath).events, run.config, pendingControls(run)), {
    isPaused: false,
    pauseAt: undefined,
    learningRates,
    pending: [],
  });

  const unasked = await train(plain, newRun(plain), () => []);
  assert.equal(unasked.code, 0, unasked.stderr);
  const { told, training } = contentOf(plain);
  assert.deepEqual(told.slice(0, 4), contentOf(whole).told.slice(0, 4));
  assert.notDeepEqual(told[5], contentOf(whole).told[5], 'rates change the steps after them');
  assert.equal('learningRates' in training, false);
});

test('Ctrl-C ends a paused run with its checkpoint; requests that are none are refused, and resumed it trains', async () => {
  const out = join(scratch, 'interrupted');
  const interrupted = await train(out, newRun(out), ({ type }, command) => {
    if (type === 'started') writeFileSync(join(out, 'control', 'a.json'), '{"do":"pause');
    if (type === 'refused') return [{ do: 'pause' }];
    if (type === 'paused') command.kill('SIGINT');
    return [];
  });
  assert.deepEqual([interrupted.code, interrupted.signal], [130, null], interrupted.stderr);
  const lines = jsonLines(interrupted.stdout);
  const at = Number(lines.find(({ type }) => type === 'paused')?.step);
  assert.match(
    String(lines.find(({ type }) => type === 'refused')?.reason),
    /control\/a\.json: not JSON, so nothing was done/,
  );
  assert.equal(lines.at(-1)?.steps, at);
  const more = String(at + 2);
  const resumed = await train(out, ['train', '--resume', out, '--threads', '1', '--steps', more, '--json'], () => []);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(courseOf(resumed.stdout).slice(-1), [`finished ${more}`]);
});

test('the command puts into the mailbox what it is told, and says what it cannot ask', async () => {
  const run = createRun(join(scratch, 'asked'), {});
  const lock = lockRun(run);
  const mailbox = openMailbox(run);
  const ask = (...words: readonly string[]) => sagan('control', run.path, ...words);
  for (const words of [
    ['pause'],
    ['advance', '3'],
    ['learning-rates', '--discriminator', '2e-4'],
    ['stop', '--json'],
  ]) {
    const { code, stderr } = await ask(...words);
    assert.equal(code, 0, stderr);
  }
  const asked: readonly Control[] = [
    { do: 'pause' },
    { do: 'advance', steps: 3 },
    { do: 'learningRates', discriminator: 2e-4 },
    { do: 'stop' },
  ];
  assert.deepEqual(mailbox.take(), asked);
  for (const [words, expected] of [
    [['advance'], /a number of steps; expected one/],
    [['pause', '3'], /of "advance" alone/],
    [['stop', '--generator', '1e-4'], /of "learning-rates" alone/],
    [['learning-rates'], /without a rate/],
  ] as const) {
    const { code, stderr } = await ask(...words);
    assert.deepEqual([code, expected.test(stderr)], [2, true], stderr);
  }
  lock.release();
  const { code, stderr } = await ask('pause');
  assert.deepEqual([code, /nothing trains this run/.test(stderr)], [2, true], stderr);
  assert.deepEqual(mailbox.take(), []);
});
