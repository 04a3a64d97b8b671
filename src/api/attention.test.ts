import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { traceDiscriminatorObserver, traceSampler } from '../gan/index.ts';
import { initialize } from '../nn/index.ts';
import { Generator, latents, toBytes } from '../sample/index.ts';
import { createRun, saveCheckpoint } from '../store/index.ts';
import { parseConfig } from '../train/index.ts';
import { drawAttention, reportAttention, studyAttention } from './attention.ts';
import { checkpointSteps, measureAttention } from './attention-history.ts';
import { modelOf } from './run-model.ts';
import type { TrainedRun } from './trained-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const runtime = await openRuntime({ threads: 1 });
const classNames = ['cat', 'dog', 'eel'];
const blobs = untrained('blobs', [16], classNames);

/** A run of seed 5 as it is before the first step, but for gates that let attention through. */
function untrained(name: string, attentionAt: number[], classNames: string[]): TrainedRun {
  const channels = { generatorChannels: 8, discriminatorChannels: 8 };
  const config = parseConfig(
    {
      model: { name: 'sagan', ...channels, latentDim: 4, attentionAt },
      data: { source: name },
      images: { resolution: 32, channels: 3, classes: classNames.length, classNames },
      seed: 5,
    },
    name,
  );
  const model = modelOf(config);
  const { variables } = traceSampler(model, { batch: 1 });
  const state = new Map(initialize([...variables, ...traceDiscriminatorObserver(model, { batch: 1 }).variables], 5));
  for (const [key, tensor] of state) {
    if (key.endsWith('.gamma')) state.set(key, { ...tensor, data: Float32Array.of(key.startsWith('D.') ? 0.5 : 0.25) });
  }
  const checkpoint = { folder: '', step: 1, imagesSeen: 64, configSha256: '', state };
  return { run: createRun(join(folder, name), {}), config, model, checkpoint, refused: [] };
}

function withGamma(trained: TrainedRun, name: string, gamma: number): TrainedRun {
  const tensor: TensorData = { dtype: 'float32', shape: [], data: Float32Array.of(gamma) };
  const state = new Map(trained.checkpoint.state).set(name, tensor);
  return { ...trained, checkpoint: { ...trained.checkpoint, state } };
}

/** Images and maps of a run, float32 [N, 256, 64], without the code under test. */
async function generated({ model, checkpoint }: TrainedRun, seed: number, labels: number[]) {
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: labels.length, observe: true });
  const { images, observations } = await generator.generate(
    latents(seed, labels.length, model),
    Int32Array.from(labels),
  );
  const map = observations.get('ema.G.attention16.map');
  assert.deepEqual(map?.shape, [labels.length, 256, 64]);
  const maps = Array.from({ length: labels.length * 256 }, (_, row) => [
    ...(map?.data.slice(row * 64, (row + 1) * 64) ?? []),
  ]);
  return { maps, images: toBytes(images) };
}

