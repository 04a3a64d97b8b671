import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { Random } from '../base/random.ts';
import { type Dataset, datasetFrom } from '../data/index.ts';
import { add, broadcastTo, cast, matmul, mul, openRuntime, reshape, sum } from '../engine/index.ts';
import { type BoundModel, bindModel, findModel, type GanModel, losses, traceStep } from '../gan/index.ts';
import { initialize, linear, normal } from '../nn/index.ts';
import { Analyser } from './analysis.ts';
import { HeldOutJudge, separation } from './held-out.ts';
import { Trainer } from './trainer.ts';

const runtime = await openRuntime({ threads: 1 });
const images = { resolution: 32, channels: 1, classes: 2 };
const planeSize = images.resolution ** 2;
const adam = { learningRate: 1e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };

/** Image n is grey all over, of value `greys[n]`, of class n mod 2. */
function greyImages(name: string, greys: readonly number[]): Dataset {
  return datasetFrom({
    name,
    images: Uint8Array.from({ length: greys.length * planeSize }, (_, i) => greys[Math.floor(i / planeSize)] ?? 0),
    channels: 1,
    resolution: 32,
    labels: greys.map((_, n) => n % 2),
  });
}

/** Makes images that are grey all over. */
const grey =
  (value: number): GanModel['generator'] =>
  (scope, _, { resolution, channels }, latents) => {
    const nothing = linear(scope, latents, 1, { bias: false, initializer: normal(0) }); // [N, 1]
    const [n = 0] = latents.shape;
    return broadcastTo(reshape(add(nothing, value), [n, 1, 1, 1]), [n, channels, resolution, resolution]);
  };

/** D(x, label) = Σ x + 1000 label; G(z, label) is black. */
const toy: GanModel = {
  name: 'toy',
  source: 'this test',
  options: z.strictObject({}),
  latentDim: () => 1,
  check: () => undefined,
  generator: grey(-1),
  discriminator: (scope, _, __, x, labels) => {
    const total = reshape(sum(x, [1, 2, 3]), [-1, 1]);
    const one = scope.parameter('weight', [1, 1], normal(0, 1));
    return add(reshape(matmul(total, one), [-1]), mul(cast(labels, 'float32'), 1000));
  },
};
const bound = bindModel(toy, {}, images);

function options(model: BoundModel, dataset: Dataset, heldOut: Dataset, batch = 4) {
  return { model, loss: losses.wasserstein, dataset, heldOut, runtime, seed: 1, batch };
}

function tensorsOf(model: BoundModel) {
  const { variables } = traceStep({
    model,
    loss: losses.hinge,
    batch: 2,
    discriminatorSteps: 1,
    generatorOptimizer: adam,
    discriminatorOptimizer: adam,
    ema: { decay: 0.9, startStep: 0 },
  });
  return Object.fromEntries([...initialize(variables, 5)].map(([name, data]) => [name, runtime.upload(data)]));
}

test('separation is the share of pairs whose first is higher; a tie counts half', () => {
  assert.equal(separation([3, 4], [1, 2]), 1);
  assert.equal(separation([1, 2], [3, 4]), 0);
  assert.equal(separation([1, 3], [2, 2]), 0.5);
  assert.equal(separation([2, 5, 1], [2, 4]), (0.5 + 2 + 0) / 6);
  assert.ok(Number.isNaN(separation([Number.NaN], [1])));
});

test('what is known of a toy: logits, losses with their labels, and how well the sets are told apart', async () => {
  const [training, heldOut] = [greyImages('training', [255, 0, 0, 255]), greyImages('held out', [0, 51, 0, 51])];
  const judge = await HeldOutJudge.create(options(bound, training, heldOut));
  const { lossTraining, lossHeldOut, logitTraining, logitHeldOut, logitFake, ...rest } = await judge.judge(
    tensorsOf(bound),
    0,
  );
  // Of an epoch every image once. Sums of pixels are ±1024, and −1024 or 0.6 of that; labels add 500 in the mean.
  const close = (seen: number, expected: number) =>
    assert.ok(Math.abs(seen - expected) < 1, `${seen}, not ${expected}`);
  close(logitTraining, 500);
  close(logitHeldOut, 500 - 1024 * 0.8);
  assert.ok(logitFake >= -1025 && logitFake <= -24, 'black, with labels that are drawn');
  close(lossTraining, logitFake - logitTraining);
  close(lossHeldOut, logitFake - logitHeldOut);
  // 1024, −24, −1024, 2024 against −1024, 386, −1024, 386.
  assert.deepEqual(rest, { separation: (4 + 2 + 1 + 4) / 16, images: 4 });
});

