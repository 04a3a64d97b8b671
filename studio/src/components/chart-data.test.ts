import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  axisFor,
  type ChartLine,
  chartCsv,
  chartTable,
  formatValue,
  nearestIndex,
  summaryOf,
  valueAt,
  valueRange,
} from './chart-data.ts';
import { smoothed } from './chart-smooth.ts';

const line = (name: string, step: number[], mean: (number | null)[], spread = 0): ChartLine => ({
  name,
  label: name,
  colour: '--ink',
  columns: {
    step,
    mean,
    min: mean.map((value) => value && value - spread),
    max: mean.map((value) => value && value + spread),
  },
});
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('an average is that of the definition, is not drawn toward 0, and a gap leaves it alone', () => {
  const values = [4, 0, 2, 8];
  const expected = values.map((_, n) => {
    const weights = values.slice(0, n + 1).map((_, k) => 0.5 ** (n - k));
    const total = weights.reduce((a, b) => a + b);
    return weights.reduce((sum, weight, k) => sum + (weight * (values[k] ?? 0)) / total, 0);
  });
  assert.deepEqual(smoothed([1, 2, 3, 4], values, 0.5), expected);
  assert.deepEqual(smoothed([1, 2, 3], [5, null, 5], 0.9), [5, null, 5]);
  assert.deepEqual(smoothed([1, 2], [1, 3], 0), [1, 3]);
});

test('points count for the steps between them', () => {
  const [, , near] = smoothed([10, 20, 30, 40], [0, 0, 1, 1], 0.5);
  const [, , far] = smoothed([10, 20, 60, 70], [0, 0, 1, 1], 0.5);
  assert.equal(near, 1 / 1.75);
  assert.equal(far, 1 / (1 + 1.5 / 16));
});

test('lines share one column of steps: undefined where a line has none, null where it has a gap', () => {
  const table = chartTable([line('a', [1, 3], [1, null]), line('b', [2, 3], [5, 6], 1)], 0.9);
  assert.deepEqual(table.step, [1, 2, 3]);
  assert.deepEqual(table.lines[0]?.raw, [1, undefined, null]);
  assert.deepEqual(table.lines[1]?.max, [undefined, 6, 7]);
  assert.deepEqual(table.lines[1]?.smoothed, [undefined, 5, 6], 'few points are shown as they are');
  const many = chartTable([line('a', upTo(20), [...upTo(19).fill(0), 1])], 0.9);
  assert.ok(Number(many.lines[0]?.smoothed.at(-1)) < 0.2);
});

test('the wild beginning and outliers do not widen an axis; a range that is looked into shows them', () => {
  const wild = line('a', upTo(1000), [1000, ...upTo(998).map((n) => n / 998), 50]);
  assert.ok(Number(valueRange([wild], { isWhole: true, isPositive: false })?.[1]) <= 1);
  const beginning = line('a', upTo(1000), [...upTo(40).fill(9), ...upTo(960).fill(1)]);
  assert.deepEqual(valueRange([beginning], { isWhole: true, isPositive: false }), [1, 1]);
  assert.deepEqual(valueRange([beginning], { isWhole: false, isPositive: false }), [1, 9]);
  const few = line('a', [1, 2, 3], [-100, 1, 2]);
  assert.deepEqual(valueRange([few], { isWhole: false, isPositive: false }), [-100, 2]);
  assert.deepEqual(valueRange([few], { isWhole: false, isPositive: true }), [1, 2]);
  assert.equal(valueRange([line('a', [1], [null])], { isWhole: true, isPositive: false }), undefined);
});

test('a log axis needs values above 0', () => {
  assert.equal(axisFor([line('a', [1], [0.1])], true), 'log');
  assert.equal(axisFor([line('a', [1, 2], [0.1, -1])], true), 'symlog');
  assert.equal(axisFor([line('a', [1], [0.1], 0.2)], true), 'symlog', 'the band must fit, too');
  assert.equal(axisFor([line('a', [1], [0.1])], false), 'linear');
});

test('the nearest step, and the value there', () => {
  assert.deepEqual(
    [0, 14, 15, 16, 99].map((step) => nearestIndex([10, 20, 30], step)),
    [0, 0, 0, 1, 2],
  );
  assert.equal(nearestIndex([], 3), undefined);
  const curve = line('a', [10, 20], [1, null]);
  assert.equal(valueAt(curve, 11), 1);
  assert.equal(valueAt(curve), null);
  assert.deepEqual([0, -1.23456, 12345, 1e-5, -2.5e7, null, undefined].map(formatValue), [
    '0',
    '−1.235',
    '12350',
    '1.00e−5',
    '−2.50e7',
    'none',
    '–',
  ]);
});

test('in a summary, and as CSV', () => {
  const curve = line('loss, of D', [1, 2, 3], [4, null, 2]);
  assert.deepEqual(summaryOf(curve), { label: 'loss, of D', lastStep: 3, last: 2, least: 2, greatest: 4 });
  const none = { lastStep: undefined, last: undefined, least: undefined, greatest: undefined };
  assert.deepEqual(summaryOf(line('a', [], [])), { label: 'a', ...none });
  assert.deepEqual(summaryOf(line('a', [4], [null])), { label: 'a', ...none, lastStep: 4, last: null });
  assert.equal(
    chartCsv([curve, line('b', [2], [1], 0.5)]),
    'step,"loss, of D",b,b min,b max\n1,4,,,\n2,NaN,1,0.5,1.5\n3,2,,,\n',
  );
});
