import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bind, midCourse, modelRows } from '../../test/tables/models.ts';
import { Random } from '../base/random.ts';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { type BoundModel, findModel, traceSampler } from '../gan/index.ts';
import { latentDirections } from './latent-directions.ts';
import { symmetricEigenvectors } from './symmetric-eigenvectors.ts';

const runtime = await openRuntime({ threads: 1 });
const stateOf = (model: BoundModel) =>
  new Map<string, TensorData>(Object.entries(midCourse(traceSampler(model, { batch: 1 }).variables)));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

test('eigenvectors are what a matrix only stretches', () => {
  for (const size of [1, 2, 3, 17, 64]) {
    const noise = new Random(size, 'matrix').normal(size * size);
    const at = (i: number, k: number) => (noise[i * size + k] ?? 0) + (noise[k * size + i] ?? 0);
    const matrix = Float64Array.from({ length: size * size }, (_, n) => at(Math.floor(n / size), n % size));
    const found = symmetricEigenvectors(matrix, size);
    for (const [i, { eigenvalue, vector }] of found.entries()) {
      for (let row = 0; row < size; row++) {
        const product = dot(matrix.subarray(row * size, (row + 1) * size), vector);
        assert.ok(Math.abs(product - eigenvalue * (vector[row] ?? 0)) < 1e-12 * size, `size ${size}, vector ${i}`);
      }
      for (const [k, other] of found.entries()) {
        assert.ok(Math.abs(dot(vector, other.vector) - (i === k ? 1 : 0)) < 1e-13 * size);
      }
      assert.ok(i === 0 || eigenvalue <= (found[i - 1]?.eigenvalue ?? 0));
      assert.ok(Math.max(...vector) >= -Math.min(...vector), 'the largest element is positive');
    }
  }
  assert.deepEqual(
    symmetricEigenvectors(new Float64Array(4), 2).map(({ eigenvalue }) => eigenvalue),
    [0, 0],
  );
  assert.throws(() => symmetricEigenvectors(Float64Array.of(Number.NaN), 1), RangeError);
});

/** Checks that directions are eigenvectors of AᵀA, where `a(f, k)` is A's element of feature f and coordinate k. */
async function checkAgainst(model: BoundModel, a: (f: number, k: number) => number, features: number): Promise<void> {
  const { directions } = await latentDirections(runtime, model, stateOf(model));
  assert.equal(directions.length, model.latentDim);
  let total = 0;
  for (let f = 0; f < features; f++) for (let k = 0; k < model.latentDim; k++) total += a(f, k) ** 2;
  const sum = directions.reduce((all, { eigenvalue }) => all + eigenvalue, 0);
  assert.ok(Math.abs(sum / total - 1) < 1e-5, `the eigenvalues sum to ${sum}, the squares of A to ${total}`);
  for (const { eigenvalue, vector } of directions) {
    let stretched = 0;
    for (let f = 0; f < features; f++) {
      let product = 0;
      for (const [k, value] of vector.entries()) product += a(f, k) * value;
      stretched += product ** 2;
    }
    assert.ok(Math.abs(stretched - eigenvalue) < 1e-5 * total, `|A n|² is ${stretched}, not ${eigenvalue}`);
  }
}

test('A is the weight of the linear layer that latents meet', async () => {
  const model = findModel('dcgan').bind(
    { latentDim: 5, generatorChannels: 4 },
    { resolution: 32, channels: 1, classes: 0 },
  );
  const weight = stateOf(model).get('ema.G.linear.weight');
  assert.deepEqual(weight?.shape, [256, 5]);
  await checkAgainst(model, (f, k) => weight?.data[f * 5 + k] ?? 0, 256);
});

test('A is the weight of the convolution that latents meet, without its part for classes', async () => {
  const options = { latentDim: 5, generatorChannels: 8, spectralNorm: false, attention: false };
  const model = findModel('csawgan').bind(options, { resolution: 32, channels: 1, classes: 3 });
  const weight = stateOf(model).get('ema.G.block1.conv.weight');
  assert.deepEqual(weight?.shape, [8, 32, 4, 4]);
  await checkAgainst(model, (f, k) => weight?.data[k * 512 + f] ?? 0, 512);
});

test('where latents enter in pieces, the layers of all pieces are looked at', async () => {
  const options = { latentDim: 16, embeddingDim: 4, generatorChannels: 8, attentionAt: [] };
  const model = findModel('biggan').bind(options, { resolution: 32, channels: 1, classes: 3 });
  const { directions, layers } = await latentDirections(runtime, model, stateOf(model));
  const norms = [1, 2, 3].flatMap((block) =>
    [1, 2].flatMap((norm) => ['gain', 'bias'].map((part) => `block${block}.norm${norm}.${part}`)),
  );
  assert.deepEqual(layers, ['linear', ...norms]);
  // No layer hears of two pieces, so no direction has to do with two.
  for (const { vector } of directions) {
    const pieces = [0, 1, 2, 3].filter((piece) =>
      vector.slice(4 * piece, 4 * piece + 4).some((x) => Math.abs(x) > 1e-5),
    );
    assert.equal(pieces.length, 1, `a direction in the pieces ${pieces}`);
  }
});

test('every model has directions, as many as coordinates', async () => {
  for (const row of modelRows) {
    const model = bind(row, row.small);
    const { directions } = await latentDirections(runtime, model, stateOf(model));
    assert.equal(directions.length, model.latentDim, row.name);
    assert.ok((directions[0]?.eigenvalue ?? 0) > 0, row.name);
  }
});

test('a state that is not the model’s, or no numbers, is refused', async () => {
  const model = findModel('dcgan').bind(
    { latentDim: 5, generatorChannels: 4 },
    { resolution: 32, channels: 1, classes: 0 },
  );
  await assert.rejects(latentDirections(runtime, model, new Map()), /the state has no ema\.G\.linear\.weight/);
  const state = stateOf(model);
  state.get('ema.G.linear.weight')?.data.fill(Number.NaN);
  await assert.rejects(latentDirections(runtime, model, state), /weights of linear are no numbers/);
});

test('latents that meet something else first are refused', async () => {
  const plain = findModel('dcgan').bind(
    { latentDim: 5, generatorChannels: 4 },
    { resolution: 32, channels: 1, classes: 0 },
  );
  const { tanh } = await import('../engine/index.ts');
  const model: BoundModel = { ...plain, generator: (scope, z, labels) => plain.generator(scope, tanh(z), labels) };
  await assert.rejects(latentDirections(runtime, model, stateOf(plain)), /its latents meet tanh before any layer/);
});
