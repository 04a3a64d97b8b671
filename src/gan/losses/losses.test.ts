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

for (const name of lossNames) {
  test(`${name}: the discriminator wants real up and fake down, the generator fake up`, () => {
    const loss = losses[name];
    const [byReal, byFake] = interpret(grad(loss.discriminator(real, fake), [real, fake]), logits);
    const [byGenerated] = interpret(grad(loss.generator(fake), [fake]), logits);
    assert.ok(byReal?.data.every((g) => g <= 0) && byReal.data.some((g) => g < 0));
    assert.ok(byFake?.data.every((g) => g >= 0) && byFake.data.some((g) => g > 0));
    assert.ok(byGenerated?.data.every((g) => g < 0));
  });
}
