import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classWeights } from '../../../../src/sample/class-weights.ts';
import { classWords, firstOther, mixedWith, partsOf, sharesOf, withClass, without, withWeight } from './class-mix.ts';

const names = ['ant', 'bee', 'cat'];

test('classes are mixed in, weighed, exchanged and taken out', () => {
  const two = mixedWith(2, 0);
  assert.equal(classWords(two, names), '50 % cat, 50 % ant');
  const weighed = withWeight(two, 1, 0.5);
  assert.equal(classWords(weighed, names), '67 % cat, 33 % ant');
  assert.equal(classWords(withClass(weighed, 1, 1), names), '67 % cat, 33 % bee');
  assert.equal(without(weighed, 0), 0, 'one alone is a class');
  assert.equal(classWords(1, names), 'bee');
});

test('shares are what the generator gets', () => {
  const mix = withWeight(mixedWith(mixedWith(0, 1), 2), 2, 0.25);
  const sent = typeof mix === 'number' ? [] : [...classWeights(mix, 3)];
  assert.deepEqual(sent, [...Float32Array.from(sharesOf(partsOf(mix)))]);
});

test('the weights never sum to nothing', () => {
  const nearly = withWeight(mixedWith(0, 1), 0, 0);
  assert.deepEqual(withWeight(nearly, 1, 0.001), nearly);
  assert.equal(without(nearly, 1), 0);
  assert.deepEqual(sharesOf(partsOf(without(mixedWith(withWeight(nearly, 0, 0), 2), 1))), [0, 1]);
});

test('what is mixed in next is not there yet', () => {
  assert.equal(firstOther(0, 3), 1);
  assert.equal(firstOther(mixedWith(1, 0), 3), 2);
  assert.equal(firstOther(mixedWith(mixedWith(1, 0), 2), 3), undefined);
});
