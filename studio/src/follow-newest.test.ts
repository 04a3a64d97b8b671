import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { followNewest } from './follow-newest.ts';

test('one at a time, then the newest; nothing after the end', async () => {
  const begun: number[] = [];
  const endings: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const { want, stop } = followNewest((wanted: number, signal) => {
    begun.push(wanted);
    signals.push(signal);
    return new Promise<void>((resolve) => endings.push(resolve));
  });
  const end = async () => {
    endings.shift()?.();
    await setImmediate();
  };
  want(1);
  want(2);
  want(3);
  assert.deepEqual(begun, [1], 'the others wait');
  await end();
  assert.deepEqual(begun, [1, 3], '2 was overtaken');
  await end();
  want(4);
  assert.deepEqual(begun, [1, 3, 4], 'it goes on after a rest');
  want(5);
  stop();
  assert.ok(signals.every(({ aborted }) => aborted));
  await end();
  assert.deepEqual(begun, [1, 3, 4]);
});