test('no more images are judged at once than a step holds, and no more in all than there are, or 256', async () => {
  const [few, many] = [greyImages('few', [0, 9, 5, 7, 3]), greyImages('many', new Array<number>(600).fill(0))];
  const tensors = tensorsOf(bound);
  const counts = [];
  for (const [heldOut, batch] of [
    [few, 2],
    [few, 100],
    [many, 100],
    [many, 1],
  ] as const) {
    const judge = await HeldOutJudge.create(options(bound, many, heldOut, batch));
    counts.push((await judge.judge(tensors, 0)).images);
  }
  assert.deepEqual(counts, [4, 5, 256, 256]);
});

test('each image is judged at rest, whatever its neighbours are, and nothing moves', async () => {
  const model = findModel('csawgan').bind(
    { latentDim: 4, generatorChannels: 8, discriminatorChannels: 8, discriminatorBatchNorm: true },
    images,
  );
  const tensors = tensorsOf(model);
  const dataset = greyImages('training', [10, 60, 110, 160, 210, 250, 30, 90]);
  const logits = [];
  for (const batch of [2, 8]) {
    const judge = await HeldOutJudge.create(options(model, dataset, dataset, batch));
    const { logitTraining, logitHeldOut, separation: none } = await judge.judge(tensors, 0);
    assert.equal(none, 0.5, 'the same images are not told apart');
    assert.ok(Math.abs(logitTraining - logitHeldOut) < 1e-5);
    logits.push(logitTraining);
  }
  const [inPairs = 0, together = 1] = logits;
  assert.ok(Math.abs(inPairs - together) < 1e-4 * Math.abs(together), `${inPairs}, ${together}`);
});

test('a discriminator that has learnt a few images by heart tells them from others; one of many does not', async () => {
  const noise = (name: string, count: number) =>
    datasetFrom({
      name,
      channels: 1,
      resolution: 32,
      images: Uint8Array.from(new Random(1, name).integers(count * planeSize, 256)),
    });
  // D(x) = w · x, which any few of 1024 pixels can be learnt by heart with.
  const linearToy: GanModel = {
    ...toy,
    generator: grey(0),
    discriminator: (scope, _, __, x) => reshape(linear(scope, reshape(x, [x.shape[0] ?? 0, -1]), 1), [-1]),
  };
  const model = bindModel(linearToy, {}, images);
  const heldOut = noise('held out', 64);
  const told = [];
  for (const count of [4, 2000]) {
    const dataset = noise('training', count);
    const trainer = await Trainer.create({
      model,
      loss: losses.wasserstein,
      batch: 8,
      discriminatorSteps: 1,
      generatorOptimizer: adam,
      discriminatorOptimizer: adam,
      ema: { decay: 0.9, startStep: 0 },
      dataset,
      seed: 1,
      runtime,
    });
    for (let step = 0; step < 60; step++) await trainer.advance();
    const analyser = await Analyser.create({
      model,
      dataset,
      runtime,
      seed: 1,
      batch: 8,
      heldOut: { dataset: heldOut, loss: losses.hinge },
    });
    const { heldOut: found } = await analyser.analyse(trainer);
    told.push(found?.separation ?? Number.NaN);
  }
  const [few = 0, many = 1] = told;
  assert.ok(few > 0.9, `${few} of four images`);
  assert.ok(Math.abs(many - 0.5) < 0.15, `${many} of two thousand`);
});
