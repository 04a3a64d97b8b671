import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MeasuredCheckpoints } from './measured-checkpoints.ts';

test('a checkpoint is measured once, as long as it is there, and again if it was refused', async () => {
  const asked: number[] = [];
  const damaged = new Set([20]);
  const measured = new MeasuredCheckpoints(async (step) => {
    asked.push(step);
    if (damaged.has(step)) return { checkpoints: [], refused: [`${step} is damaged`] };
    return { checkpoints: [{ step, blocks: [] }], refused: [] };
  });
  const of = async (...steps: number[]) => {
    const before = asked.length;
    const told: number[] = [];
    const { checkpoints, refused } = await measured.of(steps, new AbortController().signal, ({ done }) =>
      told.push(done),
    );
    return [checkpoints.map(({ step }) => step), refused, asked.slice(before), told];
  };
  assert.deepEqual(await of(10, 20, 30), [[10, 30], ['20 is damaged'], [10, 20, 30], [0, 1, 2]]);
  damaged.clear();
  assert.deepEqual(await of(10, 20, 30, 40), [[10, 20, 30, 40], [], [20, 40], [1, 3]]);
  assert.deepEqual(await of(10, 20), [[10, 20], [], [], []]);
  assert.deepEqual(await of(10, 20, 30), [[10, 20, 30], [], [30], [2]], 'step 30 was done again');
});
