/**
 * Stands for the command line where tests start processes: trains nothing, but has a lock, a log and a mailbox. A preset is an
 * instruction: `toy` trains on, `short` has three steps, `broken` and `defect` end before there is a run, `dies` after two steps.
 */

import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createRun, type EventLog, lockRun, openEventLog, openMailbox, openRun } from '../../src/store/index.ts';
import { stepOf, toyConfig } from './toy-run.ts';

const option = (name: string) =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(`--${name}=`.length);

async function train(): Promise<void> {
  const resumed = option('resume');
  const preset = option('preset') ?? 'toy';
  console.log(`arguments: ${process.argv.slice(2).join(' ')}`);
  if (preset === 'broken') return fail('preset "broken": there is no such recipe.\nChoose another.');
  if (preset === 'defect') throw new TypeError('a defect');
  const run = resumed === undefined ? createRun(option('out') ?? '', { ...toyConfig, preset }) : openRun(resumed);
  if (existsSync(`${run.path}/refuse`)) return fail('the dataset has changed.');
  const lock = lockRun(run);
  const log = openEventLog(run.eventsPath);
  const mailbox = openMailbox(run);
  log.append(resumed === undefined ? 'started' : 'resumed', { step: 0, time: new Date().toISOString() });
  const reason = await steps(
    log,
    () => mailbox.take(),
    Number(option('steps') ?? (preset === 'short' ? 3 : 1e6)),
    preset,
  );
  log.append('finished', { step: 0, reason });
  log.close();
  lock.release();
}

async function steps(log: EventLog, asked: () => readonly object[], last: number, preset: string): Promise<string> {
  for (let step = 1; step <= last; step++) {
    log.append('step', stepOf(step));
    console.log(`step ${step}`);
    if (preset === 'dies' && step === 2) process.kill(process.pid, 'SIGKILL');
    for (let isPaused = false; ; await delay(5)) {
      for (const control of asked()) {
        if (!('do' in control)) continue;
        if (control.do === 'stop') return 'stopped';
        isPaused = control.do === 'pause';
        log.append(isPaused ? 'paused' : 'continued', { step });
      }
      if (!isPaused) break;
    }
    await delay(5);
  }
  return 'steps';
}

function fail(message: string): void {
  console.error(`error: ${message}`);
  process.exitCode = 2;
}

await train();
