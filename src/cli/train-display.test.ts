import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { datasetFrom } from '../data/index.ts';
import { findModel } from '../gan/index.ts';
import { parseConfig } from '../train/index.ts';
import { formatBytes, formatDuration, formatScaled, formatTable } from './figures.ts';
import { StatusBlock } from './status-block.ts';
import { plainOutput } from './train-output.ts';
import { ProgressMeter, plainLine, statusLines } from './train-progress.ts';

test('numbers are written as people read them', () => {
  assert.deepEqual([0, 98, 100, 5999, 6000, 200_000].map(formatDuration), [
    '0 s',
    '98 s',
    '2 min',
    '1 h 40 min',
    '1 h 40 min',
    '2 d 07 h',
  ]);
  assert.deepEqual([0, 612e6, 27.84e9, 999].map(formatBytes), ['0 B', '612 MB', '27.8 GB', '999 B']);
  assert.equal(formatScaled(50.31e9), '50.3 G');
  assert.equal(
    formatTable([
      ['a', '1'],
      ['long', '200'],
    ]),
    'a       1\nlong  200',
  );
});

test('the block is rewritten in place, at most five times a second, and lines pass above it', () => {
  let written = '';
  let nowMs = 0;
  const block = new StatusBlock({ write: (text) => (written += text), columns: 20 }, () => nowMs);
  const take = () => {
    const text = written;
    written = '';
    return text;
  };
  block.update(['one', 'two']);
  assert.equal(take(), 'one\ntwo\n');
  nowMs = 199;
  block.update(['one!', 'two!']);
  assert.equal(take(), '', 'too soon');
  block.print('a line');
  assert.equal(take(), '\x1b[2A\r\x1b[Ja line\none!\ntwo!\n');
  nowMs = 400;
  block.update([`a line of ${'many '.repeat(10)}characters`]);
  assert.equal(take(), '\x1b[2A\r\x1b[Ja line of many many\n', 'one that wrapped would not be erased');
  block.end();
  assert.equal(take(), '\x1b[1A\r\x1b[Ja line of many many\n');
  block.print('after');
  assert.equal(take(), 'after\n');
});

const event = {
  type: 'step',
  step: 250,
  imagesSeen: 16_000,
  ms: 500,
  lossD: 1.2345,
  lossG: -0.5,
  realLogits: 0,
  fakeLogits: 0,
  separation: 0.75,
  penalty: 0,
  gradNormD: 1,
  gradNormG: 1,
} as const;

test('speed is that of the latest steps by the clock, from the first step on', () => {
  const meter = new ProgressMeter(1000, 64);
  assert.deepEqual(meter.add(1, 500, 10_500), { step: 1, imagesPerSecond: 128, secondsLeft: 499.5 });
  // A sheet between two steps takes its time too.
  assert.deepEqual(meter.add(2, 500, 12_000), { step: 2, imagesPerSecond: 64, secondsLeft: 998 });
  for (let step = 3; step <= 100; step++) meter.add(step, 100, 12_000 + (step - 2) * 100);
  assert.equal(Math.round(meter.add(101, 100, 21_900).imagesPerSecond), 640, 'the slow beginning is forgotten');
});

test('two lines on a terminal, the same on one line in a log', () => {
  const progress = { step: 250, imagesPerSecond: 128, secondsLeft: 375 };
  assert.deepEqual(statusLines(event, progress, 1000, 612e6), [
    '██████░░░░░░░░░░░░░░░░░░  25 %  step 250 of 1000, 128 images/s, 6 min left',
    'lossD 1.234, lossG -0.500, memory 612 MB',
  ]);
  assert.equal(
    plainLine(event, { ...progress, imagesPerSecond: 0.73 }, 1000, 612e6),
    'step 250 of 1000, 0.7 images/s, 6 min left, lossD 1.234, lossG -0.500, memory 612 MB',
  );
});

