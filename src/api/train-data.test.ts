import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetFrom } from '../data/index.ts';
import { type ConfigInput, parseConfig } from '../train/index.ts';
import { openTrainData, openTrainingImages } from './train-data.ts';

function configWith(data: Partial<ConfigInput['data']>, everySteps = 10) {
  const analysis = { everySteps };
  return parseConfig({ model: { name: 'sagan' }, data: { source: 'mnist', ...data }, analysis }, 'test');
}

const noise = (channels: 1 | 3, classes: number) =>
  datasetFrom({
    name: 'noise',
    channels,
    resolution: 32,
    images: new Uint8Array(channels * 1024 * 4),
    ...(classes > 0 && { labels: [0, 1 % classes, 0, classes - 1] }),
  });

test('a test split is held out where the dataset has one and something is analysed', async () => {
  const { dataset, heldOut } = await openTrainData({}, configWith({}));
  assert.deepEqual([dataset.count, heldOut?.count, heldOut?.channels], [60_000, 10_000, 1]);
  const unanalysed = await openTrainData({}, configWith({}, 0));
  assert.deepEqual([unanalysed.dataset.count, unanalysed.heldOut], [60_000, undefined]);
});

test('a share that is asked for is held out instead, whether or not it is looked at', async () => {
  for (const everySteps of [0, 10]) {
    const { dataset, heldOut, report } = await openTrainData({}, configWith({ holdOut: 0.25 }, everySteps));
    assert.deepEqual([dataset.count, heldOut?.count, report?.count], [45_000, 15_000, 60_000]);
  }
});

test('of a dataset that is a value, another value is held out; it must be of its kind', async () => {
  const data = noise(1, 2);
  assert.equal((await openTrainData({ data }, configWith({}))).heldOut, undefined);
  const heldOut = noise(1, 0);
  assert.equal((await openTrainData({ data, heldOut }, configWith({}))).heldOut, heldOut);
  await assert.rejects(openTrainData({ data }, configWith({ holdOut: 0.5 })), /pass the other part as heldOut/);
  await assert.rejects(
    openTrainData({ data, heldOut: noise(3, 2) }, configWith({})),
    /32×32×3, of 2 classes; expected .* 32×32×1, of 2\./,
  );
  await assert.rejects(
    openTrainData({ data, heldOut: noise(1, 3) }, configWith({})),
    /of 3 classes; expected .*of 2\./,
  );
});

test('the images that a run trains on are those of training, without what was held out', async () => {
  const config = configWith({ holdOut: 0.25 });
  const { dataset } = await openTrainData({}, config);
  const opened = await openTrainingImages(config);
  assert.equal(opened.count, 45_000);
  for (const index of [0, 17, 44_999]) assert.deepEqual(opened.image(index), dataset.image(index));
  assert.equal((await openTrainingImages(config, 'test')).count, 10_000);
  assert.equal((await openTrainingImages(configWith({}))).count, 60_000);
});
