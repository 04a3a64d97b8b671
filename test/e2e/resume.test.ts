/** A run that was interrupted, in whatever way, becomes the run that it would have been: every byte, every loss. */

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { currentEvents } from '../../src/api/curves.ts';
import { readEvents } from '../../src/store/index.ts';
import { jsonLines, type RunningCommand, sagan, scratch, start, tinyTraining, writeIdxFolder } from './command-line.ts';

const steps = 30;
const whole = join(scratch, 'whole');
let data: string;

/** The state at a step, and the losses of every step up to it. */
function contentOf(run: string, step: number) {
  const { events } = readEvents(join(run, 'events.jsonl'));
  const losses = currentEvents(events)
    .filter((event) => event.type === 'step' && Number(event.step) <= step)
    .map(({ step, lossD, lossG, gradNormD, gradNormG }) => [step, lossD, lossG, gradNormD, gradNormG]);
  return { losses, state: readFileSync(checkpointOf(run, step)) };
}

function checkpointOf(run: string, step: number): string {
  return join(run, 'checkpoints', `step-${String(step).padStart(6, '0')}`, 'state.safetensors');
}

/** Starts a run and calls `interrupt` when a step is done. */
function trainUntil(out: string, step: number, interrupt: (command: RunningCommand) => void, ...options: string[]) {
  return start('src/cli/main.ts', tinyTraining(data, out, '--steps', String(steps), '--json', ...options), {
    onLine(line, command) {
      const event = JSON.parse(line);
      if (event.type === 'step' && event.step === step) interrupt(command);
    },
  }).finished;
}

before(async () => {
  data = writeIdxFolder('idx');
  const { code, stderr } = await sagan(...tinyTraining(data, whole, '--steps', String(steps)));
  assert.equal(code, 0, stderr);
});

test('killed at any moment after its first checkpoint and resumed, a run is the same run', async () => {
  const out = join(scratch, 'killed');
  const step = 6 + Math.floor(Math.random() * 10);
  const delayMs = Math.random() * 20;
  const what = `killed ${delayMs} ms after step ${step}`;
  const killed = await trainUntil(out, step, (command) => setTimeout(() => command.kill('SIGKILL'), delayMs));
  assert.equal(killed.signal, 'SIGKILL', what);
  const resumed = await sagan('train', '--resume', out, '--threads', '1', '--json');
  assert.equal(resumed.code, 0, `${what}: ${resumed.stderr}`);
  const started = jsonLines(resumed.stdout).find(({ type }) => type === 'started');
  assert.ok(Number(started?.step) >= 5 && Number(started?.step) < steps, `${what}, resumed at ${started?.step}`);
  assert.deepEqual(contentOf(out, steps), contentOf(whole, steps), what);
  assert.equal(contentOf(whole, steps).losses.length, steps);
});

test('a run without passes rounds otherwise, and is resumed without them', async () => {
  const [plain, killed] = [join(scratch, 'plain'), join(scratch, 'plain-killed')];
  const { code, stderr } = await sagan(...tinyTraining(data, plain, '--steps', String(steps), '--passes', 'none'));
  assert.equal(code, 0, stderr);
  assert.notDeepEqual(contentOf(plain, steps).losses, contentOf(whole, steps).losses);
  await trainUntil(killed, 8, (command) => command.kill('SIGKILL'), '--passes', 'none');
  const resumed = await sagan('train', '--resume', killed, '--threads', '1');
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(contentOf(killed, steps), contentOf(plain, steps));
});

test('Ctrl-C finishes the step, saves, tells how to go on, and loses nothing', async () => {
  const out = join(scratch, 'interrupted');
  const stopped = await trainUntil(out, 7, (command) => command.kill('SIGINT'));
  assert.deepEqual([stopped.code, stopped.signal], [130, null], stopped.stderr);
  assert.match(stopped.stderr, /the step in progress is finished, then the run is saved/);
  const summary = jsonLines(stopped.stdout).at(-1);
  const at = Number(summary?.steps);
  assert.ok(at >= 7 && at < steps);
  assert.equal(summary?.checkpoint, join(checkpointOf(out, at), '..'));
  const resumed = await sagan('train', '--resume', out, '--threads', '1');
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, new RegExp(`steps ${at + 1} to ${steps}`));
  assert.deepEqual(contentOf(out, steps), contentOf(whole, steps));
});

test('SIGTERM stops a run with 143; a damaged checkpoint is refused by name and the one before it used', async () => {
  const out = join(scratch, 'damaged');
  const stopped = await trainUntil(out, 12, (command) => command.kill('SIGTERM'));
  assert.equal(stopped.code, 143, stopped.stderr);
  assert.match(stopped.stderr, /stopping/);
  const newest = checkpointOf(out, Number(jsonLines(stopped.stdout).at(-1)?.steps));
  const bytes = readFileSync(newest);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  writeFileSync(newest, bytes);

  const sampled = await sagan('sample', out, '--out', join(scratch, 'damaged.png'));
  assert.equal(sampled.code, 0, sampled.stderr);
  assert.match(sampled.stderr, /checkpoint \S+step-0000\d\d was refused \(.*sha256.*\); the one before it is used/);
  const resumed = await sagan('train', '--resume', out, '--threads', '1', '--json');
  const [notice, started] = jsonLines(resumed.stdout);
  assert.match(String(notice?.text), /checkpoint \S+step-0000\d\d was refused/);
  assert.equal(Number(started?.step) % 5, 0);
  assert.deepEqual(contentOf(out, steps), contentOf(whole, steps));
});

test('a write that fails ends training with one clear message, and the checkpoint before it still serves', async () => {
  const out = join(scratch, 'full');
  cpSync(whole, out, { recursive: true });
  const before = readFileSync(checkpointOf(out, steps));
  const failed = await start(
    'src/cli/main.ts',
    ['train', '--resume', out, '--threads', '1', '--steps', String(steps + 10)],
    { fileBlocks: 600 },
  ).finished;
  assert.equal(failed.code, 2, failed.stderr);
  assert.match(
    failed.stderr,
    /^error: \S+step-000035: cannot write it: .*; \d{6,} bytes are needed\. .* is intact\. .*\n$/,
  );
  assert.deepEqual(readFileSync(checkpointOf(out, steps)), before);
  const resumed = await sagan('train', '--resume', out, '--threads', '1', '--steps', String(steps + 1), '--json');
  assert.equal(jsonLines(resumed.stdout).at(-1)?.steps, steps + 1, resumed.stderr);
});

test('a run that diverges exits with 2, names step and tensor, and keeps its last good step', async () => {
  const out = join(scratch, 'diverged');
  const huge = ['--set', 'generator.learningRate=1e10', '--steps', '9'];
  const { code, stderr, stdout } = await sagan(...tinyTraining(data, out, ...huge, '--json'));
  assert.equal(code, 2);
  const [, step, tensor] =
    /^error: step (\d+): (\S+) is (?:NaN|-?Infinity), so training has diverged/.exec(stderr) ?? [];
  assert.ok(tensor, stderr);
  const { steps: last, checkpoint } = jsonLines(stdout).at(-1) ?? {};
  assert.equal(last, Number(step) - 1);
  const { state } = contentOf(out, Number(last));
  const header = Number(state.readBigUInt64LE(0));
  const numbers = new Float32Array(state.buffer.slice(state.byteOffset + 8 + header, state.byteOffset + state.length));
  assert.ok(numbers.length > 1000 && numbers.every(Number.isFinite), String(checkpoint));
});
