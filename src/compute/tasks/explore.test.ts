import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { midCourse } from '../../../test/tables/models.ts';
import { modelOf } from '../../api/run-model.ts';
import { openTrainedRun } from '../../api/trained-run.ts';
import { Random } from '../../base/random.ts';
import { walkCommand } from '../../cli/walk.ts';
import { openDataset } from '../../data/index.ts';
import { openRuntime } from '../../engine/index.ts';
import { traceSampler } from '../../gan/index.ts';
import { Generator, latents, toBytes } from '../../sample/index.ts';
import { createRun, openRun, saveCheckpoint } from '../../store/index.ts';
import { parseConfig } from '../../train/index.ts';
import { Kept } from '../kept.ts';
import type { TaskContext, TaskFile } from '../task.ts';
import { directionsTask } from './directions.ts';
import { diversityTask } from './diversity.ts';
import { imagesTask } from './images.ts';
import { neighboursTask } from './neighbours.ts';
import { walkTask } from './walk.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan explore '));
after(() => rmSync(folder, { recursive: true }));
const photos = join(folder, 'photos');
const path = join(folder, 'it');
const classNames = ['ant', 'bee', 'cat'];
const config = parseConfig(
  {
    model: { name: 'sagan', latentDim: 4, generatorChannels: 8, attentionAt: [], classDeviation: 0.5 },
    data: { source: photos, resolution: 32, flip: true },
    images: { resolution: 32, channels: 1, classes: 3, classNames },
    passes: 'all',
    seed: 5,
  },
  'it',
);
const model = modelOf(config);
const state = new Map(Object.entries(midCourse(traceSampler(model, { batch: 1 }).variables)));
saveCheckpoint(createRun(path, JSON.parse(JSON.stringify(config))), { step: 3, imagesSeen: 18, state });

const runtime = await openRuntime({ threads: 1 });
const kept = new Kept();
const files: TaskFile[] = [];
const context: TaskContext = {
  runtime,
  open: ({ run, checkpoint }) => kept.open(join(folder, run), checkpoint),
  run: (name) => openRun(join(folder, name)),
  keep: (place, key, make, release) => kept.keep(place && openTrainedRun(path), key, make, release),
  remember: (place, key, make) => kept.remember(place && openTrainedRun(path), key, make),
  progress: async () => undefined,
  file(made) {
    files.push(made);
    return { url: '/api/files/1', name: made.name, type: made.type, sizeBytes: made.bytes.length };
  },
};
const place = { run: 'it' };
const images = (points: readonly object[]) => imagesTask.run(imagesTask.request.parse({ place, points }), context);
const walked = (request: object) => walkTask.run(walkTask.request.parse({ place, ...request }), context);

/** The grey pixels of a `data:` address. */
async function pixelsOf(address: string | undefined): Promise<Uint8Array> {
  const png = Buffer.from(address?.split(',')[1] ?? '', 'base64');
  return Uint8Array.from(await sharp(png).extractChannel(0).raw().toBuffer());
}

/** Runs a command as a shell would, but for where it writes; gives what it wrote. */
async function carriedOut(command: string): Promise<Buffer> {
  const [, , ...words] = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const name = words.pop() ?? '';
  const out = join(folder, `by command ${name}`);
  const { log } = console;
  console.log = () => undefined;
  await walkCommand().parseAsync([...words, out, '--threads', '1'], { from: 'user' });
  console.log = log;
  return readFileSync(out);
}

test('images of lattice points are those that are sampled, whatever the batch', async () => {
  const plain = await Generator.open(runtime, model, state, { batch: 1 });
  const points = [0, 1, 2, 3, 4].map((x) => ({ latent: { seed: 7, x }, classes: x % 3 }));
  const many = await images(points);
  assert.equal(many.step, 3);
  for (const [x, picture] of many.pictures.entries()) {
    const z = latents(7, 1, model, { first: x });
    const expected = toBytes((await plain.generate(z, Int32Array.of(x % 3))).images);
    for (const shown of [picture, (await images([points[x] ?? {}])).pictures[0]]) {
      const seen = await pixelsOf(shown);
      assert.equal(seen.length, 1024);
      // Batches round each in its way, and a byte may lie where two of them part.
      for (const [i, value] of expected.entries()) assert.ok(Math.abs(value - (seen[i] ?? 0)) <= 1, `${x}: pixel ${i}`);
    }
  }
});

