/** What training draws from: labelled images, and batches that depend on nothing but seed and position. */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { PixelFile } from './pixel-file.ts';

export interface Batch {
  /** [N, C, H, W] */
  readonly images: Uint8Array<ArrayBuffer>;
  /** [N] */
  readonly labels: Int32Array<ArrayBuffer>;
  /** Images drawn before this batch. */
  readonly position: number;
}

export interface Dataset {
  readonly name: string;
  readonly count: number;
  readonly channels: 1 | 3;
  /** Height and width in pixels. */
  readonly resolution: number;
  /** Empty where the images have no labels; every label is then 0. */
  readonly classNames: readonly string[];
  /** A copy of one image, [C, H, W]. */
  image(index: number): Uint8Array<ArrayBuffer>;
  label(index: number): number;
  /**
   * The images at `position` … `position + batchSize − 1` of an endless sequence of permutations, one an epoch:
   * a function of (seed, position) alone.
   */
  batchAt(position: number, batchSize: number, seed: number): Batch;
}

/** Where the pixels of a dataset are kept: in memory, or in a file. */
export interface PixelSource {
  readonly channels: 1 | 3;
  /** Fills `target` with the first bytes of image `index`, [C, H, W]. */
  read(index: number, target: Uint8Array): void;
  /** The file; left out for pixels in memory. */
  readonly pixelFile?: PixelFile | undefined;
}

export interface DatasetParts {
  readonly name: string;
  /** 3 repeats the plane of a grey source, 1 takes the first plane of a source whose planes are equal. */
  readonly channels: 1 | 3;
  readonly resolution: number;
  readonly classNames: readonly string[];
  /** [N] */
  readonly labels: Int32Array;
  readonly pixels: PixelSource;
  /** Mirror each drawn image left to right with probability 1/2, decided by (seed, position). */
  readonly flip?: boolean | undefined;
}

/** The parts of a dataset whose pixels lie in a file, as plain data: another thread makes the same dataset of it. */
export type FiledDataset = Omit<DatasetParts, 'pixels'> & { readonly pixels: PixelFile };

/** A dataset on top of any source of pixels. Indices, positions and batch sizes out of range throw a RangeError. */
export function createDataset(parts: DatasetParts): Dataset {
  const { name, channels, resolution, classNames, labels, pixels, flip = false } = parts;
  const count = labels.length;
  const planeSize = resolution * resolution;
  const imageSize = channels * planeSize;

  function copyImage(index: number, target: Uint8Array): void {
    pixels.read(index, target.subarray(0, Math.min(channels, pixels.channels) * planeSize));
    for (let channel = pixels.channels; channel < channels; channel++) {
      target.copyWithin(channel * planeSize, 0, planeSize);
    }
  }

  function checkIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`Dataset ${name}: index is ${index}; expected an integer from 0 to ${count - 1}.`);
    }
  }

  let order = { seed: -1, epoch: -1, indices: new Uint32Array(0) };
  /** The index drawn at `position`. Only the permutation in use is remembered, for speed. */
  function indexAt(position: number, seed: number): number {
    const epoch = Math.floor(position / count);
    if (order.seed !== seed || order.epoch !== epoch) {
      order = { seed, epoch, indices: new Random(seed, 'data', epoch).permutation(count) };
    }
    return order.indices[position % count] ?? 0;
  }

  const dataset: Dataset = {
    name,
    count,
    channels,
    resolution,
    classNames,
    image(index) {
      checkIndex(index);
      const image = new Uint8Array(imageSize);
      copyImage(index, image);
      return image;
    },
    label(index) {
      checkIndex(index);
      return labels[index] ?? 0;
    },
    batchAt(position, batchSize, seed) {
      if (!Number.isInteger(batchSize) || batchSize < 1) {
        throw new RangeError(`Dataset ${name}: batchSize is ${batchSize}; expected an integer of 1 or more.`);
      }
      if (position < 0 || !Number.isSafeInteger(position) || !Number.isSafeInteger(position + batchSize)) {
        throw new RangeError(`Dataset ${name}: position is ${position}; expected a non-negative integer below 2^53.`);
      }
      const images = new Uint8Array(batchSize * imageSize);
      const batchLabels = new Int32Array(batchSize);
      for (let n = 0; n < batchSize; n++) {
        const index = indexAt(position + n, seed);
        const image = images.subarray(n * imageSize, (n + 1) * imageSize);
        copyImage(index, image);
        if (flip && new Random(seed, 'flip', position + n).below(2) === 1) mirror(image, resolution);
        batchLabels[n] = labels[index] ?? 0;
      }
      return { images, labels: batchLabels, position };
    },
  };
  if (pixels.pixelFile !== undefined) recipes.set(dataset, { ...parts, pixels: pixels.pixelFile });
  return dataset;
}

/** By dataset, so that one that somebody has made of another is never taken for it. */
const recipes = new WeakMap<Dataset, FiledDataset>();

/** What makes the same dataset in another thread; undefined unless `createDataset` made this one of pixels in a file. */
export function recipeOf(dataset: Dataset): FiledDataset | undefined {
  return recipes.get(dataset);
}

/** Reverses every row of an image in place. */
function mirror(image: Uint8Array, width: number): void {
  for (let row = 0; row < image.length; row += width) image.subarray(row, row + width).reverse();
}

export interface DatasetValues {
  readonly name: string;
  /** [N, C, H, W], H = W = `resolution`; kept, not copied. */
  readonly images: Uint8Array;
  readonly channels: 1 | 3;
  readonly resolution: number;
  /** [N], each 0 … K − 1; left out for unlabelled images. */
  readonly labels?: ArrayLike<number> | undefined;
  /** K names; '0', '1', … up to the largest label where left out. */
  readonly classNames?: readonly string[] | undefined;
  readonly flip?: boolean | undefined;
}

/**
 * A dataset made of values: the way to train on images that no opener of ours reads.
 *
 * Throws a UserError where lengths, labels and names do not fit each other.
 */
export function datasetFrom(values: DatasetValues): Dataset {
  const { name, images, channels, resolution, flip } = values;
  const imageSize = channels * resolution * resolution;
  const count = images.length / imageSize;
  if (!Number.isInteger(count) || count < 1) {
    throw new UserError(
      `Dataset ${name}: images has ${images.length} bytes; expected a multiple of ${imageSize}, ` +
        `the size of one image [${channels},${resolution},${resolution}]. Check channels and resolution.`,
    );
  }
  const labels = Int32Array.from(values.labels ?? new Int32Array(count));
  if (labels.length !== count) {
    throw new UserError(
      `Dataset ${name}: ${labels.length} labels for ${count} images; expected one an image. ` +
        'Leave labels out for unlabelled images.',
    );
  }
  const classNames = values.labels === undefined ? [] : (values.classNames ?? numberedClasses(labels));
  const wrong = labels.findIndex((label) => label < 0 || label >= Math.max(1, classNames.length));
  if (wrong !== -1) {
    throw new UserError(
      `Dataset ${name}: label ${wrong} is ${labels[wrong]}; expected 0 to ${classNames.length - 1}, ` +
        `an index into the ${classNames.length} class names. Number the classes from 0, or name them all.`,
    );
  }
  const pixels: PixelSource = {
    channels,
    read: (index, target) => target.set(images.subarray(index * imageSize, index * imageSize + target.length)),
  };
  return createDataset({ name, channels, resolution, classNames, labels, pixels, flip });
}

/** '0' … 'K − 1', where K − 1 is the largest label. */
export function numberedClasses(labels: Int32Array): string[] {
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  return Array.from({ length: largest + 1 }, (_, label) => String(label));
}
