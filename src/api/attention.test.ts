import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { openRuntime } from '../engine/index.ts';
import { traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Generator, latents } from '../sample/index.ts';
import { createRun } from '../store/index.ts';
import { parseConfig } from '../train/index.ts';
import { drawRunAttention } from './attention.ts';
import { modelOf } from './run-model.ts';
import type { TrainedRun } from './trained-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const runtime = await openRuntime({ threads: 1 });
const blobs = untrained('blobs', { attentionAt: [16], classNames: ['cat', 'dog', 'eel'] });

/** A run of seed 5 as it is before the first step, but for a gate that lets attention through. */
function untrained(
  name: string,
  options: { readonly attentionAt: number[]; readonly classNames: string[] },
): TrainedRun {
  const { attentionAt, classNames } = options;
  const config = parseConfig(
    {
      model: { name: 'sagan', generatorChannels: 8, latentDim: 4, attentionAt },
      data: { source: name },
      images: { resolution: 32, channels: 3, classes: classNames.length, classNames },
      seed: 5,
    },
    name,
  );
  const model = modelOf(config);
  const state = new Map(initialize(traceSampler(model, { batch: 1 }).variables, 5));
  const gamma = 'ema.G.attention16.gamma';
  if (state.has(gamma)) state.set(gamma, { dtype: 'float32', shape: [], data: Float32Array.of(0.25) });
  const checkpoint = { folder: '', step: 1, imagesSeen: 64, configSha256: '', state };
  return { run: createRun(join(folder, name), {}), config, model, checkpoint, refused: [] };
}

/** The maps of a run, float32 [N, 256, 64], without the code under test. */
async function mapsOf({ model, checkpoint }: TrainedRun, seed: number, labels: number[]) {
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: labels.length, observe: true });
  const z = latents(seed, labels.length, model);
  const { observations } = await generator.generate(z, Int32Array.from(labels));
  const map = observations.get('ema.G.attention16.map');
  assert.deepEqual(map?.shape, [labels.length, 256, 64]);
  return Array.from({ length: labels.length * 256 }, (_, row) => [
    ...(map?.data.slice(row * 64, (row + 1) * 64) ?? []),
  ]);
}

const entropy = (row: readonly number[]) => row.reduce((bits, p) => bits - p * Math.log2(p), 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('every map sums to 1, and what is reported is the entropy of the maps at the queries', async () => {
  const { block, gamma, step, images, meanEntropyBits, maximumEntropyBits } = await drawRunAttention(runtime, blobs);
  const maps = await mapsOf(blobs, 5, [0, 0, 1, 2]);
  for (const row of maps) assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
  assert.deepEqual([block, gamma, step, maximumEntropyBits], ['attention16', 0.25, 1, 6]);
  assert.deepEqual(
    images.map(({ className }) => className),
    ['cat', 'cat', 'dog', 'eel'],
  );
  for (const [n, { queries }] of images.entries()) {
    assert.equal(queries.length, 3);
    for (const { row, column, entropyBits } of queries) {
      assert.ok(Math.abs(entropyBits - entropy(maps[n * 256 + row * 16 + column] ?? [])) < 1e-9);
      assert.ok(entropyBits > 0 && entropyBits <= 6);
    }
  }
  assert.ok(Math.abs(meanEntropyBits - mean(maps.map(entropy))) < 1e-9);
  assert.ok(meanEntropyBits > 0 && meanEntropyBits < 6);
});

test('class, seed and count choose what is shown', async () => {
  const named = await drawRunAttention(runtime, blobs, { class: 'eel', seed: 9, count: 2 });
  const numbered = await drawRunAttention(runtime, blobs, { class: '2', seed: 9, count: 2 });
  assert.deepEqual(numbered, named);
  assert.deepEqual(
    named.images.map(({ className }) => className),
    ['eel', 'eel'],
  );
  const maps = await mapsOf(blobs, 9, [2, 2]);
  assert.ok(Math.abs(named.meanEntropyBits - mean(maps.map(entropy))) < 1e-9);
  const size = async (png: Buffer) => {
    const { width, height } = await sharp(png).metadata();
    return { width, height };
  };
  const two = await size(named.png);
  const four = await size((await drawRunAttention(runtime, blobs)).png);
  assert.equal(two.width, four.width);
  assert.ok(four.height - two.height > 2 * 144, 'a row an image');
});

test('without classes there is none to name; without attention there is nothing to draw', async () => {
  const plain = untrained('plain', { attentionAt: [16], classNames: [] });
  const { images } = await drawRunAttention(runtime, plain, { count: 1 });
  assert.deepEqual([images.length, images[0]?.className], [1, undefined]);
  await assert.rejects(drawRunAttention(runtime, plain, { class: '0' }), /no class "0".*trained without classes/);
  const blind = untrained('blind', { attentionAt: [], classNames: ['cat'] });
  await assert.rejects(drawRunAttention(runtime, blind), /blind: the generator of this run has no attention block/);
});

test('classes that are none and counts that are none are refused', async () => {
  for (const name of ['egl', '3', '-1', '']) {
    await assert.rejects(drawRunAttention(runtime, blobs, { class: name }), {
      name: 'UserError',
      message: new RegExp(`blobs: the run has no class "${name}"; expected .*Known: cat, dog, eel`),
    });
  }
  for (const count of [0, 2.5, 33, Number.NaN]) {
    await assert.rejects(drawRunAttention(runtime, blobs, { count }), /the count is .*; expected 1 to 32 images/);
  }
});
