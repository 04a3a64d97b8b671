import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { Random } from '../../base/random.ts';
import { openDataset } from '../../data/index.ts';
import { openRuntime } from '../../engine/index.ts';
import { type Classifier, classAccuracy, classifierNames, openClassifier } from './class-accuracy.ts';
import type { ImageFormat } from './classifier.ts';

const runtime = await openRuntime({ threads: 2 });
const mnist = openClassifier(runtime, 'mnist');
const grey32: ImageFormat = { channels: 1, resolution: 32 };
const dot: ImageFormat = { channels: 1, resolution: 1 };

async function digits(count: number, format: ImageFormat = grey32) {
  const { dataset } = await openDataset('mnist', { ...format, split: 'test' });
  return dataset.batchAt(0, count, 7);
}

/** Assigns an image of one pixel to the class that the pixel's value names. */
const reader: Pick<Classifier, 'classes' | 'classify'> = {
  classes: 3,
  classify: async (images) => ({
    labels: Int32Array.from(images),
    confidence: new Float32Array(images.length).fill(1),
  }),
};

const score = (assigned: number[], asked: number[]) =>
  classAccuracy(reader, Uint8Array.from(assigned), Int32Array.from(asked), dot);

test('the classifier of MNIST is right about 98.5 % of its test images at least, and its file tells how many', async () => {
  const { images, labels } = await digits(10_000);
  const { accuracy, perClass, confusion } = await classAccuracy(mnist, images, labels, grey32);
  assert.ok(accuracy >= 0.985, `accuracy ${accuracy}`);
  // An image or two near a tie may fall to the other side where another processor rounds otherwise.
  const told = Number(mnist.metadata.get('testAccuracy'));
  assert.ok(Math.abs(Math.round(10_000 * (accuracy - told))) <= 2, `accuracy ${accuracy}, but the file tells ${told}`);
  assert.ok(perClass.every((share) => share !== null && share > 0.97));
  assert.equal(
    confusion.flat().reduce((sum, images) => sum + images),
    10_000,
  );
});

test('the classifiers that come with Sagan can be opened, and tell what they are', () => {
  const expected: Record<string, number> = { mnist: 0.985, 'fashion-mnist': 0.9 };
  assert.deepEqual([...classifierNames], Object.keys(expected));
  for (const name of classifierNames) {
    const { classes, metadata } = openClassifier(runtime, name);
    assert.equal(classes, 10);
    assert.equal(metadata.get('dataset'), name);
    assert.equal(metadata.get('createdBy'), 'scripts/train-classifier.ts');
    assert.ok(Number(metadata.get('testAccuracy')) >= (expected[name] ?? 1));
  }
});

test('all right is 1, all wrong is 0', async () => {
  const right = await score([0, 1, 2, 2], [0, 1, 2, 2]);
  assert.equal(right.accuracy, 1);
  assert.deepEqual(right.perClass, [1, 1, 1]);
  const wrong = await score([1, 2, 0, 0], [0, 1, 2, 2]);
  assert.equal(wrong.accuracy, 0);
  assert.deepEqual(wrong.perClass, [0, 0, 0]);
});

test('confusion is by the class asked for, then by the class assigned; a class not asked for has no share', async () => {
  assert.deepEqual(await score([0, 0, 1, 2, 2], [0, 1, 1, 1, 1]), {
    accuracy: 2 / 5,
    perClass: [1, 1 / 4, null],
    confusion: [
      [1, 0, 0],
      [1, 1, 2],
      [0, 0, 0],
    ],
    recognised: 1,
    effectiveClasses: Math.exp(-(0.8 * Math.log(0.4) + 0.2 * Math.log(0.2))),
  });
});

test('the result does not depend on how many images are judged at a time', async () => {
  const { images } = await digits(50);
  const expected = await mnist.classify(images, grey32);
  for (const batch of [1, 7, 50, 64]) {
    const { labels, confidence } = await openClassifier(runtime, 'mnist', { batch }).classify(images, grey32);
    assert.deepEqual(labels, expected.labels);
    // Matrix products of other sizes add up in another order.
    assert.ok(confidence.every((value, n) => Math.abs(value - (expected.confidence[n] ?? 0)) < 1e-5));
  }
});

test('confidence is the probability of the class assigned', async () => {
  const { images } = await digits(300);
  const { confidence } = await mnist.classify(images, grey32);
  assert.ok(confidence.every((value) => value > 0.1 && value <= 1));
  assert.ok(confidence.reduce((sum, value) => sum + value) / 300 > 0.97);
});

test('colour is averaged to grey, and other resolutions are brought to 32', async () => {
  for (const format of [
    { channels: 3, resolution: 32 },
    { channels: 1, resolution: 48 },
    { channels: 1, resolution: 64 },
    { channels: 3, resolution: 128 },
  ] as const) {
    const { images, labels } = await digits(300, format);
    const { accuracy } = await classAccuracy(mnist, images, labels, format);
    assert.ok(accuracy >= 0.98, `${format.channels} channels of ${format.resolution} pixels: ${accuracy}`);
  }
  // One colour channel of three with three times the ink, and grey: the same image.
  const { images } = await digits(10);
  const grey = images.map((value) => Math.floor(value / 3));
  const red = new Uint8Array(30 * 1024);
  for (let n = 0; n < 10; n++)
    red.set(
      grey.subarray(n * 1024, (n + 1) * 1024).map((value) => 3 * value),
      n * 3072,
    );
  const ofRed = await mnist.classify(red, { channels: 3, resolution: 32 });
  const ofGrey = await mnist.classify(grey, grey32);
  assert.deepEqual(ofRed.labels, ofGrey.labels);
  assert.ok(ofRed.confidence.every((value, n) => Math.abs(value - (ofGrey.confidence[n] ?? 0)) < 1e-5));
});

test('noise, black and white are judged too', async () => {
  const noise = Uint8Array.from(new Random(3, 'noise').integers(40 * 1024, 256));
  noise.fill(0, 0, 1024).fill(255, 1024, 2048);
  const { labels, confidence } = await mnist.classify(noise, grey32);
  assert.equal(labels.length, 40);
  assert.ok(labels.every((label) => label >= 0 && label < 10));
  assert.ok(confidence.every((value) => value >= 0.1 && value <= 1));
});

test('what does not fit is refused', async () => {
  const refused = (judged: Promise<unknown>, message: RegExp) =>
    assert.rejects(judged, (error) => error instanceof UserError && message.test(error.message));
  assert.throws(() => openClassifier(runtime, 'mnits'), /Classifier "mnits".*Did you mean "mnist"/);
  await refused(mnist.classify(new Uint8Array(1023), grey32), /1023 bytes; expected a positive multiple of 1024/);
  await refused(mnist.classify(new Uint8Array(0), grey32), /0 bytes/);
  const format: ImageFormat = { channels: 1, resolution: 100 };
  await refused(mnist.classify(new Uint8Array(100 * 100), format), /100×100 pixels; expected at most 64×64/);
  await refused(score([0, 1], [0]), /1 labels for 2 images/);
  await refused(score([0], [3]), /label 0 is 3; expected 0 to 2/);
  await refused(score([0], [-1]), /label 0 is -1/);
});
