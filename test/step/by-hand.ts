/**
 * A training step a second time: small programs for single gradients, and between them everything in plain numbers, so that
 * the order of updates, the moving of buffers, the adding up of pieces, Adam and the moving average are written down here
 * once more. The loss is hinge.
 */

import assert from 'node:assert/strict';
import {
  add,
  type Graph,
  grad,
  graph,
  input,
  mean,
  mul,
  neg,
  type Runtime,
  relu,
  scalar,
  sub,
  type Tensor,
  type TensorData,
} from '../../src/engine/index.ts';
import { augment } from '../../src/gan/augment.ts';
import { type BoundModel, Draws, type StepOptions } from '../../src/gan/index.ts';
import { type AdamOptions, Variables } from '../../src/nn/index.ts';

export type State = Record<string, TensorData>;

/** The named numbers of a program, its gradients by the parameters of a network, and the buffers that it moved. */
function gradientProgram(variables: Variables, network: string, loss: Tensor, numbers: Record<string, Tensor>): Graph {
  const parameters = variables.below(network, 'trainable');
  const gradients = grad(loss, [...parameters.values()]);
  const named = [...parameters.keys()].flatMap((name, i) =>
    gradients.slice(i, i + 1).map((g): [string, Tensor] => [`gradient.${name}`, g]),
  );
  variables.commit();
  return graph('gradients', [...Object.entries({ loss, ...numbers }), ...named, ...variables.updates]);
}

/** Random changes of images, whose random inputs have the names that the step gives them. */
function changed(images: Tensor, { augment: which = [] }: StepOptions, name: string): Tensor {
  return augment(images, which, new Draws(), name);
}

function fakes(
  model: BoundModel,
  variables: Variables,
  update: string,
  count: number,
  labels = input(`fakeLabels.${update}`, 'int32', [count]),
) {
  const z = input(`z.${update}`, 'float32', [count, model.latentDim]);
  return { labels, images: model.generator(variables.scope('G', { training: true }), z, labels) };
}

/** Of the discriminator's update `k`; of real images, of fake ones with the penalties, or of both. */
function discriminatorProgram(options: StepOptions, k: number, count: number, which: 'real' | 'fake' | 'both'): Graph {
  const { model } = options;
  const { channels, resolution } = model.images;
  const variables = new Variables();
  const judge = (images: Tensor, of: Tensor) =>
    model.discriminator(variables.scope('D', { training: true }), images, of).logits;
  const labels = input(`labels.${k}`, 'int32', [count]);
  const real = input(`real.${k}`, 'float32', [count, channels, resolution, resolution]);
  const numbers: Record<string, Tensor> = {};
  const parts: Tensor[] = [];
  if (which !== 'real') {
    const given = model.judging.fakeLabels === 'real' ? labels : undefined;
    const fake = fakes(model, variables, `D${k}`, count, given);
    numbers.fakeLogits = judge(changed(fake.images, options, `augment.D${k}.fake`), fake.labels);
    parts.push(mean(relu(add(1, numbers.fakeLogits))));
    for (const { penalty, weight } of options.penalties ?? []) {
      const resting = variables.scope('D', { training: true, updates: false });
      const term = penalty.penalize({
        real,
        fake: fake.images,
        labels,
        judge: (images) => model.discriminator(resting, images, labels).logits,
        draw: (name, shape) => input(`${penalty.name}.D${k}.${name}`, 'float32', shape),
      });
      parts.push(mul(term, weight));
      numbers.penalty = add(numbers.penalty ?? scalar(0), mul(term, weight));
    }
  }
  if (which !== 'fake') {
    numbers.realLogits = judge(changed(real, options, `augment.D${k}.real`), labels);
    parts.push(mean(relu(sub(1, numbers.realLogits))));
  }
  const loss = parts.reduce((total, part) => add(total, part));
  return gradientProgram(variables, 'D', loss, numbers);
}

function generatorProgram(options: StepOptions, count: number): Graph {
  const { model } = options;
  const variables = new Variables();
  const { images, labels } = fakes(model, variables, 'G', count);
  const judge = variables.scope('D', { training: true, updates: model.judging.movesInGeneratorStep });
  const { logits } = model.discriminator(judge, changed(images, options, 'augment.G'), labels);
  return gradientProgram(variables, 'G', neg(mean(logits)), {});
}

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

