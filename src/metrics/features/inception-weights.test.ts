import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FormatError } from '../../base/errors.ts';
import type { TensorData } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { encodeSafetensors, writeFileAtomic } from '../../store/index.ts';
import { inceptionLayerShapes } from './inception.ts';
import { namings, tensorNames } from './inception-names.ts';
import { foldBatchNorm, readInceptionWeights } from './inception-weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-inception-'));
after(() => rmSync(folder, { recursive: true }));

/** A file of zeros. */
function fileOf(shapes: Readonly<Record<string, readonly number[]>>): string {
  const file = join(folder, 'weights.safetensors');
  const state = Object.entries(shapes).map(([name, shape]): [string, TensorData] => [
    name,
    { dtype: 'float32', shape, data: new Float32Array(sizeOf(shape)) },
  ]);
  writeFileAtomic(file, encodeSafetensors(new Map(state)));
  return file;
}

function refused(file: string, ...messages: readonly RegExp[]): void {
  assert.throws(
    () => readInceptionWeights(file),
    (error) => {
      assert.ok(error instanceof FormatError);
      for (const message of messages) assert.match(error.message, message);
      return error.message.startsWith(file);
    },
  );
}

test('a folded convolution is the convolution and its batch normalisation', () => {
  const layer = {
    weight: [1, -2, 3, 0.5],
    gain: [2, 0.5],
    offset: [0.25, -1],
    mean: [0.5, -3],
    variance: [0.003, 3.999],
  };
  const { weight, bias } = foldBatchNorm(layer);
  const [x, y] = [0.7, -1.3];
  for (const channel of [0, 1]) {
    const of = (values: readonly number[], index = channel) => values[index] ?? Number.NaN;
    const convolved = of(layer.weight, 2 * channel) * x + of(layer.weight, 2 * channel + 1) * y;
    const normalized = (convolved - of(layer.mean)) / Math.sqrt(of(layer.variance) + 0.001);
    const expected = of(layer.gain) * normalized + of(layer.offset);
    const folded = (weight[2 * channel] ?? 0) * x + (weight[2 * channel + 1] ?? 0) * y + (bias[channel] ?? 0);
    assert.ok(Math.abs(folded - expected) < 1e-5, `${folded}, expected ${expected}`);
  }
});

test('gains that are not kept are ones, and a layer without statistics stays as it is', () => {
  const statistics = { mean: [1], variance: [0.249] };
  assert.deepEqual(foldBatchNorm({ weight: [3], gain: undefined, offset: [1], ...statistics }), {
    weight: Float32Array.of(6),
    bias: Float32Array.of(-1),
  });
  const linear = { weight: [3, 4], gain: undefined, offset: [1], mean: undefined, variance: undefined };
  assert.deepEqual(foldBatchNorm(linear), { weight: Float32Array.of(3, 4), bias: Float32Array.of(1) });
});

test('both ways of naming name every tensor, and no two alike', () => {
  const layers = [...inceptionLayerShapes().keys()];
  const [torchvision, nvidia] = namings.map((naming) =>
    layers.flatMap((layer) => [...tensorNames(naming, layer).values()]),
  );
  assert.equal(new Set(torchvision).size, 94 * 5 + 2);
  assert.equal(new Set(nvidia).size, 94 * 4 + 2);
});

test("NVIDIA's names are those of TensorFlow's graph", () => {
  const nvidia = namings.find(({ what }) => /NVIDIA/.test(what));
  for (const [layer, module] of Object.entries({
    Conv2d_1a_3x3: 'layers.conv',
    Conv2d_4a_3x3: 'layers.conv_4',
    'Mixed_5b.branch1x1': 'layers.mixed.conv',
    'Mixed_5c.branch5x5_2': 'layers.mixed_1.tower.conv_1',
    'Mixed_5d.branch3x3dbl_1': 'layers.mixed_2.tower_1.conv',
    'Mixed_6a.branch3x3dbl_3': 'layers.mixed_3.tower.conv_2',
    'Mixed_6b.branch7x7_3': 'layers.mixed_4.tower.conv_2',
    'Mixed_6e.branch7x7dbl_5': 'layers.mixed_7.tower_1.conv_4',
    'Mixed_6e.branch_pool': 'layers.mixed_7.tower_2.conv',
    'Mixed_7a.branch3x3_2': 'layers.mixed_8.tower.conv_1',
    'Mixed_7a.branch7x7x3_4': 'layers.mixed_8.tower_1.conv_3',
    'Mixed_7b.branch3x3_2a': 'layers.mixed_9.tower_mixed_conv',
    'Mixed_7c.branch3x3dbl_3b': 'layers.mixed_10.tower_1_mixed_conv_1',
    'Mixed_7c.branch_pool': 'layers.mixed_10.tower_2_conv',
    fc: 'output',
  })) {
    assert.equal(nvidia?.module(layer), module);
  }
  assert.deepEqual(nvidia && [...tensorNames(nvidia, 'Conv2d_1a_3x3').values()], [
    'layers.conv.weight',
    'layers.conv.beta',
    'layers.conv.mean',
    'layers.conv.var',
  ]);
});

test('what is missing, and what has another shape, is named', () => {
  refused(
    fileOf({ 'Conv2d_1a_3x3.conv.weight': [32, 3, 3, 3], 'Conv2d_1a_3x3.bn.weight': [31], 'AuxLogits.fc.bias': [1] }),
    /uses torchvision's names, but "Conv2d_1a_3x3\.bn\.weight" is \[31\], not \[32\]; /,
    /"Conv2d_1a_3x3\.bn\.bias" \[32\] is missing; .*, and 466 more; expected the Inception network of FID/,
    /sagan features fetch inception/,
  );
  refused(
    fileOf({ 'layers.conv_1.beta': [32] }),
    /uses the names of NVIDIA's file, but "layers\.conv\.weight" \[32,3,3,3\] is m/,
  );
  refused(fileOf({ 'fc.weight': [1000, 2048] }), /torchvision's, of 1000 classes, which scores otherwise/);
});

test('a file of other weights says what it holds', () => {
  refused(
    fileOf({ 'G.linear.weight': [2, 2] }),
    /tensors named G\.linear\.weight, …; expected those of the Inception network, such as "Mixed_5b\.branch1x1\.conv\.weight"/,
  );
  refused(fileOf({}), /the file holds no tensors/);
});
