/** The step against programs traced apart from it, with Adam and the moving average done by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, midCourse, modelRows, smoothAdam, stepFeeds, stepOptions } from '../../test/tables/models.ts';
import {
  add,
  type Graph,
  grad,
  graph,
  input,
  mean,
  neg,
  openRuntime,
  relu,
  sub,
  type Tensor,
  type TensorData,
} from '../engine/index.ts';
import { topologicalOrder } from '../engine/ir/graph.ts';
import { type AdamOptions, Variables } from '../nn/index.ts';
import { fromPixels, type StepOptions, stepScalars, stepSchedule, traceStep } from './index.ts';

type State = Record<string, TensorData>;

const runtime = await openRuntime({ threads: 1 });
const run = async (program: Graph, feeds: State) => (await runtime.compile(program)).compute(feeds);

const [row] = modelRows;
assert.ok(row);
const model = bind(row, row.small);
const training = { training: true };

/** Gradients of `loss` by the parameters below `path`, and the buffers that the networks moved. */
function gradientProgram(variables: Variables, path: string, loss: Tensor, logits: Record<string, Tensor>): Graph {
  const parameters = variables.below(path, 'trainable');
  const gradients = grad(loss, [...parameters.values()]);
  const named = [...parameters.keys()].flatMap((name, i) => gradients.slice(i, i + 1).map((g) => [name, g] as const));
  variables.commit();
  return graph('gradients', [['loss', loss], ...Object.entries(logits), ...named, ...variables.updates]);
}

/** Real and fake are judged one after the other here. Inputs: real float32[N,C,H,W], labels, z, fakeLabels. */
function discriminatorProgram({ batch }: StepOptions): Graph {
  const variables = new Variables();
  const { channels, resolution } = model.images;
  const judge = (images: Tensor, labels: Tensor) =>
    model.discriminator(variables.scope('D', training), images, labels).logits;
  const fakeLabels = input('fakeLabels', 'int32', [batch]);
  const z = input('z', 'float32', [batch, model.latentDim]);
  const fake = judge(model.generator(variables.scope('G', training), z, fakeLabels), fakeLabels);
  const images = input('real', 'float32', [batch, channels, resolution, resolution]);
  const real = judge(images, input('labels', 'int32', [batch]));
  const loss = add(mean(relu(sub(1, real))), mean(relu(add(1, fake))));
  return gradientProgram(variables, 'D', loss, { realLogits: real, fakeLogits: fake });
}

/** Inputs: z, fakeLabels. */
function generatorProgram({ batch }: StepOptions): Graph {
  const variables = new Variables();
  const labels = input('fakeLabels', 'int32', [batch]);
  const z = input('z', 'float32', [batch, model.latentDim]);
  const fake = model.generator(variables.scope('G', training), z, labels);
  const { logits } = model.discriminator(variables.scope('D', { training: true, updates: false }), fake, labels);
  return gradientProgram(variables, 'G', neg(mean(logits)), {});
}

const tensor = ({ dtype, shape }: TensorData, data: ArrayLike<number>): TensorData => ({
  dtype,
  shape,
  data: Float32Array.from(data),
});

/** One element of Adam, algorithm 1 of the paper, in float64: [θ, m, v] after update number t. */
function adamElement(
  [theta, m, v]: readonly [number, number, number],
  g: number,
  t: number,
  o: AdamOptions,
): readonly [number, number, number] {
  const nextM = o.beta1 * m + (1 - o.beta1) * g;
  const nextV = o.beta2 * v + (1 - o.beta2) * g * g;
  const [mHat, vHat] = [nextM / (1 - o.beta1 ** t), nextV / (1 - o.beta2 ** t)];
  return [theta - (o.learningRate * mHat) / (Math.sqrt(vHat) + o.epsilon), nextM, nextV];
}

