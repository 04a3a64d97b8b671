import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, recordedScores, relativeError } from '../../../test/golden/recorded-scores.ts';
import { UserError } from '../../base/errors.ts';
import { InceptionScore, type InceptionScoreOptions } from './inception-score.ts';

const plain = { splits: 1, shuffleSeed: undefined, spreadDdof: 0 } as const;

function score(logits: Float32Array, options: InceptionScoreOptions) {
  const running = new InceptionScore(options);
  running.add(0, logits);
  return running.result();
}

/** Logits of images that are surely of class 0, 1, … K − 1, 0, … */
function oneHot(count: number, classes: number): Float32Array {
  return Float32Array.from({ length: count * classes }, (_, i) =>
    Math.floor(i / classes) % classes === i % classes ? 1000 : 0,
  );
}

for (const recorded of recordedScores.inceptionScore) {
  const { program, logits, splits, shuffleSeed, spreadDdof } = recorded;
  const [count, classes] = logits.shape;
  test(`${program}: ${count} images, ${splits} splits, shuffled by ${shuffleSeed}`, () => {
    const options = { count, classes, splits, shuffleSeed: shuffleSeed ?? undefined, spreadDdof };
    const { mean, spread } = score(drawn(logits), options);
    assert.ok(relativeError(mean, recorded.mean) < 1e-9, `${mean} against ${recorded.mean}`);
    if (recorded.spread === null) assert.equal(spread, undefined);
    else assert.ok(Math.abs((spread ?? Number.NaN) - recorded.spread) < 1e-9, `${spread} against ${recorded.spread}`);
  });
}

test('it is the number of classes where each image is sure and all classes come', () => {
  const { mean, spread } = score(oneHot(60, 6), { ...plain, count: 60, classes: 6 });
  assert.ok(Math.abs(mean - 6) < 1e-9);
  assert.equal(spread, 0);
});

test('it is 1 where every image is of every class, and where all are of one', () => {
  assert.equal(score(new Float32Array(40), { ...plain, count: 10, classes: 4 }).mean, 1);
  const alike = Float32Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 1000 : 0));
  assert.equal(score(alike, { ...plain, count: 10, classes: 4 }).mean, 1);
});

test('neither batches nor their order matter', () => {
  const logits = drawn({ seed: 5, shape: [30, 4], scale: 3, shift: 0 });
  const options = { count: 30, classes: 4, splits: 3, shuffleSeed: 2020, spreadDdof: 0 } as const;
  const running = new InceptionScore(options);
  for (const [first, end] of [
    [17, 30],
    [0, 5],
    [5, 17],
  ] as const) {
    running.add(first, logits.subarray(first * 4, end * 4));
  }
  const whole = score(logits, options);
  assert.ok(relativeError(running.result().mean, whole.mean) < 1e-12);
});

test('one split with ddof 1 has no spread, and says so', () => {
  const { spread, warnings } = score(oneHot(60, 6), { ...plain, count: 60, classes: 6, spreadDdof: 1 });
  assert.equal(spread, undefined);
  assert.match(warnings.join(), /no spread/);
});

test('few images a split are warned of', () => {
  const { warnings } = score(oneHot(20, 6), { ...plain, count: 20, classes: 6, splits: 5 });
  assert.match(warnings.join(), /4 images a split for 6 classes/);
  assert.deepEqual(score(oneHot(60, 6), { ...plain, count: 60, classes: 6 }).warnings, []);
});

test('what cannot be scored is refused', () => {
  const options = { ...plain, count: 4, classes: 3 };
  const logits = new Float32Array(12);
  logits[7] = Number.NaN;
  assert.throws(() => score(logits, options), /row 2 holds NaN at place 1/);
  assert.throws(() => new InceptionScore({ ...options, splits: 5 }), UserError);
  assert.throws(() => new InceptionScore({ ...options, count: 0 }), UserError);
  const running = new InceptionScore(options);
  running.add(0, new Float32Array(6));
  assert.throws(() => running.add(1, new Float32Array(3)), /image 1 has come before/);
  assert.throws(() => running.add(3, new Float32Array(6)), RangeError);
  assert.throws(() => running.add(2, new Float32Array(5)), RangeError);
  assert.throws(() => running.result(), /2 of 4 images/);
});
