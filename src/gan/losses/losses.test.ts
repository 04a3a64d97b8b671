import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grad, input, interpret, type Tensor, values } from '../../engine/index.ts';
import { losses, lossNames } from './index.ts';

const real = input('real', 'float32', [3]);
const fake = input('fake', 'float32', [3]);
const logits = { real: values([3], [2, -0.5, 0.3]), fake: values([3], [-1.7, 0.4, -0.2]) };
const evaluate = (tensor: Tensor, feeds = logits) => interpret([tensor], feeds)[0]?.data[0] ?? Number.NaN;
const near = (seen: number, expected: number) => assert.ok(Math.abs(seen - expected) < 1e-12, `${seen}, ${expected}`);

test('the registry knows every loss by its own name', () => {
  assert.deepEqual([...lossNames], Object.keys(losses));
  for (const name of lossNames) assert.equal(losses[name].name, name);
});

test('hinge is the formula of the paper', () => {
  near(evaluate(losses.hinge.discriminator(real, fake)), (0 + 1.5 + 0.7) / 3 + (0 + 1.4 + 0.8) / 3);
  near(evaluate(losses.hinge.generator(fake)), (1.7 - 0.4 + 0.2) / 3);
});

test('non-saturating is the formula of the paper', () => {
  const logSigmoid = (x: number) => Math.log(1 / (1 + Math.exp(-x)));
  const meanOf = (terms: number[]) => terms.reduce((a, b) => a + b) / terms.length;
  const realTerms = [2, -0.5, 0.3].map(logSigmoid);
  const fakeTerms = [-1.7, 0.4, -0.2].map((x) => Math.log(1 - 1 / (1 + Math.exp(-x))));
  near(evaluate(losses.nonSaturating.discriminator(real, fake)), -meanOf(realTerms) - meanOf(fakeTerms));
  near(evaluate(losses.nonSaturating.generator(fake)), -meanOf([-1.7, 0.4, -0.2].map(logSigmoid)));
});

test('non-saturating does not overflow, and its generator gradient does not vanish on sure fakes', () => {
  const far = { real: values([3], [-1000, 0, 1000]), fake: values([3], [-1000, -1000, 1000]) };
  near(evaluate(losses.nonSaturating.discriminator(real, fake), far), (1000 + Math.log(2)) / 3 + 1000 / 3);
  const loss = losses.nonSaturating.generator(fake);
  near(evaluate(loss, far), 2000 / 3);
  const [gradient] = interpret(grad(loss, [fake]), far);
  const third = Math.fround(1 / 3); // the mean divides by a float32 constant
  for (const [i, expected] of [-third, -third, 0].entries()) near(gradient?.data[i] ?? Number.NaN, expected);
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
const [reals, fakes] = [
  [2, -0.5, 0.3],
  [-1.7, 0.4, -0.2],
];

test('saturating has the same discriminator, and a generator that minimises the log-probability of fake', () => {
  const [loss, other] = [losses.saturating, losses.nonSaturating];
  near(evaluate(loss.discriminator(real, fake)), evaluate(other.discriminator(real, fake)));
  near(evaluate(loss.generator(fake)), average(fakes.map((x) => Math.log(1 - sigmoid(x)))));
});

test('least squares is the formula of the paper', () => {
  const { discriminator, generator } = losses.leastSquares;
  const onReal = average(reals.map((x) => (x - 1) ** 2)) / 2;
  near(evaluate(discriminator(real, fake)), onReal + average(fakes.map((x) => x ** 2)) / 2);
  near(evaluate(generator(fake)), average(fakes.map((x) => (x - 1) ** 2)) / 2);
});

test('Wasserstein is the difference of means', () => {
  near(evaluate(losses.wasserstein.discriminator(real, fake)), average(fakes) - average(reals));
  near(evaluate(losses.wasserstein.generator(fake)), -average(fakes));
});

test('label smoothing changes what is wanted of real images and nothing else; losses without a target have none', () => {
  const target = Math.fround(0.9);
  const logistic = average(reals.map((x) => -target * Math.log(sigmoid(x)) - (1 - target) * Math.log(1 - sigmoid(x))));
  const onFake = average(fakes.map((x) => -Math.log(1 - sigmoid(x))));
  const tolerance = 1e-7; // 1 − target is a float32 constant
  for (const { smoothed, generator } of [losses.nonSaturating, losses.saturating]) {
    assert.ok(smoothed);
    assert.ok(Math.abs(evaluate(smoothed(0.9).discriminator(real, fake)) - logistic - onFake) < tolerance);
    near(evaluate(smoothed(0.9).generator(fake)), evaluate(generator(fake)));
  }
  const squares = average(reals.map((x) => (x - target) ** 2)) / 2 + average(fakes.map((x) => x ** 2)) / 2;
  assert.ok(losses.leastSquares.smoothed);
  near(evaluate(losses.leastSquares.smoothed(0.9).discriminator(real, fake)), squares);
  assert.ok(!('smoothed' in losses.hinge) && !('smoothed' in losses.wasserstein));
});

for (const name of lossNames) {
  test(`${name}: the discriminator wants real up and fake down, the generator fake up`, () => {
    const loss = losses[name];
    // Between 0 and 1, where least squares too wants them further apart.
    const logits = { real: values([3], [0.2, 0.5, 0.3]), fake: values([3], [0.7, 0.4, 0.2]) };
    const [byReal, byFake] = interpret(grad(loss.discriminator(real, fake), [real, fake]), logits);
    const [byGenerated] = interpret(grad(loss.generator(fake), [fake]), logits);
    assert.ok(byReal?.data.every((g) => g <= 0) && byReal.data.some((g) => g < 0));
    assert.ok(byFake?.data.every((g) => g >= 0) && byFake.data.some((g) => g > 0));
    assert.ok(byGenerated?.data.every((g) => g < 0));
  });
}
