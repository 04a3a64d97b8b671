/** The best checkpoint is the old one or the new one, bit for bit, wherever the process dies and whatever the disk does. */

import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/base/errors.ts';
import {
  createRun,
  type FileSystem,
  findBestCheckpoint,
  loadCheckpoint,
  loadNewestCheckpoint,
  lockRun,
  openRun,
  saveBestCheckpoint,
  saveCheckpoint,
} from '../../src/store/index.ts';
import { faults, faultyAt, ProcessDied } from './faulty-file-system.ts';
import { bitsOf, config, stateAt, temporariesIn, temporaryFolder, unsyncedFileSystem } from './small-run.ts';

/** The lower, the better; a later step is not always a better one. */
const scores: Readonly<Record<number, number>> = { 300: 9, 200: 8, 250: 7 };

function saveBest(path: string, step: number, fileSystem: FileSystem = unsyncedFileSystem): void {
  const content = { step, imagesSeen: step, state: stateAt(step) };
  const score = { metric: 'fid', value: scores[step] ?? Number.NaN, better: 'lower' } as const;
  saveBestCheckpoint({ ...openRun(path), fileSystem }, content, score);
}

/** What the next start finds: the run is taken, leftovers are swept, the best is whole, and so is the newest. */
function restart(path: string): number {
  const run = openRun(path, unsyncedFileSystem);
  lockRun(run).release();
  assert.deepEqual(temporariesIn(path), []);
  assert.equal(loadNewestCheckpoint(run).checkpoint.step, 100);
  const { folder, step, score } = findBestCheckpoint(run) ?? assert.fail('there is no best checkpoint any more');
  assert.equal(score.value, scores[step]);
  assert.deepEqual(bitsOf(loadCheckpoint(folder).state), bitsOf(stateAt(step)));
  return step;
}

for (const fault of faults) {
  test(`a new best whose save's N-th call ${fault}, for every N, leaves the old one or the new one`, (t) => {
    const folder = temporaryFolder(t);
    const original = join(folder, 'original');
    const run = createRun(original, config, unsyncedFileSystem);
    saveCheckpoint(run, { step: 100, imagesSeen: 100, state: stateAt(100) });
    saveBest(original, 300);
    const seen = new Set<number>();
    let at = 1;
    for (let hasFired = true; hasFired; at++) {
      const path = join(folder, `run-${at}`);
      cpSync(original, path, { recursive: true });
      const faulty = faultyAt(unsyncedFileSystem, at, fault);
      try {
        saveBest(path, 200, faulty.fileSystem);
      } catch (error) {
        assert.ok(
          error instanceof (fault.startsWith('dies') ? ProcessDied : UserError),
          `call ${at}: ${String(error)}`,
        );
      }
      hasFired = faulty.fired();
      const step = restart(path);
      assert.ok(step === 300 || step === 200, `call ${at}: the best is of step ${step}`);
      if (hasFired) seen.add(step);
      saveBest(path, 250);
      assert.equal(restart(path), 250, `call ${at}`);
      rmSync(path, { recursive: true });
    }
    assert.ok(at > 40, `a save made only ${at} calls`);
    assert.deepEqual([...seen].sort(), [200, 300], 'faults before and after the commit were both tried');
  });
}
