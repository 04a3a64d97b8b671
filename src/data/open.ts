/** The datasets that can be opened by name, and the one door to them. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggest, UserError } from '../base/errors.ts';
import { cifar10, cifar100, cifar100Coarse } from './cifar.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { idxFolder } from './idx-folder.ts';
import { imageFolder } from './image-folder.ts';
import { matchingPairs } from './matching-pairs.ts';
import { mnist } from './mnist.ts';
import type { DatasetOpener, DatasetOptions, OpenedDataset } from './opener.ts';

/** The first that accepts a name opens it. */
export const openers: readonly DatasetOpener[] = [
  mnist,
  fashionMnist,
  cifar10,
  cifar100,
  cifar100Coarse,
  matchingPairs,
  idxFolder,
  imageFolder,
];

const LARGEST_RESOLUTION = 4096;

/**
 * Opens `mnist`, `fashion-mnist:FOLDER`, `cifar10` and its kin, a folder of IDX files or a folder of images.
 *
 * Throws a UserError where the name is no dataset and no folder, or where what it names cannot be used.
 */
export async function openDataset(name: string, options: DatasetOptions): Promise<OpenedDataset> {
  const { resolution } = options;
  if (!Number.isInteger(resolution) || resolution < 1 || resolution > LARGEST_RESOLUTION) {
    throw new UserError(
      `resolution is ${resolution}; expected a whole number of pixels up to ${LARGEST_RESOLUTION}. Try 32 or 64.`,
    );
  }
  const opener = openers.find((candidate) => candidate.accepts(name));
  if (opener !== undefined) return opener.open(name, options);
  const [beforeColon = name] = name.split(':');
  const known = openers.map((candidate) => candidate.name);
  const seen = existsSync(name) ? 'there is a file' : 'there is nothing';
  throw new UserError(
    `Dataset "${name}": no dataset has this name, and ${seen} at ${resolve(name)}; expected a name or a folder. ` +
      suggest(beforeColon, known),
  );
}
