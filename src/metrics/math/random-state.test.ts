import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { recordedScores } from '../../../test/golden/recorded-scores.ts';
import { RandomState } from './random-state.ts';

for (const { seed, length, first, sha256 } of recordedScores.randomState) {
  test(`seed ${seed} orders ${length} numbers as numpy does`, () => {
    const order = new RandomState(seed).permutation(length);
    assert.deepEqual([...order.subarray(0, 6)], first);
    assert.equal(createHash('sha256').update(new Uint8Array(order.buffer)).digest('hex'), sha256);
  });
}

test('a choice without replacement is the start of a permutation', () => {
  assert.deepEqual(new RandomState(3).choice(50, 7), new RandomState(3).permutation(50).subarray(0, 7));
  assert.throws(() => new RandomState(3).choice(5, 6), RangeError);
});

test('a stream goes on: the second permutation is another', () => {
  const random = new RandomState(2020);
  assert.notDeepEqual(random.permutation(100), random.permutation(100));
});

test('seeds that numpy refuses are refused', () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) assert.throws(() => new RandomState(seed), /the seed is/);
});
