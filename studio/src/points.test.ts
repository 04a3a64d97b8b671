import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatClasses, formatPoint, parseClasses, parsePoint } from '../../src/sample/point-text.ts';
import { alongDirection, classesCodec, cornerOf, keptCodec, latentCodec, withCoordinate } from './points.ts';

const plain = { noNullPrototype: true } as const;
const thousandths = fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000 + 0);
const amount = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const latent = fc
  .record({
    seed: fc.maxSafeNat(),
    x: thousandths,
    y: thousandths,
    narrowing: fc.oneof(
      fc.constant({}),
      fc.double({ min: 0.01, max: 3, noNaN: true }).map((truncation) => ({ truncation })),
      fc.double({ min: 0.01, max: 3, noNaN: true }).map((scale) => ({ scale })),
    ),
    directions: fc.array(fc.record({ direction: fc.nat(99), amount }, plain), { maxLength: 3 }),
    coordinates: fc.array(fc.record({ coordinate: fc.nat(99), value: amount }, plain), { maxLength: 3 }),
  })
  .map(({ narrowing, ...rest }) => ({ ...rest, ...narrowing }));
const weight = fc.integer({ min: 1, max: 100 }).map((n) => n / 100);
const classes = fc.oneof(
  fc.nat(999),
  fc.array(fc.record({ class: fc.nat(999), weight }, plain), { minLength: 2, maxLength: 4 }),
);

test('points are written as commands write them, and come back as they were', () => {
  fc.assert(
    fc.property(latent, (point) => {
      const text = latentCodec.format(point);
      assert.equal(text, formatPoint(point));
      assert.deepEqual(latentCodec.parse(text), point);
      assert.deepEqual(parsePoint(text), point);
    }),
  );
});

test('so are classes, and what is kept', () => {
  fc.assert(
    fc.property(classes, fc.array(fc.record({ latent, classes }, plain), { maxLength: 5 }), (wanted, kept) => {
      const text = classesCodec.format(wanted);
      assert.equal(text, formatClasses(wanted));
      assert.deepEqual(classesCodec.parse(text), wanted);
      assert.deepEqual(parseClasses(text, Number), wanted);
      assert.deepEqual(keptCodec.parse(keptCodec.format(kept)), kept);
    }),
  );
});

test('what is no point counts as absent', () => {
  for (const text of [
    '',
    'x',
    '-1',
    '1.5',
    '7@1',
    '7@1,2,3',
    '7/e3=1',
    '7/d1=',
    '7/d1=x',
    '9007199254740992',
    '7 ',
    '7/',
  ]) {
    assert.equal(latentCodec.parse(text), undefined, text);
  }
  for (const text of ['', '-1', '1.5', '3:', '3:x', '3:0+4:0', '3:1+', '3:-1']) {
    assert.equal(classesCodec.parse(text), undefined, text);
  }
  assert.deepEqual(classesCodec.parse('3:1 4:2'), classesCodec.parse('3:1+4:2'), 'as in an address written by hand');
  assert.deepEqual(keptCodec.parse('7*3_nonsense_8*1:1+2:1_9'), [
    { latent: cornerOf(7), classes: 3 },
    {
      latent: cornerOf(8),
      classes: [
        { class: 1, weight: 1 },
        { class: 2, weight: 1 },
      ],
    },
  ]);
  assert.equal(keptCodec.parse(Array(40).fill('7*0').join('_'))?.length, 32, 'no more than walks pass');
  assert.deepEqual(
    latentCodec.parse('7@2e9,0.125'),
    { ...cornerOf(7), x: 1e6, y: 0.125 },
    'the lattice has an end here',
  );
  assert.deepEqual(latentCodec.parse('7/truncation=-1'), cornerOf(7));
});

test('a direction and a coordinate are there once, in their order, and can be taken out', () => {
  const far = alongDirection(alongDirection(alongDirection(cornerOf(1), 5, 2), 0, -1), 5, 3);
  assert.equal(latentCodec.format(far), '1/d0=-1/d5=3');
  assert.deepEqual(alongDirection(alongDirection(far, 0, 0), 5, 0), cornerOf(1));
  const set = withCoordinate(withCoordinate(withCoordinate(cornerOf(1), 9, 0), 2, 1), 9, -1);
  assert.equal(latentCodec.format(set), '1/c2=1/c9=-1');
  assert.deepEqual(withCoordinate(withCoordinate(set, 2, undefined), 9, undefined), cornerOf(1));
});
