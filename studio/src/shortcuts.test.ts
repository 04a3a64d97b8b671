import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyBelongsTo, keyName, keyPressed, keysOf, matchKey, type Shortcut } from './shortcuts.ts';

const shortcut = (keys: string): Shortcut => ({ keys, does: keys, run: () => undefined });
const runsKey = shortcut('g r');
const newKey = shortcut('n');
const all = [runsKey, newKey, shortcut('?')];

test('one key runs at once, the first of two waits for the second', () => {
  assert.deepEqual(matchKey(all, undefined, 'n'), { run: newKey });
  assert.deepEqual(matchKey(all, undefined, 'g'), { begun: 'g' });
  assert.deepEqual(matchKey(all, 'g', 'r'), { run: runsKey });
  assert.equal(matchKey(all, undefined, 'r'), undefined);
});

test('a second key that completes nothing means what it means alone', () => {
  assert.deepEqual(matchKey(all, 'g', 'n'), { run: newKey });
  assert.deepEqual(matchKey(all, 'g', 'g'), { begun: 'g' });
  assert.equal(matchKey(all, 'g', 'x'), undefined);
});

test("a page's own shortcut goes before one that holds everywhere", () => {
  const own = shortcut('n');
  assert.deepEqual(matchKey([...all, own], undefined, 'n'), { run: own });
});

test('a blank is a key', () => {
  assert.deepEqual(keysOf({ keys: ' ' }), [' ']);
  const play = shortcut(' ');
  assert.deepEqual(matchKey([...all, play], undefined, ' '), { run: play });
});

test('fields keep their keys, sliders their arrows, buttons their blank', () => {
  const belongs = (tag: string, type: string, key: string) => keyBelongsTo({ tag, type, isEditable: false }, key);
  assert.ok(belongs('INPUT', 'text', 'n') && belongs('INPUT', 'search', '/') && belongs('TEXTAREA', '', 't'));
  assert.ok(belongs('SELECT', '', 'n') && keyBelongsTo({ tag: 'DIV', type: '', isEditable: true }, 'n'));
  assert.ok(belongs('INPUT', 'range', 'ArrowLeft') && !belongs('INPUT', 'range', 'n'));
  assert.ok(belongs('BUTTON', '', ' ') && !belongs('BUTTON', '', 'ArrowLeft') && !belongs('MAIN', '', ' '));
});

test('arrows with Shift are keys of their own; signs that need it are not', () => {
  assert.equal(keyPressed({ key: 'ArrowLeft', shiftKey: true }), 'Shift+ArrowLeft');
  assert.equal(keyPressed({ key: 'ArrowLeft', shiftKey: false }), 'ArrowLeft');
  assert.equal(keyPressed({ key: '?', shiftKey: true }), '?');
  assert.equal(keyName('Shift+ArrowLeft'), 'Shift ←');
});