test('a finding is told with its cause and what to do; its passing and a return to an earlier step are told too', () => {
  const lines: string[] = [];
  const output = plainOutput((line) => lines.push(stripVTControlCharacters(line)));
  const about = { kind: 'pinnedLoss', subject: 'lossD', since: 12 } as const;
  const words = { seen: 'it stands still', cause: 'no gradient', suggestion: 'lower the rate' };
  output.show({ type: 'finding', ...about, ...words, step: 63, severity: 'collapse', evidence: { value: 2 } });
  output.show({ type: 'rollback', step: 10, from: 63, branch: 2, learningRateFactor: 0.5 });
  output.show({ type: 'cleared', ...about, step: 99 });
  assert.deepEqual(lines, [
    'collapse, step 63 (since step 12): it stands still\n  likely  no gradient\n  try     lower the rate',
    'went back from step 63 to step 10; going on with other random draws and learning rates × 0.25 (return 2)',
    'step 99: no longer so: pinnedLoss of lossD, since step 12',
  ]);
});

test('what was asked of the run while it trains is told', () => {
  const lines: string[] = [];
  const output = plainOutput((line) => lines.push(stripVTControlCharacters(line)));
  output.show({ type: 'paused', step: 7 });
  output.show({ type: 'continued', step: 7, pauseAt: 9 });
  output.show({ type: 'continued', step: 8 });
  output.show({ type: 'learningRates', step: 9, generator: 5e-5, discriminator: 4e-4 });
  output.show({ type: 'refused', step: 9, reason: 'control/x.json: not JSON.' });
  assert.deepEqual(lines.splice(0), [
    'paused after step 7; waiting to be continued or stopped',
    'going on from step 7, to pause after step 9',
    'going on from step 8',
    'learning rates from step 10 on: generator 0.00005, discriminator 0.0004',
    'note: a request was refused: control/x.json: not JSON.',
  ]);
});

test('a pause is no part of the speed', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const output = plainOutput(
    (line) => lines.push(line),
    () => nowMs,
  );
  const config = parseConfig({ model: { name: 'dcgan' }, data: { source: 'noise' }, batch: 8 }, 'config');
  const images = { resolution: 32, channels: 1, classes: 0 };
  output.show({
    type: 'started',
    run: 'run',
    config,
    step: 0,
    checkpoint: undefined,
    model: findModel('dcgan').bind({}, images),
    parameters: { generator: 1, discriminator: 1 },
    dataset: datasetFrom({ name: 'noise', images: new Uint8Array(1024), channels: 1, resolution: 32 }),
    heldOut: undefined,
    report: undefined,
    firstSheet: 'sheet.png',
  });
  nowMs = 1000;
  output.show({ ...event, step: 1, ms: 1000 });
  output.show({ type: 'paused', step: 1 });
  nowMs = 100_000;
  output.show({ type: 'continued', step: 1 });
  nowMs = 101_000;
  output.show({ ...event, step: 2, ms: 1000 });
  assert.match(lines.at(-1) ?? '', /^step 2 of 10000, 8\.0 images\/s/);
});

test('scores are told in a line, with a word where they are the best so far', () => {
  const lines: string[] = [];
  const output = plainOutput((line) => lines.push(stripVTControlCharacters(line)));
  const scores = { 'fid-mnist': 12.3149, 'class-accuracy-mnist': 0.9721 };
  output.show({ type: 'evaluation', step: 2000, scores, isBest: true });
  output.show({ type: 'evaluation', step: 3000, scores: { 'fid-mnist': Number.NaN }, isBest: false });
  assert.deepEqual(lines, [
    'step 2000  fid-mnist 12.31  class-accuracy-mnist 0.9721  best so far',
    'step 3000  fid-mnist NaN',
  ]);
});

test('the first signal asks to stop, the second ends the process even while it computes', async () => {
  const module = new URL('./stop-signals.ts', import.meta.url);
  const program = `
    import { listenForStop } from ${JSON.stringify(module.href)};
    const stop = listenForStop(() => console.log('asked'));
    const compute = () => {
      console.log(stop.exitCode());
      for (const endMs = Date.now() + 5000; Date.now() < endMs; );
      process.exit(0);
    };
    stop.signal.addEventListener('abort', () => setTimeout(compute));
    setInterval(() => undefined, 1000);
    console.log('ready');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('ready')) child.kill('SIGTERM');
    if (text.includes('143')) child.kill('SIGINT');
  });
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
  assert.deepEqual([output, signal], ['ready\nasked\n143\n', 'SIGINT']);
});
