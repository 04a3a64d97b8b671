/** A checkpoint is the old one or the new one, bit for bit, wherever the process dies and whatever the disk does. */

import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { FormatError, UserError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import {
  createRun,
  type FileSystem,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  lockRun,
  nodeFileSystem,
  openRun,
  saveCheckpoint,
} from '../../src/store/index.ts';
import { decodeManifest } from '../../src/store/manifest.ts';
import { faults, faultyAt, intercept, ProcessDied, systemError } from './faulty-file-system.ts';
import { bitsOf, config, stateAt, temporariesIn, temporaryFolder, unsyncedFileSystem } from './small-run.ts';

function save(path: string, step: number, fileSystem: FileSystem = unsyncedFileSystem): string {
  return saveCheckpoint({ ...openRun(path), fileSystem }, { step, imagesSeen: step * 64, state: stateAt(step) });
}

function createRunWith(path: string, steps: readonly number[]): void {
  createRun(path, config, unsyncedFileSystem);
  for (const step of steps) save(path, step);
}

/** What the next start finds: the run is taken, leftovers are swept, the newest checkpoint is loaded. */
function restart(path: string): { step: number; refused: number } {
  const run = openRun(path, unsyncedFileSystem);
  lockRun(run).release();
  assert.deepEqual(temporariesIn(path), []);
  const { checkpoint, refused } = loadNewestCheckpoint(run);
  assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(checkpoint.step)));
  assert.equal(checkpoint.imagesSeen, checkpoint.step * 64);
  return { step: checkpoint.step, refused: refused.length };
}

for (const fault of faults) {
  test(`a save whose N-th call ${fault}, for every N, leaves the old checkpoint or the new one`, (t) => {
    const folder = temporaryFolder(t);
    const original = join(folder, 'original');
    createRunWith(original, [100, 200]);
    const seen = new Set<number>();
    let at = 1;
    for (let hasFired = true; hasFired; at++) {
      const path = join(folder, `run-${at}`);
      cpSync(original, path, { recursive: true });
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      try {
        save(path, 300, faulty.fileSystem);
      } catch (error) {
        const isDeath = fault.startsWith('dies');
        assert.ok(error instanceof (isDeath ? ProcessDied : UserError), `call ${at}: ${String(error)}`);
        if (!isDeath)
          assert.match(error.message, new RegExp(`${path}.*${fault}.* intact|reads back damaged.*${fault}`));
      }
      hasFired = faulty.fired();
      const { step, refused } = restart(path);
      assert.ok(step === 200 || step === 300, `call ${at}: the newest is ${step}`);
      assert.equal(refused, 0, `call ${at}`);
      const folders = listCheckpoints(openRun(path));
      assert.ok(folders.length >= 2, `call ${at}: fewer than two are left`);
      for (const each of folders) loadCheckpoint(each);
      save(path, 400);
      assert.equal(restart(path).step, 400);
      rmSync(path, { recursive: true });
      if (hasFired) seen.add(step);
    }
    assert.ok(at > 50, `a save made only ${at} calls`);
    assert.deepEqual([...seen].sort(), [200, 300], 'faults before and after the commit were both tried');
  });
}

test('a disk that is full from the N-th write on names the path, the room needed, and what is intact', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, [100, 200]);
  let isFull = true;
  let at = 1;
  for (; isFull; at++) {
    let writes = 0;
    isFull = false;
    const full = intercept(unsyncedFileSystem, ({ name, perform, half }) => {
      if (name !== 'write' || ++writes < at) return perform();
      isFull = true;
      half?.();
      throw systemError('ENOSPC');
    });
    if (at <= 4) {
      const sizes =
        /step-000300: cannot write it: the disk is full \(ENOSPC\); (\d+) bytes are needed.*previous checkpoint/;
      assert.throws(() => save(folder, 300, full), sizes);
      assert.deepEqual(temporariesIn(folder), [], 'the room of the failed save is given back at once');
      assert.equal(restart(folder).step, 200);
    } else {
      save(folder, 300, full);
    }
  }
  assert.equal(at, 6, 'header, two tensors and the manifest are four writes');
  assert.equal(restart(folder).step, 300);
});

test('a disk that takes and gives a few bytes at a time loses none', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, []);
  const slow: FileSystem = {
    ...unsyncedFileSystem,
    write: (file, bytes, position) => nodeFileSystem.write(file, bytes.subarray(0, 7), position),
    read: (file, into, position) => nodeFileSystem.read(file, into.subarray(0, 11), position),
  };
  save(folder, 100, slow);
  assert.deepEqual(bitsOf(loadNewestCheckpoint(openRun(folder, slow)).checkpoint.state), bitsOf(stateAt(100)));
});

