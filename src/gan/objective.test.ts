/** The objectives on a model whose numbers can be followed by hand: images of one pixel and two channels. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { float32ConstantTolerance } from '../../test/engine/tolerances.ts';
import { stepOptions } from '../../test/tables/models.ts';
import { gather, interpret, mul, reshape, scalar, sum, type Tensor, type Values, values } from '../engine/index.ts';
import { linear, ones, Variables } from '../nn/index.ts';
import { Draws } from './draws.ts';
import { bindModel, type GanModel, type Judging, losses, penalties, type StepOptions } from './index.ts';
import { discriminatorObjective, drawFakes, generatorObjective, type Trace } from './objective.ts';

const classes = 3;
/** G: z as it is. D: x · table[label] for real or fake, x · classWeightᵀ for the classes. */
function model(judging: Partial<Judging> = {}, latents: 'normal' | 'uniform' = 'normal') {
  const telling: GanModel<Record<string, never>> = {
    name: 'telling',
    source: 'this test',
    options: z.strictObject({}),
    check: () => {},
    latentDim: () => 2,
    latents,
    judging: () => judging,
    generator: (_, __, ___, latent) => reshape(latent, [-1, 2, 1, 1]),
    discriminator: (scope, _, __, x, labels) => {
      const pixels = reshape(x, [-1, 2]);
      const rows = gather(scope.parameter('table', [classes, 2], ones), labels);
      const classLogits = scope.at('class', (s) => linear(s, pixels, classes, { bias: false }));
      return { logits: sum(mul(pixels, rows), [1]), classLogits };
    },
  };
  // The resolution is 1 pixel and channels are two, which no dataset has: the model does not mind.
  return bindModel(telling, {}, { resolution: 1, channels: 2, classes });
}

const table = [
  [1, -2],
  [0.5, 3],
  [-1, 0.25],
];
const classWeight = [
  [1, 0],
  [-0.5, 2],
  [0.75, -1],
];
const pixels = [
  [0, 255],
  [51, 102],
  [204, 153],
];
const latents = [
  [0.5, -0.25],
  [-1, 0.75],
  [0.1, 0.9],
];
const [labels, fakeLabels] = [
  [2, 0, 1],
  [1, 1, 0],
];
const noise = [0.001, 0.007, 0.003, 0.0005, 0.006, 0.002];

const feeds: Record<string, Values> = {
  'D.table': values([3, 2], table.flat()),
  'D.class.weight': values([3, 2], classWeight.flat()),
  'images.0': values([3, 2, 1, 1], pixels.flat()),
  'labels.0': values([3], labels),
  'z.D0': values([3, 2], latents.flat()),
  'z.G': values([3, 2], latents.flat()),
  'fakeLabels.D0': values([3], fakeLabels),
  'fakeLabels.G': values([3], fakeLabels),
  'dequantize.D0': values([3, 2, 1, 1], noise),
};

const average = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
  a.reduce((total, x, i) => total + x * (b[i] ?? 0), 0);
const numberOf = (tensor: Tensor) => interpret([tensor], feeds)[0]?.data[0] ?? Number.NaN;

function near(seen: number, expected: number): void {
  const close = Math.abs(seen - expected) <= 4 * float32ConstantTolerance * Math.max(1, Math.abs(expected));
  assert.ok(close, `${seen}, by hand ${expected}`);
}

const trace = (changes: Partial<StepOptions> = {}, of = model()): Trace => ({
  options: stepOptions(of, { batch: 3, loss: losses.wasserstein, ...changes }),
  variables: new Variables(),
  draws: new Draws(),
});
const ofDiscriminator = (changes: Partial<StepOptions> = {}, of = model()) =>
  discriminatorObjective(trace(changes, of), 0, 3);
function ofGenerator(changes: Partial<StepOptions> = {}) {
  const traced = trace(changes);
  return generatorObjective(traced, drawFakes(traced.draws, traced.options.model, 'G', 3));
}

const images = pixels.map((row) => row.map((pixel) => (2 * pixel) / 255 - 1));
const logits = (of: readonly number[][], by: readonly number[]) => of.map((x, i) => dot(x, table[by[i] ?? 0]));

/** −mean log softmax(classWeight · x)[label] */
function crossEntropy(of: readonly number[][], by: readonly number[]): number {
  const losses = of.map((x, i) => {
    const scores = classWeight.map((row) => dot(row, x));
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    return Math.log(total) - (scores[by[i] ?? 0] ?? Number.NaN);
  });
  return average(losses);
}

