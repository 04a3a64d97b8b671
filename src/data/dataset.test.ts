import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { type Dataset, datasetFrom } from './dataset.ts';

/** Image n is [C, 2, 2] with distinct bytes, so a batch tells which images it holds and how they lie. */
function numbered(count: number, { channels = 1, flip = false }: { channels?: 1 | 3; flip?: boolean } = {}): Dataset {
  const images = Uint8Array.from({ length: count * channels * 4 }, (_, i) => i);
  const labels = Array.from({ length: count }, (_, n) => n % 3);
  return datasetFrom({ name: 'numbered', images, channels, resolution: 2, labels, flip });
}

function drawn(dataset: Dataset, position: number, batchSize: number, seed = 5): number[] {
  const { images } = dataset.batchAt(position, batchSize, seed);
  const imageSize = dataset.channels * dataset.resolution ** 2;
  return Array.from({ length: batchSize }, (_, n) => (images[n * imageSize] ?? 0) / imageSize);
}

test('a batch is a function of seed and position, whatever was drawn before', () => {
  const sequence = drawn(numbered(7), 0, 200);
  const random = new Random(1, 'positions');
  const dataset = numbered(7);
  for (let trial = 0; trial < 1000; trial++) {
    const position = random.below(190);
    const batchSize = 1 + random.below(10);
    assert.deepEqual(drawn(dataset, position, batchSize), sequence.slice(position, position + batchSize));
    if (trial % 7 === 0) drawn(dataset, random.below(50), 3, 6);
  }
  assert.notDeepEqual(drawn(dataset, 0, 50, 6), sequence.slice(0, 50));
});

test('every epoch draws every image once, in an order of its own', () => {
  const sequence = drawn(numbered(20), 0, 100);
  const epochs = [0, 1, 2, 3, 4].map((epoch) => sequence.slice(epoch * 20, epoch * 20 + 20));
  for (const epoch of epochs) {
    assert.deepEqual(
      epoch.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, n) => n),
    );
  }
  assert.equal(new Set(epochs.map(String)).size, 5);
  assert.deepEqual(epochs[3], [...new Random(5, 'data', 3).permutation(20)]);
});

test('labels travel with their images, and the batch says where it begins', () => {
  const batch = numbered(7).batchAt(11, 5, 2);
  assert.equal(batch.position, 11);
  assert.deepEqual(
    [...batch.labels],
    drawn(numbered(7), 11, 5, 2).map((n) => n % 3),
  );
});

test('flipping mirrors rows of every plane, decided by seed and position', () => {
  const [plain, flipping] = [numbered(4, { channels: 3 }), numbered(4, { channels: 3, flip: true })];
  let flipped = 0;
  for (let position = 0; position < 400; position++) {
    const before = [...plain.batchAt(position, 1, 9).images];
    const after = [...flipping.batchAt(position, 1, 9).images];
    const mirrored = before.map((_, i) => before[i ^ 1] ?? 0);
    const isFlipped = after[0] !== before[0];
    assert.deepEqual(after, isFlipped ? mirrored : before);
    if (isFlipped) flipped++;
  }
  assert.ok(flipped > 150 && flipped < 250, `${flipped} of 400 flipped`);
  assert.deepEqual(flipping.image(2), plain.image(2));
});

test('an image is a copy', () => {
  const dataset = numbered(3);
  dataset.image(1).fill(0);
  assert.deepEqual([...dataset.image(1)], [4, 5, 6, 7]);
  assert.equal(dataset.label(2), 2);
});

test('indices, positions and batch sizes out of range are refused', () => {
  const dataset = numbered(3);
  assert.throws(() => dataset.image(3), /index is 3; expected an integer from 0 to 2/);
  assert.throws(() => dataset.label(-1), /index is -1/);
  assert.throws(() => dataset.batchAt(-1, 1, 0), /position is -1/);
  assert.throws(() => dataset.batchAt(2 ** 53 - 2, 4, 0), /position is/);
  assert.throws(() => dataset.batchAt(0, 0, 0), /batchSize is 0/);
  assert.throws(() => dataset.batchAt(0, 1, -1), /seed is -1/);
});

test('values that do not fit each other are refused in words', () => {
  const values = { name: 'mine', images: new Uint8Array(8), channels: 1, resolution: 2 } as const;
  assert.deepEqual(datasetFrom(values).classNames, []);
  assert.deepEqual(datasetFrom({ ...values, labels: [0, 2] }).classNames, ['0', '1', '2']);
  assert.throws(() => datasetFrom({ ...values, channels: 3 }), /images has 8 bytes; expected a multiple of 12/);
  assert.throws(() => datasetFrom({ ...values, labels: [0] }), /1 labels for 2 images/);
  assert.throws(
    () => datasetFrom({ ...values, labels: [0, 2], classNames: ['a', 'b'] }),
    /label 1 is 2; expected 0 to 1/,
  );
  assert.throws(() => datasetFrom({ ...values, labels: [0, -1] }), /label 1 is -1/);
});
