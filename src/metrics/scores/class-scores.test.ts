import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { ClassScores } from './class-scores.ts';

/** Logits whose softmax gives class `k` of 3 the probability `p`, and the other two the rest. */
const row = (k: number, p: number) => [0, 1, 2].map((j) => Math.log(j === k ? p : (1 - p) / 2));
const scored = (rows: readonly (readonly number[])[], asked: readonly number[]) => {
  const scores = new ClassScores(3);
  scores.add(Float32Array.from(rows.flat()), Int32Array.from(asked));
  return scores.result();
};
const near = (seen: number, expected: number) =>
  assert.ok(Math.abs(seen - expected) < 1e-12, `${seen}, not ${expected}`);

test('images are counted by the class asked for, then by the likeliest', () => {
  const { accuracy, perClass, confusion } = scored([row(0, 0.5), row(2, 0.6), row(1, 0.4), row(2, 0.9)], [0, 0, 1, 1]);
  assert.equal(accuracy, 2 / 4);
  assert.deepEqual(perClass, [1 / 2, 1 / 2, null]);
  assert.deepEqual(confusion, [
    [1, 0, 1],
    [0, 1, 1],
    [0, 0, 0],
  ]);
  assert.deepEqual(scored([[1, 5, 5]], [1]).confusion[1], [0, 1, 0], 'of a tie, the lowest');
});

test('recognised are those whose class has a probability of 0.9, right or wrong', () => {
  assert.equal(scored([row(0, 0.901), row(1, 0.899), row(2, 0.99), row(2, 0.34)], [0, 1, 0, 2]).recognised, 2 / 4);
  assert.equal(scored([[500, 0, 0]], [0]).recognised, 1, 'large logits do not overflow');
});

test('effective classes are e to the entropy of the classes assigned, whatever was asked for', () => {
  near(scored([row(0, 0.9), row(1, 0.9), row(2, 0.9)], [0, 0, 0]).effectiveClasses, 3);
  near(scored([row(1, 0.9), row(1, 0.9)], [0, 2]).effectiveClasses, 1);
  const uneven = scored([row(0, 0.9), row(0, 0.9), row(0, 0.9), row(1, 0.9)], [0, 1, 2, 0]).effectiveClasses;
  near(uneven, Math.exp(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25))));
});

test('batches add up', () => {
  const random = new Random(5, 'logits');
  const logits = random.normal(40 * 7);
  const labels = random.integers(40, 7);
  const whole = new ClassScores(7);
  whole.add(logits, labels);
  const parts = new ClassScores(7);
  for (const [from, to] of [
    [0, 1],
    [1, 13],
    [13, 40],
  ] as const) {
    parts.add(logits.subarray(from * 7, to * 7), labels.subarray(from, to));
    parts.result();
  }
  assert.deepEqual(parts.result(), whole.result());
});

test('what does not fit is refused, by the number of the image', () => {
  const scores = new ClassScores(3);
  const refused = (perform: () => unknown, message: RegExp) =>
    assert.throws(perform, (error) => error instanceof UserError && message.test(error.message));
  refused(() => scores.result(), /there are no images/);
  scores.add(Float32Array.from(row(0, 0.5)), Int32Array.of(0));
  const two = Float32Array.from([...row(0, 0.5), ...row(1, 0.5)]);
  refused(() => scores.add(two, Int32Array.of(0)), /1 labels for 2 images/);
  refused(() => scores.add(two, Int32Array.of(0, 3)), /label 2 is 3; expected 0 to 2/);
  refused(() => scores.add(two, Int32Array.of(-1, 0)), /label 1 is -1/);
  refused(
    () =>
      scores.add(
        two.map((x, i) => (i === 4 ? Number.NaN : x)),
        Int32Array.of(0, 0),
      ),
    /row 2 holds NaN/,
  );
  assert.deepEqual(scores.result().confusion[0], [1, 0, 0], 'nothing of what was refused is counted');
});
