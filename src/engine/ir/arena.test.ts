import assert from 'node:assert/strict';
import { test } from 'node:test';
import { touchedBytes } from './arena.ts';

const megabyte = 2 ** 20;
/** Pieces of so many megabytes, each held from one node to another. */
const touched = (...pieces: readonly (readonly [megabytes: number, from: number, until: number])[]) =>
  touchedBytes(pieces.map(([megabytes, from, until]) => ({ bytes: megabytes * megabyte, from, until }))) / megabyte;

test('what is given back is taken again; what is never taken is not touched', () => {
  assert.equal(touched(), 0);
  assert.equal(touched([0, 0, 9]), 0);
  assert.equal(touched([0.25, 0, 0]), 0.25);
  assert.equal(touched([0.25, 0, 0], [0.25, 1, 1]), 0.25);
  assert.equal(touched([0.25, 1, 1], [0.25, 0, 0]), 0.25, 'whichever is named first');
  assert.equal(touched([0.25, 0, 1], [0.25, 1, 1]), 0.5, 'both are there at node 1');
  assert.equal(touchedBytes([{ bytes: 1, from: 0, until: 0 }]), 256);
});

test('a new region is twice as large as the last, or as often as it must be, and serves no piece that spans two', () => {
  assert.equal(touched([0.75, 0, 0], [0.75, 0, 0], [1.5, 1, 1]), 0.75 + 1.5);
  // The third region has 4 megabytes, of which 3 can be taken: otherwise there would be another.
  assert.equal(touched([1, 0, 0], [2, 0, 0], [2.5, 0, 0], [3, 1, 1]), 1 + 2 + 3);
  assert.equal(touched([3, 0, 0], [1, 0, 0], [5, 1, 1]), 3 + 1 + 5, 'two regions of 4 before one of 8');
});

test('a chunk is cut where half of it is left over, or 128 megabytes', () => {
  assert.equal(touched([0.5, 0, 0], [0.25, 0, 0], [1, 1, 1]), 1, 'both halves lie in what one takes later');
  assert.equal(touched([0.625, 0, 0], [0.25, 0, 0], [1, 1, 1]), 1 + 0.25);
  assert.equal(touched([300, 0, 0], [100, 0, 0], [512, 1, 1]), 512);
  assert.equal(touched([400, 0, 0], [100, 0, 0], [512, 1, 1]), 512 + 100);
});

test('the smallest chunk that fits is taken, wherever it lies', () => {
  const [wide, between, narrow, last] = [0.25, 0.125, 0.125, 0.125];
  const held = [
    [wide, 0, 0],
    [between, 0, 2],
    [narrow, 0, 0],
    [last, 0, 2],
  ] as const;
  assert.equal(touched(...held, [0.125, 1, 2], [0.25, 1, 2]), wide + between + narrow + last);
});

test('free chunks side by side become one, on either side', () => {
  const three = (first: number, second: number, third: number) =>
    touched([0.25, 0, first], [0.25, 0, second], [0.25, 0, third], [0.25, 0, 9], [0.75, 5, 5]);
  assert.equal(three(1, 2, 3), 1);
  assert.equal(three(3, 2, 1), 1);
  assert.equal(three(1, 3, 2), 1);
  assert.equal(three(1, 9, 2), 1 + 0.75, 'one in between is held');
});

test('sizes of any order are measured', () => {
  assert.ok(Math.abs(touched([1e12, 0, 0]) / 1e12 - 1) < 1e-3);
});