test('the command of a picture makes the same picture', async () => {
  const latent = { seed: 2, x: 0.5, y: 1, scale: 0.9, directions: [{ direction: 1, amount: 2 }] };
  const mixed = [
    { class: 0, weight: 0.5 },
    { class: 2, weight: 0.25 },
  ];
  const { pictures, command } = await images([{ latent, classes: mixed }]);
  assert.match(command, /^sagan walk '.* explore .*' --point 2@0.5,1\/scale=0.9\/d1=2 --classes 0:0.5\+2:0.25 /);
  const sheet = await carriedOut(command);
  // A sheet has a margin of 16, and tiles of 64 pixels.
  const tile = await sharp(sheet)
    .extract({ left: 16, top: 16, width: 64, height: 64 })
    .resize(32, 32, { kernel: 'nearest' });
  assert.deepEqual(Uint8Array.from(await tile.extractChannel(0).raw().toBuffer()), await pixelsOf(pictures[0]));
});

test('the command of a file makes the same bytes', async () => {
  const points = [{ seed: 1 }, { seed: 2, x: 1.5, truncation: 0.7 }];
  const traversals = [
    { what: 'direction', number: 2, reach: 2 },
    { what: 'coordinate', number: 3, reach: 2 },
  ];
  for (const [as, walk] of [
    ['webp', { points, frames: 7, loop: true, columns: 2 }],
    ['gif', { points, frames: 3, classes: [0, [{ class: 1, weight: 2 }]] }],
    ['png', { points, frames: 5, rows: [2, 0] }],
    ['png', { points, frames: 5, traversals, classes: [1] }],
  ] as const) {
    const { file, command } = await walked({ walk, as, framesPerSecond: 12.5 });
    const made = files.pop();
    assert.deepEqual([made?.type, made?.name], [`image/${as}`, file?.name]);
    assert.deepEqual(await carriedOut(command), Buffer.from(made?.bytes ?? []), command);
  }
});

test('tiles for the page have a walk a row', async () => {
  const { tiles, rows, values } = await walked({ walk: { points: [{ seed: 1 }, { seed: 2 }], frames: 4 } });
  assert.deepEqual([rows, values], [classNames, undefined]);
  const png = sharp(Buffer.from(tiles?.split(',')[1] ?? '', 'base64'));
  const { width, height } = await png.metadata();
  assert.deepEqual([width, height], [128, 96]);
  const tile = await png.extract({ left: 96, top: 64, width: 32, height: 32 }).extractChannel(0).raw().toBuffer();
  const { pictures } = await images([0, 1, 2, 0].map((classes) => ({ latent: { seed: 2 }, classes })));
  assert.deepEqual(Uint8Array.from(tile), await pixelsOf(pictures[2]));
  const beside = await walked({ walk: { points: [{ seed: 1, x: 2 }], classes: [1], frames: 1, columns: 4 } });
  const shifted = await images([2, 3, 4, 5].map((x) => ({ latent: { seed: 1, x }, classes: 1 })));
  const all = await Promise.all(shifted.pictures.map(pixelsOf));
  assert.deepEqual(
    [...(await pixelsOf(beside.tiles))],
    all.flatMap((pixels) => [...pixels]),
  );
  const traversals = [{ what: 'coordinate', number: 0, reach: 3 }];
  const moved = await walked({ walk: { points: [{ seed: 1 }], frames: 3, traversals } });
  assert.deepEqual([moved.rows, moved.values], [['coordinate 0'], [-3, 0, 3]]);
});

test('rows of two kinds, too many images, and directions that there are not, are refused', async () => {
  const points = [{ seed: 1 }];
  const traversals = [{ what: 'direction', number: 4, reach: 3 }];
  await assert.rejects(
    walked({ walk: { points, frames: 3, traversals } }),
    /direction 4 is asked for, and there are 4/,
  );
  await assert.rejects(
    walked({ walk: { points, frames: 3, traversals, rows: [0] } }),
    /rows of traversals are asked for/,
  );
  await assert.rejects(walked({ walk: { points, frames: 3, classes: [1], rows: [0] } }), /classes for every row/);
  await assert.rejects(walked({ walk: { points, frames: 600, columns: 3 } }), /5400 images are asked for/);
  await assert.rejects(images([{ latent: {}, classes: 3 }]), /there is no class 3/);
});

