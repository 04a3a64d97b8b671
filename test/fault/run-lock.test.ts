/** Exactly one process trains a run, whatever the order in which several reach for it, and whoever died before. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UserError } from '../../src/base/errors.ts';
import { createRun, type FileSystem, lockOwner, lockRun, openRun, type RunLock } from '../../src/store/index.ts';
import { startTimeOf } from '../../src/store/process-identity.ts';
import { faults, faultyAt, intercept, ProcessDied } from './faulty-file-system.ts';
import { buryLockOwner, config, temporariesIn, temporaryFolder, unsyncedFileSystem, writeLock } from './small-run.ts';

function createRunIn(path: string): void {
  createRun(path, config, unsyncedFileSystem);
}

/** Reaches for the lock; undefined where another process has it. */
function tryLock(path: string, fileSystem: FileSystem = unsyncedFileSystem): RunLock | undefined {
  try {
    return lockRun(openRun(path, fileSystem));
  } catch (error) {
    if (error instanceof UserError && /is training this run/.test(error.message)) return undefined;
    throw error;
  }
}

test('a second trainer is refused with the number of the first, until that one releases the run', (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  const run = openRun(path);
  assert.equal(lockOwner(run), undefined);
  const lock = lockRun(run);
  assert.equal(lockOwner(run)?.pid, process.pid);
  assert.throws(
    () => lockRun(run),
    new RegExp(`${path}: process ${process.pid} is training this run; expected no other`),
  );
  lock.release();
  assert.equal(lockOwner(run), undefined);
  lockRun(run).release();
  assert.deepEqual(readdirSync(run.lockPath), ['2'], 'outdated numbers are cleared away');
});

test('a process that ends gives the run back', (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  const before = process.listeners('exit');
  const lock = lockRun(openRun(path));
  const added = process.listeners('exit').filter((listener) => !before.includes(listener));
  for (const listener of added) listener(0);
  assert.equal(lockOwner(openRun(path)), undefined);
  lock.release();
  assert.deepEqual(process.listeners('exit'), before);
});

test('a lock is stale if its process is dead, or if the number belongs to a later process', (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  const startTime = startTimeOf(process.pid);
  for (const [owner, isStale] of [
    [{}, true],
    [{ pid: process.pid, startTime }, false],
    [{ pid: process.pid, startTime: `${startTime}1` }, startTime !== null],
    [{ pid: process.pid, startTime: null }, false],
    [{ pid: process.pid, startTime, isHeld: false }, true],
    [{ host: 'elsewhere' }, false],
    [{ host: 'elsewhere', isHeld: false }, true],
  ] as const) {
    rmSync(join(path, 'lock'), { recursive: true, force: true });
    writeLock(path, 7, owner);
    assert.equal(lockOwner(openRun(path)) === undefined, isStale, JSON.stringify(owner));
    const lock = tryLock(path);
    assert.equal(lock !== undefined, isStale, JSON.stringify(owner));
    lock?.release();
  }
  writeLock(path, 9, { pid: 123, host: 'elsewhere' });
  assert.throws(
    () => lockRun(openRun(path)),
    /process 123 on elsewhere is training.*If nothing trains it there any more/,
  );
});

const linuxOnly = { skip: process.platform === 'linux' ? false : 'only Linux tells when a process started' };

test('a dead process that its parent has not collected yet holds nothing', linuxOnly, async (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  // `cat` lives as long as our end of the pipe, and its parent becomes a program that never collects it.
  const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 >&2 & echo $!; exec sleep 600']);
  t.after(() => parent.kill());
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  while (readFileSync(`/proc/${parent.pid}/comm`, 'utf8') !== 'sleep\n') await wait(5);
  writeLock(path, 1, { pid, startTime: startTimeOf(pid) });
  assert.equal(lockOwner(openRun(path))?.pid, pid);
  parent.stdin.end();
  for (let polls = 0; lockOwner(openRun(path)) !== undefined && polls < 2000; polls++) await wait(5);
  assert.doesNotThrow(() => process.kill(pid, 0), 'the system still knows its number');
  assert.equal(lockOwner(openRun(path)), undefined);
  assert.doesNotThrow(() => lockRun(openRun(path)).release());
});

test('of three processes that reach for each of 25 runs at once, exactly one gets it', async (t) => {
  const folder = temporaryFolder(t);
  for (let i = 0; i < 25; i++) {
    createRunIn(join(folder, `run-${i}`));
    if (i % 2 === 1) writeLock(join(folder, `run-${i}`), 3, {});
  }
  const racer = fileURLToPath(new URL('race-for-locks.ts', import.meta.url));
  const racers = [1, 2, 3].map(() => spawn(process.execPath, ['--import', 'tsx', racer, folder]));
  const linesOf = racers.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
  for (const lines of linesOf) assert.equal((await lines.next()).value, 'ready');
  for (const child of racers) child.stdin.write(`${Date.now() + 100}\n`);
  const won: string[] = [];
  for (const lines of linesOf) {
    const { value } = await lines.next();
    won.push(...String(value).split(' ').filter(Boolean));
  }
  for (const child of racers) child.kill();
  assert.deepEqual(
    won.map(Number).sort((a, b) => a - b),
    Array.from({ length: 25 }, (_, i) => i),
  );
});

