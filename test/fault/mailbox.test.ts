/** A request survives a death at any call of either side: it is whole or not there, and done at most once. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import {
  type Control,
  createRun,
  lockRun,
  openMailbox,
  openRun,
  pendingControls,
  sendControl,
} from '../../src/store/index.ts';
import { faults, faultyAt, ProcessDied } from './faulty-file-system.ts';
import { config, temporariesIn, temporaryFolder, unsyncedFileSystem } from './small-run.ts';

const before: Control = { do: 'advance', steps: 1 };
const after: Control = { do: 'checkpoint' };

for (const fault of faults) {
  const isDeath = fault.startsWith('dies');

  test(`a request whose N-th call ${fault}, for every N, is there whole or not at all`, (t) => {
    const folder = temporaryFolder(t);
    const outcomes = new Set<string>();
    for (let at = 1, hasFired = true; hasFired; at++) {
      const run = createRun(join(folder, `run-${at}`), config, unsyncedFileSystem);
      const lock = lockRun(run);
      const mailbox = openMailbox(run);
      sendControl(run, before);
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      let isSent = true;
      try {
        sendControl(openRun(run.path, faulty.fileSystem), { do: 'pause' });
      } catch (error) {
        isSent = false;
        assert.ok(error instanceof (isDeath ? ProcessDied : UserError), `call ${at}: ${error}`);
      }
      hasFired = faulty.fired();
      sendControl(run, after);
      const taken = mailbox.take().map((request) => ('do' in request ? request.do : request.refused));
      const expected =
        isSent || taken.includes('pause') ? ['advance', 'pause', 'checkpoint'] : ['advance', 'checkpoint'];
      assert.deepEqual(taken, expected, `call ${at}`);
      outcomes.add(expected.includes('pause') ? 'whole' : 'not there');
      lock.release();
      lockRun(run).release();
      assert.deepEqual(temporariesIn(run.path), [], `call ${at}`);
    }
    assert.deepEqual([...outcomes].sort(), ['not there', 'whole']);
  });

  test(`requests are done at most once where the trainer's N-th call ${fault}, for every N; what is not done is pending or told`, (t) => {
    const folder = temporaryFolder(t);
    const wanted: readonly Control[] = [
      { do: 'advance', steps: 1 },
      { do: 'learningRates', generator: 1e-3 },
      { do: 'learningRates', generator: 2e-3 },
    ];
    let told = 0;
    let lost = 0;
    for (let at = 1, hasFired = true; hasFired; at++) {
      const run = createRun(join(folder, `run-${at}`), config, unsyncedFileSystem);
      const lock = lockRun(run);
      openMailbox(run);
      for (const control of wanted) sendControl(run, control);
      // What was asked of the one before is void: of the three, the rates are left.
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      const done: Control[] = [];
      const refusals: string[] = [];
      const dropped: string[] = [];
      const live = (fileSystem: typeof unsyncedFileSystem) => {
        const mailbox = openMailbox(openRun(run.path, fileSystem));
        dropped.push(...mailbox.dropped);
        for (let poll = 0; poll < 3; poll++) {
          for (const request of mailbox.take()) {
            if ('refused' in request) refusals.push(request.refused);
            else done.push(request);
          }
        }
      };
      try {
        live(faulty.fileSystem);
      } catch (error) {
        assert.ok(error instanceof (isDeath ? ProcessDied : UserError), `call ${at}: ${error}`);
      }
      hasFired = faulty.fired();
      const isDone = (control: Control) =>
        done.filter((other) => JSON.stringify(other) === JSON.stringify(control)).length;
      if (!isDeath && hasFired) told += refusals.length;
      live(unsyncedFileSystem);
      for (const control of wanted) assert.ok(isDone(control) <= (control.do === 'advance' ? 0 : 1), `call ${at}`);
      const undone = wanted.slice(1).filter((control) => isDone(control) === 0);
      assert.ok(undone.length <= 1, `call ${at}: only the one that was being taken can be lost`);
      lost += undone.length;
      if (!isDeath) assert.ok(undone.length <= refusals.length, `call ${at}: a request is lost without a word`);
      assert.ok(dropped.length <= 1, `call ${at}`);
      assert.deepEqual(pendingControls(run), [], `call ${at}`);
      lock.release();
      lockRun(run).release();
      assert.deepEqual(temporariesIn(run.path), [], `call ${at}`);
    }
    assert.ok(isDeath ? lost > 0 : told > 0, `${lost} lost, ${told} told`);
  });
}
