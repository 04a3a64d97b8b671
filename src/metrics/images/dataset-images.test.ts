import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import { datasetFrom } from '../../data/index.ts';
import { datasetImages } from './dataset-images.ts';
import { openImageSet } from './open-image-set.ts';

const values = {
  name: 'dots',
  resolution: 2,
  labels: [1, 0, 1],
  classNames: ['off', 'on'],
};
const grey = datasetFrom({ ...values, channels: 1, images: Uint8Array.from({ length: 12 }, (_, i) => i) });
const colour = datasetFrom({ ...values, channels: 3, images: Uint8Array.from({ length: 36 }, (_, i) => i) });

test('images and labels come in order, grey ones as three equal planes', async () => {
  const seen = [];
  for await (const { pixels, count, labels } of datasetImages(grey).batches(2))
    seen.push([count, [...labels], [...pixels]]);
  const planes = (...reds: number[]) => [...reds, ...reds, ...reds];
  assert.deepEqual(seen, [
    [2, [1, 0], [...planes(0, 1, 2, 3), ...planes(4, 5, 6, 7)]],
    [1, [1], planes(8, 9, 10, 11)],
  ]);
  for await (const { pixels } of datasetImages(colour).batches(9))
    assert.deepEqual(
      [...pixels],
      Array.from({ length: 36 }, (_, i) => i),
    );
  assert.deepEqual(datasetImages(colour).classNames, ['off', 'on']);
});

test('the fingerprint changes with a pixel and with a label', () => {
  const images = Uint8Array.from({ length: 12 }, (_, i) => i);
  const print = (labels: number[], pixels: Uint8Array) =>
    datasetImages(datasetFrom({ ...values, labels, channels: 1, images: pixels })).fingerprint;
  assert.equal(print([1, 0, 1], images), datasetImages(grey).fingerprint);
  assert.notEqual(print([1, 0, 0], images), datasetImages(grey).fingerprint);
  assert.notEqual(
    print(
      [1, 0, 1],
      images.map((value) => value + 1),
    ),
    datasetImages(grey).fingerprint,
  );
});

test('a dataset is opened by its name, at a resolution', async () => {
  const images = await openImageSet('mnist', { resolution: 32, split: 'test' });
  assert.equal(images.name, 'mnist (test)');
  assert.equal(images.count, 10_000);
  assert.equal(images.classNames.length, 10);
  for await (const { count, height, width } of images.batches(5)) {
    assert.deepEqual([count, height, width], [5, 32, 32]);
    break;
  }
  const refused = (opened: Promise<unknown>, message: RegExp) =>
    assert.rejects(opened, (error) => error instanceof UserError && message.test(error.message));
  await refused(openImageSet('mnist'), /Dataset "mnist": its images are opened at one resolution, and none is given/);
  await refused(openImageSet('mnits', { resolution: 32 }), /Did you mean "mnist"/);
  await refused(openImageSet('nowhere.npz'), /nowhere\.npz: there is no such file/);
});
