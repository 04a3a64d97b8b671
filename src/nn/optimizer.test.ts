/** RMSProp, weight decay, clipping and decay of learning rates, in float64 by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { input, interpret, type Values, values } from '../engine/index.ts';
import { ones } from './initializers.ts';
import { type OptimizerOptions, optimize, optimizerSchedule } from './optimizer.ts';
import { initialize, Variables } from './variables.ts';

const start = [0.5, -0.3, 2, -0.004];
const gradients = [
  [0.2, -1, 0.05, 3],
  [-0.4, 0.5, 0, 2],
  [1, 1, -1, -1],
];

/** The parameter and what is kept beside it, by name, after as many updates as there are gradients. */
function course(options: OptimizerOptions): Record<string, readonly number[]> {
  const variables = new Variables();
  variables.scope('P', { training: true }).parameter('weight', [4], ones);
  const gradient = input('gradient', 'float32', [4]);
  optimize(variables, 'U', variables.below('P'), [gradient], options);
  variables.commit();
  let state: Record<string, Values> = {};
  for (const [name, { shape, data }] of initialize(variables.all, 1)) state[name] = values(shape, data);
  state['P.weight'] = values([4], start);
  for (const [i, numbers] of gradients.entries()) {
    const scalars = Object.entries(optimizerSchedule('U', i + 1, i + 1, options));
    const feeds = Object.fromEntries(scalars.map(([name, value]) => [name, values([], [value])]));
    const moved = interpret([...variables.updates.values()], { ...state, ...feeds, gradient: values([4], numbers) });
    state = Object.fromEntries([...variables.updates.keys()].map((name, j) => [name, moved[j] ?? values([], [])]));
  }
  return Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, [...data]]));
}

function assertNumbers(seen: readonly number[] | undefined, expected: readonly number[]): void {
  assert.equal(seen?.length, expected.length);
  for (const [i, value] of expected.entries()) {
    const close =
      Math.abs((seen?.[i] ?? Number.NaN) - value) <= float32ConstantTolerance * Math.max(1, Math.abs(value));
    assert.ok(close, `element ${i} is ${seen?.[i]}, by hand ${value}`);
  }
}

const rmsProp: OptimizerOptions = { method: 'rmsprop', learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 0.125 };
const adam: OptimizerOptions = { learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 0.125 };

/** One element's parameter and mean square after all updates: the mean square starts at 1, ε is under the root. */
function rmsPropElement(theta: number, column: number, effective = (g: number, _: number) => g): [number, number] {
  const { beta2, learningRate, epsilon } = rmsProp;
  let [parameter, square] = [theta, 1];
  for (const row of gradients) {
    const g = effective(row[column] ?? Number.NaN, parameter);
    square = beta2 * square + (1 - beta2) * g * g;
    parameter -= (learningRate * g) / Math.sqrt(square + epsilon);
  }
  return [parameter, square];
}

test('RMSProp is that of TensorFlow', () => {
  const { 'P.weight': parameter, 'rmsprop.P.weight.v': square, ...others } = course(rmsProp);
  assert.deepEqual(others, {});
  const expected = start.map((theta, i) => rmsPropElement(theta, i));
  assertNumbers(
    parameter,
    expected.map(([value]) => value),
  );
  assertNumbers(
    square,
    expected.map(([, value]) => value),
  );
});

test('one update of RMSProp in plain numbers', () => {
  // v = 0.75 + 0.25·4 = 1.75, θ = 1 − 0.1·2 / √(1.75 + 0.5)
  const variables = new Variables();
  variables.scope('P', { training: true }).parameter('weight', [], ones);
  const options = { ...rmsProp, epsilon: 0.5 };
  optimize(variables, 'U', variables.below('P'), [input('gradient', 'float32', [])], options);
  variables.commit();
  const wanted = ['P.weight', 'rmsprop.P.weight.v'].flatMap((name) => variables.updates.get(name) ?? []);
  const one = values([], [1]);
  const feeds = { 'P.weight': one, 'rmsprop.P.weight.v': one, gradient: values([], [2]) };
  const [parameter, v] = interpret(wanted, { ...feeds, 'rmsprop.U.learningRate': values([], [0.1]) });
  assertNumbers([...(parameter?.data ?? []), ...(v?.data ?? [])], [1 - 0.2 / 1.5, 1.75]);
});

test('weight decay adds its share of the weight to the gradient, before the moments see it', () => {
  const decayed = course({ ...rmsProp, weightDecay: 0.5 });
  const expected = start.map((theta, i) => rmsPropElement(theta, i, (g, parameter) => g + 0.5 * parameter));
  assertNumbers(
    decayed['P.weight'],
    expected.map(([value]) => value),
  );
  assertNumbers(
    decayed['rmsprop.P.weight.v'],
    expected.map(([, value]) => value),
  );
  assert.notDeepEqual(course({ ...adam, weightDecay: 0.5 }), course(adam));
});

for (const options of [rmsProp, adam]) {
  test(`${options.method ?? 'adam'}: clipped weights are at most c after each update, and moments know nothing of it`, () => {
    const limit = 0.25;
    const [free, clipped] = [course(options), course({ ...options, clip: limit })];
    const weights = clipped['P.weight'] ?? [];
    assert.ok(weights.every((weight) => Math.abs(weight) <= limit));
    assert.ok(
      weights.some((weight) => Math.abs(weight) === limit) && weights.some((weight) => Math.abs(weight) < limit),
    );
    for (const name of Object.keys(free).filter((key) => key !== 'P.weight')) {
      assert.deepEqual(clipped[name], free[name], name);
    }
    assert.deepEqual(course({ ...options, clip: 100 }), free);
  });
}

test('the learning rate is whole until fromStep steps are done and falls on a line to 0 after toStep', () => {
  const decay = { fromStep: 100, toStep: 200 };
  const rate = (step: number, options: OptimizerOptions) => {
    const schedule = optimizerSchedule('U', step, step, { ...options, decay });
    return schedule['rmsprop.U.learningRate'] ?? (schedule['adam.U.stepSize'] ?? 0) * (1 - options.beta1 ** step);
  };
  for (const options of [rmsProp, adam]) {
    for (const [step, share] of [
      [1, 1],
      [100, 1],
      [101, 1],
      [102, 0.99],
      [151, 0.5],
      [200, 0.01],
      [201, 0],
      [1000, 0],
    ] as const) {
      assert.ok(Math.abs(rate(step, options) - 0.1 * share) < 1e-15, `step ${step}`);
    }
  }
  // As WGAN-GP's program has it: 1 − iteration / iterations, counted from 0.
  const fromStart = { ...adam, beta1: 0, decay: { fromStep: 0, toStep: 4 } };
  const rates = [1, 2, 3, 4, 5].map((step) => optimizerSchedule('U', 1, step, fromStart)['adam.U.stepSize'] ?? 0);
  assertNumbers(rates, [0.1, 0.075, 0.05, 0.025, 0]);
});

test('the bias correction counts updates, the decay counts steps', () => {
  const options = { ...adam, decay: { fromStep: 0, toStep: 10 } };
  assert.deepEqual(optimizerSchedule('U', 7, 6, options), {
    'adam.U.stepSize': 0.05 / (1 - 0.5 ** 7),
    'adam.U.correction': 1 / Math.sqrt(1 - 0.75 ** 7),
  });
});
