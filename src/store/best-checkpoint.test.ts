import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { State } from '../engine/ir/tensor-data.ts';
import { findBestCheckpoint, isBetter, saveBestCheckpoint } from './best-checkpoint.ts';
import {
  commitCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  returnBefore,
  saveCheckpoint,
} from './checkpoint.ts';
import { loadChosenCheckpoint } from './choose-checkpoint.ts';
import type { CheckpointScore } from './manifest.ts';
import { createRun, type Run } from './run-folder.ts';

function newRun(t: TestContext): Run {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return createRun(folder, { seed: 7 });
}

const stateAt = (value: number): State =>
  new Map([['G.weight', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }]]);
const at = (step: number) => ({ step, imagesSeen: step, state: stateAt(step) });
const fid = (value: number): CheckpointScore => ({ metric: 'fid', value, better: 'lower' });
const bestFolders = ({ checkpointsPath }: Run) => readdirSync(checkpointsPath).filter((name) => /^best-/.test(name));

test('better is strictly lower or strictly higher; NaN never is', () => {
  const accuracy = (value: number): CheckpointScore => ({ metric: 'accuracy', value, better: 'higher' });
  assert.deepEqual(
    [isBetter(fid(1), fid(2)), isBetter(fid(2), fid(2)), isBetter(fid(3), fid(2)), isBetter(fid(9), undefined)],
    [true, false, false, true],
  );
  assert.deepEqual([isBetter(accuracy(3), accuracy(2)), isBetter(accuracy(1), accuracy(2))], [true, false]);
  assert.ok(!isBetter(fid(Number.NaN), undefined));
});

test('the best takes the place of the one before it, whatever its step, and tells its score', (t) => {
  const run = newRun(t);
  assert.equal(findBestCheckpoint(run), undefined);
  for (const [step, value] of [
    [300, 12],
    [100, 11],
    [100, 10],
  ] as const) {
    const folder = saveBestCheckpoint(run, at(step), fid(value));
    assert.deepEqual(bestFolders(run), [basename(folder)]);
    assert.deepEqual(findBestCheckpoint(run), { folder, step, score: fid(value) });
    assert.deepEqual(loadCheckpoint(folder).score, fid(value));
  }
  assert.deepEqual(bestFolders(run), ['best-000100-2'], 'the same step again, in another branch');
});

test('the best is none of those that a run goes on from, is counted among or returns to', (t) => {
  const run = newRun(t);
  saveBestCheckpoint(run, at(900), fid(1));
  assert.deepEqual(listCheckpoints(run), []);
  for (const step of [100, 200, 300, 400]) saveCheckpoint(run, at(step));
  assert.equal(loadNewestCheckpoint(run).checkpoint.step, 400);
  assert.deepEqual(
    listCheckpoints(run).map((folder) => basename(folder)),
    ['step-000400', 'step-000300'],
  );
  assert.equal(returnBefore(run, 1000)?.step, 400);
  assert.equal(returnBefore(run, 100), undefined);
  assert.deepEqual(bestFolders(run), ['best-000900']);
});

test('where a crash has left several, their scores decide', (t) => {
  const run = newRun(t);
  for (const [step, value, best] of [
    [200, 5, 200],
    [100, 6, 200],
    [300, 7, 200],
    [150, 4, 150],
  ] as const) {
    commitCheckpoint(run, 'best', at(step), fid(value));
    assert.equal(findBestCheckpoint(run)?.step, best);
  }
  saveBestCheckpoint(run, at(400), fid(3));
  assert.deepEqual(bestFolders(run), ['best-000400']);
});

test('one that is damaged is not the best', (t) => {
  const run = newRun(t);
  const folder = saveBestCheckpoint(run, at(100), fid(1));
  truncateSync(join(folder, 'state.safetensors'), 10);
  assert.equal(findBestCheckpoint(run), undefined);
});

test('a checkpoint is chosen as the newest, as the best or by its step; what is not there is said with what is', (t) => {
  const run = newRun(t);
  assert.throws(() => loadChosenCheckpoint(run, 'best'), /no best checkpoint.*none is yet.*--evaluate-every/);
  for (const step of [100, 200]) saveCheckpoint(run, at(step));
  assert.throws(() => loadChosenCheckpoint(run, 'best'), /no best checkpoint.*: step 200, step 100\. Train/);
  saveBestCheckpoint(run, at(50), fid(3));
  const chosen = (['newest', 'best', 100, 50] as const).map((choice) => {
    const { checkpoint } = loadChosenCheckpoint(run, choice);
    return [checkpoint.step, checkpoint.state.get('G.weight')?.data[0], checkpoint.score?.value];
  });
  assert.deepEqual(chosen, [
    [200, 200, undefined],
    [50, 50, 3],
    [100, 100, undefined],
    [50, 50, 3],
  ]);
  assert.throws(
    () => loadChosenCheckpoint(run, 150),
    /checkpoints: there is no checkpoint of step 150.*: step 200, step 100, best \(step 50\)\. Choose/,
  );
  truncateSync(join(run.checkpointsPath, 'step-000100', 'state.safetensors'), 10);
  assert.throws(() => loadChosenCheckpoint(run, 100), /step 100 that can be used.*\n.*10 bytes; its manifest says/s);
});
