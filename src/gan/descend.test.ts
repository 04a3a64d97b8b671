/** Which gradient reaches the optimiser, and which optimiser. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { bind, modelRows, stepOptions } from '../../test/tables/models.ts';
import { add, input, interpret, mul, square, sum, type Values, values } from '../engine/index.ts';
import { ones, orthogonalGradient, Variables } from '../nn/index.ts';
import { descend, gradientsOf } from './descend.ts';
import type { StepOptions } from './index.ts';

const [row] = modelRows;
assert.ok(row);
const model = bind(row, row.small);
/** With correction 0 it subtracts stepSize · gradient, which shows the gradient. */
const plain = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1 };
const shape = [2, 2];
const names = ['conv.weight', 'conv.bias', 'embedding.weight'];
const state: Record<string, Values> = Object.fromEntries(
  ['G', 'D'].flatMap((network) =>
    names.map((name, i) => [
      `${network}.${name}`,
      values(
        shape,
        [1, 0.5, -0.25, 2].map((x) => x + i),
      ),
    ]),
  ),
);

/** What is subtracted from each parameter, and the reported norm, for the loss Σ 3θ² / 2 … whose gradient is 3θ. */
function subtracted(network: 'G' | 'D', changes: Partial<StepOptions>): Record<string, readonly number[]> {
  const optimizers = { generatorOptimizer: plain, discriminatorOptimizer: plain };
  const options = stepOptions(model, { ...optimizers, ...changes });
  const variables = new Variables();
  for (const path of ['G', 'D'] as const) {
    for (const name of names) variables.scope(path, { training: true }).parameter(name, shape, ones);
  }
  const squares = [...variables.below(network).values()].map((parameter) => sum(square(parameter)));
  const loss = mul(
    squares.reduce((total, part) => add(total, part)),
    1.5,
  );
  const norm = descend(variables, network, 'U', gradientsOf(variables, network, loss), options);
  variables.commit();
  const scalars = ['adam.U.stepSize', 'rmsprop.U.learningRate'].map((name) => [name, values([], [1])] as const);
  const moments = [...variables.updates.keys()].map((name) => [name, values(shape, [0, 0, 0, 0])] as const);
  const feeds = { ...Object.fromEntries([...scalars, ...moments]), 'adam.U.correction': values([], [0]), ...state };
  const seen = interpret([norm, ...variables.updates.values()], feeds);
  return Object.fromEntries(
    ['norm', ...variables.updates.keys()].map((name, i) => {
      const before = state[name]?.data;
      return [
        name,
        [...(seen[i]?.data ?? [])].map((value, j) => (before === undefined ? value : (before[j] ?? 0) - value)),
      ];
    }),
  );
}

function near(seen: readonly number[] | undefined, expected: ArrayLike<number>): void {
  assert.equal(seen?.length, expected.length);
  for (const [i, value] of Array.from(expected).entries()) {
    const close =
      Math.abs((seen?.[i] ?? Number.NaN) - value) <= 10 * float32ConstantTolerance * Math.max(1, Math.abs(value));
    assert.ok(close, `${seen?.[i]}, by hand ${value}`);
  }
}

const gradient = (name: string) => [...(state[name]?.data ?? [])].map((value) => 3 * value);

test('the parameters of one network move by their gradient, and its norm is over all of them', () => {
  const { norm, ...moved } = subtracted('D', {});
  const parameters = Object.keys(moved).filter((name) => !name.startsWith('adam.'));
  assert.deepEqual(parameters.sort(), names.map((name) => `D.${name}`).sort());
  for (const name of parameters) near(moved[name], gradient(name));
  near(norm, [Math.sqrt(parameters.flatMap(gradient).reduce((total, g) => total + g * g, 0))]);
});

test('orthogonal regularisation pulls at weights, not at biases nor at the embedding that norms share, and not at the norm', () => {
  for (const form of ['paper', 'biggan-pytorch'] as const) {
    for (const [network, strength] of [
      ['G', 0.25],
      ['D', 0.5],
    ] as const) {
      const orthogonalRegularization = { generator: 0.25, discriminator: 0.5, form };
      const { norm, ...moved } = subtracted(network, { orthogonalRegularization });
      const name = `${network}.conv.weight`;
      const [pull] = interpret([orthogonalGradient(input(name, 'float32', shape), strength, form)], state);
      assert.ok(pull?.data.some((value) => value !== 0));
      near(
        moved[name],
        gradient(name).map((g, i) => g + (pull?.data[i] ?? 0)),
      );
      for (const other of network === 'G' ? ['conv.bias', 'embedding.weight'] : ['conv.bias'])
        near(moved[`${network}.${other}`], gradient(`${network}.${other}`));
      near(norm, subtracted(network, {}).norm ?? []);
    }
  }
});

test('β = 0 leaves a network alone', () => {
  const orthogonalRegularization = { generator: 0.25, discriminator: 0, form: 'paper' } as const;
  assert.deepEqual(subtracted('D', { orthogonalRegularization }), subtracted('D', {}));
});

test('each network has an optimiser of its own', () => {
  const changes = {
    generatorOptimizer: { ...plain, weightDecay: 1 },
    discriminatorOptimizer: { ...plain, method: 'rmsprop' as const },
  };
  near(
    subtracted('G', changes)['G.conv.bias'],
    [...(state['G.conv.bias']?.data ?? [])].map((value) => 4 * value),
  );
  const ofD = subtracted('D', changes);
  assert.ok('rmsprop.D.conv.bias.v' in ofD && !('adam.D.conv.bias.v' in ofD));
});
