/** A run and its event log survive a death at any call. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import { createRun, type FileSystem, lockRun, openEventLog, openRun, readEvents } from '../../src/store/index.ts';
import { faults, faultyAt, ProcessDied } from './faulty-file-system.ts';
import { config, temporariesIn, temporaryFolder, unsyncedFileSystem } from './small-run.ts';

for (const fault of faults) {
  const expected = fault.startsWith('dies') ? ProcessDied : UserError;

  test(`a run whose creation's N-th call ${fault}, for every N, is there or can be created again`, (t) => {
    const folder = temporaryFolder(t);
    const outcomes = new Set<string>();
    for (let at = 1, hasFired = true; hasFired; at++) {
      const path = join(folder, `run-${at}`, 'nested');
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      try {
        createRun(path, config, faulty.fileSystem);
      } catch (error) {
        assert.ok(error instanceof expected, String(error));
      }
      hasFired = faulty.fired();
      try {
        createRun(path, config, unsyncedFileSystem);
        if (hasFired) outcomes.add('again');
      } catch (error) {
        assert.match(String(error), /not empty/);
        outcomes.add('there');
      }
      const run = openRun(path, unsyncedFileSystem);
      assert.deepEqual(run.config, config);
      lockRun(run).release();
      assert.deepEqual(temporariesIn(path), []);
    }
    assert.deepEqual([...outcomes].sort(), ['again', 'there']);
  });

  test(`a log whose N-th call ${fault}, for every N, keeps every event that was appended`, (t) => {
    const folder = temporaryFolder(t);
    for (let at = 1, hasFired = true; hasFired; at++) {
      const path = join(folder, `events-${at}.jsonl`);
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      const appended: string[] = [];
      const append = (fileSystem: FileSystem, name: string) => {
        const log = openEventLog(path, fileSystem);
        for (const step of [1, 2, 3]) {
          try {
            log.append('step', { name: `${name}${step}` });
            appended.push(`${name}${step}`);
          } catch (error) {
            assert.ok(error instanceof expected, String(error));
          }
        }
        log.sync();
        log.close();
      };
      try {
        append(faulty.fileSystem, 'before');
      } catch (error) {
        assert.ok(error instanceof expected || /EIO|ENOSPC/.test(String(error)), String(error));
      }
      hasFired = faulty.fired();
      append(unsyncedFileSystem, 'after');
      const names = readEvents(path).events.map(({ name }) => name);
      // A line that was written just before the death may be there although the append did not return.
      const extra = names.filter((name) => !appended.includes(String(name)));
      assert.deepEqual(
        names.filter((name) => !extra.includes(name)),
        appended,
        `call ${at}`,
      );
      assert.ok(extra.length <= 1, `call ${at}: ${extra}`);
    }
  });
}
