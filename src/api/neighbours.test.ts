import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../base/random.ts';
import { datasetFrom } from '../data/index.ts';
import { openRuntime } from '../engine/index.ts';
import { openClassifierExtractor } from '../metrics/index.ts';
import { classifierOf, featureMeasure, nearestImages, pixelMeasure } from './neighbours.ts';

const runtime = await openRuntime({ threads: 1 });
const count = 300;
const size = 32 * 32;
const pixels = Uint8Array.from(new Random(1, 'pixels').integers(count * size, 256));
const dataset = datasetFrom({ name: 'noise', images: pixels, channels: 1, resolution: 32 });
const imageAt = (index: number) => pixels.slice(index * size, (index + 1) * size);
const quiet = async () => undefined;

test('pixels: the nearest come first, by the distance that it says', async () => {
  const image = imageAt(17);
  image[3] = (image[3] ?? 0) ^ 8;
  const options = { count: 5, flip: false };
  const found = await nearestImages(pixelMeasure(dataset), image, options, quiet);
  const distances = Array.from({ length: count }, (_, index) => ({
    index,
    distance: Math.sqrt(imageAt(index).reduce((sum, value, i) => sum + (value - (image[i] ?? 0)) ** 2, 0) / size),
    isMirrored: false,
  }));
  const expected = distances.toSorted((a, b) => a.distance - b.distance).slice(0, 5);
  assert.deepEqual(found, expected);
  assert.deepEqual([found[0]?.index, found[0]?.distance], [17, Math.sqrt(64 / size)]);
  const others = await nearestImages(pixelMeasure(dataset), image, { ...options, except: 17 }, quiet);
  assert.deepEqual(others.slice(0, 4), expected.slice(1));
  const all = await nearestImages(pixelMeasure(dataset), image, { count: 1000, flip: false }, quiet);
  assert.equal(all.length, count);
});

test('features: as the classifier gives them, of all images', async () => {
  const told: string[] = [];
  const measure = await featureMeasure(
    runtime,
    dataset,
    'mnist',
    async (done, total) => void told.push(`${done}/${total}`),
  );
  assert.deepEqual(told, ['0/300', '256/300']);
  const asRgb = (index: number) => {
    const plane = Float32Array.from(imageAt(index), (value) => (2 * value) / 255 - 1);
    return [...plane, ...plane, ...plane];
  };
  const extractor = openClassifierExtractor(runtime, 'mnist');
  const { features } = await extractor.extract(Float32Array.from([asRgb(299), asRgb(4)].flat()), 2);
  const expected = Math.hypot(...features.slice(0, 64).map((value, d) => value - (features[64 + d] ?? 0)));
  const distanceFrom = await measure.distancesFrom(imageAt(299));
  assert.ok(Math.abs(distanceFrom(4) - expected) < 1e-4 * expected, `${distanceFrom(4)}, not ${expected}`);
  assert.ok(distanceFrom(299) < 1e-4 * expected);
  const [nearest] = await nearestImages(measure, imageAt(299), { count: 1, flip: false }, quiet);
  assert.equal(nearest?.index, 299);
});

test('the classifier of a dataset is found by its name', () => {
  assert.deepEqual(['mnist', 'fashion-mnist:5000', 'photos/'].map(classifierOf), ['mnist', 'fashion-mnist', undefined]);
});
