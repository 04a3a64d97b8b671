import assert from 'node:assert/strict';
import { test } from 'node:test';
import { float32Tolerance } from '../../test/engine/tolerances.ts';
import { midCourse } from '../../test/tables/models.ts';
import { openRuntime } from '../engine/index.ts';
import { findModel, traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { batchFor, Generator } from './generator.ts';
import { latents } from './latents.ts';

const latentDim = 4;
const model = findModel('sagan').bind(
  { latentDim, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [8], classDeviation: 0.5 },
  { resolution: 32, channels: 1, classes: 3 },
);
const runtime = await openRuntime({ threads: 1 });
const state = initialize(traceSampler(model, { batch: 1 }).variables, 1);
const labels = Int32Array.of(0, 1, 2, 2, 1, 0, 1);
const z = latents(3, labels.length, model);

test('images are made in runs of at most 32, as alike as can be', () => {
  assert.deepEqual([1, 32, 33, 64, 80, 100].map(batchFor), [1, 32, 17, 32, 27, 25]);
});

test('images and attention maps do not depend on how many are made at once', async () => {
  // The passes choose forms by the size of the batch, which round each in its way.
  const plain = await openRuntime({ threads: 1, passes: 'none' });
  const atOnce = await Generator.open(plain, model, state, { batch: labels.length, observe: true });
  const inParts = await Generator.open(plain, model, state, { batch: 3, observe: true });
  const expected = await atOnce.generate(z, labels);
  const made = await inParts.generate(z, labels);
  assert.equal(made.images.length, labels.length * 32 * 32);
  assert.deepEqual(made.images, expected.images);
  assert.ok(made.observations.has('ema.G.attention8.map'));
  assert.deepEqual(made.observations, expected.observations);
  for (const batch of [1, 3, labels.length]) {
    const { images } = await (await Generator.open(runtime, model, state, { batch })).generate(z, labels);
    for (const [i, value] of images.entries()) {
      const wanted = expected.images[i] ?? Number.NaN;
      // Sums of 3·3 taps and 32 channels.
      assert.ok(
        Math.abs(value - wanted) <= float32Tolerance(wanted, 9 * 32),
        `${batch} at once: pixel ${i} is ${value}`,
      );
    }
  }
});

test('a bound generator makes, bit for bit, the images of its program with the weights as inputs', async () => {
  for (const [name, options] of [
    ['sagan', { latentDim, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [8] }],
    ['biggan', { generatorChannels: 8, discriminatorChannels: 8, attentionAt: [16] }],
    ['dcgan', { latentDim, generatorChannels: 8, discriminatorChannels: 8 }],
  ] as const) {
    const bound = findModel(name).bind(options, { resolution: 32, channels: 3, classes: name === 'dcgan' ? 0 : 3 });
    for (const batch of [1, 16]) {
      const sampler = traceSampler(bound, { batch });
      const weights = midCourse(sampler.variables);
      const latent = latents(5, batch, bound);
      const classes = Int32Array.from({ length: batch }, (_, i) => i % 3);
      const generator = await Generator.open(runtime, bound, new Map(Object.entries(weights)), { batch });
      const whole = await (await runtime.compile(sampler.graph)).compute({
        ...weights,
        z: { dtype: 'float32', shape: [batch, bound.latentDim], data: latent },
        labels: { dtype: 'int32', shape: [batch], data: classes },
      });
      const { images } = await generator.generate(latent, classes);
      assert.deepEqual(images, whole.images?.data, `${name}, ${batch} at once`);
    }
  }
});

test('a generator keeps the weights that it was opened with', async () => {
  const own = new Map([...state].map(([name, data]) => [name, { ...data, data: data.data.slice() }] as const));
  const generator = await Generator.open(runtime, model, own, { batch: 3 });
  const before = await generator.generate(z, labels);
  for (const { data } of own.values()) data.fill(0);
  assert.deepEqual(await generator.generate(z, labels), before);
  const other = await Generator.open(runtime, model, own, { batch: 3 });
  assert.notDeepEqual(await other.generate(z, labels), before);
});

test('every latent and every label makes an image of its own', async () => {
  const generator = await Generator.open(runtime, model, state, { batch: 3 });
  const { images, observations } = await generator.generate(z, labels);
  const pictures = new Set(Array.from(labels, (_, i) => images.slice(i * 1024, (i + 1) * 1024).join()));
  assert.equal(pictures.size, labels.length);
  const oneLatent = Float32Array.from({ length: 3 * latentDim }, (_, i) => z[i % latentDim] ?? 0);
  const perClass = await generator.generate(oneLatent, Int32Array.of(0, 1, 2));
  assert.notDeepEqual(perClass.images.slice(0, 1024), perClass.images.slice(1024, 2048));
  assert.equal(observations.size, 0);
});

test('a state without a variable, and latents of another length, are refused', async () => {
  const without = new Map([...state].filter(([name]) => name !== 'ema.G.linear.weight'));
  await assert.rejects(Generator.open(runtime, model, without), /the state has no ema\.G\.linear\.weight/);
  const generator = await Generator.open(runtime, model, state, { batch: 3 });
  await assert.rejects(generator.generate(z.slice(1), labels), /27 latent elements for 7 labels; expected 7 × 4/);
});
