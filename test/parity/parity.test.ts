/** Our networks with the weights of others' against what those computed, and one training step of both. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph, input, openRuntime, type State, type TensorData } from '../../src/engine/index.ts';
import { findModel, losses, type StepOptions, stepSchedule, traceStep } from '../../src/gan/index.ts';
import { initialize, type OptimizerOptions, Variables } from '../../src/nn/index.ts';
import {
  type FoundNetwork,
  findNetworks,
  type NetworkName,
  readWeights,
  translate,
  type WeightTensor,
} from '../../src/weights/index.ts';
import { type ParityCase, parityCases, pathOf, recordingOf } from './cases.ts';

const relative = 1e-4;

const letters = { generator: 'G', discriminator: 'D' } as const satisfies Record<NetworkName, string>;
const networks = ['generator', 'discriminator'] as const;

const runtime = await openRuntime({ threads: 1 });

function adam(settings: ReadonlyMap<string, string>, network: NetworkName): OptimizerOptions {
  const { learningRate, beta1, beta2, epsilon } = JSON.parse(settings.get(network) ?? '{}');
  return { learningRate, beta1, beta2, epsilon };
}

function stepOptions(parityCase: ParityCase): StepOptions {
  const { state, settings } = recordingOf(parityCase);
  return {
    model: findModel(parityCase.model).bind(parityCase.options, parityCase.images),
    loss: losses.hinge,
    batch: state.get('z')?.shape[0] ?? 0,
    discriminatorSteps: 1,
    generatorOptimizer: adam(settings, 'generator'),
    discriminatorOptimizer: adam(settings, 'discriminator'),
    ema: { decay: 0.9, startStep: 0 },
  };
}

/** The weights of a network under our names, without a prefix. Every name must be used, and every variable filled. */
function ours(
  { rules }: FoundNetwork,
  tensors: ReadonlyMap<string, WeightTensor>,
  expected: ReadonlyMap<string, readonly number[]>,
  resolution: number,
): State {
  const { state, missing, extra, misshaped } = translate(tensors, rules, expected, resolution);
  assert.deepEqual({ missing, extra, misshaped }, { missing: [], extra: [], misshaped: [] });
  return state;
}

/** Recorded tensors below a prefix, as a file of weights would hold them. */
function recordedWeights(recorded: State, prefix: string): Map<string, WeightTensor> {
  return new Map(
    [...recorded]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), { shape: tensor.shape, load: () => tensor }]),
  );
}

/** Equal within `relative` of the largest expected number, or within `within`. */
function assertNear(what: string, seen: TensorData | undefined, expected: TensorData | undefined, within = 0): void {
  assert.ok(seen !== undefined && expected !== undefined, `${what} is missing`);
  assert.deepEqual([...seen.shape], [...expected.shape], what);
  const size = Math.max(...expected.data.map(Math.abs));
  let worst = 0;
  for (const [i, value] of expected.data.entries()) {
    worst = Math.max(worst, Math.abs((seen.data[i] ?? Number.NaN) - value));
  }
  const bound = Math.max(relative * size, within);
  assert.ok(worst <= bound, `${what}: differs by ${worst}; expected at most ${bound}, with numbers up to ${size}`);
}

