/** kill −9 at moments nobody chose: what a save reported is there, bit for bit, and the next process goes on from it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createRun, loadNewestCheckpoint, lockRun, openEventLog, readEvents } from '../../src/store/index.ts';
import { bitsOf, config, stateAt, temporariesIn } from './small-run.ts';

const trainer = fileURLToPath(new URL('save-forever.ts', import.meta.url));

test('a trainer killed at random moments, and in the middle of saves, loses nothing it reported', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const run = createRun(join(folder, 'run'), config);
  let reported = 0;
  let kills = 0;
  let killedInSave = 0;
  for (; kills < 6 || (killedInSave === 0 && kills < 20); kills++) {
    const child = spawn(process.execPath, ['--import', 'tsx', trainer, run.path]);
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      reported = Number(String(text).trim().split('\n').at(-1));
    });
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    assert.equal(child.exitCode, null, errors);
    await wait(Math.random() * 100);
    const isSaving = () => readdirSync(run.checkpointsPath).some((name) => name.startsWith('.tmp-step-'));
    const deadline = Date.now() + 2000;
    while (kills % 2 === 1 && !isSaving() && Date.now() < deadline);
    child.kill('SIGKILL');
    await once(child, 'close');
    if (temporariesIn(run.path).length > 0) killedInSave++;

    const { checkpoint, refused } = loadNewestCheckpoint(run);
    assert.deepEqual(refused, []);
    assert.ok(checkpoint.step >= reported, `step ${reported} was reported, ${checkpoint.step} is the newest`);
    assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(checkpoint.step, 200_000)));
  }
  assert.ok(killedInSave > 0, 'no kill hit a save');
  lockRun(run).release();
  assert.deepEqual(temporariesIn(run.path), []);
  openEventLog(run.eventsPath).close();
  const { events } = readEvents(run.eventsPath);
  assert.equal(events.filter(({ type }) => type === 'resumed').length, kills - 1);
});
