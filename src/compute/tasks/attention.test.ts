import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { reportAttention, studyAttention } from '../../api/attention.ts';
import { modelOf } from '../../api/run-model.ts';
import { openRuntime, type TensorData } from '../../engine/index.ts';
import { traceDiscriminatorObserver, traceSampler } from '../../gan/index.ts';
import type { EncodedMap } from '../../inspect/index.ts';
import { initialize } from '../../nn/index.ts';
import { createRun, openRun, type Run, saveCheckpoint } from '../../store/index.ts';
import { parseConfig } from '../../train/index.ts';
import { Kept } from '../kept.ts';
import type { TaskContext, TaskFile } from '../task.ts';
import { attentionTask } from './attention.ts';
import { attentionFigureTask } from './attention-figure.ts';
import { attentionHistoryTask } from './attention-history.ts';
import { datasetImagesTask } from './dataset-images.ts';
import { modelTask } from './model.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-attention-'));
after(() => rmSync(folder, { recursive: true }));

const idx = (shape: readonly number[], data: Uint8Array) => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, extent] of shape.entries()) header.writeUInt32BE(extent, 4 + 4 * axis);
  return Buffer.concat([header, data]);
};
const pictures = Uint8Array.from({ length: 4 * 28 * 28 }, (_, i) => (i * 31) % 256);
writeFileSync(join(folder, 'train-images-idx3-ubyte'), idx([4, 28, 28], pictures));
writeFileSync(join(folder, 'train-labels-idx1-ubyte'), idx([4], Uint8Array.of(0, 1, 1, 0)));

/** A run of tiny networks with γ of 0.5 times the step, at two steps. */
function trainedRun(): Run {
  const sizes = { generatorChannels: 8, discriminatorChannels: 8, latentDim: 4, attentionAt: [16] };
  const config = parseConfig(
    {
      model: { name: 'sagan', ...sizes },
      data: { source: folder, resolution: 32, channels: 1, holdOut: 0.5 },
      images: { resolution: 32, channels: 1, classes: 2, classNames: ['0', '1'] },
    },
    'it',
  );
  const made = createRun(join(folder, 'it'), JSON.parse(JSON.stringify(config)));
  const model = modelOf(config);
  const { variables } = traceSampler(model, { batch: 1 });
  const state = initialize([...variables, ...traceDiscriminatorObserver(model, { batch: 1 }).variables], 3);
  for (const step of [1, 2]) {
    const gamma = (data: TensorData): TensorData => ({ ...data, data: Float32Array.of(step / 2) });
    const moved = new Map([...state].map(([name, data]) => [name, name.endsWith('.gamma') ? gamma(data) : data]));
    saveCheckpoint(made, { step, imagesSeen: 8, state: moved });
  }
  return made;
}

const run = trainedRun();
const runtime = await openRuntime({ threads: 1 });
let compiled = 0;
let computed = 0;
const bind = runtime.bind.bind(runtime);
runtime.bind = async (...of) => {
  compiled += 1;
  const program = await bind(...of);
  const compute = program.compute.bind(program);
  program.compute = (inputs) => {
    computed += 1;
    return compute(inputs);
  };
  return program;
};

const kept = new Kept();
const files: TaskFile[] = [];
const told: string[] = [];
const open: TaskContext['open'] = ({ run: name, checkpoint }) => kept.open(join(folder, name), checkpoint);
const context: TaskContext = {
  runtime,
  open,
  run: (name) => openRun(join(folder, name)),
  keep: (place, key, make, release) => kept.keep(place && open(place), key, make, release),
  remember: (place, key, make) => kept.remember(place && open(place), key, make),
  progress: async (done, total, what) => void told.push(`${done}/${total} ${what}`),
  file(file) {
    files.push(file);
    return { url: `/api/files/${files.length}`, name: file.name, type: file.type, sizeBytes: file.bytes.length };
  },
};

const place = { run: 'it' };
const generated = { kind: 'generated', point: { latent: { seed: 4, x: 1 }, classes: 1 } } as const;
const ask = (request: object) =>
  attentionTask.run(attentionTask.request.parse({ place, subject: generated, ...request }), context);

