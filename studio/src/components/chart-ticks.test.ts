import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logTicks, symlogThreshold, symlogTicks } from './chart-ticks.ts';

test('round numbers over decades, more of them over few', () => {
  assert.deepEqual(logTicks(0.9, 60), [1, 2, 5, 10, 20, 50]);
  assert.deepEqual(logTicks(0.05, 300), [0.1, 1, 10, 100]);
  assert.deepEqual(logTicks(1e-9, 1e3), [1e-8, 1e-6, 1e-4, 0.01, 1, 100]);
  assert.deepEqual(logTicks(1.1, 1.9), [1.2, 1.4, 1.6, 1.8]);
});

test('on both sides of 0', () => {
  assert.equal(symlogThreshold(-3, 20), 1);
  assert.deepEqual(symlogTicks(-3, 20, 1), [-1, 0, 1, 10]);
  assert.deepEqual(symlogTicks(0.5, 20, 1), [1, 10]);
  assert.deepEqual(symlogTicks(2, 20, 1), [2, 5, 10, 20]);
  assert.deepEqual(symlogTicks(-20, -2, 1), [-20, -10, -5, -2]);
  assert.deepEqual(symlogTicks(-0.4, 0.5, 1), [-0.4, -0.2, 0, 0.2, 0.4]);
});

test('every axis has a few ticks, in order, within it', () => {
  const size = fc.double({ min: -12, max: 12, noNaN: true }).map((exponent) => 10 ** exponent);
  const check = (ticks: readonly number[], low: number, high: number) => {
    assert.ok(ticks.length > 0 && ticks.length < 24, `${ticks}`);
    assert.deepEqual(
      [...ticks].sort((a, b) => a - b),
      ticks,
    );
    assert.ok(
      ticks.every((tick) => tick >= low * (1 - Math.sign(low) * 1e-9) && tick <= high * (1 + Math.sign(high) * 1e-9)),
    );
  };
  fc.assert(
    fc.property(size, fc.double({ min: 1.05, max: 1e9, noNaN: true }), (low, factor) =>
      check(logTicks(low, low * factor), low, low * factor),
    ),
  );
  fc.assert(
    fc.property(size, size, (below, above) =>
      check(symlogTicks(-below, above, symlogThreshold(-below, above)), -below, above),
    ),
  );
});