test('every file is synced before the rename that commits it, and the folder after', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, []);
  const unsynced = new Set<string>();
  const log: string[] = [];
  const watched = intercept(nodeFileSystem, ({ name, path = '', perform }) => {
    if (name === 'write' || (name === 'mkdir' && path.includes('.tmp-'))) unsynced.add(path);
    if (name === 'fsync' || name === 'fsyncFolder') unsynced.delete(path);
    if (name === 'rename') assert.deepEqual([...unsynced], []);
    if (name === 'rename' || name === 'fsyncFolder') log.push(`${name} ${basename(path)}`);
    return perform();
  });
  save(folder, 100, watched);
  assert.deepEqual(log.slice(-2), ['rename step-000100', 'fsyncFolder checkpoints']);
});

test('a read error at the N-th call of a load, for every N, ends in a checkpoint or in words', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, [100, 200]);
  const steps = new Set<number>();
  for (let at = 1, hasFired = true; hasFired; at++) {
    const faulty = faultyAt(unsyncedFileSystem, at, 'EIO');
    try {
      const { checkpoint, refused } = loadNewestCheckpoint(openRun(folder, faulty.fileSystem));
      assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(checkpoint.step)));
      steps.add(checkpoint.step);
      if (checkpoint.step === 100) assert.match(refused[0]?.reason ?? '', /step-000200.*EIO/);
    } catch (error) {
      assert.ok(error instanceof UserError, String(error));
    }
    hasFired = faulty.fired();
  }
  assert.deepEqual([...steps].sort(), [100, 200]);
});

test('a flip of any bit of the manifest is seen', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, [100]);
  const bytes = readFileSync(join(folder, 'checkpoints/step-000100/manifest.json'));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => decodeManifest(damaged, 'manifest.json'), FormatError, `bit ${bit}`);
  }
});

function flipByte(path: string, offset: number, mask = 1): void {
  const bytes = readFileSync(path);
  const at = offset < 0 ? bytes.length + offset : offset;
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  writeFileSync(path, bytes);
}

for (const [name, file, damage, reason] of [
  ['a flipped bit of the manifest', 'manifest.json', (path: string) => flipByte(path, 40), 'the manifest is damaged'],
  ['a flipped bit of the header', 'state.safetensors', (path: string) => flipByte(path, 30), 'the file is damaged'],
  ['a flipped bit of the data', 'state.safetensors', (path: string) => flipByte(path, -1), 'the file is damaged'],
  [
    'a state cut short',
    'state.safetensors',
    (path: string) => truncateSync(path, 100),
    'the file has 100 bytes; its manifest says',
  ],
  [
    'a lengthened state',
    'state.safetensors',
    (path: string) => writeFileSync(path, 'x', { flag: 'a' }),
    'bytes; its manifest says',
  ],
  ['an empty manifest', 'manifest.json', (path: string) => truncateSync(path, 0), 'does not end with its sha256'],
  ['a missing manifest', 'manifest.json', (path: string) => rmSync(path), 'missing'],
  ['a missing state', 'state.safetensors', (path: string) => rmSync(path), 'missing'],
] as const) {
  test(`${name} is refused by name and reason, and the checkpoint before it is used`, (t) => {
    const folder = temporaryFolder(t);
    createRunWith(folder, [100, 200]);
    const run = openRun(folder);
    damage(join(folder, 'checkpoints', 'step-000200', file));
    const { checkpoint, refused } = loadNewestCheckpoint(run);
    assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(100)));
    assert.deepEqual(
      refused.map((each) => basename(each.folder)),
      ['step-000200'],
    );
    assert.match(refused[0]?.reason ?? '', new RegExp(`step-000200/${file}: .*${reason}`));
    damage(join(folder, 'checkpoints', 'step-000100', file));
    assert.throws(
      () => loadNewestCheckpoint(run),
      /no checkpoint can be used.*\n {2}step-000200: .*\n {2}step-000100: /s,
    );
  });
}

test('300 flips at random places of a state are all seen', (t) => {
  const folder = temporaryFolder(t);
  createRunWith(folder, [100, 200]);
  const path = join(folder, 'checkpoints/step-000200/state.safetensors');
  const sizeBytes = readFileSync(path).length;
  for (let i = 0; i < 300; i++) {
    const random = new Random(3, 'rot', i);
    const [offset, mask] = [random.below(sizeBytes), 1 + random.below(255)];
    flipByte(path, offset, mask);
    assert.equal(loadNewestCheckpoint(openRun(folder)).checkpoint.step, 100, `byte ${offset}, mask ${mask}`);
    flipByte(path, offset, mask);
  }
  assert.equal(loadNewestCheckpoint(openRun(folder)).checkpoint.step, 200);
});