for (const parityCase of parityCases) {
  const { name, images } = parityCase;
  const options = stepOptions(parityCase);
  const { model } = options;
  const { state: recorded } = recordingOf(parityCase);
  const at = (key: string) => recorded.get(key) ?? assert.fail(`${name} has recorded no ${key}`);
  const step = traceStep(options);
  const found = new Map<NetworkName, FoundNetwork>();
  const expected = new Map(
    networks.map((network) => {
      const prefix = `${letters[network]}.`;
      const below = step.variables.filter((variable) => variable.name.startsWith(prefix));
      return [network, new Map(below.map((variable) => [variable.name.slice(prefix.length), variable.shape]))];
    }),
  );
  const named = (network: NetworkName, tensors: ReadonlyMap<string, WeightTensor>) => {
    const from = found.get(network) ?? assert.fail(`no ${network} was found`);
    const weights = ours(from, tensors, expected.get(network) ?? new Map(), images.resolution);
    return new Map([...weights].map(([key, value]) => [`${letters[network]}.${key}`, value]));
  };
  const weights = new Map<string, TensorData>();

  test(`${name}: the files are recognised, and every name has its place`, () => {
    for (const network of networks) {
      const [only, ...more] = findNetworks(readWeights(pathOf(parityCase, `${letters[network]}.pth`)));
      assert.ok(only !== undefined && more.length === 0);
      assert.deepEqual([only.source.name, only.network, only.averaged], [parityCase.source, network, false]);
      found.set(network, only);
      for (const [key, value] of named(network, only.dictionary.tensors)) weights.set(key, value);
    }
  });

  for (const mode of ['train', 'eval'] as const) {
    test(`${name}: images and logits in mode ${mode}`, async () => {
      const variables = new Variables();
      const scope = (path: string) => variables.scope(path, { training: mode === 'train' });
      const like = (key: string, dtype: 'float32' | 'int32') => input(key, dtype, at(key).shape);
      const x = input('x', 'float32', at('pixels').shape);
      const made = model.generator(scope('G'), like('z', 'float32'), like('y', 'int32'));
      const { logits } = model.discriminator(scope('D'), x, like('labels', 'int32'));
      const program = await runtime.compile(
        graph('both', [
          ['images', made],
          ['logits', logits],
        ]),
      );
      const real = Float32Array.from(at('pixels').data, (pixel) => (pixel * 2) / 255 - 1);
      const results = await program.compute({
        ...Object.fromEntries(weights),
        x: { dtype: 'float32', shape: at('pixels').shape, data: real },
        z: at('z'),
        y: at('y'),
        labels: at('labels'),
      });
      assertNear('images', results.images, at(`${mode}.images`));
      assertNear('logits', results.logits, at(`${mode}.logits`));
    });
  }

  test(`${name}: everything after a training step`, async () => {
    const state = new Map(initialize(step.variables, 0));
    for (const [key, value] of weights) {
      state.set(key, value);
      if (key.startsWith('G.')) state.set(`ema.${key}`, value);
    }
    const feeds: Record<string, TensorData> = {
      ...Object.fromEntries(state),
      'images.0': at('pixels'),
      'labels.0': at('labels'),
      'z.D0': at('z.D0'),
      'z.G': at('z.G'),
      'fakeLabels.D0': recorded.get('fakeLabels.D0') ?? at('labels'),
      'fakeLabels.G': recorded.get('fakeLabels.G') ?? at('labels'),
    };
    for (const [key, value] of Object.entries(stepSchedule(options, 1))) {
      feeds[key] = { dtype: 'float32', shape: [], data: Float32Array.of(value) };
    }
    const results = await (await runtime.compile(step.graph)).compute(feeds);
    const rates = { generator: options.generatorOptimizer, discriminator: options.discriminatorOptimizer };
    const trainable = new Set(step.variables.filter((variable) => variable.trainable).map((variable) => variable.name));
    for (const network of networks) {
      for (const [key, next] of named(network, recordedWeights(recorded, `after.${letters[network]}.`))) {
        const seen = results[key];
        assertNear(key, seen, next);
        const before = weights.get(key)?.data;
        if (!trainable.has(key) || seen === undefined || before === undefined) continue;
        // A step is small beside the parameters: it is compared by itself, too.
        const moved = (to: TensorData) => ({ ...to, data: Float32Array.from(to.data, (v, i) => v - (before[i] ?? 0)) });
        assertNear(`the step of ${key}`, moved(seen), moved(next), 0.01 * rates[network].learningRate);
      }
    }
    if (![...recorded.keys()].some((key) => key.startsWith('after.ema.'))) return;
    for (const [key, next] of named('generator', recordedWeights(recorded, 'after.ema.G.'))) {
      assertNear(`ema.${key}`, results[`ema.${key}`], next);
    }
  });
}