function decoded({ roots, maxima }: EncodedMap): number[] {
  const [weights, rows] = [Buffer.from(roots, 'base64'), Buffer.from(maxima, 'base64')];
  const [count, queries] = [weights.length / 2, rows.length / 4];
  return Array.from(
    { length: count },
    (_, i) => (weights.readUInt16LE(2 * i) / 65535) ** 2 * rows.readFloatLE(4 * Math.floor((i * queries) / count)),
  );
}

test('the answer holds the map, its numbers, and what the command line reports of the same pixel', async () => {
  const pins = [
    { x: 20, y: 9 },
    { x: 3, y: 30, direction: 'lookedAtBy' as const },
  ];
  const answer = await ask({ pins });
  const options = { points: [{ seed: 4, x: 1 }], class: '1', pins };
  const report = reportAttention(await studyAttention(runtime, open({ ...place, checkpoint: 'newest' }), options));
  const [block] = answer.learned.blocks;
  if (block?.map === undefined) throw new Error('there is a block, and its map is small');
  assert.deepEqual([answer.step, answer.resolution, answer.className, answer.changed], [2, 32, '1', undefined]);
  const { attention } = await modelTask.run(modelTask.request.parse({ place }), context);
  assert.deepEqual(attention, { G: [block.name], D: [block.name] });
  const { map, readings, keyOrigins, valueOrigins, ...numbers } = block;
  assert.deepEqual(numbers, report.blocks[0]);
  for (const [i, query] of (report.images[0]?.queries ?? []).entries()) {
    const reading = readings[i];
    assert.deepEqual([reading?.cell.row, reading?.cell.column], [query.row, query.column]);
    assert.deepEqual([reading?.entropyBits, reading?.top], [query.entropyBits, query.top]);
  }
  const weights = decoded(map);
  assert.equal(weights.length, 256 * 64);
  const [pinned] = readings;
  const row = weights.slice((4 * 16 + 10) * 64, (4 * 16 + 11) * 64);
  assert.deepEqual(row, decoded(pinned?.weights ?? assert.fail('no reading')), 'query (4,10) is that of pixel 20,9');
  const [heaviest] = pinned?.top ?? [];
  const isNear =
    Math.abs((row[(heaviest?.row ?? 0) * 8 + (heaviest?.column ?? 0)] ?? 0) - (heaviest?.weight ?? 1)) < 1e-3;
  assert.ok(isNear, JSON.stringify(heaviest));
  for (const origins of [keyOrigins, valueOrigins]) {
    const shares = Buffer.from(origins ?? '', 'base64');
    assert.equal(shares.length, 256);
    const cell = [0, 1, 16, 17].reduce((sum, at) => sum + (shares[at] ?? 0), 0);
    assert.ok(Math.abs(cell - 255) <= 2, `the shares of a cell sum to 1, not ${cell / 255}`);
  }
  const png = Buffer.from(answer.learned.image.replace('data:image/png;base64,', ''), 'base64');
  const { width, height } = await sharp(png).metadata();
  assert.deepEqual([width, height], [32, 32]);
});

test('another pin computes nothing; another number of a change compiles nothing', async () => {
  await ask({ change: { gamma: 0 } });
  const [compiledBefore, computedBefore] = [compiled, computed];
  await ask({ change: { gamma: 0 }, pins: [{ x: 0, y: 0 }] });
  assert.deepEqual([compiled, computed], [compiledBefore, computedBefore]);
  const other = await ask({ change: { gamma: -1.5 } });
  assert.equal(compiled, compiledBefore);
  assert.ok(computed > computedBefore);
  assert.equal(other.changed?.blocks[0]?.gamma, -1.5);
  assert.notEqual(other.changed?.image, other.learned.image);
  await ask({ change: { map: 'window', windowPixels: 4 } });
  assert.equal(compiled, compiledBefore + 1);
  await ask({ change: { map: 'window', windowPixels: 9 } });
  assert.equal(compiled, compiledBefore + 1);
});

