/**
 * CIFAR-10 and CIFAR-100 in their binary version. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009;
 * the format is described at https://www.cs.toronto.edu/~kriz/cifar.html.
 *
 * A file is a row of records: a byte for each label, then 32x32 pixels as three planes, red, green, blue.
 */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { FormatError, UserError } from '../base/errors.ts';
import { fetchedFolder, findArchive } from './archives.ts';
import { createDataset, type PixelSource } from './dataset.ts';
import type { DatasetOpener, DatasetOptions, OpenedDataset } from './opener.ts';
import { centreSquare, planesToPng } from './original.ts';
import { planeResizer } from './plane-resize.ts';
import { makeReport, reasonOf } from './report.ts';

interface CifarKind {
  readonly name: string;
  /** Of the dataset whose archive holds it. */
  readonly archive: string;
  readonly files: { readonly train: readonly string[]; readonly test: readonly string[] };
  /** How many classes each label of a record chooses from. */
  readonly classCounts: readonly number[];
  /** Which of the labels is the class. */
  readonly labelAt: number;
  readonly namesFile: string;
}

const SIDE = 32;
const PLANE_BYTES = SIDE * SIDE;
const publishedCounts = { train: 50_000, test: 10_000 };

const kind10: CifarKind = {
  name: 'cifar10',
  archive: 'cifar10',
  files: { train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`), test: ['test_batch.bin'] },
  classCounts: [10],
  labelAt: 0,
  namesFile: 'batches.meta.txt',
};

const kind100: CifarKind = {
  name: 'cifar100',
  archive: 'cifar100',
  files: { train: ['train.bin'], test: ['test.bin'] },
  classCounts: [20, 100],
  labelAt: 1,
  namesFile: 'fine_label_names.txt',
};

/** 50,000 pictures of ten kinds of things to train on, 10,000 to test, 32x32, RGB. */
export const cifar10 = cifarOpener(kind10);

/** 50,000 pictures of a hundred kinds of things to train on, 10,000 to test, 32x32, RGB. */
export const cifar100 = cifarOpener(kind100);

/** CIFAR-100 by its twenty superclasses. */
export const cifar100Coarse = cifarOpener({
  ...kind100,
  name: 'cifar100-coarse',
  labelAt: 0,
  namesFile: 'coarse_label_names.txt',
});

/** Opens `NAME`, which `sagan data fetch` has fetched, `NAME:FOLDER`, and a folder with the dataset's files. */
function cifarOpener(kind: CifarKind): DatasetOpener {
  const prefix = `${kind.name}:`;
  const folderOf = (name: string, { cacheFolder }: DatasetOptions) => {
    const named = name === kind.name || name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return named === '' ? fetchedOrExplain(kind, cacheFolder) : resolve(named);
  };
  return {
    name: kind.name,
    accepts: (name) => name === kind.name || name.startsWith(prefix) || isFolderOf(kind, name),
    async open(name, options) {
      return openCifar(kind, folderOf(name, options), options);
    },
    hasTestSplit: (name, options) => holdsAll(folderOf(name, options), kind.files.test),
  };
}

/**
 * Opens one split. Other resolutions than 32 are made with the Lanczos filter, one channel with the luma of Rec. 709.
 *
 * Throws a UserError where a file is missing or of another version, a FormatError where its bytes are wrong.
 */
function openCifar(kind: CifarKind, folder: string, options: DatasetOptions): OpenedDataset {
  const { resolution, channels = 3, split = 'train', flip } = options;
  const { name, classCounts, labelAt, namesFile } = kind;
  refuseOtherVersion(kind, folder);
  const records = kind.files[split].flatMap((file) => readRecords(kind, join(folder, file)));
  const classNames = readNames(kind, join(folder, namesFile));
  const labels = Int32Array.from(records, (record) => record[labelAt] ?? 0);
  const resize = planeResizer(SIDE, SIDE, resolution);
  const coloursAt = (index: number) => records[index]?.subarray(classCounts.length) ?? new Uint8Array(); // [3, 32, 32]
  const original = { width: SIDE, height: SIDE, crop: centreSquare(SIDE, SIDE, SIDE), path: undefined };
  const pixels: PixelSource = {
    channels,
    read(index, target) {
      const colours = coloursAt(index);
      const image = channels === 3 ? colours : luma(colours);
      for (let channel = 0; channel < channels; channel++) {
        const plane = image.subarray(channel * PLANE_BYTES, (channel + 1) * PLANE_BYTES);
        resize(plane, target.subarray(channel * resolution ** 2, (channel + 1) * resolution ** 2));
      }
    },
  };
  const count = records.length;
  return {
    dataset: createDataset({ name, channels, resolution, classNames, labels, pixels, flip }),
    report: makeReport({
      name,
      source: folder,
      classNames,
      labels,
      images: Array.from(records, () => ({ width: SIDE, height: SIDE, kind: 'colour' })),
      enlarged: resolution > SIDE ? count : 0,
      badFiles: [],
      warnings:
        count === publishedCounts[split]
          ? []
          : [
              `There are ${count} images; ${name} has ${publishedCounts[split]} to ${split}. This is a part of it, or another.`,
            ],
    }),
    originals: { at: () => original, picture: (index) => planesToPng(coloursAt(index), SIDE, SIDE) },
  };
}

/** The records of a file, labels and all, with every label checked. */
function readRecords({ name, classCounts }: CifarKind, file: string): Uint8Array[] {
  const recordBytes = classCounts.length + 3 * PLANE_BYTES;
  const bytes = readOrExplain(name, file);
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    throw new FormatError(
      file,
      `the file has ${bytes.length} bytes; expected a multiple of ${recordBytes}, the size of a record of ${name}. ` +
        'It is cut short or something else: unpack it again from the archive.',
      bytes.length,
    );
  }
  return Array.from({ length: bytes.length / recordBytes }, (_, index) => {
    const record = bytes.subarray(index * recordBytes, (index + 1) * recordBytes);
    const wrong = classCounts.findIndex((classes, at) => (record[at] ?? 0) >= classes);
    if (wrong === -1) return record;
    throw new FormatError(
      file,
      `a label of image ${index} is ${record[wrong]}; expected 0 to ${(classCounts[wrong] ?? 0) - 1}. ` +
        `Check that the file is one of ${name}, or unpack it again from the archive.`,
      index * recordBytes + wrong,
    );
  });
}

/** A name a line; the published files end in an empty one. */
function readNames({ name, classCounts, labelAt }: CifarKind, file: string): string[] {
  const lines = readOrExplain(name, file).toString('utf8').split('\n');
  const names = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (names.length === classCounts[labelAt]) return names;
  throw new FormatError(
    file,
    `the file has ${names.length} names; expected ${classCounts[labelAt]}, one a line for each class of ${name}. ` +
      'Unpack it again from the archive.',
  );
}

/** Rec. 709: 0.2126 R + 0.7152 G + 0.0722 B. [3, 32, 32] to [1, 32, 32]. */
function luma(colours: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: PLANE_BYTES }, (_, i) => {
    const [red = 0, green = 0, blue = 0] = [colours[i], colours[PLANE_BYTES + i], colours[2 * PLANE_BYTES + i]];
    return Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  });
}

function readOrExplain(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UserError(
      `${file}: cannot be read (${reasonOf(error)}); expected a file of ${name}. ` +
        'Put it there, or pass the folder that holds it.',
    );
  }
}

function fetchedOrExplain({ name, archive }: CifarKind, cacheFolder: string | undefined): string {
  const folder = fetchedFolder(archive, cacheFolder);
  if (existsSync(folder)) return folder;
  throw new UserError(
    `Dataset ${name}: there is nothing at ${folder}; expected the files of ${basename(findArchive(archive).url)}. ` +
      `Fetch them with "sagan data fetch ${archive}", or pass ${name}:FOLDER.`,
  );
}

function isFolderOf(kind: CifarKind, folder: string): boolean {
  const { train, test } = kind.files;
  return (
    isFile(join(folder, kind.namesFile)) ||
    holdsAll(folder, [...train, ...test]) ||
    otherVersion(kind, folder) !== undefined
  );
}

/** The authors publish the same pictures for Python and MATLAB too, in formats of these. */
function refuseOtherVersion(kind: CifarKind, folder: string): void {
  const { name, url } = findArchive(kind.archive);
  const version = otherVersion(kind, folder);
  if (version !== undefined) {
    throw new UserError(
      `${folder}: the files are those of the ${version} version; expected the binary version, ${basename(url)}. ` +
        `Fetch it with "sagan data fetch ${name}".`,
    );
  }
  if (isFile(folder)) {
    throw new UserError(
      `${folder}: this is a file; expected the folder that the archive ${basename(url)} unpacks to. ` +
        `If the file is that archive, unpack it with "sagan data fetch ${name} --from FILE".`,
    );
  }
}

function otherVersion({ files }: CifarKind, folder: string): 'Python' | 'MATLAB' | undefined {
  const stems = [...files.train, ...files.test].map((file) => basename(file, '.bin'));
  if (holdsAll(folder, stems)) return 'Python';
  return holdsAll(
    folder,
    stems.map((stem) => `${stem}.mat`),
  )
    ? 'MATLAB'
    : undefined;
}

function holdsAll(folder: string, names: readonly string[]): boolean {
  return names.every((name) => isFile(join(folder, name)));
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
