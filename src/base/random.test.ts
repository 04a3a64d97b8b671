import assert from 'node:assert/strict';
import { test } from 'node:test';
import { philox, Random } from './random.ts';

test('philox agrees with the known-answer vectors of the Random123 distribution', () => {
  assert.deepEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  const ones = 0xffffffff;
  assert.deepEqual(philox([ones, ones, ones, ones], [ones, ones]), [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  assert.deepEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

test('a draw depends on seed, stream and position, and on nothing else', () => {
  const draw = (seed: number, stream: string, position: number) => [...new Random(seed, stream, position).normal(5)];
  assert.deepEqual(draw(1, 'z', 3), draw(1, 'z', 3));
  for (const other of [draw(2, 'z', 3), draw(1, 'y', 3), draw(1, 'z', 4), draw(1 + 2 ** 32, 'z', 3)]) {
    assert.notDeepEqual(draw(1, 'z', 3), other);
  }
});

test('normal draws have the moments of N(0, 1)', () => {
  const values = new Random(5, 'moments').normal(200_000);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  const kurtosis = values.reduce((sum, x) => sum + (x - mean) ** 4, 0) / values.length / variance ** 2;
  assert.ok(Math.abs(mean) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.02, `variance ${variance}`);
  assert.ok(Math.abs(kurtosis - 3) < 0.06, `kurtosis ${kurtosis}`);
});

test('a permutation holds every index once', () => {
  const order = [...new Random(3, 'order').permutation(1000)];
  assert.notDeepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test('seeds and positions outside the range are refused', () => {
  assert.throws(() => new Random(-1, 'z'), /seed is -1/);
  assert.throws(() => new Random(1, 'z', 0.5), /position is 0.5/);
  assert.throws(() => new Random(1, 'z').below(0), /bound is 0/);
});