test('a damaged lock is reported, not guessed at', (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  for (const text of ['', '{"pid":0}', '{"pid":1,"startTime":null,"host":"a"}']) {
    mkdirSync(join(path, 'lock', '3'), { recursive: true });
    writeFileSync(join(path, 'lock', '3', 'owner.json'), text);
    assert.throws(
      () => lockRun(openRun(path)),
      /owner.json: not a lock. If nothing trains this run, remove the folder/,
    );
  }
});

test('taking the lock sweeps what dead processes left, and leaves what living ones are writing', (t) => {
  const path = temporaryFolder(t);
  createRunIn(path);
  const dead = 2 ** 22 + 1;
  for (const folder of ['.', 'samples', 'checkpoints']) {
    mkdirSync(join(path, folder, `.tmp-a-${dead}-0123abcd`, 'deep'), { recursive: true });
    writeFileSync(join(path, folder, `.tmp-b.png-${process.pid}-0123abcd`), '');
    writeFileSync(join(path, folder, `.tmp-c-${process.ppid}-0123abcd`), '');
    writeFileSync(join(path, folder, '.tmp-mine'), '');
  }
  lockRun(openRun(path)).release();
  const left = ['.', 'samples', 'checkpoints'].flatMap((name) => [
    join(name, `.tmp-c-${process.ppid}-0123abcd`),
    join(name, '.tmp-mine'),
  ]);
  assert.deepEqual([...temporariesIn(path)].sort(), left.sort());
});

/** Two processes in one: before call number `at` of the first, `meanwhile` runs from beginning to end. */
function interrupted(at: number, meanwhile: () => void): { readonly fileSystem: FileSystem; fired(): boolean } {
  let calls = 0;
  return {
    fileSystem: intercept(unsyncedFileSystem, ({ perform }) => {
      if (++calls === at) meanwhile();
      return perform();
    }),
    fired: () => calls >= at,
  };
}

for (const before of ['no lock', 'a stale lock']) {
  test(`of two that reach for ${before} in any order, exactly one gets it`, (t) => {
    const folder = temporaryFolder(t);
    const winners = { first: 0, second: 0 };
    for (let at = 1, hasFired = true; hasFired; at++) {
      const path = join(folder, `run-${at}`);
      createRunIn(path);
      if (before === 'a stale lock') writeLock(path, 1, {});
      let second: RunLock | undefined;
      const pause = interrupted(at, () => {
        second = tryLock(path);
      });
      const first = tryLock(path, pause.fileSystem);
      hasFired = pause.fired();
      const held = [first, second].filter((lock) => lock !== undefined);
      assert.equal(held.length, 1, `call ${at}`);
      assert.equal(lockOwner(openRun(path))?.pid, process.pid);
      if (hasFired) winners[first === undefined ? 'second' : 'first']++;
      for (const lock of held) lock.release();
      assert.equal(lockOwner(openRun(path)), undefined);
    }
    assert.ok(winners.first > 5 && winners.second > 5, JSON.stringify(winners));
  });

  test(`nor do three share ${before}, one of which takes and releases it while another looks`, (t) => {
    const folder = temporaryFolder(t);
    let hasFired = true;
    for (let at = 1; hasFired; at++) {
      let hasFiredLater = true;
      for (let later = at + 1; hasFiredLater; later++) {
        const path = join(folder, `run-${at}-${later}`);
        createRunIn(path);
        if (before === 'a stale lock') writeLock(path, 1, {});
        let third: RunLock | undefined;
        const passing = interrupted(at, () => tryLock(path)?.release());
        let calls = 0;
        const pause = intercept(passing.fileSystem, ({ perform }) => {
          if (++calls === later) third = tryLock(path);
          return perform();
        });
        const first = tryLock(path, pause);
        hasFired = passing.fired();
        hasFiredLater = calls >= later;
        const held = [first, third].filter((lock) => lock !== undefined);
        assert.equal(held.length, 1, `calls ${at} and ${later}`);
        for (const lock of held) lock.release();
        rmSync(path, { recursive: true });
      }
    }
  });
}

for (const fault of faults) {
  test(`after a lock whose N-th call ${fault}, for every N, the next process gets the run`, (t) => {
    const folder = temporaryFolder(t);
    for (let at = 1, hasFired = true; hasFired; at++) {
      const path = join(folder, `run-${at}`);
      createRunIn(path);
      writeLock(path, 1, {});
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      try {
        tryLock(path, faulty.fileSystem)?.release();
      } catch (error) {
        assert.ok(error instanceof (fault.startsWith('dies') ? ProcessDied : UserError), String(error));
      }
      hasFired = faulty.fired();
      buryLockOwner(path);
      const lock = tryLock(path);
      assert.ok(lock !== undefined, `call ${at}`);
      assert.deepEqual(temporariesIn(path), []);
      lock.release();
    }
  });
}
