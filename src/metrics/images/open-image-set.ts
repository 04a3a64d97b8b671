/** The sets of images that can be opened by name, and the one door to them. */

import { UserError } from '../../base/errors.ts';
import { imageFolder, openers } from '../../data/index.ts';
import { openDatasetImages } from './dataset-images.ts';
import { type FolderImagesOptions, openFolderImages } from './folder-images.ts';
import type { ImageSet } from './image-set.ts';
import { openNpzImages } from './npz-images.ts';

export interface ImageSetOptions extends FolderImagesOptions {
  /** Height and width in pixels that the images of a dataset are brought to; folders and files keep theirs. */
  readonly resolution?: number | undefined;
  /** Of a dataset; 'train' where left out. */
  readonly split?: 'train' | 'test' | undefined;
}

/**
 * Opens a `.npz` file of images, a dataset by its name, or a folder of image files.
 *
 * Throws UserError where there is nothing of this name, or what it names cannot be used.
 */
export async function openImageSet(source: string, options: ImageSetOptions = {}): Promise<ImageSet> {
  const { resolution, split, skipBad } = options;
  if (/\.npz$/i.test(source)) return openNpzImages(source);
  const opener = openers.find((candidate) => candidate.accepts(source));
  if (opener === imageFolder) return openFolderImages(source, options);
  if (opener !== undefined && resolution === undefined) {
    throw new UserError(
      `Dataset "${source}": its images are opened at one resolution, and none is given; expected a number of pixels. ` +
        'Pass --resolution, such as 32.',
    );
  }
  // A name that nothing accepts is refused whatever the resolution, with the names that there are.
  return openDatasetImages(source, { resolution: resolution ?? 32, split, skipBad });
}
