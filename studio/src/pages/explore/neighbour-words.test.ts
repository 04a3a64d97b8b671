import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyWords, unitWords } from './neighbour-words.ts';

test('a distance is judged by what lies between real images', () => {
  for (const [nearest, between, words] of [
    [0, 26, /may be a copy/],
    [12, 26, /may be a copy/],
    [14, 26, /Somewhat nearer/],
    [32, 26, /no sign of a copy/],
    [32, 0, /no yardstick/],
  ] as const) {
    assert.match(copyWords(nearest, between), words, `${nearest} of ${between}`);
  }
  assert.equal(copyWords(32.25, undefined), 'The nearest training image is 32.3 away.');
  assert.match(unitWords('pixels'), /pixels/);
  assert.match(unitWords('features'), /classifier/);
});