test('the discriminator looks at images of the dataset, and says what it makes of them', async () => {
  const subject = { kind: 'dataset', index: 2 };
  const answer = await ask({ network: 'D', subject, change: { map: 'uniform' } });
  assert.equal(answer.className, '1');
  const [learned, changed] = [answer.learned, answer.changed];
  assert.ok(Number.isFinite(learned.logit) && learned.logit !== changed?.logit);
  assert.equal(changed?.image, learned.image);
  assert.ok(Math.abs((changed?.blocks[0]?.meanEntropyBits ?? 0) - 6) < 1e-5);
  await assert.rejects(ask({ subject }), /the generator does not look at images of the dataset; expected network D/);
  await assert.rejects(
    ask({ network: 'D', subject: { kind: 'dataset', index: 4 } }),
    /image 4 is not in .*from 0 to 3/,
  );
  await assert.rejects(ask({ change: { gamma: 0, blocks: ['x'] } }), /no attention block "x"/);
  await assert.rejects(ask({ pins: [{ x: 40, y: 0 }] }), /pixel 40,0 is not in the image/);
});

test('an image has one number everywhere, whether it is held out or not', async () => {
  const request = datasetImagesTask.request.parse({ source: { of: 'run', run: 'it' }, count: 4 });
  const { images } = await datasetImagesTask.run(request, context);
  const pixelsOf = (url: string) =>
    sharp(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'))
      .greyscale()
      .raw()
      .toBuffer();
  for (const { index, picture } of images) {
    const { learned } = await ask({ network: 'D', subject: { kind: 'dataset', index } });
    assert.deepEqual(await pixelsOf(learned.image), await pixelsOf(picture), `image ${index}`);
    const { images: seen } = await studyAttention(runtime, kept.open(run.path, 'newest'), {
      network: 'D',
      image: index,
    });
    assert.deepEqual(Buffer.from(seen[0]?.learned.image ?? []), await pixelsOf(picture), `image ${index}, by command`);
  }
  assert.equal(images.length, 4);
});

test('the figure is a file of what is shown', async () => {
  const make = (request: object) =>
    attentionFigureTask.run(attentionFigureTask.request.parse({ place, subject: generated, ...request }), context);
  const types = { png: 'image/png', svg: 'image/svg+xml', html: 'text/html' };
  for (const [format, type] of Object.entries(types)) {
    const { file } = await make({ format, pins: [{ x: 20, y: 9 }], change: { gamma: 0 } });
    assert.deepEqual([file.name, file.type], [`it-attention.${format}`, type]);
    assert.equal(file.sizeBytes, files.at(-1)?.bytes.length);
  }
  const html = Buffer.from(files.at(-1)?.bytes ?? []).toString();
  assert.match(html, /"pins":\[\{"x":20,"y":9,"direction":"looksAt"\}\]/);
  await make({ format: 'html', blocks: ['attention16'] });
  assert.match(Buffer.from(files.at(-1)?.bytes ?? []).toString(), /"pins":\[\{"x":\d+,"y":\d+\},/, 'three of its own');
  await assert.rejects(make({ format: 'png', blocks: ['x'] }), /no attention block "x"/);
});

test('the history has the numbers of each checkpoint, and says which are damaged', async () => {
  const history = (request: object = {}) =>
    attentionHistoryTask.run(attentionHistoryTask.request.parse({ place, ...request }), context);
  const { checkpoints, refused } = await history();
  assert.deepEqual(refused, []);
  assert.deepEqual(
    checkpoints.map(({ step, blocks }) => [step, ...blocks.map(({ network, gamma }) => `${network} ${gamma}`)]),
    [
      [1, 'G 0.5', 'D 0.5'],
      [2, 'G 1', 'D 1'],
    ],
  );
  assert.equal(told.at(-1), '2/2 measured');
  const computedBefore = computed;
  assert.deepEqual(await history({ steps: [2] }), { checkpoints: checkpoints.slice(1), refused: [] });
  assert.equal(computed, computedBefore);
  writeFileSync(join(run.checkpointsPath, 'step-000001', 'state.safetensors'), 'torn');
  rmSync(join(run.checkpointsPath, 'step-000001', 'manifest.json'));
  const torn = await attentionHistoryTask.run(attentionHistoryTask.request.parse({ place }), {
    ...context,
    remember: (_, __, make) => make(),
    open: ({ run: name, checkpoint }) => new Kept().open(join(folder, name), checkpoint),
  });
  assert.deepEqual([torn.checkpoints.map(({ step }) => step), torn.refused.length], [[2], 1]);
});
