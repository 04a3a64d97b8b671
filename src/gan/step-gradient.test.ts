/** The gradients inside a whole step, in float64, against differences of its losses. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { midCourse, stepFeeds, stepOptions } from '../../test/tables/models.ts';
import { Random } from '../base/random.ts';
import { add, interpret, mul, reshape, sum, type TensorData, tanh, type Values, values } from '../engine/index.ts';
import { conditionalBatchNorm, conv2d, embedding, linear, selfAttention } from '../nn/index.ts';
import { bindModel, type GanModel, losses, traceStep } from './index.ts';

/** 4×4 images of 8-channel networks with all that SAGAN has: conditional norm, spectral norm, attention, projection. */
const tiny: GanModel<Record<string, never>> = {
  name: 'tiny',
  source: 'this test',
  options: z.strictObject({}),
  check: () => {},
  latentDim: () => 3,
  generator: (scope, _, { channels, classes }, latents, labels) => {
    const seed = scope.at('linear', (s) => linear(s, latents, 8 * 4 * 4, { spectralNorm: true }));
    const map = reshape(seed, [-1, 8, 4, 4]);
    const normed = scope.at('norm', (s) => conditionalBatchNorm(s, map, labels, classes));
    const attended = scope.at('attention', (s) => selfAttention(s, tanh(normed), { spectralNorm: true }));
    return tanh(scope.at('conv', (s) => conv2d(s, attended, channels)));
  },
  discriminator: (scope, _, { classes }, x, labels) => {
    const map = tanh(scope.at('conv', (s) => conv2d(s, x, 8, { spectralNorm: true })));
    const attended = scope.at('attention', (s) => selfAttention(s, map, { spectralNorm: true }));
    const features = sum(tanh(attended), [2, 3]);
    const logits = scope.at('linear', (s) => linear(s, features, 1, { spectralNorm: true }));
    const rows = scope.at('embedding', (s) => embedding(s, labels, classes, 8));
    return add(reshape(logits, [-1]), sum(mul(features, rows), [1]));
  },
};

const model = bindModel(tiny, {}, { resolution: 4, channels: 1, classes: 2 });
const plain = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 1 };
const options = stepOptions(model, {
  loss: losses.nonSaturating,
  batch: 3,
  generatorOptimizer: plain,
  discriminatorOptimizer: plain,
});
const traced = traceStep(options);
const { graph, variables } = traced;
const toValues = (data: Record<string, TensorData>): Record<string, Values> =>
  Object.fromEntries(Object.entries(data).map(([name, { shape, data }]) => [name, values(shape, data)]));

type Numbers = Readonly<Record<string, Values>>;

/** Some outputs of the step. With correction 0 and epsilon 1 Adam subtracts stepSize · gradient, which shows the gradient. */
function outputsOf(names: readonly string[], state: Numbers, stepSizes: { D: number; G: number }): Values[] {
  const outputs = names.flatMap((name) => graph.outputs.get(name) ?? []);
  const feeds = { ...toValues(stepFeeds(traced, options, 1)), ...state };
  for (const [update, stepSize] of Object.entries({ D0: stepSizes.D, G: stepSizes.G })) {
    feeds[`adam.${update}.stepSize`] = values([], [stepSize]);
    feeds[`adam.${update}.correction`] = values([], [0]);
  }
  return interpret(outputs, feeds);
}

/** A state whose power iterations have converged: there the constants u and v give the exact derivative of sigma. */
function convergedState(): Record<string, Values> {
  const state = toValues(midCourse(variables));
  const names = Object.keys(state).filter((name) => name.endsWith('.u'));
  for (let iteration = 0; iteration < 150; iteration++) {
    for (const [i, u] of outputsOf(names, state, { D: 0, G: 0 }).entries()) state[names[i] ?? ''] = u;
  }
  return state;
}

const dot = (a: readonly Values[], b: readonly Values[]) =>
  a.reduce(
    (total, { data }, i) => data.reduce((sum, value, j) => sum + value * (b[i]?.data[j] ?? Number.NaN), total),
    0,
  );

const state = convergedState();

for (const [path, loss, norm] of [
  ['D', 'lossD', 'gradNormD'],
  ['G', 'lossG', 'gradNormG'],
] as const) {
  test(`the gradient of ${loss} by all parameters of ${path} is what differences say`, () => {
    const names = variables.filter((v) => v.trainable && v.name.startsWith(`${path}.`)).map(({ name }) => name);
    const at = names.map((name) => state[name] ?? values([], []));
    // The discriminator stands still while the generator's gradient is looked at, which takes it as it is.
    const moving = { D: path === 'D' ? 1 : 0, G: path === 'G' ? 1 : 0 };
    const next = outputsOf([...names, norm], state, moving);
    const gradients = at.map(({ shape, data }, i) =>
      values(
        shape,
        data.map((old, j) => old - (next[i]?.data[j] ?? 0)),
      ),
    );
    const reported = next[names.length]?.data[0] ?? Number.NaN;
    assert.ok(Math.abs(reported / Math.sqrt(dot(gradients, gradients)) - 1) < 1e-9, norm);

    for (const seed of [1, 2, 3]) {
      const direction = at.map(({ shape, data }, i) =>
        values(shape, new Random(seed, 'direction', i).normal(data.length)),
      );
      const lossAt = (distance: number) => {
        const moved = names.map((name, i) => {
          const [start, way] = [at[i]?.data ?? [], direction[i]?.data ?? []];
          return [
            name,
            values(
              at[i]?.shape ?? [],
              Array.from(start, (x, j) => x + distance * (way[j] ?? 0)),
            ),
          ] as const;
        });
        return outputsOf([loss], { ...state, ...Object.fromEntries(moved) }, { D: 0, G: 0 })[0]?.data[0] ?? Number.NaN;
      };
      const slope = (lossAt(1e-6) - lossAt(-1e-6)) / 2e-6;
      const along = dot(gradients, direction);
      assert.ok(Math.abs(along - slope) <= 1e-5 * Math.abs(slope), `direction ${seed}: ${along}, differences ${slope}`);
    }
  });
}
