import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latestWins } from './latest.ts';

test('a newer call aborts the one before, which gives nothing', async () => {
  const signals: AbortSignal[] = [];
  const answers: ((value: string) => void)[] = [];
  const ask = latestWins((signal, _question: string) => {
    signals.push(signal);
    return new Promise<string>((resolve) => answers.push(resolve));
  });
  const first = ask('one');
  const second = ask('two');
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  answers[1]?.('second');
  answers[0]?.('first, late');
  assert.deepEqual(await Promise.all([first, second]), [undefined, 'second']);
});

test('the error of a call counts unless it was overtaken or cancelled', async () => {
  const fail = latestWins(async () => {
    throw new Error('no');
  });
  const overtaken = fail();
  const newest = fail();
  assert.equal(await overtaken, undefined);
  await assert.rejects(newest, /no/);
  const cancelled = fail();
  fail.cancel();
  assert.equal(await cancelled, undefined);
});
