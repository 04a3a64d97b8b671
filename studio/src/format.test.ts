import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, count, duration, shellWord, short } from './format.ts';

test('numbers keep what one reads of them', () => {
  assert.deepEqual(
    [0, 0.000123, 0.97345, 4.5678, 214.3, 12345, 1.2e-9, 3e7].map((value) => short(value)),
    ['0', '0.000123', '0.973', '4.57', '214', '12,345', '1.20e-9', '3.00e+7'],
  );
  assert.equal(count(1234567.6), '1,234,568');
});

test('durations have two units at most', () => {
  assert.deepEqual([0, 8.4, 60, 200, 7500, 86_400 * 4 + 3600 * 3 + 59].map(duration), [
    '0 s',
    '8 s',
    '1 min',
    '3 min 20 s',
    '2 h 5 min',
    '4 d 3 h',
  ]);
});

test('times ago have one unit', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  const times = ['2026-01-31T11:59:55Z', '2026-01-31T11:54:30Z', '2026-01-28T10:00:00Z'];
  assert.deepEqual(
    times.map((time) => ago(time, now)),
    ['just now', '5 min ago', '3 d ago'],
  );
});

test('bytes have the unit that fits', () => {
  assert.deepEqual([0, 999, 812_300, 1.4e9].map(bytes), ['0 B', '999 B', '812 kB', '1.4 GB']);
});

test('words for a shell are quoted where they must be', () => {
  assert.deepEqual(['runs/a-1', 'two words', "it's", '[16]', ''].map(shellWord), [
    'runs/a-1',
    "'two words'",
    "'it'\\''s'",
    "'[16]'",
    "''",
  ]);
});