/** Adopts what a gradient program moved, and Adam's update for its gradients. Returns the norm of the gradient. */
function adopt(state: State, results: State, path: string, t: number, options: AdamOptions): number {
  let squares = 0;
  for (const [name, result] of Object.entries(results)) {
    const parameter = state[name];
    if (parameter === undefined) continue; // a loss
    if (!(`adam.${name}.v` in state) || !name.startsWith(`${path}.`)) {
      state[name] = result;
      continue;
    }
    const [m, v] = [state[`adam.${name}.m`], state[`adam.${name}.v`]];
    const next = Array.from(result.data, (g, i) => {
      squares += g * g;
      return adamElement([parameter.data[i] ?? 0, m?.data[i] ?? 0, v?.data[i] ?? 0], g, t, options);
    });
    for (const [kept, column] of [
      [name, 0],
      [`adam.${name}.m`, 1],
      [`adam.${name}.v`, 2],
    ] as const) {
      const old = state[kept];
      if (old !== undefined)
        state[kept] = tensor(
          old,
          next.map((element) => element[column]),
        );
    }
  }
  return Math.sqrt(squares);
}

const only = (data: TensorData | undefined) => data?.data[0] ?? Number.NaN;

/** The whole step by hand: the state after it, and its scalars. */
async function stepByHand(before: State, given: State, options: StepOptions, step: number) {
  const state = { ...before };
  const scalars: Record<string, number> = {};
  const pick = (names: Record<string, string>): State =>
    Object.fromEntries(Object.entries(names).flatMap(([name, from]) => (given[from] ? [[name, given[from]]] : [])));
  for (let k = 0; k < options.discriminatorSteps; k++) {
    const pixels = given[`images.${k}`];
    assert.ok(pixels);
    const real: TensorData = {
      dtype: 'float32',
      shape: pixels.shape,
      data: Float32Array.from(pixels.data, (p) => (p / 255) * 2 - 1),
    };
    const feeds = pick({ labels: `labels.${k}`, z: `z.D${k}`, fakeLabels: `fakeLabels.D${k}` });
    const results = await run(discriminatorProgram(options), { ...state, ...feeds, real });
    const t = (step - 1) * options.discriminatorSteps + k + 1;
    scalars.gradNormD = adopt(state, results, 'D', t, options.discriminatorOptimizer);
    scalars.lossD = only(results.loss);
    const [reals, fakes] = [[...(results.realLogits?.data ?? [])], [...(results.fakeLogits?.data ?? [])]];
    const average = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
    scalars.realLogits = average(reals);
    scalars.fakeLogits = average(fakes);
    scalars.separation = average(reals.flatMap((r) => fakes.map((f) => (r > f ? 1 : 0))));
    scalars.penalty = 0;
  }
  const feeds = pick({ z: 'z.G', fakeLabels: 'fakeLabels.G' });
  const results = await run(generatorProgram(options), { ...state, ...feeds });
  scalars.gradNormG = adopt(state, results, 'G', step, options.generatorOptimizer);
  scalars.lossG = only(results.loss);
  const rate = step > options.ema.startStep ? 1 - options.ema.decay : 1;
  for (const [name, average] of Object.entries(state)) {
    const value = state[name.replace(/^ema\./, '')];
    if (!name.startsWith('ema.') || value === undefined) continue;
    state[name] = tensor(
      average,
      Array.from(average.data, (a, i) => (1 - rate) * a + rate * (value.data[i] ?? 0)),
    );
  }
  return { state, scalars };
}

/** Asserts |seen − expected| ≤ 1e-5 of the largest number of the tensor. */
function assertClose(name: string, seen: TensorData | undefined, expected: TensorData): void {
  const size = Math.max(...Array.from(expected.data, Math.abs));
  for (const [i, value] of expected.data.entries()) {
    const difference = Math.abs((seen?.data[i] ?? Number.NaN) - value);
    assert.ok(difference <= 1e-5 * size, `${name}[${i}] is ${seen?.data[i]}, by hand ${value}`);
  }
}

