/** The step against programs traced apart from it, with Adam and the moving average done by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertState, stepByHand } from '../../test/step/by-hand.ts';
import { bind, midCourse, modelRows, smoothAdam, stepFeeds, stepOptions } from '../../test/tables/models.ts';
import { type Graph, graph, input, openRuntime, type TensorData } from '../engine/index.ts';
import { topologicalOrder } from '../engine/ir/graph.ts';
import type { AdamOptions } from '../nn/index.ts';
import {
  type BoundModel,
  findModel,
  fromPixels,
  penalties,
  type StepOptions,
  stepScalars,
  stepSchedule,
  traceStep,
} from './index.ts';

const runtime = await openRuntime({ threads: 1 });
const run = async (program: Graph, feeds: Record<string, TensorData>) =>
  (await runtime.compile(program)).compute(feeds);

const [row] = modelRows;
assert.ok(row);
const model = bind(row, row.small);

const momentum: AdamOptions = { ...smoothAdam, beta1: 0.5 };
const sagan = (switches: Readonly<Record<string, unknown>>) =>
  findModel('sagan').bind({ ...row.small.options, ...switches }, row.small.images);
const csawgan = findModel('csawgan').bind(
  {
    latentDim: 8,
    generatorChannels: 4,
    discriminatorChannels: 4,
    attention: false,
    hiddenUnits: 8,
    discriminatorBatchNorm: true,
  },
  row.small.images,
);

interface Recipe extends Partial<StepOptions> {
  readonly model?: BoundModel;
}

for (const [name, changes] of Object.entries<Recipe>({
  'one update of each': {},
  'two updates of the discriminator, first moments': {
    discriminatorSteps: 2,
    generatorOptimizer: momentum,
    discriminatorOptimizer: { ...momentum, learningRate: 0.02, beta2: 0.8 },
  },
  'before the averaging starts': { ema: { decay: 0.9, startStep: 3 } },
  'more images for the generator': { generatorBatch: 6 },
  'real and fake apart': { model: sagan({ discriminatorBatches: 'apart' }) },
  "the discriminator's buffers move in the generator's update": { model: sagan({ movesInGeneratorStep: true }) },
  'together, with augmentation and a penalty': {
    augment: ['color', 'cutout'],
    penalties: [{ penalty: penalties.gradientPenalty, weight: 10 }],
  },
  'running statistics in the discriminator, two updates with augmentation and penalties': {
    model: csawgan,
    discriminatorSteps: 2,
    augment: ['color', 'translation', 'cutout'],
    penalties: [penalties.r1, penalties.dragan].map((penalty, i) => ({ penalty, weight: i + 1 })),
  },
})) {
  test(`a step is its updates composed by hand: ${name}`, async () => {
    const options = stepOptions(changes.model ?? model, changes);
    const step = traceStep(options);
    const before = midCourse(step.variables);
    const given = stepFeeds(step, options, 3);
    const after = await run(step.graph, { ...before, ...given });
    const byHand = await stepByHand(runtime, before, given, options, 3);
    assertState(after, byHand.state);
    assert.deepEqual(Object.keys(byHand.scalars).sort(), [...stepScalars].sort());
    for (const [scalar, expected] of Object.entries(byHand.scalars)) {
      const seen = after[scalar]?.data[0] ?? Number.NaN;
      assert.ok(Math.abs(seen - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), `${scalar} ${seen}, ${expected}`);
    }
    const unmoved = step.variables.filter((variable) => {
      const [old, next] = [before[variable.name]?.data, after[variable.name]?.data];
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