for (const batches of ['together', 'apart'] as const) {
  test(`real images go with their labels and fakes with theirs: ${batches}`, () => {
    const { loss, report } = ofDiscriminator({}, model({ batches }));
    const [real, fake] = [average(logits(images, labels)), average(logits(latents, fakeLabels))];
    near(numberOf(report.realLogits), real);
    near(numberOf(report.fakeLogits), fake);
    near(numberOf(report.lossD), fake - real);
    near(numberOf(loss), fake - real);
    assert.equal(numberOf(report.penalty), 0);
  });

  test(`an auxiliary classifier adds the cross-entropy of classes, of real images or of both: ${batches}`, () => {
    const weights = { discriminatorWeight: 0.7, generatorWeight: 0.3 };
    for (const onFakes of [undefined, false, true]) {
      const { loss, report } = ofDiscriminator({ auxiliaryClassifier: { ...weights, onFakes } }, model({ batches }));
      const learned = crossEntropy(images, labels) + (onFakes ? crossEntropy(latents, fakeLabels) : 0);
      near(numberOf(loss) - numberOf(report.lossD), 0.7 * learned);
      near(numberOf(report.lossD), average(logits(latents, fakeLabels)) - average(logits(images, labels)));
    }
  });
}

test('fakes have the classes of the real images where a model says so, and the generator still draws its own', () => {
  const { report } = ofDiscriminator({}, model({ fakeLabels: 'real' }));
  near(numberOf(report.fakeLogits), average(logits(latents, labels)));
  near(numberOf(report.realLogits), average(logits(images, labels)));
  const traced = trace({}, model({ fakeLabels: 'real' }));
  discriminatorObjective(traced, 0, 3);
  assert.deepEqual(
    traced.draws.all.map(({ name }) => name),
    ['z.D0'],
  );
});

test('the generator learns to show the class that it was asked for', () => {
  const { loss, report } = ofGenerator({ auxiliaryClassifier: { discriminatorWeight: 0.7, generatorWeight: 0.3 } });
  near(numberOf(report.lossG), -average(logits(latents, fakeLabels)));
  near(numberOf(loss) - numberOf(report.lossG), 0.3 * crossEntropy(latents, fakeLabels));
  near(numberOf(ofGenerator().loss), -average(logits(latents, fakeLabels)));
});

test('an auxiliary classifier is refused where the discriminator tells no classes apart', () => {
  const silent = model();
  const mute = {
    ...silent,
    discriminator: (...given: Parameters<typeof silent.discriminator>) => ({
      logits: silent.discriminator(...given).logits,
    }),
  };
  const auxiliaryClassifier = { discriminatorWeight: 1, generatorWeight: 1 };
  assert.throws(
    () => ofDiscriminator({ auxiliaryClassifier }, mute),
    /telling: .*tells no classes apart.*Leave it out/,
  );
});

test('separation is the share of pairs in which the real image is the higher', () => {
  const [real, fake] = [logits(images, labels), logits(latents, fakeLabels)];
  const pairs = real.flatMap((r) => fake.map((f) => (r > f ? 1 : 0)));
  assert.ok(average(pairs) > 0 && average(pairs) < 1);
  near(numberOf(ofDiscriminator().report.separation), average(pairs));
});

test('a discriminator that says the same of every image separates half', () => {
  const { report } = ofDiscriminator();
  const [separation] = interpret([report.separation], { ...feeds, 'D.table': values([3, 2], [0, 0, 0, 0, 0, 0]) });
  assert.equal(separation?.data[0], 0.5);
});

test('dequantised pixels lie anywhere in the interval that their grey level stands for', () => {
  const traced = trace({ dequantize: true });
  const { report } = discriminatorObjective(traced, 0, 3);
  const spread = pixels.map((row, i) => row.map((pixel, j) => 2 * (pixel / 256 - 0.5) + (noise[2 * i + j] ?? 0)));
  near(numberOf(report.realLogits), average(logits(spread, labels)));
  const draw = traced.draws.all.find(({ name }) => name === 'dequantize.D0');
  assert.deepEqual(draw?.distribution, { kind: 'uniform', low: 0, high: 1 / 128 });
});

test('penalties are weighted and added; they judge real images with their labels', () => {
  const { loss, report } = ofDiscriminator({
    penalties: [
      { penalty: penalties.r1, weight: 5 },
      { penalty: { name: 'seven', penalize: () => scalar(7) }, weight: 2 },
    ],
  });
  const squares = labels.map((label) => dot(table[label], table[label]));
  near(numberOf(report.penalty), 5 * 0.5 * average(squares) + 14);
  near(numberOf(loss) - numberOf(report.lossD), 5 * 0.5 * average(squares) + 14);
});

test('latents are drawn as the model says, labels among its classes', () => {
  for (const [latentsOf, distribution] of [
    ['normal', { kind: 'normal' }],
    ['uniform', { kind: 'uniform', low: -1, high: 1 }],
  ] as const) {
    const draws = new Draws();
    drawFakes(draws, model({}, latentsOf), 'G', 5);
    assert.deepEqual(draws.all, [
      { name: 'z.G', shape: [5, 2], distribution },
      { name: 'fakeLabels.G', shape: [5], distribution: { kind: 'integers', below: classes } },
    ]);
  }
});