const float32 = ({ shape }: TensorData, data: ArrayLike<number>): TensorData => ({
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
const hinge = (logits: readonly number[], sign: 1 | -1) =>
  average(logits.map((logit) => Math.max(0, 1 + sign * logit)));

/** Sums of gradients by parameter, in float64. */
type Sums = Map<string, number[]>;

/** Takes the buffers into the state and the gradients into the sums. */
function adopt(state: State, results: State, sums: Sums): void {
  for (const [name, result] of Object.entries(results)) {
    if (name in state) state[name] = result;
    if (!name.startsWith('gradient.')) continue;
    const parameter = name.slice('gradient.'.length);
    const before = sums.get(parameter);
    sums.set(
      parameter,
      Array.from(result.data, (g, i) => (before?.[i] ?? 0) + g),
    );
  }
}

/** Adam's update number `t` with the mean of the pieces' gradients; returns its norm. */
function descend(state: State, sums: Sums, pieces: number, t: number, options: AdamOptions): number {
  let squares = 0;
  for (const [name, total] of sums) {
    const [moving, m, v] = [state[name], state[`adam.${name}.m`], state[`adam.${name}.v`]];
    assert.ok(moving);
    const next = total.map((sum, i) => {
      const g = sum / pieces;
      squares += g * g;
      return adamElement([moving.data[i] ?? 0, m?.data[i] ?? 0, v?.data[i] ?? 0], g, t, options);
    });
    for (const [kept, column] of [
      [name, 0],
      [`adam.${name}.m`, 1],
      [`adam.${name}.v`, 2],
    ] as const) {
      const old = state[kept];
      if (old === undefined) continue;
      state[kept] = float32(
        old,
        next.map((element) => element[column]),
      );
    }
  }
  return Math.sqrt(squares);
}

/** The `piece`-th of `pieces` equal parts of what is given for each image. */
function cut(given: State, piece: number, pieces: number): State {
  const parts = Object.entries(given).flatMap(([name, { dtype, shape, data }]): [string, TensorData][] => {
    const [count, ...rest] = shape;
    if (count === undefined) return [];
    const length = data.length / pieces;
    const part = data.slice(piece * length, (piece + 1) * length);
    return [[name, { dtype, shape: [count / pieces, ...rest], data: part }]];
  });
  return Object.fromEntries(parts);
}

/** Pixels as numbers. */
function withReal(given: State): State {
  const real = Object.entries(given).flatMap(([name, pixels]): [string, TensorData][] => {
    if (!name.startsWith('images.')) return [];
    const numbers = Array.from(pixels.data, (pixel) => (pixel / 255) * 2 - 1);
    return [[name.replace('images', 'real'), float32(pixels, numbers)]];
  });
  return { ...given, ...Object.fromEntries(real) };
}

/**
 * The `step`-th step: the state after it, and its scalars. `given` has what the step is fed beside the state; its images,
 * latents and other draws are cut into `accumulation` pieces, one after the other.
 */
export async function stepByHand(runtime: Runtime, before: State, given: State, options: StepOptions, step: number) {
  const { batch, generatorBatch = batch, accumulation = 1, model } = options;
  const run = async (program: Graph, feeds: State) => (await runtime.compile(program)).compute(feeds);
  const state = { ...before };
  const all = withReal(given);
  const pieces = Array.from({ length: accumulation }, (_, piece) => cut(all, piece, accumulation));
  const scalars: Record<string, number> = {};

  for (let k = 0; k < options.discriminatorSteps; k++) {
    const sums: Sums = new Map();
    const seen: Record<'lossD' | 'realLogits' | 'fakeLogits' | 'separation' | 'penalty', number>[] = [];
    const parts = model.judging.batches === 'apart' ? (['real', 'fake'] as const) : (['both'] as const);
    for (const piece of pieces) {
      const numbers: Record<string, number[]> = {};
      for (const part of parts) {
        const program = discriminatorProgram(options, k, batch / accumulation, part);
        const results = await run(program, { ...state, ...piece });
        adopt(state, results, sums);
        for (const name of ['realLogits', 'fakeLogits', 'penalty']) {
          if (results[name] !== undefined) numbers[name] = [...results[name].data];
        }
      }
      const { realLogits: reals = [], fakeLogits: fakeOnes = [], penalty = [0] } = numbers;
      seen.push({
        lossD: hinge(reals, -1) + hinge(fakeOnes, 1),
        realLogits: average(reals),
        fakeLogits: average(fakeOnes),
        separation: average(reals.flatMap((r) => fakeOnes.map((f) => (Math.sign(r - f) + 1) / 2))),
        penalty: average(penalty),
      });
    }
    for (const name of ['lossD', 'realLogits', 'fakeLogits', 'separation', 'penalty'] as const) {
      scalars[name] = average(seen.map((numbers) => numbers[name]));
    }
    const t = (step - 1) * options.discriminatorSteps + k + 1;
    scalars.gradNormD = descend(state, sums, accumulation, t, options.discriminatorOptimizer);
  }

  const sums: Sums = new Map();
  const losses: number[] = [];
  for (const piece of pieces) {
    const results = await run(generatorProgram(options, generatorBatch / accumulation), { ...state, ...piece });
    adopt(state, results, sums);
    losses.push(results.loss?.data[0] ?? Number.NaN);
  }
  scalars.lossG = average(losses);
  scalars.gradNormG = descend(state, sums, accumulation, step, options.generatorOptimizer);
  averageByHand(state, options, step);
  return { state, scalars };
}

function averageByHand(state: State, { ema }: StepOptions, step: number): void {
  const rate = step > ema.startStep ? 1 - ema.decay : 1;
  for (const [name, old] of Object.entries(state)) {
    const value = state[name.replace(/^ema\./, '')];
    if (!name.startsWith('ema.') || value === undefined) continue;
    state[name] = float32(
      old,
      Array.from(old.data, (a, i) => (1 - rate) * a + rate * (value.data[i] ?? 0)),
    );
  }
}

/** Asserts |seen − expected| ≤ 1e-5 of the largest number of the tensor, for every tensor of `expected`. */
export function assertState(seen: State, expected: State): void {
  for (const [name, { data }] of Object.entries(expected)) {
    const size = Math.max(...Array.from(data, Math.abs));
    for (const [i, value] of data.entries()) {
      const number = seen[name]?.data[i] ?? Number.NaN;
      assert.ok(Math.abs(number - value) <= 1e-5 * size, `${name}[${i}] is ${number}, by hand ${value}`);
    }
  }
}
