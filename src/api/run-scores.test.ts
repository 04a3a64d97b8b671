import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { UserError } from '../base/errors.ts';
import type { State } from '../engine/index.ts';
import type { Score, ScoreFile } from '../metrics/index.ts';
import { createRun, findBestCheckpoint, type Run } from '../store/index.ts';
import { type RunEvaluation, RunScores } from './run-scores.ts';

function newRun(t: TestContext): Run {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return createRun(folder, { seed: 7 });
}

function scoreOf(metric: string, value: number, better: Score['better'] = 'lower'): Score {
  const features = {
    network: 'none',
    weightsSha256: '0',
    resizer: 'none',
    clip: false,
    normalization: 'none',
  } as const;
  const images = { name: 'images', count: 1, sha256: '0' };
  const passport = { metric, protocol: 'test', features, parameters: {}, images, reference: undefined, warnings: [] };
  return { value, better, passport: { ...passport, software: 'test' } };
}

const stateAt = (step: number): State =>
  new Map([['ema.G.weight', { dtype: 'float32', shape: [1], data: Float32Array.of(step) }]]);

/** Takes the scores of a step, whose only weight is the number of the step. */
async function take(scores: RunScores, step: number) {
  const state = async () => stateAt(step);
  return scores.take({ type: 'evaluate', step, imagesSeen: step, progress: undefined, generator: state, state });
}

async function evaluation(scores: RunScores, step: number): Promise<RunEvaluation> {
  const taken = await take(scores, step);
  return typeof taken === 'string' ? assert.fail(taken) : taken;
}

/** Scores a state by what is told of its step. */
function taking(run: Run, keepBest: string, told: (step: number) => readonly Score[]): RunScores {
  const evaluate = async (state: State): Promise<ScoreFile> => ({
    formatVersion: 1,
    scores: told(state.get('ema.G.weight')?.data[0] ?? Number.NaN),
  });
  return new RunScores(run, { evaluate }, keepBest);
}

test('the best is the best so far, and stays where another is only as good', async (t) => {
  const run = newRun(t);
  const values: Record<number, number> = { 1: 9, 2: 7, 3: 8, 4: 7, 5: 6 };
  const scores = taking(run, 'fid', (step) => [
    scoreOf('is-mnist', step, 'higher'),
    scoreOf('fid-mnist', values[step] ?? 0),
  ]);
  const best: (readonly [boolean, number | undefined])[] = [];
  for (const step of [1, 2, 3, 4, 5]) {
    const { isBest, scores: seen } = await evaluation(scores, step);
    assert.deepEqual(seen, { 'is-mnist': step, 'fid-mnist': values[step] });
    best.push([isBest, findBestCheckpoint(run)?.step]);
  }
  assert.deepEqual(best, [
    [true, 1],
    [true, 2],
    [false, 2],
    [false, 2],
    [true, 5],
  ]);
});

test('a run that goes on knows the best it has had', async (t) => {
  const run = newRun(t);
  const fid = (value: number) => taking(run, 'fid', () => [scoreOf('fid', value)]);
  await take(fid(5), 10);
  assert.equal((await evaluation(fid(6), 12)).isBest, false);
  assert.equal(findBestCheckpoint(run)?.step, 10);
  assert.equal((await evaluation(fid(5), 10)).isBest, true, 'the step of the best, once more');
  assert.equal((await evaluation(fid(4), 12)).isBest, true);
  assert.equal(findBestCheckpoint(run)?.step, 12);
});

test('a state that cannot be scored is told, and neither written nor kept', async (t) => {
  const run = newRun(t);
  const scores = taking(run, 'fid', () => [scoreOf('fid', Number.NaN)]);
  assert.equal(await take(scores, 1), 'fid is NaN');
  const broken = taking(run, 'fid', () => {
    throw new UserError('image 3 is NaN.');
  });
  assert.equal(await take(broken, 2), 'image 3 is NaN.');
  assert.deepEqual([findBestCheckpoint(run), existsSync(join(run.path, 'scores'))], [undefined, false]);
  const defective = taking(run, 'fid', () => assert.fail('a defect'));
  await assert.rejects(take(defective, 3), /a defect/);
});

test('a score to keep checkpoints by that nobody takes is named with those that are', async (t) => {
  const scores = taking(newRun(t), 'fidd', () => [scoreOf('fid-mnist', 1), scoreOf('is-mnist', 2)]);
  await assert.rejects(take(scores, 1), { name: 'UserError', message: /"fidd".*: fid-mnist, is-mnist\./ });
});
