import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatClasses, formatPoint, parseClasses, parsePoint } from './point-text.ts';

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

test('points come back from their text as they were', () => {
  const index = fc.nat(500);
  const plain = { noNullPrototype: true } as const;
  const point = fc.record({
    seed: fc.maxSafeNat(),
    x: number,
    y: number,
    narrowing: fc.oneof(
      fc.constant({}),
      number.map((truncation) => ({ truncation })),
      number.map((scale) => ({ scale })),
    ),
    directions: fc.array(fc.record({ direction: index, amount: number }, plain), { maxLength: 3 }),
    coordinates: fc.array(fc.record({ coordinate: index, value: number }, plain), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(point, ({ narrowing, ...rest }) => {
      const whole = { ...rest, ...narrowing };
      const text = formatPoint(whole);
      assert.match(text, /^[\w@,./=+-]+$/);
      assert.deepEqual(parsePoint(text), whole);
    }),
  );
});

test('the text is short', () => {
  assert.equal(formatPoint({ seed: 7 }), '7');
  assert.equal(formatPoint({ seed: 7, x: 1.5 }), '7@1.5,0');
  const changed = { seed: 7, truncation: 0.5, directions: [{ direction: 0, amount: 2.5 }] };
  assert.equal(
    formatPoint({ ...changed, coordinates: [{ coordinate: 3, value: -1 }] }),
    '7/truncation=0.5/d0=2.5/c3=-1',
  );
});

test('what is no point is refused, with the part that is wrong', () => {
  for (const [text, part] of [
    ['', ''],
    ['x', 'x'],
    ['-1', '-1'],
    ['1.5', '1.5'],
    ['99999999999999999999', '99999999999999999999'],
    ['7@1,2,3', '7@1,2,3'],
    ['7@1,', '7@1,'],
    ['7@', '7@'],
    ['7/d=2', 'd=2'],
    ['7/d0=', 'd0='],
    ['7/e0=1', 'e0=1'],
    ['7/truncation=wide', 'truncation=wide'],
  ] as const) {
    assert.throws(() => parsePoint(text), new RegExp(`point "${text}": "${part}" is not understood`));
  }
});

test('classes come back from their text, by name or number', () => {
  const find = (name: string) => {
    const found = ['cat', 'dog:big', '2'].indexOf(name);
    if (found === -1) throw new Error(`no ${name}`);
    return found;
  };
  assert.equal(parseClasses('cat', find), 0);
  assert.deepEqual(parseClasses('cat:0.5+2:0.25', find), [
    { class: 0, weight: 0.5 },
    { class: 2, weight: 0.25 },
  ]);
  assert.deepEqual(parseClasses('cat+dog:big:2', find), [
    { class: 0, weight: 1 },
    { class: 1, weight: 2 },
  ]);
  const byNumber = (name: string) => Number(name);
  for (const classes of [
    4,
    [
      { class: 1, weight: 0.5 },
      { class: 9, weight: 1e30 },
    ],
  ]) {
    assert.deepEqual(parseClasses(formatClasses(classes), byNumber), classes);
  }
  assert.throws(() => parseClasses('cat:heavy', find), /the weight "heavy" is none/);
  assert.throws(() => parseClasses('cat:', find), /the weight "" is none/);
});
