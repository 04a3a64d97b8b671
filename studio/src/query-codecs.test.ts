import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimal, flag, list, maybe, oneOf, text, wholeNumber } from './query-codecs.ts';

test('lists of any texts come back as they were, save those of one empty text', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', ',', '%', '2', 'C', '5', '=') })), (texts) => {
      fc.pre(!(texts.length === 1 && texts[0] === ''));
      assert.deepEqual(list(text).parse(list(text).format(texts)), texts);
    }),
  );
});

test('an element that cannot be read is left out of its list', () => {
  assert.deepEqual(list(wholeNumber()).parse('1,x,-3'), [1, -3]);
});

test('numbers are moved to the nearer end, and other texts are none', () => {
  const step = wholeNumber(0, 10);
  assert.deepEqual(['7', '-4', '99', '', '1.5', 'x', '1e3'].map(step.parse), [
    7,
    0,
    10,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const share = decimal(0, 0.99, 2);
  assert.deepEqual(['0.5', '2', ' ', 'NaN', 'Infinity'].map(share.parse), [0.5, 0.99, undefined, undefined, undefined]);
  assert.equal(share.format(0.1 + 0.2), '0.3');
});

test('flags and words are what they say, or nothing', () => {
  assert.deepEqual(['1', '0', 'true'].map(flag.parse), [true, false, undefined]);
  assert.deepEqual(['step', 'images', 'toString'].map(oneOf(['step', 'images']).parse), ['step', 'images', undefined]);
});

test('a value that may be left out is the empty text without one', () => {
  const codec = maybe(wholeNumber(0));
  for (const value of [undefined, 0, 7]) assert.equal(codec.parse(codec.format(value)), value);
  assert.equal(codec.format(undefined), '');
});
