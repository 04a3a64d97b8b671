/** Runs made of weights that the original programs saved (`test/parity/make_parity.py`). */

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { parityCases, pathOf, recordingOf } from '../../test/parity/cases.ts';
import { UserError } from '../base/errors.ts';
import { datasetFrom } from '../data/index.ts';
import { openRuntime, type TensorData } from '../engine/index.ts';
import { Generator } from '../sample/index.ts';
import { encodeSafetensors, readEvents } from '../store/index.ts';
import { readWeights } from '../weights/index.ts';
import { type ImportEvent, type ImportOptions, importRun } from './import-run.ts';
import { train } from './train-run.ts';
import { openTrainedRun } from './trained-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-import-'));
after(() => rmSync(folder, { recursive: true }));

const classNames = ['ant', 'bee', 'cat'];
const threeClasses = ['images.classes=3', `images.classNames=${JSON.stringify(classNames)}`];

const caseOf = (name: string) => parityCases.find((known) => known.name === name) ?? assert.fail();
const sngan = {
  parity: caseOf('mimicry-sngan-32'),
  preset: 'sngan-cifar10-mimicry',
  settings: ['model.latentDim=16', 'model.generatorChannels=4', 'model.discriminatorChannels=8', 'batch=2'],
};
const biggan = {
  parity: caseOf('biggan-sagan-32'),
  preset: 'biggan-cifar10',
  settings: [
    ...['latentDim=16', 'generatorChannels=4', 'discriminatorChannels=4', 'attentionAt=[16]'].map((s) => `model.${s}`),
    ...threeClasses,
  ],
};
type Known = typeof sngan;

async function run(name: string, { preset, settings }: Known, options: Partial<ImportOptions> = {}) {
  const out = join(folder, name);
  const events: ImportEvent[] = [];
  for await (const event of importRun({ files: [], preset, settings, out, ...options })) events.push(event);
  const told = events.flatMap((event) => {
    if (event.type === 'read') return [`read ${event.network} of ${event.source}, ${event.tensors}`];
    return event.type === 'initialised' ? [`${event.what}: ${event.how}`] : [];
  });
  return { out, told, ...openTrainedRun(out) };
}

const networkOf = (state: ReadonlyMap<string, TensorData>, prefix: string) =>
  new Map([...state].filter(([name]) => name.startsWith(prefix)).map(([name, t]) => [name.slice(prefix.length), t]));

const runtime = await openRuntime({ threads: 1 });

test('an imported generator makes the images that its own program made', async () => {
  const files = ['G.pth', 'D.pth'].map((file) => pathOf(biggan.parity, file));
  const { told, model, checkpoint, config } = await run('biggan', biggan, { files });
  assert.deepEqual(told, [
    'read generator of biggan-pytorch, 70',
    'read discriminator of biggan-pytorch, 71',
    'averaged generator: a copy of the generator',
    'optimiser state: zeros, as at step 0',
  ]);
  const { state } = recordingOf(biggan.parity);
  const [z, y, made] = ['z', 'y', 'eval.images'].map((key) => state.get(key) ?? assert.fail());
  assert.ok(z?.data instanceof Float32Array && y?.data instanceof Int32Array);
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: 4 });
  const { images } = await generator.generate(z.data, y.data);
  const worst = Math.max(...images.map((value, i) => Math.abs(value - (made?.data[i] ?? Number.NaN))));
  assert.ok(worst < 1e-4, `${worst}`);
  assert.equal(checkpoint.step, 0);
  assert.deepEqual(config.images?.classNames, classNames);
});

test('an average stands in for the generator, and what no file holds is made from the seed, and told', async () => {
  const ema = join(folder, 'G_ema.pth');
  copyFileSync(pathOf(sngan.parity, 'G.pth'), ema);
  const { out, told, checkpoint } = await run('average', sngan, { files: [ema], seed: 7 });
  assert.deepEqual(told, [
    'read averaged generator of mimicry, 50',
    'generator: a copy of its average',
    'discriminator: afresh, from seed 7',
    'optimiser state: zeros, as at step 0',
  ]);
  assert.deepEqual(networkOf(checkpoint.state, 'G.'), networkOf(checkpoint.state, 'ema.G.'));
  const again = await run('average-again', sngan, { files: [ema], seed: 7 });
  const other = await run('average-other', sngan, { files: [ema], seed: 8 });
  assert.deepEqual(again.checkpoint.state, checkpoint.state);
  assert.notDeepEqual(networkOf(other.checkpoint.state, 'D.'), networkOf(checkpoint.state, 'D.'));
  const { events } = readEvents(join(out, 'events.jsonl'));
  assert.deepEqual(
    events.map(({ type, files }) => [type, files]),
    [['imported', [ema]]],
  );
});

test('a generator and its average may stand in two files, each with its own weights', async () => {
  const ema = join(folder, 'netG_ema.pth');
  const state = asSafetensors('other.safetensors', pathOf(sngan.parity, 'G.pth'), (name, tensor) =>
    name === 'l1.bias' ? { ...tensor, data: tensor.data.map((value) => value + 1) } : tensor,
  );
  copyFileSync(pathOf(sngan.parity, 'G.pth'), ema);
  const { checkpoint } = await run('both', sngan, { files: [ema, state] });
  const [generator, average] = ['G.', 'ema.G.'].map((prefix) => networkOf(checkpoint.state, prefix).get('linear.bias'));
  assert.deepEqual(
    generator?.data,
    average?.data.map((value) => value + 1),
  );
});

