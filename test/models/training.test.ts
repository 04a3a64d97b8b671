/** Every model learns what is there to be learnt of one batch, and goes on where it was interrupted. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepScalar } from '../../src/gan/index.ts';
import { bind, modelRows } from '../tables/models.ts';
import { adam, type Course, train } from './one-batch.ts';

const still = { ...adam, learningRate: 0 };
const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;

/** The mean of a scalar over the first and over the last five steps. */
function firstAndLast({ reports }: Course, name: StepScalar): [number, number] {
  const numbers = reports.map((report) => report[name]);
  return [average(numbers.slice(0, 5)), average(numbers.slice(-5))];
}

for (const row of modelRows) {
  const model = bind(row, row.small);

  test(`${row.name}: the discriminator learns one batch by heart`, async () => {
    const course = await train(model, { generatorOptimizer: still }, 30);
    const [early, late] = firstAndLast(course, 'lossD');
    // Hinge gives 2 to a discriminator that cannot tell, 0 to one that is sure.
    assert.ok(late < Math.min(1, early), `lossD ${early}, then ${late}`);
    assert.equal(firstAndLast(course, 'separation')[1], 1);
  });

  test(`${row.name}: the generator gets from a discriminator that stands still what it wants`, async () => {
    const course = await train(model, { discriminatorOptimizer: still }, 30);
    const [early, late] = firstAndLast(course, 'lossG');
    assert.ok(late < early - 0.1, `lossG ${early}, then ${late}`);
    const [before, after] = firstAndLast(course, 'fakeLogits');
    assert.ok(after > before + 0.1, `fakeLogits ${before}, then ${after}`);
  });

  test(`${row.name}: two steps and, after a rest, two more are four, bit for bit`, async () => {
    const whole = await train(model, {}, 4);
    const half = await train(model, {}, 2);
    const rested = await train(model, {}, 2, { step: 2, state: half.state });
    assert.deepEqual([...half.reports, ...rested.reports], whole.reports);
    assert.deepEqual(rested.state, whole.state);
  });
}
