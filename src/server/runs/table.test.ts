import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Table } from './table.ts';

interface Row {
  readonly step: number;
  readonly value: number;
}

function tableOf(rows: readonly Row[]): Table {
  const table = new Table();
  for (const { step, value } of rows) table.append(step, [['a', value]]);
  return table;
}

const all = [0, Number.POSITIVE_INFINITY] as const;

/** Up to 5,000 rows of growing steps with gaps, and values that are exact in few digits. */
const someRows = fc
  .tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 99 }))
  .map(([count, gap, seed]) =>
    Array.from({ length: count }, (_, n) => ({ step: 1 + n * gap + ((n * seed) % gap), value: (n * seed) % 101 })),
  );

test('a curve is all rows of its range, in at most a thousand points', () => {
  fc.assert(
    fc.property(someRows, fc.nat(40_000), fc.nat(40_000), (rows, from, to) => {
      const curve = tableOf(rows).curve('a', from, to);
      assert.ok(curve !== undefined && curve.step.length <= 1000);
      let left = rows.filter(({ step }) => step >= from && step <= to);
      for (const [point, last] of curve.step.entries()) {
        const values = left.filter(({ step }) => step <= last).map(({ value }) => value);
        left = left.filter(({ step }) => step > last);
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        assert.equal(curve.mean[point], Number(mean.toPrecision(6)));
        assert.equal(curve.min[point], Math.min(...values));
        assert.equal(curve.max[point], Math.max(...values));
      }
      assert.deepEqual(left, [], 'no row is lost');
    }),
    { numRuns: 60 },
  );
});

test('there are a thousand points where steps of a round number make so many, and never more', () => {
  const points = (count: number) =>
    tableOf(Array.from({ length: count }, (_, n) => ({ step: n + 1, value: n }))).curve('a', ...all)?.step.length;
  assert.deepEqual([1000, 1999, 2000, 5000].map(points), [1000, 1000, 401, 501]);
});

test('few rows are a point each', () => {
  const curve = tableOf([
    { step: 1, value: 0.5 },
    { step: 9, value: -2 },
  ]).curve('a', ...all);
  assert.deepEqual(curve, { step: [1, 9], mean: [0.5, -2], min: [0.5, -2], max: [0.5, -2] });
});

test('points stay where they are while a curve grows', () => {
  const rows = Array.from({ length: 1800 }, (_, n) => ({ step: n + 1, value: n }));
  const before = tableOf(rows.slice(0, 1500)).curve('a', ...all);
  const after = tableOf(rows).curve('a', ...all);
  assert.ok(before !== undefined && after !== undefined);
  assert.deepEqual(after.mean.slice(0, before.mean.length - 1), before.mean.slice(0, -1));
});

test('what is not finite is a gap, and hides nothing of its point', () => {
  const wild = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const few = tableOf(wild.map((value, n) => ({ step: n + 1, value }))).curve('a', ...all);
  assert.deepEqual(few?.mean, [null, null, null]);
  const rows = Array.from({ length: 2000 }, (_, n) => ({ step: n + 1, value: n % 2 === 0 ? 3 : Number.NaN }));
  const many = tableOf(rows).curve('a', ...all);
  assert.ok(many?.step.length !== undefined && many.step.length <= 1000);
  assert.ok(many.mean.filter((value) => value === 3).length >= many.mean.length - 1);
});

test('a step that comes again takes the place of itself and of all after it', () => {
  const table = tableOf([1, 2, 3, 4, 5].map((step) => ({ step, value: step })));
  table.append(3, [['b', 30]]);
  assert.deepEqual(table.curve('a', ...all)?.mean, [1, 2, null]);
  assert.deepEqual(table.curve('b', ...all)?.mean, [null, null, 30]);
  table.truncateAfter(1);
  assert.equal(table.lastStep, 1);
  assert.deepEqual(table.curve('a', ...all)?.step, [1]);
  table.append(2, []);
  assert.deepEqual(table.curve('b', ...all)?.mean, [null, null], 'what was dropped does not come back');
});
