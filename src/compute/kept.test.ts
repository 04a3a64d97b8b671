import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kept } from './kept.ts';

const limits = { runs: 1, values: 2, smallValues: 3, residentBytes: 1000 };

/** Makes values of these keys, one after the other, and tells which had to be made. */
async function keepAll(kept: Kept, keys: readonly string[], released: string[] = []): Promise<string[]> {
  const made: string[] = [];
  for (const key of keys) {
    const make = async () => {
      made.push(key);
      return key;
    };
    assert.equal(await kept.keep(undefined, key, make, (value) => released.push(value)), key);
  }
  return made;
}

test('what was used last is kept, the rest is released, and only between requests', async () => {
  const kept = new Kept(limits);
  const released: string[] = [];
  assert.deepEqual(await keepAll(kept, ['a', 'b', 'c', 'a'], released), ['a', 'b', 'c']);
  assert.deepEqual(released, []);
  kept.trim(0);
  await keepAll(kept, []);
  assert.deepEqual(await keepAll(kept, ['a', 'c', 'b'], released), ['b']);
  assert.deepEqual(released, ['b']);
});

test('beyond its memory the process keeps only what was used last', async () => {
  const kept = new Kept(limits);
  await keepAll(kept, ['a', 'b']);
  kept.trim(1001);
  assert.deepEqual(await keepAll(kept, ['b', 'a']), ['a']);
});

test('small values have room of their own', async () => {
  const kept = new Kept(limits);
  await keepAll(kept, ['a', 'b']);
  const remembered: number[] = [];
  const remember = (n: number) => kept.remember(undefined, `${n}`, async () => remembered.push(n));
  for (const n of [1, 2, 3, 4, 2]) await remember(n);
  assert.deepEqual(remembered, [1, 2, 3, 4]);
  kept.trim(0);
  assert.deepEqual(await keepAll(kept, ['a', 'b']), []);
  kept.trim(1001);
  for (const n of [2, 3, 4, 1]) await remember(n);
  assert.deepEqual(remembered, [1, 2, 3, 4, 1]);
});

test('the process should end when letting go has not helped, and not before', () => {
  const kept = new Kept(limits);
  assert.deepEqual(
    [1001, 1000, 1001, 1001, 1001, 10].map((bytes) => kept.trim(bytes)),
    [false, false, false, true, true, false],
  );
});

test('what could not be made is tried again, and is nothing to release', async () => {
  const kept = new Kept(limits);
  const fail = () => Promise.reject(new Error('no memory'));
  await assert.rejects(
    kept.keep(undefined, 'a', fail, () => assert.fail()),
    /no memory/,
  );
  assert.deepEqual(await keepAll(kept, ['a']), ['a']);
});
