/** A folder with the four IDX files of MNIST, under their usual names: MNIST, Fashion-MNIST, KMNIST, EMNIST. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FormatError, UserError } from '../base/errors.ts';
import { createDataset, numberedClasses, type PixelSource } from './dataset.ts';
import { readLabelledImages } from './idx.ts';
import type { DatasetOpener, DatasetOptions, OpenedDataset } from './opener.ts';
import { centreSquare, planesToPng } from './original.ts';
import { paddedSide, planeResizer } from './plane-resize.ts';
import { makeReport } from './report.ts';

const fileNames = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

const LARGEST_SIDE = 1024;

export const idxFolder: DatasetOpener = {
  name: 'FOLDER of IDX files',
  accepts: (name) => Object.values(fileNames).some(({ images }) => findFile(name, images) !== undefined),
  open: (name, options) => openIdxFolder(name, name, options),
  hasTestSplit: holdsTestSplit,
};

/**
 * Opens one split of a folder of IDX files. Images are centred on a square of zeros whose side is a power of two
 * (28x28 becomes 32x32), then resized where the resolution is another.
 *
 * Throws a UserError where a file is missing, a FormatError where its bytes are wrong or a label has no class name.
 */
export async function openIdxFolder(
  name: string,
  folder: string,
  options: DatasetOptions,
  knownClassNames?: readonly string[],
): Promise<OpenedDataset> {
  const { resolution, channels = 1, split = 'train', flip } = options;
  const source = resolve(folder);
  const labelsFile = needFile(source, fileNames[split].labels);
  const imagesFile = needFile(source, fileNames[split].images);
  const { images, labels, count, width, height } = readLabelledImages(imagesFile, labelsFile);
  const classNames = knownClassNames ?? numberedClasses(labels);
  const wrong = labels.findIndex((label) => label >= classNames.length);
  if (wrong !== -1) {
    throw new FormatError(
      labelsFile,
      `label ${wrong} is ${labels[wrong]}; expected 0 to ${classNames.length - 1}, the classes of ${name}. ` +
        'Open the folder by its path alone if it holds another dataset.',
      8 + wrong,
    );
  }
  const side = paddedSide(height, width);
  if (side > LARGEST_SIDE) {
    throw new FormatError(
      imagesFile,
      `images of ${width}x${height} pixels; expected at most ${LARGEST_SIDE}x${LARGEST_SIDE}. ` +
        'Check that the file is what its name says, or export it as a folder of images.',
      8,
    );
  }
  const resize = planeResizer(height, width, resolution);
  const imageAt = (index: number) => images.subarray(index * height * width, (index + 1) * height * width);
  const pixels: PixelSource = { channels: 1, read: (index, target) => resize(imageAt(index), target) };
  const original = { width, height, crop: centreSquare(width, height, side), path: undefined };
  return {
    dataset: createDataset({ name, channels, resolution, classNames, labels, pixels, flip }),
    report: makeReport({
      name,
      source,
      classNames,
      labels,
      images: Array.from({ length: count }, () => ({ width, height, kind: 'grey' })),
      enlarged: resolution > side ? count : 0,
      badFiles: [],
      warnings: [],
    }),
    originals: { at: () => original, picture: (index) => planesToPng(imageAt(index), width, height) },
  };
}

/** Whether a folder holds the images and the labels of the split. */
export function holdsTestSplit(folder: string): boolean {
  return Object.values(fileNames.test).every((name) => findFile(folder, name) !== undefined);
}

/** The path of `name` or `name.gz` in a folder, or undefined. */
function findFile(folder: string, name: string): string | undefined {
  return [join(folder, name), join(folder, `${name}.gz`)].find((file) => existsSync(file));
}

function needFile(folder: string, name: string): string {
  const file = findFile(folder, name);
  if (file !== undefined) return file;
  throw new UserError(
    `${folder}: there is no ${name} or ${name}.gz; expected the images and the labels of the split. ` +
      'Put the file there, or pass the folder that holds it.',
  );
}
