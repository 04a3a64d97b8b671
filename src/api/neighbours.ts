/** The images of a dataset that are most like a generated one: whether a generator copies. */

import type { Dataset } from '../data/index.ts';
import type { Runtime } from '../engine/index.ts';
import { classifierNames, openClassifierExtractor, preprocess } from '../metrics/index.ts';

/** Told after every so many images: the number that are done, and how many there are. */
type OnProgress = (done: number, total: number) => Promise<void>;

/** How unlike images are. */
export interface ImageMeasure {
  /**
   * - `pixels`: root of the mean squared difference of pixels, in steps of 255;
   * - `features`: Euclidean distance of the features that the classifier of the dataset sees.
   */
  readonly by: 'pixels' | 'features';
  readonly dataset: Dataset;
  /** Distances of an image, uint8 [C,H,W], from image `index` of the dataset. */
  distancesFrom(image: Uint8Array): Promise<(index: number) => number>;
}

const between = 1000;

export function pixelMeasure(dataset: Dataset): ImageMeasure {
  return {
    by: 'pixels',
    dataset,
    distancesFrom: async (image) => (index) => Math.sqrt(squaredDistance(image, dataset.image(index)) / image.length),
  };
}

/** The name of the classifier that knows the images of a dataset, if one comes with Sagan. `source` is what `--data` takes. */
export function classifierOf(source: string): string | undefined {
  return classifierNames.find((name) => name === source.split(':')[0]);
}

/**
 * Compares by the 64 features of a classifier that comes with Sagan, which it takes of all images of the dataset at once.
 * Throws UserError for a classifier that there is not.
 */
export async function featureMeasure(
  runtime: Runtime,
  dataset: Dataset,
  classifier: string,
  progress: OnProgress,
): Promise<ImageMeasure> {
  const extractor = openClassifierExtractor(runtime, classifier);
  const { channels, resolution, count } = dataset;
  const plane = resolution ** 2;
  const featuresOf = async (images: readonly Uint8Array[]) => {
    const pixels = new Uint8Array(images.length * 3 * plane);
    for (const [n, image] of images.entries()) {
      for (let c = 0; c < 3; c++) {
        const from = channels === 1 ? 0 : c * plane;
        pixels.set(image.subarray(from, from + plane), (3 * n + c) * plane);
      }
    }
    const batch = { pixels, count: images.length, height: resolution, width: resolution };
    const asTrained = { resizer: 'torch-bilinear', clip: false, normalization: 'symmetric' } as const;
    return (await extractor.extract(preprocess(batch, asTrained, extractor.resolution), images.length)).features;
  };
  const { dimensions } = extractor;
  const known = new Float32Array(count * dimensions);
  const atOnce = 256;
  for (let first = 0; first < count; first += atOnce) {
    await progress(first, count);
    const images = Array.from({ length: Math.min(atOnce, count - first) }, (_, i) => dataset.image(first + i));
    known.set(await featuresOf(images), first * dimensions);
  }
  return {
    by: 'features',
    dataset,
    async distancesFrom(image) {
      const features = await featuresOf([image]);
      return (index) =>
        Math.sqrt(squaredDistance(features, known.subarray(index * dimensions, (index + 1) * dimensions)));
    },
  };
}

export interface Neighbour {
  /** Of the dataset. */
  readonly index: number;
  readonly distance: number;
  /** Whether it is the image's mirror image that lies near. */
  readonly isMirrored: boolean;
}

export interface NeighbourOptions {
  readonly count: number;
  /** Whether images are mirrored in training, so that a mirrored copy is a copy too. */
  readonly flip: boolean;
  /** An image of the dataset that is passed over. */
  readonly except?: number | undefined;
}

/** The `count` images of a dataset that are most like an image, uint8 [C,H,W], the nearest first. */
export async function nearestImages(
  { dataset, distancesFrom }: ImageMeasure,
  image: Uint8Array,
  { count, flip, except }: NeighbourOptions,
  progress: OnProgress,
): Promise<Neighbour[]> {
  const asIs = await distancesFrom(image);
  const asMirrored = flip ? await distancesFrom(mirrored(image, dataset.resolution)) : undefined;
  const nearest: Neighbour[] = [];
  for (let index = 0; index < dataset.count; index++) {
    if (index % between === 0) await progress(index, dataset.count);
    if (index === except) continue;
    const straight = asIs(index);
    const turned = asMirrored?.(index) ?? Number.POSITIVE_INFINITY;
    const distance = Math.min(straight, turned);
    const last = nearest[count - 1];
    if (last !== undefined && distance >= last.distance) continue;
    const place = nearest.findIndex((other) => other.distance > distance);
    nearest.splice(place === -1 ? nearest.length : place, 0, { index, distance, isMirrored: turned < straight });
    nearest.length = Math.min(nearest.length, count);
  }
  return nearest;
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum;
}

function mirrored(image: Uint8Array, resolution: number): Uint8Array {
  return image.map((_, at) => {
    const column = at % resolution;
    return image[at - column + (resolution - 1 - column)] ?? 0;
  });
}
