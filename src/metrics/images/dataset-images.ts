/** A dataset, as it is trained on, as a set of images. */

import { createHash } from 'node:crypto';
import { type Dataset, type DatasetOptions, openDataset } from '../../data/index.ts';
import { inBatches, type LabelledImage } from './batching.ts';
import type { ImageSet } from './image-set.ts';
import { toPlanes } from './planes.ts';

export type DatasetImagesOptions = Pick<
  DatasetOptions,
  'resolution' | 'split' | 'cacheFolder' | 'onProgress' | 'skipBad'
>;

/** Opens a dataset by its name and takes all its images, in order. Throws UserError as `openDataset` does. */
export async function openDatasetImages(name: string, options: DatasetImagesOptions): Promise<ImageSet> {
  const { dataset } = await openDataset(name, options);
  return datasetImages(dataset, options.split === undefined ? name : `${name} (${options.split})`);
}

/** The images of a dataset, in order, with their labels; grey ones as three equal planes. */
export function datasetImages(dataset: Dataset, name = dataset.name): ImageSet {
  const { count, classNames } = dataset;
  return {
    name,
    count,
    classNames,
    fingerprint: fingerprintOf(dataset),
    warnings: [],
    batches: (size) => inBatches(imagesOf(dataset), size),
  };
}

async function* imagesOf(dataset: Dataset): AsyncGenerator<LabelledImage> {
  const { count, channels, resolution } = dataset;
  const plane = resolution * resolution;
  for (let index = 0; index < count; index++) {
    const image = dataset.image(index);
    const pixels = channels === 3 ? image : new Uint8Array(3 * plane);
    if (channels === 1) toPlanes(image, 1, pixels);
    yield { pixels, height: resolution, width: resolution, label: dataset.label(index) };
  }
}

/** A dataset may come from anywhere and does not tell when it changes: its pixels do. */
function fingerprintOf(dataset: Dataset): string {
  const { name, count, channels, resolution, classNames } = dataset;
  const hash = createHash('sha256').update(JSON.stringify({ name, count, channels, resolution, classNames }));
  for (let index = 0; index < count; index++) hash.update(dataset.image(index)).update(`${dataset.label(index)},`);
  return hash.digest('hex');
}
