import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reading } from './maps.ts';
import { gammaWarning, percent, readingWords, signed, valueWords } from './words.ts';

const query: Reading = {
  pin: { x: 5, y: 3, direction: 'looksAt' },
  cell: { row: 3, column: 5 },
  own: [8, 8],
  grid: [2, 2],
  weights: Float32Array.of(0.5, 0.25, 0.219, 0.031),
  entropyBits: 1.6,
  received: undefined,
  peaks: [],
  top: { row: 0, column: 0, weight: 0.5 },
};
const key: Reading = { ...query, pin: { ...query.pin, direction: 'lookedAtBy' }, received: 1.5 };

test('a map is told in words', () => {
  assert.equal(readingWords(query), 'Row 3, column 5 looks most at row 0, column 0: 50 %. Entropy 1.6 of 2.0 bits.');
  assert.equal(
    readingWords(key),
    'Row 3, column 5 is looked at most by row 0, column 0: 50 % of what it gets. In all it gets 1.50 times an even share. ' +
      'Entropy 1.6 of 2.0 bits.',
  );
  assert.match(readingWords({ ...query, entropyBits: 1.999 }), /Entropy 2\.0 of 2\.0 bits: nearly even\.$/);
});

test('a cell is told with its share', () => {
  assert.equal(
    valueWords(query, { row: 1, column: 1 }),
    'Row 1, column 1 gets 3.1 % of the attention of row 3, column 5.',
  );
  assert.equal(
    valueWords(key, { row: 1, column: 0 }),
    'Row 1, column 0 gives 22 % of the attention that row 3, column 5 gets.',
  );
});

test('numbers are short, and minus is a minus', () => {
  assert.deepEqual([0, 0.00041, 0.031, 0.1234, 1].map(percent), ['0 %', '0.041 %', '3.1 %', '12 %', '100 %']);
  assert.deepEqual([signed(-0.1234), signed(-0.0001), signed(2, 2)], ['−0.123', '0.000', '2.00']);
});

test('a γ near 0 is warned of, whatever its sign; a block without one is not', () => {
  assert.match(gammaWarning({ name: 'a', gamma: -0.006 }) ?? '', /γ of a is −0\.006: .*hardly used/);
  assert.equal(gammaWarning({ name: 'a', gamma: -0.2 }), undefined);
  assert.equal(gammaWarning({ name: 'a', gamma: null }), undefined);
});