test('directions come with their eigenvalues, the strongest first', async () => {
  const { directions, layers, latentDim } = await directionsTask.run(
    directionsTask.request.parse({ place, count: 3 }),
    context,
  );
  assert.deepEqual([latentDim, layers], [4, ['linear']]);
  const shares = directions.map(({ share }) => share);
  assert.deepEqual(
    directions.map(({ number }) => number),
    [0, 1, 2],
  );
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => b - a),
  );
  assert.ok((shares[0] ?? 0) > 0.25 && shares.reduce((a, b) => a + b) < 1);
});

test('variety goes with truncation', async () => {
  for (const more of [{}, { classes: 1 }, { kind: 'scale' }]) {
    const request = { place, kind: 'truncation', values: [2, 0.5, 0.05], count: 24, ...more };
    const { measured } = await diversityTask.run(diversityTask.request.parse(request), context);
    assert.deepEqual(
      measured.map(({ psi }) => psi),
      [undefined, 2, 0.5, 0.05],
    );
    const shares = measured.map(({ share }) => share);
    assert.equal(shares[0], 1);
    // Truncation at 2 cuts; a scale of 2 stretches.
    assert.equal((shares[1] ?? 1) > 1, request.kind === 'scale');
    assert.ok((shares[2] ?? 1) < (shares[1] ?? 0) && (shares[3] ?? 1) < 0.5 * (shares[2] ?? 0), shares.join());
  }
});

test('a copy, and a mirrored copy, are found among the training images', async () => {
  const latent = { seed: 3 };
  const copy = await pixelsOf((await images([{ latent, classes: 2 }])).pictures[0]);
  const write = async (label: string, name: string, pixels: Uint8Array, flop = false) => {
    mkdirSync(join(photos, label), { recursive: true });
    const image = sharp(pixels, { raw: { width: 32, height: 32, channels: 1 } });
    await image
      .flop(flop)
      .png()
      .toFile(join(photos, label, name));
  };
  for (let n = 0; n < 6; n++) {
    await write(classNames[n % 3] ?? '', `${n}.png`, Uint8Array.from(new Random(n, 'noise').integers(1024, 256)));
  }
  const nearly = copy.map((value, i) => (i % 2 === 0 ? value : value ^ 1));
  await write('cat', 'copy.png', copy, true);
  await write('bee', 'nearly.png', nearly);
  const request = { place, point: { latent, classes: 2 }, count: 3 };
  const found = await neighboursTask.run(neighboursTask.request.parse({ ...request, by: 'features' }), context);
  assert.deepEqual([found.by, found.canCompareFeatures, found.compared], ['pixels', false, 8]);
  const [first, second, third] = found.neighbours;
  assert.deepEqual([first?.className, first?.distance, first?.isMirrored], ['cat', 0, true]);
  assert.deepEqual([second?.className, second?.isMirrored], ['bee', false]);
  assert.ok(Math.abs((second?.distance ?? 0) - Math.SQRT1_2) < 1e-9, 'half of the pixels are off by one');
  assert.ok((third?.distance ?? 0) > 50);
  assert.equal(found.distanceBetweenReal, second?.distance);
  assert.deepEqual(await pixelsOf(found.picture), copy);
  assert.deepEqual(await pixelsOf(second?.picture), nearly);

  const part = JSON.parse(JSON.stringify({ ...config, data: { ...config.data, holdOut: 0.3 } }));
  saveCheckpoint(createRun(join(folder, 'part'), part), { step: 3, imagesSeen: 18, state });
  const trained = await neighboursTask.run(
    neighboursTask.request.parse({ ...request, place: { run: 'part' }, count: 6 }),
    context,
  );
  assert.deepEqual([trained.compared, trained.neighbours.length], [6, 6]);
  const { dataset } = await openDataset(photos, { resolution: 32, channels: 1 });
  for (const { index, picture } of trained.neighbours) {
    assert.deepEqual(await pixelsOf(picture), dataset.image(index), 'indices are those of the whole dataset');
  }
});
