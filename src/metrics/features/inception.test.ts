/** The Inception network beside torchvision's with FID's patches (test/reference/make_inception.py). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import recorded from '../../../test/reference/inception.json' with { type: 'json' };
import { formulaImages, formulaLayer } from '../../../test/reference/inception-formula.ts';
import { constant, graph, openRuntime, type Shape, type Tensor } from '../../engine/index.ts';
import { sizeOf } from '../../engine/ir/tensor-data.ts';
import { input } from '../../engine/ops/index.ts';
import {
  averages,
  blockA,
  blockC,
  blockE,
  convolutions,
  type InceptionLayer,
  type InceptionLayers,
  inceptionLayerShapes,
  inceptionTaps,
  maxima,
} from './inception.ts';
import { traceInception } from './inception-extractor.ts';

const runtime = await openRuntime({ threads: 2, graphOptimizationLevel: 'all' });

/** What torch-fidelity promises of its features beside TensorFlow's. */
const tolerance = 1e-4;

/** Each layer once, for every program that has it. */
const layers = new Map<string, InceptionLayer>();
const once: InceptionLayers = (name, shape) => {
  const layer = layers.get(name) ?? formulaLayer(name, shape);
  layers.set(name, layer);
  return layer;
};

/** The largest difference, as a share of the recorded numbers' root mean square. */
function difference(seen: ArrayLike<number> | undefined, expected: readonly number[][]): number {
  const flat = expected.flat();
  assert.equal(seen?.length, flat.length);
  const scale = Math.sqrt(flat.reduce((sum, value) => sum + value ** 2, 0) / flat.length);
  return Math.max(...flat.map((value, i) => Math.abs((seen?.[i] ?? Number.NaN) - value))) / scale;
}

test('features at every tap, and logits with and without bias, are those of PyTorch', async () => {
  const images = { dtype: 'float32', shape: [2, 3, 299, 299], data: formulaImages(2) } as const;
  for (const tap of inceptionTaps) {
    for (const logitBias of tap === 2048 ? [false, true] : [false]) {
      const program = await runtime.compile(traceInception(once, { tap, logitBias, batch: 2 }));
      const { features, logits } = await program.compute({ images });
      const off = difference(features?.data, recorded.features[tap]);
      assert.ok(off < tolerance, `tap ${tap}: off by ${off}`);
      assert.equal(logits === undefined, tap !== 2048);
      if (logits === undefined) continue;
      const offLogits = difference(logits.data, logitBias ? recorded.logits : recorded.logitsWithoutBias);
      assert.ok(offLogits < tolerance, `logits, bias ${logitBias}: off by ${offLogits}`);
    }
  }
});

test('the network has 94 convolutions and as many parameters as in PyTorch', () => {
  const shapes = inceptionLayerShapes();
  assert.equal(shapes.size, 94 + 1);
  const count = [...shapes].reduce((sum, [name, shape]) => {
    const perChannel = name === 'fc' ? 1 : 2;
    return sum + sizeOf(shape) + perChannel * (shape[0] ?? 0);
  }, 0);
  assert.equal(count, 23_850_960);
});

/** Every convolution gives zeros, but that of the last branch passes its first channel on. */
const onlyPooled: InceptionLayers = (name, shape) => {
  const weight = new Float32Array(sizeOf(shape));
  if (name === 'branch_pool') {
    const channels = shape[1] ?? 0;
    for (let i = 0; i < weight.length; i += channels) weight[i] = 1;
  }
  const floats = (data: Float32Array, extents: Shape) => constant({ dtype: 'float32', shape: extents, data });
  return { weight: floats(weight, shape), bias: floats(new Float32Array(shape[0] ?? 0), shape.slice(0, 1)) };
};

/** The last channel of a block's result for an image [1,1,3,3]. */
async function pooledBy(block: (x: Tensor) => Tensor, image: readonly number[]): Promise<number[]> {
  const program = await runtime.compile(graph('block', [['y', block(input('x', 'float32', [1, 1, 3, 3]))]]));
  const { y } = await program.compute({ x: { dtype: 'float32', shape: [1, 1, 3, 3], data: Float32Array.from(image) } });
  return [...(y?.data.slice(-9) ?? [])];
}

test('averages leave the padding out: of ones they are ones, at edges and corners too', async () => {
  const conv = convolutions(onlyPooled);
  const ones = Array.from({ length: 9 }, () => 1);
  const near = (seen: readonly number[], expected: readonly number[]) =>
    assert.ok(
      seen.every((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) < 1e-6),
      seen.join(' '),
    );
  const blocks = [
    (x: Tensor) => blockA(conv, x, 32),
    (x: Tensor) => blockC(conv, x, 128),
    (x: Tensor) => blockE(conv, x, averages),
  ];
  for (const block of blocks) {
    near(await pooledBy(block, ones), ones);
    // A peak in a corner: a quarter there, a sixth beside it, a ninth in the middle, nothing beyond.
    near(await pooledBy(block, [36, 0, 0, 0, 0, 0, 0, 0, 0]), [9, 6, 0, 6, 4, 0, 0, 0, 0]);
  }
});

test('the last block takes maxima', async () => {
  const block = (x: Tensor) => blockE(convolutions(onlyPooled), x, maxima);
  assert.deepEqual(await pooledBy(block, [36, 0, 0, 0, 0, 0, 0, 0, 0]), [36, 36, 0, 36, 36, 0, 0, 0, 0]);
});
