/** A folder of images: a class per sub-folder, or no classes. Decoded once, kept in a cache, read from there. */

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { UserError } from '../base/errors.ts';
import { createDataset } from './dataset.ts';
import { createImageCache, defaultCacheFolder, type ImageCache, type Manifest, openImageCache } from './image-cache.ts';
import { type DecodedImage, type DecodeOptions, decodeImage, drawImage, resizeFilter } from './image-decoding.ts';
import { type ImageFile, type ImageListing, listImages } from './image-listing.ts';
import type { DatasetOpener, DatasetOptions, OpenedDataset } from './opener.ts';
import { centreSquare, type Originals } from './original.ts';
import { type BadFile, listBad, makeReport, reasonOf } from './report.ts';

/** Files in the works at once: enough to keep the decoder's threads busy. */
const FILES_AT_ONCE = 16;

export const imageFolder: DatasetOpener = {
  name: 'FOLDER of images',
  accepts: (name) => existsSync(name) && statSync(name).isDirectory(),
  open: openImageFolder,
};

/**
 * Opens a folder of PNG, JPEG, WebP and GIF files, in the order of their paths' code points.
 *
 * Throws a UserError that lists the files that cannot be used, unless `skipBad` leaves them out; and where the folder
 * holds no usable image, or its depth is wrong, or it is asked for a split.
 */
export async function openImageFolder(folder: string, options: DatasetOptions): Promise<OpenedDataset> {
  const { resolution, background = 'white', flip } = options;
  if (options.split === 'test') {
    throw new UserError(`${folder}: a folder of images has no test split. Pass the folder of the test images instead.`);
  }
  checkBackground(background);
  const listing = listImages(folder);
  const decode = { resolution, background, channels: options.channels ?? 3 };
  const { manifest, pixels } = await openDecoded(listing, decode, options);
  const { files, classNames } = manifest;
  const badFiles = [...listing.badFiles, ...manifest.badFiles];
  if (badFiles.length > 0 && options.skipBad !== true) {
    throw new UserError(
      `${folder}: ${badFiles.length} of ${listing.files.length + listing.badFiles.length} files cannot be used; expected ` +
        `every image to be whole. Mend or remove them, or leave them out with --skip-bad. ${listBad(badFiles)}`,
    );
  }
  if (files.length === 0) {
    throw new UserError(
      `${folder}: none of its images can be used; expected at least one that is whole. ${listBad(badFiles)}`,
    );
  }
  const channels = options.channels ?? (files.every(({ isGrey }) => isGrey) ? 1 : 3);
  const labels = Int32Array.from(files, ({ label }) => label);
  return {
    dataset: createDataset({ name: folder, channels, resolution, classNames, labels, pixels, flip }),
    report: makeReport({
      name: folder,
      source: listing.folder,
      classNames,
      labels,
      images: files,
      enlarged: files.filter(({ width, height }) => Math.min(width, height) < resolution).length,
      badFiles,
      warnings: listing.warnings,
    }),
    originals: originalsOf(listing.folder, files),
  };
}

function originalsOf(folder: string, files: Manifest['files']): Originals {
  const fileAt = (index: number) => {
    const file = files[index];
    if (file === undefined) throw new RangeError(`${folder}: image ${index}; expected 0 to ${files.length - 1}.`);
    return file;
  };
  return {
    at(index) {
      const { path, width, height } = fileAt(index);
      return { width, height, crop: centreSquare(width, height, Math.min(width, height)), path };
    },
    async picture(index, mostSide) {
      const { path } = fileAt(index);
      try {
        return await drawImage(join(folder, path), mostSide);
      } catch (error) {
        throw new UserError(`${join(folder, path)}: ${reasonOf(error)}. It has changed since it was read: look again.`);
      }
    },
  };
}

/** From the cache if it holds this state of the folder, else decoded now. */
async function openDecoded(listing: ImageListing, decode: DecodeOptions, options: DatasetOptions): Promise<ImageCache> {
  const { folder, files, classNames } = listing;
  const what = { folder, ...decode, filter: resizeFilter };
  const folderKey = `${hashOf(what)}-`;
  const stem = join(options.cacheFolder ?? defaultCacheFolder(), folderKey + hashOf({ files, classNames }));
  const cached = openImageCache(stem);
  if (cached !== undefined && !(await anyMended(folder, cached.manifest.badFiles, decode))) return cached;
  const manifest: Manifest = { ...what, classNames: [...classNames], files: [], badFiles: [] };
  const writer = createImageCache(stem, folderKey);
  const threadsPerImage = sharp.concurrency();
  // Many files at once on one thread each are faster than each file on many threads.
  sharp.concurrency(1);
  try {
    for await (const [file, decoded] of decodeAll(listing, decode, options.onProgress)) {
      if (typeof decoded === 'string') {
        manifest.badFiles.push({ path: file.path, reason: decoded });
      } else {
        const { pixels, ...source } = decoded;
        writer.append(pixels);
        manifest.files.push({ ...file, ...source });
      }
    }
    return writer.finish(manifest);
  } catch (error) {
    writer.discard();
    throw error;
  } finally {
    sharp.concurrency(threadsPerImage);
  }
}

/** Whether a file decodes that did not before: new permissions, or a disk that answers again, change no size and no date. */
async function anyMended(folder: string, badFiles: readonly BadFile[], decode: DecodeOptions): Promise<boolean> {
  for (const { path } of badFiles) {
    const isMended = await decodeImage(join(folder, path), decode).then(
      () => true,
      () => false,
    );
    if (isMended) return true;
  }
  return false;
}

/** Every file in order, with what it decodes to or the reason why it cannot be decoded; the next ones are in the works. */
async function* decodeAll(
  { folder, files }: ImageListing,
  decode: DecodeOptions,
  onProgress: DatasetOptions['onProgress'],
): AsyncGenerator<[ImageFile, DecodedImage | string]> {
  const attempt = async (file: ImageFile): Promise<[ImageFile, DecodedImage | string]> => [
    file,
    await decodeImage(join(folder, file.path), decode).catch(reasonOf),
  ];
  let [first, ...others] = files.slice(0, FILES_AT_ONCE).map(attempt);
  for (let done = 1; first !== undefined; done++) {
    const next = files[FILES_AT_ONCE + done - 1];
    if (next !== undefined) others.push(attempt(next));
    const attempted = await first;
    onProgress?.(done, files.length);
    yield attempted;
    [first, ...others] = others;
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 24);
}

function checkBackground(background: string): void {
  try {
    sharp().flatten({ background });
  } catch {
    throw new UserError(`background is "${background}"; expected a CSS colour. Write for example white or #808080.`);
  }
}
