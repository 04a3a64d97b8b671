import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chosenAt,
  crispWidth,
  evenlyPicked,
  movedBy,
  newerCount,
  nextInLoop,
  sheetVersion,
  shownSheet,
} from './timeline.ts';

const sheets = [1, 50, 100, 150];

test('without a choice the newest is followed; a choice stays where it is as sheets are added', () => {
  assert.equal(shownSheet(sheets, undefined), 150);
  assert.equal(shownSheet([...sheets, 200], undefined), 200);
  assert.equal(shownSheet([...sheets, 200], 100), 100);
  assert.equal(shownSheet(sheets, 70), 50, 'the nearest, where a link or a curve names a step between');
  assert.equal(shownSheet([], 70), undefined);
  assert.deepEqual([newerCount(sheets, undefined), newerCount(sheets, 50), newerCount([], 50)], [0, 2, 0]);
});

test('steps end at both ends, and the last follows the newest again', () => {
  assert.equal(movedBy(sheets, undefined, -1), 100);
  assert.equal(movedBy(sheets, 50, -1), 1);
  assert.equal(movedBy(sheets, 1, -1), 1);
  assert.equal(movedBy(sheets, 100, 1), undefined);
  assert.equal(movedBy(sheets, undefined, 1), undefined);
  assert.equal(movedBy([], undefined, -1), undefined);
  assert.deepEqual([chosenAt(sheets, -3), chosenAt(sheets, 3), chosenAt(sheets, 2)], [1, undefined, 100]);
});

test('a film goes round', () => {
  const seen = [nextInLoop(sheets, 100), nextInLoop(sheets, 150), nextInLoop(sheets, undefined), nextInLoop([], 1)];
  assert.deepEqual(seen, [150, 1, 1, undefined]);
});

test('of many sheets some are picked, evenly, with both ends', () => {
  assert.deepEqual(evenlyPicked(sheets, 9), sheets);
  const many = Array.from({ length: 101 }, (_, i) => i);
  assert.deepEqual(evenlyPicked(many, 5), [0, 25, 50, 75, 100]);
  assert.deepEqual(evenlyPicked(many, 1), [0]);
});

test("a sheet's pixels are whole pixels of the screen, where they fit", () => {
  assert.equal(crispWidth(300, 1000, 1), 900);
  assert.equal(crispWidth(300, 500, 2), 450);
  assert.equal(crispWidth(588, 350, 1), 350, 'less room than pixels');
  assert.equal(crispWidth(588, 350, 3), 350, 'a third of the size would be too small to see');
});

test('only sheets of a run that went back have versions, which a return and a new newest sheet change', () => {
  const [started, rollback] = [
    { seq: 1, type: 'started', step: 0 },
    { seq: 9, type: 'rollback', step: 4 },
  ];
  const once = { events: [started], newestSample: 4, newestSampleAt: 'noon' };
  assert.deepEqual([sheetVersion(once, 2), sheetVersion(once, 4)], [undefined, undefined]);
  const back = { ...once, events: [started, rollback] };
  assert.deepEqual([sheetVersion(back, 2), sheetVersion(back, 4)], ['1', 'noon']);
  const again = { ...back, events: [...back.events, { ...rollback, type: 'resumed' }], newestSampleAt: 'later' };
  assert.deepEqual([sheetVersion(again, 2), sheetVersion(again, 4)], ['2', 'later']);
});