const momentum: AdamOptions = { ...smoothAdam, beta1: 0.5 };
for (const [name, changes] of Object.entries({
  'one update of each': {},
  'two updates of the discriminator, first moments': {
    discriminatorSteps: 2,
    generatorOptimizer: momentum,
    discriminatorOptimizer: momentum,
  },
  'before the averaging starts': { ema: { decay: 0.9, startStep: 3 } },
} satisfies Record<string, Partial<StepOptions>>)) {
  test(`a step is its updates composed by hand: ${name}`, async () => {
    const options = stepOptions(model, changes);
    const { graph: program, variables } = traceStep(options);
    const before = midCourse(variables);
    const given = stepFeeds(program, options, 3);
    const after = await run(program, { ...before, ...given });
    const byHand = await stepByHand(before, given, options, 3);
    for (const [variable, expected] of Object.entries(byHand.state)) assertClose(variable, after[variable], expected);
    assert.deepEqual(Object.keys(byHand.scalars).sort(), [...stepScalars].sort());
    for (const [scalar, expected] of Object.entries(byHand.scalars)) {
      assert.ok(Math.abs(only(after[scalar]) - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), scalar);
    }
    const unmoved = variables.filter(({ name }) => {
      const [old, next] = [before[name]?.data, after[name]?.data];
      return old?.every((value, i) => value === next?.[i]);
    });
    assert.deepEqual(unmoved, []);
  });
}

test('the update of the discriminator depends on nothing of the update of the generator', () => {
  const { graph: program } = traceStep(stepOptions(model, { discriminatorSteps: 2 }));
  const ofD = [...program.outputs].filter(([name]) =>
    /^(D|adam\.D)\.|^(lossD|gradNormD|realLogits|fakeLogits)$/.test(name),
  );
  const inputs = topologicalOrder(ofD.map(([, output]) => output))
    .filter(({ op }) => op.name === 'input')
    .map(({ attributes }) => String(attributes.name));
  assert.ok(inputs.includes('z.D1') && inputs.includes('adam.D1.stepSize') && inputs.includes('G.linear.weight'));
  assert.deepEqual(
    inputs.filter((name) => /^z\.G$|^fakeLabels\.G$|^adam\.G\.|^ema\./.test(name)),
    [],
  );
});

test('pixels become −1 … 1', async () => {
  const images = fromPixels(input('images', 'uint8', [4]));
  const pixels: TensorData = { dtype: 'uint8', shape: [4], data: Uint8Array.of(0, 51, 127, 255) };
  const { y } = await run(graph('pixels', [['y', images]]), { images: pixels });
  for (const [i, expected] of [-1, -0.6, -1 / 255, 1].entries()) {
    assert.ok(Math.abs((y?.data[i] ?? Number.NaN) - expected) < 2e-7);
  }
});

test('the schedule of a step: bias corrections of every update, and the rate of the average', () => {
  const optimizers = {
    generatorOptimizer: { learningRate: 1e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 },
    discriminatorOptimizer: { learningRate: 4e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8 },
  };
  const options = stepOptions(model, { ...optimizers, discriminatorSteps: 2, ema: { decay: 0.75, startStep: 2 } });
  const expected = (step: number, rate: number) => ({
    'ema.rate': rate,
    'adam.D0.stepSize': 4e-4,
    'adam.D0.correction': (1 - 0.9 ** (2 * step - 1)) ** -0.5,
    'adam.D1.stepSize': 4e-4,
    'adam.D1.correction': (1 - 0.9 ** (2 * step)) ** -0.5,
    'adam.G.stepSize': 1e-4 / (1 - 0.5 ** step),
    'adam.G.correction': (1 - 0.999 ** step) ** -0.5,
  });
  for (const [step, rate] of [
    [1, 1],
    [2, 1],
    [3, 0.25],
    [100_000, 0.25],
  ] as const) {
    const seen = stepSchedule(options, step);
    const wanted = Object.entries(expected(step, rate));
    assert.deepEqual(Object.keys(seen).sort(), wanted.map(([name]) => name).sort());
    for (const [name, value] of wanted) {
      assert.ok(Math.abs((seen[name] ?? Number.NaN) - value) <= 1e-12 * value, `${name} at step ${step}`);
    }
  }
});
