import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRuntime } from '../engine/index.ts';
import { findModel, traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Generator } from './generator.ts';
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

test('images and attention maps do not depend on how many are made at once', async () => {
  const atOnce = await Generator.open(runtime, model, state, { batch: labels.length, observe: true });
  const inParts = await Generator.open(runtime, model, state, { batch: 3, observe: true });
  const expected = await atOnce.generate(z, labels);
  const made = await inParts.generate(z, labels);
  assert.equal(made.images.length, labels.length * 32 * 32);
  assert.deepEqual(made.images, expected.images);
  assert.ok(made.observations.has('ema.G.attention8.map'));
  assert.deepEqual(made.observations, expected.observations);
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
