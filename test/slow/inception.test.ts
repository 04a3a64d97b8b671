/** Whole files of Inception weights, 95 MB each, from the disk to features. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Tensor } from '../../src/engine/index.ts';
import { inceptionLayerShapes } from '../../src/metrics/features/inception.ts';
import { openInception } from '../../src/metrics/features/inception-extractor.ts';
import { namings } from '../../src/metrics/features/inception-names.ts';
import { readInceptionWeights } from '../../src/metrics/features/inception-weights.ts';
import { encodeSafetensors, writeFileAtomic } from '../../src/store/index.ts';
import recorded from '../reference/inception.json' with { type: 'json' };
import { formulaImages, formulaLayer, formulaState } from '../reference/inception-formula.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-inception-'));
after(() => rmSync(folder, { recursive: true }));

const files = namings.map((naming, i) => {
  const file = join(folder, `naming-${i}.safetensors`);
  const extra = { dtype: 'int32', shape: [], data: Int32Array.of(7) } as const;
  const state = new Map([...formulaState(naming), ['Conv2d_1a_3x3.bn.num_batches_tracked', extra] as const]);
  writeFileAtomic(file, encodeSafetensors(state));
  return { file, naming };
});

for (const { file, naming } of files) {
  test(`a file with ${naming.what} gives every layer its numbers`, () => {
    const layers = readInceptionWeights(file);
    for (const [name, shape] of inceptionLayerShapes()) {
      const [seen, expected] = [layers(name, shape), formulaLayer(name, shape, { gains: 'gain' in naming.tensors })];
      const numbers = (tensor: Tensor) => tensor.attributes.value;
      assert.deepEqual(numbers(seen.weight), numbers(expected.weight), name);
      assert.deepEqual(numbers(seen.bias), numbers(expected.bias), name);
    }
  });
}

test('numbers that are not finite, and variances below zero, are refused with the layer', () => {
  const state = formulaState(namings[0]);
  const set = (name: string, value: number) => {
    const tensor = state.get(name);
    assert.ok(tensor !== undefined);
    tensor.data[0] = value;
  };
  set('Conv2d_1a_3x3.conv.weight', Number.NaN);
  set('Mixed_7c.branch_pool.bn.running_var', -1);
  const file = join(folder, 'damaged.safetensors');
  writeFileAtomic(file, encodeSafetensors(state));
  const layers = readInceptionWeights(file);
  for (const name of ['Conv2d_1a_3x3', 'Mixed_7c.branch_pool']) {
    const shape = inceptionLayerShapes().get(name) ?? [];
    assert.throws(() => layers(name, shape), { name: 'FormatError', message: new RegExp(`layer ${name} has numbers`) });
  }
  assert.ok(layers('fc', [1008, 2048]));
});

test('any number of images, in batches, gives the recorded features and logits in their order', async () => {
  const file = files[0]?.file ?? '';
  const extractor = await openInception(file, { batch: 2, logitBias: true });
  const two = formulaImages(2);
  const images = Float32Array.from([...two, ...two.subarray(two.length / 2)]);
  const { features, logits } = await extractor.extract(images, 3);
  const [[a = [], b = []], [c = [], d = []]] = [recorded.features[2048], recorded.logits];
  for (const [seen, expected] of [
    [features, [a, b, b]],
    [logits, [c, d, d]],
  ] as const) {
    const flat = expected.flat();
    const scale = Math.max(...flat.map(Math.abs));
    assert.equal(seen?.length, flat.length);
    assert.ok(flat.every((value, i) => Math.abs((seen?.[i] ?? Number.NaN) - value) < 1e-4 * scale));
  }
  assert.equal(extractor.name, '');
  assert.equal(
    extractor.description,
    'Inception v3 of TensorFlow 2015-12-05, weights of unknown origin, 2048 features, logits with bias',
  );
  const { dimensions, classes, name } = await openInception(file, { tap: 192, batch: 1 });
  assert.deepEqual({ dimensions, classes, name }, { dimensions: 192, classes: 0, name: 'inception-192' });
});
