import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { datasetFrom } from '../data/index.ts';
import { add, broadcastTo, cast, matmul, mul, openRuntime, reshape, sum, type TensorData } from '../engine/index.ts';
import { type BoundModel, bindModel, findModel, type GanModel, losses, traceStep } from '../gan/index.ts';
import { initialize, linear, normal } from '../nn/index.ts';
import { Analyser, type Analysis } from './analysis.ts';
import { symmetricEigenvalues } from './analysis-spectra.ts';

const runtime = await openRuntime({ threads: 1 });
const images = { resolution: 32, channels: 1, classes: 4 };
const planeSize = images.resolution ** 2;
const labels = [0, 1, 2, 3, 0, 1, 2, 3];
/** Image n is grey all over, of value 32 n. */
const dataset = datasetFrom({
  name: 'greys',
  images: Uint8Array.from({ length: labels.length * planeSize }, (_, i) => 32 * Math.floor(i / planeSize)),
  channels: 1,
  resolution: 32,
  labels,
});
const adam = { learningRate: 1e-3, beta1: 0, beta2: 0.9, epsilon: 1e-8 };

function stateOf(model: BoundModel): Map<string, TensorData> {
  const { variables } = traceStep({
    model,
    loss: losses.hinge,
    batch: 2,
    discriminatorSteps: 1,
    generatorOptimizer: adam,
    discriminatorOptimizer: adam,
    ema: { decay: 0.9, startStep: 0 },
  });
  return initialize(variables, 5);
}

async function analyse(model: BoundModel, state: Map<string, TensorData>, batch = 8): Promise<Analysis> {
  const analyser = await Analyser.create({ model, dataset, runtime, seed: 1, batch });
  const tensors = Object.fromEntries([...state].map(([name, data]) => [name, runtime.upload(data)]));
  return analyser.analyse({ tensors, imagesSeen: 0 });
}

/** The matrix [rows, rest] of a weight, in float64. */
function matrixOf({ shape, data }: TensorData, rowAxis: 0 | 1): number[][] {
  const [first = 1, second = 1] = shape;
  const area = data.length / (first * second);
  const at = (i: number, j: number, k: number) => data[(i * second + j) * area + k] ?? Number.NaN;
  const rows = rowAxis === 0 ? first : second;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: data.length / rows }, (__, n) => {
      const [other, k] = [Math.floor(n / area), n % area];
      return rowAxis === 0 ? at(row, other, k) : at(other, row, k);
    }),
  );
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, x, i) => total + x * (b[i] ?? 0), 0);
const transposed = (matrix: readonly number[][]) => (matrix[0] ?? []).map((_, j) => matrix.map((row) => row[j] ?? 0));

function exactSpectrum(matrix: readonly number[][]): number[] {
  const narrow = matrix.length <= (matrix[0]?.length ?? 0) ? matrix : transposed(matrix);
  const gramian = narrow.map((a) => narrow.map((b) => dot(a, b)));
  return symmetricEigenvalues(gramian).map((value) => Math.sqrt(Math.max(0, value)));
}

for (const [name, model, transposedWeights] of [
  ['sagan', findModel('sagan').bind({ latentDim: 4, generatorChannels: 8, discriminatorChannels: 8 }, images), /none/],
  [
    'dcgan',
    findModel('dcgan').bind(
      { latentDim: 4, generatorChannels: 4, discriminatorChannels: 4 },
      { ...images, classes: 0 },
    ),
    /^G\.(block\d\.)?conv/,
  ],
] as const) {
  test(`${name}: the singular values of every weight are those of float64, to 1 %`, async () => {
    const state = stateOf(model);
    const { spectra } = await analyse(model, state);
    const weights = [...state].filter(([path, { shape }]) => /^[GD]\..*weight$/.test(path) && shape.length > 1);
    assert.deepEqual(Object.keys(spectra).sort(), weights.map(([path]) => path).sort());
    for (const [path, weight] of weights) {
      const exact = exactSpectrum(matrixOf(weight, transposedWeights.test(path) ? 1 : 0));
      const { raw = [] } = spectra[path] ?? {};
      assert.equal(raw.length, Math.min(3, exact.length), path);
      for (const [i, value] of raw.entries()) {
        assert.ok(
          Math.abs(value - (exact[i] ?? 0)) <= 0.01 * (exact[0] ?? 0),
          `${path} ${i}: ${value}, not ${exact[i]}`,
        );
      }
    }
  });
}

