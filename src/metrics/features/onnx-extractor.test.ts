import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { encode, openRuntime, type TensorData } from '../../engine/index.ts';
import type { OnnxInitializer, OnnxNode } from '../../engine/onnx/lower.ts';
import { sha256 } from '../../store/index.ts';
import { type OnnxExtractorOptions, openOnnxExtractor } from './onnx-extractor.ts';

const runtime = await openRuntime({ threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));

type Type = Pick<TensorData, 'dtype' | 'shape'>;
/** −1 is an extent that may be any. */
const float32 = (...shape: number[]): Type => ({ dtype: 'float32', shape });
const node = (opType: string, inputs: string[], output: string, attributes: OnnxNode['attributes'] = {}): OnnxNode => ({
  opType,
  domain: '',
  name: output,
  inputs,
  output,
  attributes,
});

/** Writes a file; a network whose nodes are left out flattens its first input. */
function written(
  inputs: Record<string, Type>,
  outputs: Record<string, Type>,
  nodes = [node('Flatten', Object.keys(inputs).slice(0, 1), Object.keys(outputs)[0] ?? '')],
  initializers: OnnxInitializer[] = [],
): string {
  const file = join(folder, 'tiny.onnx');
  const [ins, outs] = [new Map(Object.entries(inputs)), new Map(Object.entries(outputs))];
  writeFileSync(file, encode({ name: 'tiny', opset: 18, inputs: ins, outputs: outs, initializers, nodes }));
  return file;
}

const count = 5;
/** [N,3,2,2] */
const images = new Random(8, 'images').normal(count * 12);
/** The pixel of an image, or the same of every image, one after the other. */
const at = (n: number, channel: number, i: number) => images[n * 12 + channel * 4 + i] ?? Number.NaN;
const everyImage = (numbers: (n: number) => number[]) => Array.from({ length: count }, (_, n) => numbers(n)).flat();
const positions = [0, 1, 2, 3];
const channels = [0, 1, 2];

async function extract(file: string, options: OnnxExtractorOptions = {}) {
  const extractor = await openOnnxExtractor(runtime, file, options);
  assert.equal(extractor.resolution, 2);
  const { features, logits } = await extractor.extract(images, count);
  assert.equal(features.length, count * extractor.dimensions);
  return { features, logits };
}

function close(seen: Float32Array | undefined, expected: readonly number[]): void {
  assert.equal(seen?.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((seen?.[i] ?? Number.NaN) - value) < 1e-6, `number ${i} is ${seen?.[i]}; expected ${value}`);
  }
}

const meansOfRelu = everyImage((n) =>
  channels.map((c) => positions.reduce((sum, i) => sum + Math.max(0, at(n, c, i)), 0) / 4),
);

test('images arrive as the input wants them', async () => {
  const flat = { features: float32(-1, 12) };
  close((await extract(written({ x: float32(-1, 3, 2, 2) }, flat))).features, [...images]);
  close(
    (await extract(written({ x: float32(-1, 2, 2, 3) }, flat))).features,
    everyImage((n) => positions.flatMap((i) => channels.map((c) => at(n, c, i)))),
  );
  const grey = everyImage((n) => positions.map((i) => (at(n, 0, i) + at(n, 1, i) + at(n, 2, i)) / 3));
  for (const shape of [
    [-1, 1, 2, 2],
    [-1, 2, 2, 1],
  ]) {
    close((await extract(written({ x: float32(...shape) }, { features: float32(-1, 4) }))).features, grey);
  }
});

test('a network that takes so many images at a time gets them so', async () => {
  for (const batch of [1, 2, 5, 8]) {
    const file = written({ x: float32(batch, 3, 2, 2) }, { features: float32(batch, 12) });
    close((await extract(file)).features, [...images]);
  }
});

test('maps are averaged over their positions, wherever the channels are', async () => {
  for (const shape of [
    [-1, 3, 2, 2],
    [-1, 2, 2, 3],
    [3, 2, 2],
    [2, 2, 3],
  ]) {
    const file = written({ x: float32(...shape) }, { maps: float32(...shape) }, [node('Relu', ['x'], 'maps')]);
    close((await extract(file)).features, meansOfRelu);
  }
});

const weights: OnnxInitializer = {
  name: 'weights',
  dtype: 'float32',
  shape: [12, 2],
  data: Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : (i % 5) - 2)),
};
const classifying = () =>
  written(
    { x: float32(-1, 3, 2, 2) },
    {
      pooled: float32(-1, 12),
      scores: float32(-1, 2),
      maps: float32(-1, 3, 2, 2),
      best: { dtype: 'int32', shape: [-1] },
    },
    [
      node('Flatten', ['x'], 'pooled'),
      node('MatMul', ['pooled', 'weights'], 'scores'),
      node('Relu', ['x'], 'maps'),
      node('ArgMax', ['scores'], 'index', { axis: 1, keepdims: 0 }),
      node('Cast', ['index'], 'best', { to: 6 }),
    ],
    [weights],
  );
