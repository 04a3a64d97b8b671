import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distinctColour } from '../../../../src/picture/colours.ts';
import {
  cellAt,
  cellWithin,
  movedPin,
  type Pin,
  pinColours,
  pinsCodec,
  pinWithin,
  pixelOfCell,
  withPin,
} from './pins.ts';

const pins: readonly Pin[] = [
  { x: 12, y: 5, direction: 'looksAt' },
  { x: 0, y: 31, direction: 'lookedAtBy' },
];

test('pins stand in the address, and what is none is left out', () => {
  assert.equal(pinsCodec.format(pins), 'q12-5,k0-31');
  assert.deepEqual(pinsCodec.parse('q12-5,k0-31'), pins);
  assert.deepEqual(pinsCodec.parse('q12-5,x1-1,q-1-2,q1,k0-31'), pins);
  assert.equal(pinsCodec.parse('q1-1,q2-2,q3-3,q4-4,q5-5,q6-6,q7-7')?.length, 6);
});

test('a cell has the pixels in it, and its middle is one of them', () => {
  assert.deepEqual(cellAt({ x: 15, y: 16 }, 32, [8, 8]), { row: 4, column: 3 });
  for (let at = 0; at < 8; at++) {
    const cell = { row: at, column: 7 - at };
    assert.deepEqual(cellAt(pixelOfCell(cell, 32, [8, 8]), 32, [8, 8]), cell);
  }
});

test('the keys go from cell to cell, and stop at the edge', () => {
  const pin: Pin = { x: 1, y: 1, direction: 'looksAt' };
  assert.deepEqual(movedPin(pin, 1, 0, 32, [8, 8]), { x: 2, y: 6, direction: 'looksAt' });
  assert.deepEqual(movedPin(pin, -1, 1, 32, [8, 8]), { x: 6, y: 2, direction: 'looksAt' });
  assert.deepEqual(movedPin({ ...pin, x: 31 }, 0, 3, 32, [4, 4]), { x: 28, y: 4, direction: 'looksAt' });
});

test('a pin is there once, and the first gives way to a seventh', () => {
  const [first] = pins;
  assert.ok(first !== undefined);
  assert.equal(withPin(pins, { ...first }), pins);
  const seven = Array.from({ length: 7 }, (_, x): Pin => ({ x, y: 0, direction: 'looksAt' }));
  const kept = seven.reduce<readonly Pin[]>(withPin, []);
  assert.deepEqual(kept, seven.slice(1));
});

test('pins have the colours of the figures', () => {
  assert.deepEqual(
    pinColours,
    pinColours.map((_, i) => distinctColour(i)),
  );
  assert.equal(distinctColour(pinColours.length), pinColours[0]);
});

test('what was set in a larger image, or on a finer grid, comes inside', () => {
  assert.deepEqual(pinWithin({ x: 60, y: 3, direction: 'lookedAtBy' }, 32), { x: 31, y: 3, direction: 'lookedAtBy' });
  assert.deepEqual(cellWithin({ row: 3, column: 15 }, [4, 8]), { row: 3, column: 7 });
});