test('the normalised weight is the raw one divided by what the network divides it by', async () => {
  const model = findModel('sagan').bind({ latentDim: 4, generatorChannels: 8, discriminatorChannels: 8 }, images);
  const state = stateOf(model);
  const { spectra, gamma } = await analyse(model, state);
  const path = 'D.block1.conv2';
  const weight = matrixOf(state.get(`${path}.weight`) ?? assert.fail(), 0);
  const unit = (x: number[]) => x.map((value) => value / Math.sqrt(dot(x, x)));
  const v = unit(transposed(weight).map((column) => dot(column, [...(state.get(`${path}.u`)?.data ?? [])])));
  const rows = weight.map((row) => dot(row, v));
  const sigma = dot(unit(rows), rows);
  const { raw, normalized } = spectra[`${path}.weight`] ?? assert.fail();
  for (const [i, value] of raw.entries()) assert.ok(Math.abs((normalized?.[i] ?? 0) * sigma - value) < 1e-4 * value);
  assert.ok((normalized?.[0] ?? 0) > 1.0001, 'the estimate has not converged, so it is below the spectral norm');
  assert.deepEqual(gamma, { 'G.attention16.gamma': 0, 'D.attention16.gamma': 0 });
});

/** D(x) = 3 Σ x; G(z, label) is grey all over: label / 4, and z plays no part. */
const toy: GanModel = {
  name: 'toy',
  source: 'this test',
  options: z.strictObject({}),
  latentDim: () => 1,
  check: () => undefined,
  generator: (scope, _, { resolution, channels }, latents, of) => {
    const nothing = linear(scope, latents, 1, { bias: false, initializer: normal(0) }); // [N, 1]
    const grey = add(nothing, reshape(mul(cast(of, 'float32'), 1 / 4), [-1, 1]));
    const [n = 0] = latents.shape;
    return broadcastTo(reshape(grey, [n, 1, 1, 1]), [n, channels, resolution, resolution]);
  },
  discriminator: (scope, _, __, x) => {
    const total = reshape(sum(x, [1, 2, 3]), [-1, 1]);
    const three = scope.parameter('weight', [1, 1], normal(0, 3));
    return reshape(matmul(total, three), [-1]);
  },
};

const bound = bindModel(toy, {}, images);

test('gradient norms and distances are those that are known of a toy', async () => {
  const analysis = await analyse(bound, stateOf(bound));
  const close = (seen: number | undefined, expected: number) =>
    assert.ok(Math.abs((seen ?? Number.NaN) - expected) <= 1e-5 * Math.max(1, expected), `${seen}, not ${expected}`);
  close(analysis.gradNormReal, 3 * Math.sqrt(planeSize));
  close(analysis.gradNormFake, 3 * Math.sqrt(planeSize));
  const meanOverPairs = (greys: readonly number[]) => {
    const pairs = greys.flatMap((a, i) => greys.slice(i + 1).map((b) => Math.abs(a - b)));
    return pairs.reduce((total, distance) => total + distance, 0) / pairs.length;
  };
  // An epoch is every image once; samples have the classes 0 1 2 3 0 1 2 3.
  close(analysis.distanceReal, meanOverPairs(labels.map((_, n) => (32 * n * 2) / 255)));
  close(analysis.distanceFake, meanOverPairs(labels.map((label) => label / 4)));
  close(analysis.distanceWithinClass, 0);
  assert.deepEqual(analysis.spectra, { 'G.weight': { raw: [0] }, 'D.weight': { raw: [3] } });
  assert.deepEqual([analysis.images, analysis.distinctLabels], [8, 4]);
});

test('an analysis holds no more images than a step, and no more than 32', async () => {
  const sizes = await Promise.all(
    [1, 4, 100].map(async (batch) => (await analyse(bound, stateOf(bound), batch)).images),
  );
  assert.deepEqual(sizes, [2, 4, 32]);
});