/** The weights of a file, changed, as a safetensors file. */
function asSafetensors(
  name: string,
  file: string,
  change: (name: string, tensor: TensorData) => TensorData | undefined,
): string {
  const path = join(folder, name);
  const state = new Map<string, TensorData>();
  for (const [key, tensor] of readWeights(file)[0]?.tensors ?? []) {
    const changed = change(key, tensor.load());
    if (changed !== undefined) state.set(key, changed);
  }
  writeFileSync(path, Buffer.concat(encodeSafetensors(state)));
  return path;
}

test('training goes on with imported weights', async () => {
  const files = ['G.pth', 'D.pth'].map((file) => pathOf(sngan.parity, file));
  const settings = [...sngan.settings, 'discriminatorSteps=1', 'generatorBatch=2'];
  const { out, checkpoint } = await run('resumed', { ...sngan, settings }, { files });
  const pixels = Uint8Array.from({ length: 4 * 3 * 32 * 32 }, (_, i) => (i * 7919) % 256);
  const data = datasetFrom({ name: 'pixels', resolution: 32, channels: 3, images: pixels });
  for await (const _ of train({ out, resume: true, data, steps: 1, threads: 1 }));
  const trained = openTrainedRun(out).checkpoint;
  assert.equal(trained.step, 1);
  for (const name of ['G.linear.weight', 'D.linear.weight']) {
    const [before, next] = [checkpoint, trained].map(({ state }) => state.get(name)?.data ?? assert.fail());
    const moved = Math.max(...(before ?? []).map((value, i) => Math.abs(value - (next?.[i] ?? Number.NaN))));
    assert.ok(moved > 0 && moved < 1e-3, `${name} moved by ${moved}`);
  }
});

test('with a dataset the run knows its classes, and trains on it', async () => {
  const data = join(folder, 'animals');
  for (const [label, name] of classNames.entries()) {
    mkdirSync(join(data, name), { recursive: true });
    const pixels = Buffer.alloc(32 * 32 * 3, 60 * label);
    await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
      .png()
      .toFile(join(data, name, 'one.png'));
  }
  const settings = [...biggan.settings.filter((s) => !s.startsWith('images.')), 'batch=2', 'discriminatorSteps=1'];
  const files = [pathOf(biggan.parity, 'G.pth')];
  const { out, config } = await run('with-data', { ...biggan, settings }, { files, data });
  assert.deepEqual(config.images?.classNames, classNames);
  for await (const _ of train({ out, resume: true, steps: 1, threads: 1 }));
  assert.equal(openTrainedRun(out).checkpoint.step, 1);
});

const evil = fileURLToPath(new URL('../../test/parity/files/evil-reduce.pth', import.meta.url));
const generator = pathOf(sngan.parity, 'G.pth');

for (const [mistake, known, options, ...patterns] of [
  [
    'weights of another width',
    { ...sngan, settings: ['model.latentDim=16', 'model.generatorChannels=8'] },
    { files: [generator] },
    /^.*G\.pth: model_state_dict: this generator of mimicry has another architecture/,
    /of another shape: l1\.weight \[256,16\] for G\.linear\.weight \[512,16\], .* and \d+ more/,
  ],
  [
    'weights of another program',
    biggan,
    { files: [generator] },
    /missing: G\.linear\.u \[1,256\], .* and \d+ more/,
    /of another shape: block2\.b1\.weight \[16\] for G\.block1\.norm1\.gain \[3,16\]/,
  ],
  [
    'attention that the preset has not',
    { ...biggan, settings: biggan.settings.map((s) => s.replace('[16]', '[]')) },
    { files: [pathOf(biggan.parity, 'G.pth')] },
    /extra: blocks\.1\.1\.gamma \[\], blocks\.1\.1\.theta\.weight \[2,16,1,1\], .* and \d+ more/,
  ],
  ['a discriminator alone', sngan, { files: [pathOf(sngan.parity, 'D.pth')] }, /hold a discriminator alone/],
  ['two generators', sngan, { files: [generator, generator] }, /two networks are the generator/, /Leave one out/],
  [
    'weights of another source than named',
    sngan,
    { files: [generator], from: 'heykeetae' },
    /tensors with other names \(l1\.weight, l1\.bias, .* and \d+ more\); expected .* of heykeetae/,
  ],
  ['a source that is none', sngan, { files: [generator], from: 'mimcry' }, /Did you mean "mimicry"\?/],
  ['a malicious file', sngan, { files: [evil] }, /it names "posix\.system", which weights have no need of/],
  ['a file that is not there', sngan, { files: ['nowhere.pth'] }, /nowhere\.pth: there is no such file/],
  ['a preset that is none', { ...sngan, preset: 'sngan-cifr10' }, { files: [generator] }, /preset "sngan-cifr10"/],
] as const) {
  test(`${mistake}: refused in words, and nothing is written`, async () => {
    const out = join(folder, 'refused');
    await assert.rejects(run('refused', { ...sngan, ...known, settings: [...known.settings] }, options), (error) => {
      assert.ok(error instanceof UserError, String(error));
      for (const pattern of patterns) assert.match(error.message, pattern);
      return true;
    });
    assert.equal(existsSync(out), false);
  });
}

test('weights of a network that has diverged are refused', async () => {
  const file = asSafetensors('nan.safetensors', generator, (name, tensor) =>
    name === 'c5.bias' ? { ...tensor, data: tensor.data.map((value, i) => (i === 1 ? Number.NaN : value)) } : tensor,
  );
  await assert.rejects(
    run('refused', sngan, { files: [file] }),
    /what becomes G\.conv\.bias holds numbers that are not/,
  );
});
