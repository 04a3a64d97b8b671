/** Datasets that their authors publish as an archive: where it is, what it must be, and where it lies once unpacked. */

import { join } from 'node:path';
import { suggest, UserError } from '../base/errors.ts';
import { defaultCacheFolder } from './image-cache.ts';

/** A `.tar.gz` file and what is wanted of it. */
export interface DatasetArchive {
  /** Of the dataset. */
  readonly name: string;
  readonly url: string;
  readonly sizeBytes: number;
  /** Of the archive, in hexadecimal digits. */
  readonly sha256: string;
  /** The folder in the archive that holds the files. */
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * SHA-256 sums and sizes as others measured them: MLDatasets.jl, GoMLX and torchvision-ruby check the same sums, of archives
 * whose MD5 sums, c32a1d4ab5d03f1284b67883e8d87530 and 03b5dce01913d631647c71ecec9e9cb8, stand beside the links at
 * https://www.cs.toronto.edu/~kriz/cifar.html.
 */
export const archives: readonly DatasetArchive[] = [
  {
    name: 'cifar10',
    url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
    sizeBytes: 170_052_171,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    folder: 'cifar-10-batches-bin',
    files: [
      'data_batch_1.bin',
      'data_batch_2.bin',
      'data_batch_3.bin',
      'data_batch_4.bin',
      'data_batch_5.bin',
      'test_batch.bin',
      'batches.meta.txt',
    ],
  },
  {
    name: 'cifar100',
    url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
    sizeBytes: 168_513_733,
    sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
    folder: 'cifar-100-binary',
    files: ['train.bin', 'test.bin', 'fine_label_names.txt', 'coarse_label_names.txt'],
  },
];

/** The archive of a dataset. Throws a UserError where none is known. */
export function findArchive(name: string): DatasetArchive {
  const archive = archives.find((candidate) => candidate.name === name);
  if (archive !== undefined) return archive;
  const known = archives.map((candidate) => candidate.name);
  throw new UserError(
    `Dataset "${name}": there is no archive of this name to fetch; expected one that its authors publish. ` +
      suggest(name, known),
  );
}

/** The folder that a fetched archive is unpacked to where no other is named. */
export function fetchedFolder(name: string, cacheFolder = defaultCacheFolder()): string {
  return join(cacheFolder, name);
}
