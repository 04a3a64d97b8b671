import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { z } from 'zod';
import { midCourse } from '../../test/tables/models.ts';
import { openRuntime, reshape, tanh } from '../engine/index.ts';
import { type GanModel, type ModelEntry, modelEntry, traceSampler } from '../gan/index.ts';
import { linear } from '../nn/index.ts';
import { board, Generator, toBytes } from '../sample/index.ts';
import { createRun, saveCheckpoint } from '../store/index.ts';
import { parseConfig } from '../train/index.ts';
import { modelOf } from './run-model.ts';
import { type SampleOptions, sample } from './sample-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));

/** A run of seed 5, trained by pieces of 6 images, whose networks are as in mid-course. */
function runOf(name: string, model: object, custom?: ModelEntry) {
  const classNames = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu'];
  const config = parseConfig(
    {
      model,
      data: { source: name },
      images: { resolution: 32, channels: 1, classes: 7, classNames },
      batch: 12,
      accumulation: 2,
      seed: 5,
    },
    name,
    { model: custom },
  );
  const path = join(folder, name);
  const bound = modelOf(config, custom);
  const state = new Map(Object.entries(midCourse(traceSampler(bound, { batch: 1 }).variables)));
  saveCheckpoint(createRun(path, JSON.parse(JSON.stringify(config))), { step: 3, imagesSeen: 18, state });
  return { path, model: bound, state };
}

const animals = runOf('animals', { name: 'sagan', latentDim: 4, generatorChannels: 8, attentionAt: [] });
const draw = (options: SampleOptions) => sample(animals.path, { columns: 2, seed: 9, threads: 1, ...options });
const runtime = await openRuntime({ threads: 1 });

test('several truncations make a block each, of as many rows as fit into 20, with the images of each alone', async () => {
  const sweep = await draw({ truncation: [2, 1, 0.5, 0.04] });
  assert.deepEqual(
    [...sweep.labels],
    Array.from({ length: 40 }, (_, n) => Math.floor((n % 10) / 2)),
  );
  for (const [block, truncation] of [2, 1, 0.5, 0.04].entries()) {
    const alone = await draw({ truncation, count: 10 });
    assert.deepEqual(sweep.images.slice(block * 10 * 1024, (block + 1) * 10 * 1024), alone.images, `${truncation}`);
  }
  assert.deepEqual((await draw({})).labels.length, 14);
  const scaled = await draw({ scale: [1, 0.5], class: 'fox', count: 3 });
  assert.deepEqual([...scaled.labels], [5, 5, 5, 5, 5, 5]);
  assert.deepEqual(scaled.images.slice(0, 3 * 1024), (await draw({ class: 'fox', count: 3 })).images);
});

test('standing statistics are of batches as in training, of the run, and truncated like the samples', async () => {
  const { images } = await draw({ truncation: 0.5, standingStatistics: 2, count: 4 });
  const cells = board(9, animals.model, { rows: 2, columns: 2, numClasses: 7, truncation: 0.5 });
  const standingStatistics = { accumulations: 2, batch: 6, seed: 5, truncation: 0.5 };
  const generator = await Generator.open(runtime, animals.model, animals.state, { batch: 4, standingStatistics });
  assert.deepEqual(images, toBytes((await generator.generate(cells.z, cells.labels)).images));
  assert.notDeepEqual(images, (await draw({ truncation: 0.5, count: 4 })).images);
});

test('what a run cannot be sampled with is refused in words', async () => {
  const options = z.strictObject({});
  const flat: GanModel<z.infer<typeof options>> = {
    name: 'flat',
    source: 'a test',
    options,
    check: () => undefined,
    latentDim: () => 3,
    latents: 'uniform',
    generator: (scope, _options, _images, latent) => tanh(reshape(linear(scope, latent, 1024), [-1, 1, 32, 32])),
    discriminator: (scope, _options, _images, x) => reshape(linear(scope, reshape(x, [-1, 1024]), 1), [-1]),
  };
  const model = modelEntry(flat);
  const { path } = runOf('flat', { name: 'flat' }, model);
  const drawFlat = (changes: SampleOptions) => sample(path, { count: 2, threads: 1, model, ...changes });
  assert.equal((await drawFlat({ scale: 0.5 })).labels.length, 2);
  await assert.rejects(drawFlat({ truncation: 0.5 }), /truncation is 0\.5, but this model's latents are uniform/);
  await assert.rejects(drawFlat({ standingStatistics: 2 }), /the generator of flat has no batch norm/);
  await assert.rejects(draw({ standingStatistics: 0 }), /accumulations is 0; expected a whole number of 1 or more/);
  await assert.rejects(draw({ truncation: 1, scale: 0.5 }), /both truncation \(1\) and scale \(0\.5\)/);
  await assert.rejects(draw({ truncation: [] }), /an empty list of truncations or scales/);
});
