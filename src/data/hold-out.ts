/** Images of a dataset's kind that are never trained on: its test split, or a share of it that is left out. */

import { UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { createDataset, type Dataset, type PixelSource, recipeOf } from './dataset.ts';
import { openers } from './open.ts';
import type { DatasetOptions } from './opener.ts';
import { pixelsIn } from './pixel-file.ts';

/** Opens the test split of a dataset; undefined where it has none. Throws as `openDataset` does. */
export async function openTestSplit(name: string, options: DatasetOptions): Promise<Dataset | undefined> {
  const opener = openers.find((candidate) => candidate.accepts(name));
  if (opener?.hasTestSplit?.(name, options) !== true) return undefined;
  return (await opener.open(name, { ...options, split: 'test' })).dataset;
}

/**
 * Parts a dataset: the images to train on, and a `share` of them, drawn at random but always the same, to hold out.
 * `trainingIndices` says where in the dataset the images of the first part stand. `flip` is what the dataset was opened with, as
 * both parts mirror images on their own.
 *
 * Throws a UserError where either part would have fewer than two images.
 */
export function holdOut(
  dataset: Dataset,
  share: number,
  flip: boolean,
): { training: Dataset; heldOut: Dataset; trainingIndices: Uint32Array } {
  const { name, count } = dataset;
  const heldOut = Math.round(share * count);
  if (heldOut < 2 || count - heldOut < 2) {
    throw new UserError(
      `Dataset ${name}: data.holdOut is ${share}, which is ${heldOut} of ${count} images; expected two or more to be held out, ` +
        'and as many to be left. Choose another share, or 0 to train on all.',
    );
  }
  // Not of the run's seed: runs on the same images are to hold out the same.
  const order = new Random(0, 'holdOut').permutation(count);
  const trainingIndices = order.subarray(heldOut).toSorted();
  return {
    training: partOf(dataset, trainingIndices, flip),
    heldOut: partOf(dataset, order.subarray(0, heldOut).toSorted(), flip),
    trainingIndices,
  };
}

function partOf(dataset: Dataset, indices: Uint32Array, flip: boolean): Dataset {
  const { name, channels, resolution, classNames } = dataset;
  return createDataset({
    name,
    channels,
    resolution,
    classNames,
    labels: Int32Array.from(indices, (index) => dataset.label(index)),
    pixels: pixelsOfPart(dataset, indices),
    flip,
  });
}

/** Pixels in a file stay there. */
function pixelsOfPart(dataset: Dataset, indices: Uint32Array): PixelSource {
  const { channels } = dataset;
  const file = recipeOf(dataset)?.pixels;
  if (file === undefined) return { channels, read: (i, target) => target.set(dataset.image(indices[i] ?? 0)) };
  return pixelsIn({ ...file, indices: indices.map((index) => file.indices?.[index] ?? index) });
}
