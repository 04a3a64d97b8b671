import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelRows } from '../../test/tables/models.ts';
import { openRuntime } from '../engine/index.ts';
import { type BoundModel, findModel, traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Generator, latents, toBytes } from '../sample/index.ts';
import { parseConfig } from '../train/index.ts';
import { type GeneratedOptions, generatedImages } from './generated-images.ts';

const runtime = await openRuntime({ threads: 1 });

/** A small model that nobody trained, with the images of its config. */
function untrained(name: string, classes: number, channels: 1 | 3, options: object = {}) {
  const row = modelRows.find((candidate) => candidate.name === name) ?? assert.fail(name);
  const { resolution } = row.small.images;
  const classNames = Array.from({ length: classes }, (_, k) => `class ${k}`);
  const images = { resolution, channels, classes, classNames };
  const model: BoundModel = findModel(name).bind({ ...row.small.options, ...options }, images);
  const config = parseConfig(
    { model: { name, ...row.small.options, ...options }, data: { source: 'mnist', resolution }, images, batch: 8 },
    'test',
  );
  const state = initialize(traceSampler(model, { batch: 1 }).variables, 3);
  return { state, trained: { config, model, name: 'runs/x', step: 7 } };
}

async function collect(batchSize: number, options: GeneratedOptions, made = untrained('sagan', 3, 1)) {
  const { set, origin } = await generatedImages(runtime, made.trained, made.state, options);
  const pixels: number[] = [];
  const labels: number[] = [];
  for await (const batch of set.batches(batchSize)) {
    assert.equal(batch.pixels.length, batch.count * 3 * batch.height * batch.width);
    for (const pixel of batch.pixels) pixels.push(pixel);
    labels.push(...batch.labels);
  }
  return { pixels, labels, origin, set };
}

test('images are those of the latents of the seed, classes take turns, and batches change nothing', async () => {
  const made = untrained('sagan', 3, 1);
  const { pixels, labels, origin, set } = await collect(7, { count: 53, seed: 5 }, made);
  assert.deepEqual(
    labels,
    Array.from({ length: 53 }, (_, n) => n % 3),
  );
  assert.deepEqual([set.count, set.name, set.classNames.length], [53, 'runs/x', 3]);
  assert.deepEqual(origin, { step: 7, network: 'ema.G', batchNorm: 'running statistics', seed: 5 });
  const { model } = made.trained;
  const generator = await Generator.open(runtime, model, made.state, { batch: 50 });
  const z = latents(5, 53, model, { stream: 'evaluation' });
  const bytes = toBytes((await generator.generate(z, Int32Array.from(labels))).images);
  const plane = model.images.resolution ** 2;
  for (let n = 0; n < 53; n++) {
    const expected = [...bytes.subarray(n * plane, (n + 1) * plane)];
    for (const c of [0, 1, 2]) {
      assert.deepEqual(pixels.slice((3 * n + c) * plane, (3 * n + c + 1) * plane), expected, `image ${n}`);
    }
  }
  assert.deepEqual((await collect(64, { count: 53, seed: 5 }, made)).pixels, pixels);
  assert.notDeepEqual((await collect(64, { count: 53, seed: 6 }, made)).pixels, pixels);
});

test('colour stays colour; without classes all labels are 0', async () => {
  const made = untrained('sagan', 0, 3);
  const { pixels, labels } = await collect(9, { count: 9, seed: 0 }, made);
  assert.deepEqual(labels, new Array(9).fill(0));
  const plane = made.trained.model.images.resolution ** 2;
  assert.notDeepEqual(pixels.slice(0, plane), pixels.slice(plane, 2 * plane));
});

test('a count that is none is refused', async () => {
  for (const count of [1, 2.5, Number.NaN]) {
    await assert.rejects(
      collect(8, { count, seed: 0 }),
      /evaluate: count is .*expected a whole number of images, 2 or more/,
    );
  }
});

test('truncation and standing statistics change the images, and the origin says so', async () => {
  const whole = await collect(50, { count: 10, seed: 0 });
  const narrow = await collect(50, { count: 10, seed: 0, truncation: 0.3 });
  const standing = await collect(50, { count: 10, seed: 0, standingStatistics: 2 });
  assert.notDeepEqual(narrow.pixels, whole.pixels);
  assert.notDeepEqual(standing.pixels, whole.pixels);
  assert.equal(narrow.origin.truncation, 0.3);
  assert.equal(standing.origin.batchNorm, 'standing statistics of 2 × 8 images');
});