const scores = everyImage((n) =>
  [0, 1].map((k) =>
    channels
      .flatMap((c) => positions.map((i) => at(n, c, i) * Number(weights.data[(c * 4 + i) * 2 + k])))
      .reduce((sum, x) => sum + x),
  ),
);

test('outputs are chosen by their names', async () => {
  const { features, logits } = await extract(classifying(), { logits: 'scores' });
  close(features, [...images]);
  assert.ok(Math.max(...scores.map((value, i) => Math.abs(value - (logits?.[i] ?? Number.NaN)))) < 1e-5);
  const maps = await extract(classifying(), { output: 'maps' });
  close(maps.features, meansOfRelu);
  assert.equal(maps.logits, undefined);
});

test('it tells what it is', async () => {
  const file = classifying();
  const extractor = await openOnnxExtractor(runtime, file, { logits: 'scores', normalization: 'unit' });
  assert.equal(extractor.name, 'tiny');
  assert.equal(extractor.description, 'tiny.onnx, pooled, scores');
  assert.equal(extractor.weightsSha256, sha256(readFileSync(file)));
  assert.equal(extractor.normalization, 'unit');
  assert.deepEqual([extractor.dimensions, extractor.classes], [12, 2]);
  assert.equal((await openOnnxExtractor(runtime, file, { output: 'pooled' })).normalization, 'imagenet');
});

test('a network that takes any size is told which', async () => {
  const any = () => written({ x: float32(-1, 3, -1, -1) }, { features: float32(-1, -1) });
  close((await extract(any(), { resolution: 2 })).features, [...images]);
  await refused(any(), /takes images of any size, x: float32\[\?,3,\?,\?\].*Give the option resolution/);
});

async function refused(file: string, message: RegExp, options: OnnxExtractorOptions = {}): Promise<void> {
  await assert.rejects(openOnnxExtractor(runtime, file, options), (error) => {
    assert.ok(error instanceof UserError && error.message.startsWith(file), String(error));
    assert.match(error.message, message);
    return true;
  });
}

test('a file whose input is no image is refused, and told what it takes', async () => {
  const flat = { features: float32(-1, 12) };
  const wants = /expected one input, float32 images \[N,3,R,R\]/;
  for (const dtype of ['float64', 'uint8', 'int32'] as const) {
    const file = written({ x: { dtype, shape: [-1, 3, 2, 2] } }, { features: { dtype, shape: [-1, 12] } });
    await refused(file, new RegExp(`it takes x: ${dtype}\\[\\?,3,2,2\\]; ${wants.source}`));
  }
  for (const shape of [
    [-1, 12],
    [-1, 4, 2, 2],
    [-1, 3, 2, 2, 2],
    [2, 6],
  ]) {
    await refused(written({ x: float32(...shape) }, flat), wants);
  }
  const two = written({ x: float32(-1, 3, 2, 2), labels: float32(-1) }, flat);
  await refused(two, /it takes x: float32\[\?,3,2,2\], labels: float32\[\?\]; expected one input/);
  await refused(written({ x: float32(-1, 3, 2, 4) }, { features: float32(-1, 24) }), /expected images of 2×2 pixels/);
  const sized = written({ x: float32(-1, 3, 2, 2) }, flat);
  await refused(sized, /takes x: float32\[\?,3,2,2\]; expected images of 4×4 pixels/, { resolution: 4 });
});

test('where the output is not plain, the message lists them and says how to choose', async () => {
  await refused(
    classifying(),
    /returns pooled: float32\[\?,12\], scores: float32\[\?,2\], maps.*Name the one with the features with the option output/,
  );
  await refused(classifying(), /there is no output "pool"; expected the name of a float32 output.*option output/, {
    output: 'pool',
  });
  await refused(classifying(), /the output is best: int32\[\?\]; expected.*option logits/, { logits: 'best' });
});

test('a file that cannot be used is refused when it is opened', async () => {
  await refused(join(folder, 'none.onnx'), /there is no such file/);
  const one: OnnxInitializer = { name: 'one', dtype: 'int64', shape: [2], data: BigInt64Array.of(1n, -1n) };
  const file = written(
    { x: float32(-1, 3, 2, 2) },
    { features: float32(1, -1) },
    [node('Reshape', ['x', 'one'], 'features')],
    [one],
  );
  await refused(file, /of 2 images, its output features is float32\[1,24\]; expected a row.*any number of images/);
});
