import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { openRuntime, type State } from '../../engine/index.ts';
import { classifierFile, classifierNames } from './class-accuracy.ts';
import { traceClassify } from './classifier.ts';
import { openClassifierExtractor } from './classifier-extractor.ts';
import { readClassifier } from './classifier-file.ts';

const runtime = await openRuntime({ threads: 1 });
const mnist = openClassifierExtractor(runtime, 'mnist');
const count = 70;
const size = 3 * 32 * 32;
const pixels = Uint8Array.from(new Random(4, 'pixels').integers(count * size, 256));
/** As the normalisation `symmetric` has it. */
const images = Float32Array.from(pixels, (x) => (2 * x) / 255 - 1);

/** What the classifier itself makes of the same pixels. */
async function probabilities(weights: State): Promise<Float32Array> {
  const { graph } = traceClassify(10, count, { channels: 3, resolution: 32 });
  const fed = { dtype: 'uint8', shape: [count, 3, 32, 32], data: pixels } as const;
  const outputs = await (await runtime.compile(graph)).compute({ ...Object.fromEntries(weights), images: fed });
  return Float32Array.from(outputs.probabilities?.data ?? []);
}

test('the softmax of the logits is what the classifier says of the same pixels', async () => {
  for (const name of classifierNames) {
    const extractor = openClassifierExtractor(runtime, name);
    const { logits } = await extractor.extract(images, count);
    const expected = await probabilities(readClassifier(classifierFile(name)).weights);
    assert.equal(logits?.length, count * 10);
    for (let n = 0; n < count; n++) {
      const exponentials = [...(logits?.subarray(n * 10, (n + 1) * 10) ?? [])].map(Math.exp);
      const sum = exponentials.reduce((a, b) => a + b);
      for (const [k, value] of exponentials.entries()) {
        assert.ok(Math.abs(value / sum - (expected[n * 10 + k] ?? 0)) < 1e-5, `${name}: image ${n}, class ${k}`);
      }
    }
  }
});

test('the logits are the linear function of the features that the file holds', async () => {
  const { weights } = readClassifier(classifierFile('mnist'));
  const [weight, bias] = [weights.get('classifier.logits.weight'), weights.get('classifier.logits.bias')];
  assert.deepEqual(weight?.shape, [10, 64]);
  const { features, logits } = await mnist.extract(images, count);
  assert.equal(features.length, count * 64);
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < 10; k++) {
      let expected = bias?.data[k] ?? 0;
      for (let d = 0; d < 64; d++) expected += (weight?.data[k * 64 + d] ?? 0) * (features[n * 64 + d] ?? 0);
      assert.ok(Math.abs(expected - (logits?.[n * 10 + k] ?? 0)) < 1e-4, `image ${n}, class ${k}`);
    }
  }
});

test('features do not depend on how many images are extracted with them', async () => {
  const all = (await mnist.extract(images, count)).features;
  for (const [first, n] of [
    [0, 1],
    [5, 64],
    [63, 7],
  ] as const) {
    const some = await mnist.extract(images.subarray(first * size, (first + n) * size), n);
    assert.deepEqual(some.features, all.slice(first * 64, (first + n) * 64));
  }
});

test('it tells what it is', () => {
  assert.equal(mnist.name, 'mnist');
  assert.deepEqual([mnist.resolution, mnist.dimensions, mnist.classes], [32, 64, 10]);
  const bytes = readFileSync(classifierFile('mnist'));
  assert.equal(mnist.weightsSha256, createHash('sha256').update(bytes).digest('hex'));
});

test('what does not fit is refused', async () => {
  assert.throws(() => openClassifierExtractor(runtime, 'mnits'), /Classifier "mnits".*Did you mean "mnist"/);
  const refused = (data: Float32Array, n: number) =>
    assert.rejects(
      mnist.extract(data, n),
      (error) => error instanceof UserError && error.message.includes('expected 3072 an image, [3,32,32]'),
    );
  await refused(images, count + 1);
  await refused(images.subarray(1), count);
  await refused(new Float32Array(0), 0);
});