const entropy = (row: readonly number[]) => row.reduce((bits, p) => bits - p * Math.log2(p), 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const isClose = (a: number, b: number) => Math.abs(a - b) < 1e-4;

test('what is reported are the maps of the generator, at the queries that were chosen', async () => {
  const study = await studyAttention(runtime, blobs);
  const { step, network, blocks, images } = reportAttention(study);
  const { maps, images: pictures } = await generated(blobs, 5, [0, 0, 1, 2]);
  const [block] = blocks;
  assert.deepEqual([step, network, blocks.length, block?.name, block?.gamma], [1, 'G', 1, 'attention16', 0.25]);
  assert.deepEqual([block?.queryGrid, block?.keyGrid, block?.maximumEntropyBits], [[16, 16], [8, 8], 6]);
  assert.ok(isClose(block?.meanEntropyBits ?? 0, mean(maps.map(entropy))));
  assert.ok(isClose(block?.meanLargestWeight ?? 0, mean(maps.map((row) => Math.max(...row)))));
  const distance = (i: number, j: number) =>
    Math.hypot(((i >> 4) + 0.5) / 16 - ((j >> 3) + 0.5) / 8, ((i & 15) + 0.5) / 16 - ((j & 7) + 0.5) / 8);
  const expected = (row: readonly number[], i: number) => row.reduce((sum, p, j) => sum + p * distance(i % 256, j), 0);
  assert.ok(isClose(block?.meanDistance ?? 0, mean(maps.map(expected))));
  assert.ok(
    isClose(
      block?.uniformDistance ?? 0,
      mean(
        maps.map((row, i) =>
          expected(
            row.map(() => 1 / 64),
            i,
          ),
        ),
      ),
    ),
  );
  assert.deepEqual(
    images.map(({ className, logit }) => [className, logit]),
    ['cat', 'cat', 'dog', 'eel'].map((name) => [name, undefined]),
  );
  for (const [n, { queries }] of images.entries()) {
    assert.equal(queries.length, 3);
    for (const { row, column, x, y, entropyBits, top } of queries) {
      assert.deepEqual([Math.floor(y / 2), Math.floor(x / 2)], [row, column]);
      const weights = maps[n * 256 + row * 16 + column] ?? [];
      assert.ok(isClose(entropyBits, entropy(weights)));
      const heaviest = weights.indexOf(Math.max(...weights));
      assert.deepEqual([top[0]?.row, top[0]?.column], [heaviest >> 3, heaviest & 7]);
      assert.ok(isClose(top[0]?.weight ?? 0, weights[heaviest] ?? 1));
    }
    const picture = study.images[n]?.learned.image ?? [];
    const isAlike = [...picture].every((byte, i) => Math.abs(byte - (pictures[n * 3072 + i] ?? 0)) <= 1);
    assert.ok(isAlike, `image ${n}`);
  }
});

test('pixels that were given are asked about, in both directions', async () => {
  const pins = [
    { x: 9, y: 20 },
    { x: 9, y: 20, direction: 'lookedAtBy' as const },
  ];
  const study = await studyAttention(runtime, blobs, { class: 'dog', seed: 9, count: 1, pins });
  const { maps } = await generated(blobs, 9, [1]);
  const [from, to] = reportAttention(study).images[0]?.queries ?? [];
  assert.deepEqual([from?.row, from?.column, from?.direction], [10, 4, 'looksAt']);
  assert.deepEqual([to?.row, to?.column, to?.direction], [5, 2, 'lookedAtBy']);
  const column = maps.map((row) => row[5 * 8 + 2] ?? 0);
  const total = column.reduce((a, b) => a + b);
  assert.ok(isClose(to?.entropyBits ?? 0, entropy(column.map((weight) => weight / total))));
  assert.ok(isClose(to?.top[0]?.weight ?? 0, Math.max(...column) / total));
  await assert.rejects(
    async () => reportAttention(await studyAttention(runtime, blobs, { count: 1, pins: [{ x: 32, y: 0 }] })),
    /pixel 32,0 is not in the image; expected two numbers from 0 to 31/,
  );
});

test('γ that is set is the γ of another state, in both networks; nothing else is another image', async () => {
  for (const network of ['G', 'D'] as const) {
    for (const gamma of [0, 3]) {
      const { images } = await studyAttention(runtime, blobs, { network, count: 1, change: { gamma } });
      const name = network === 'G' ? 'ema.G.attention16.gamma' : 'D.attention16.gamma';
      const trained = withGamma(blobs, name, gamma);
      const { images: expected } = await studyAttention(runtime, trained, { network, count: 1 });
      assert.deepEqual(images[0]?.changed, expected[0]?.learned, `${network}, ${gamma}`);
      const changed = network === 'G' ? images[0]?.changed?.image : images[0]?.changed?.logit;
      assert.notDeepEqual(changed, network === 'G' ? images[0]?.learned.image : images[0]?.learned.logit);
    }
  }
  const idle = await studyAttention(runtime, blobs, { count: 1, change: { blocks: ['attention16'] } });
  assert.deepEqual([idle.change, idle.images[0]?.changed], [undefined, undefined]);
});

test('the discriminator is shown the image as training shows it', async () => {
  const { model, checkpoint } = blobs;
  const { images } = await studyAttention(runtime, blobs, { network: 'D', class: 'dog', count: 1 });
  const seen = images[0]?.learned ?? assert.fail('no image');
  const { graph, variables } = traceDiscriminatorObserver(model, { batch: 1 });
  const weights = variables.map(({ name }) => [name, checkpoint.state.get(name) ?? assert.fail(name)] as const);
  const { logits } = await (await runtime.compile(graph)).compute({
    ...Object.fromEntries(weights.filter(([name]) => graph.inputs.has(name))),
    images: {
      dtype: 'float32',
      shape: [1, 3, 32, 32],
      data: Float32Array.from(seen.image, (byte) => byte / 127.5 - 1),
    },
    labels: { dtype: 'int32', shape: [1], data: Int32Array.of(1) },
  });
  assert.ok(Math.abs((logits?.data[0] ?? Number.NaN) - (seen.logit ?? 0)) < 1e-5, `${logits?.data[0]}, ${seen.logit}`);
});

test('attention made uniform, and kept within a window of pixels', async () => {
  const uniform = await studyAttention(runtime, blobs, { count: 1, change: { map: 'uniform' } });
  const [even] = reportAttention(uniform).blocks;
  assert.ok(isClose(even?.meanEntropyBits ?? 0, 6) && isClose(even?.meanDistance ?? 0, even?.uniformDistance ?? 1));
  const distances: number[] = [];
  for (const windowPixels of [2, 8, 46]) {
    const study = await studyAttention(runtime, blobs, { count: 1, change: { map: 'window', windowPixels } });
    const changed = study.images[0]?.changed?.blocks[0]?.map ?? assert.fail('no map');
    const furthest = Math.max(
      ...Array.from(changed, (weight, at) => {
        const [query, key] = [Math.floor(at / 64), at % 64];
        const [dy, dx] = [(query >> 4) * 2 + 1 - ((key >> 3) * 4 + 2), (query & 15) * 2 + 1 - ((key & 7) * 4 + 2)];
        return weight > 0 ? Math.hypot(dx, dy) : 0;
      }),
    );
    assert.ok(furthest <= windowPixels && furthest > windowPixels / 2, `${furthest} of ${windowPixels} pixels`);
    distances.push(reportAttention(study).blocks[0]?.meanDistance ?? 0);
    if (windowPixels < 46) continue;
    const learned = study.images[0]?.learned.blocks[0]?.map ?? assert.fail('no map');
    assert.ok(
      learned.every((weight, i) => Math.abs(weight - (changed[i] ?? 0)) < 1e-6),
      'a window over everything',
    );
  }
  assert.deepEqual(
    distances,
    distances.toSorted((a, b) => a - b),
  );
});

test('classes, seeds, counts and points choose what is shown', async () => {
  const named = await studyAttention(runtime, blobs, { class: 'eel', seed: 9, count: 2 });
  assert.deepEqual(await studyAttention(runtime, blobs, { class: '2', seed: 9, count: 2 }), named);
  const points = [{ seed: 9 }, { seed: 9, x: 1 }];
  assert.deepEqual(await studyAttention(runtime, blobs, { class: 'eel', points }), named);
  const mixed = await studyAttention(runtime, blobs, { class: 'eel:2+cat:0', points });
  assert.deepEqual(mixed.images[0]?.learned.image, named.images[0]?.learned.image);
  const between = await studyAttention(runtime, blobs, { class: 'eel+cat', network: 'D', points });
  assert.equal(between.images[0]?.className, '2:1+0:1');
  const size = async (png: Uint8Array) => {
    const { width, height } = await sharp(png).metadata();
    return { width, height };
  };
  const two = await size(await drawAttention(named, 'png'));
  const four = await size(await drawAttention(await studyAttention(runtime, blobs), 'png'));
  assert.equal(two.width, four.width);
  assert.ok(four.height - two.height > 2 * 144, 'a row an image');
  assert.match(Buffer.from(await drawAttention(named, 'svg')).toString(), /^<svg /);
  assert.match(Buffer.from(await drawAttention(named, 'html')).toString(), /^<!doctype html>/);
});

test('the block with the most positions is shown, or the one of a name, or all', async () => {
  const several = untrained('several', [8, 16], classNames);
  const shown = async (block?: string) =>
    reportAttention(await studyAttention(runtime, several, { count: 1, block })).blocks.map(({ name }) => name);
  assert.deepEqual([await shown(), await shown('attention8')], [['attention16'], ['attention8']]);
  assert.deepEqual(await shown('all'), ['attention8', 'attention16']);
  await assert.rejects(
    shown('attention32'),
    /network G has no attention block "attention32".*Known: attention8, attention16/,
  );
  const changed = await studyAttention(runtime, several, { count: 1, change: { gamma: 0, blocks: ['attention8'] } });
  assert.deepEqual(
    changed.images[0]?.changed?.blocks.map(({ gamma }) => gamma),
    [0, 0.25],
  );
});

test('what there is not is refused in words', async () => {
  const plain = untrained('plain', [16], []);
  const { images } = await studyAttention(runtime, plain, { count: 1 });
  assert.deepEqual([images.length, images[0]?.className], [1, undefined]);
  await assert.rejects(studyAttention(runtime, plain, { class: '0' }), /no class "0".*trained without classes/);
  const blind = untrained('blind', [], ['cat']);
  await assert.rejects(studyAttention(runtime, blind), /blind: the generator of this run has no attention block/);
  await assert.rejects(
    studyAttention(runtime, blind, { network: 'D' }),
    /the discriminator of this run has no attention/,
  );
  for (const name of ['egl', '3', '-1', '']) {
    await assert.rejects(studyAttention(runtime, blobs, { class: name }), {
      name: 'UserError',
      message: new RegExp(`blobs: the run has no class "${name}"; expected .*Known: cat, dog, eel`),
    });
  }
  for (const count of [0, 2.5, 33, Number.NaN]) {
    await assert.rejects(studyAttention(runtime, blobs, { count }), /the count is .*; expected 1 to 32 images/);
  }
  await assert.rejects(
    studyAttention(runtime, blobs, { change: { gamma: 0, blocks: ['x'] } }),
    /no attention block "x"/,
  );
});

test('both networks are measured on the same latents, at each checkpoint that is there', async () => {
  const { step, blocks } = await measureAttention(runtime, blobs);
  assert.deepEqual(
    [step, blocks.map(({ network, name, gamma }) => `${network} ${name} ${gamma}`)],
    [1, ['G attention16 0.25', 'D attention16 0.5']],
  );
  const labels = Array.from({ length: 8 }, (_, n) => Math.floor((n * 3) / 8));
  const { maps } = await generated(blobs, 5, labels);
  assert.ok(isClose(blocks[0]?.meanEntropyBits ?? 0, mean(maps.map(entropy))));
  const { run, checkpoint } = blobs;
  for (const step of [3, 12]) saveCheckpoint(run, { ...checkpoint, step });
  assert.deepEqual(checkpointSteps(run), [3, 12]);
});
