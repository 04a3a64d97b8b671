/** A folder of image files as a set of images: each at its own size, and not one left out in silence. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/errors.ts';
import { type BadFile, type ImageFile, listBad, listImages, reasonOf } from '../../data/index.ts';
import { inBatches, type LabelledImage } from './batching.ts';
import {
  type DecodedPixels,
  decodedFormats,
  decodePixels,
  decoder,
  type PixelRemark,
  pixelRemarks,
} from './decode-pixels.ts';
import type { ImageSet } from './image-set.ts';

export interface FolderImagesOptions {
  /** Leave out files that cannot be used, and say so in `warnings`, instead of refusing the folder. */
  readonly skipBad?: boolean | undefined;
  /** While the files are checked. */
  readonly onChecked?: ((done: number, total: number) => void) | undefined;
}

/**
 * The PNG, JPEG, WebP, GIF and TIFF files of a folder, in the order of their paths' code points; a class per sub-folder,
 * or all in the folder itself.
 *
 * All files are decoded once before the first batch is given out, so that a bad one is told at once and not an hour later;
 * `warnings` are complete from then on. With `skipBad` this happens here, since the number of images depends on it.
 *
 * Throws a UserError that lists the files that cannot be used, from here or from `batches`; and where the folder holds no
 * image, or its depth is wrong.
 */
export async function openFolderImages(folder: string, options: FolderImagesOptions = {}): Promise<ImageSet> {
  const listing = listImages(folder, decodedFormats);
  const { classNames } = listing;
  let files = listing.files;
  let warnings = listing.warnings;
  let checking: Promise<void> | undefined;

  async function check(): Promise<void> {
    const { badFiles, remarks } = await examine(listing.folder, files, options.onChecked);
    const bad = [...listing.badFiles, ...badFiles];
    const seen = `${bad.length} of ${files.length + listing.badFiles.length} files cannot be used`;
    if (bad.length > 0 && options.skipBad !== true) {
      throw new UserError(
        `${folder}: ${seen}; expected every image to be whole. Mend or remove them, or leave them out with --skip-bad. ` +
          listBad(bad),
      );
    }
    const badPaths = new Set(badFiles.map(({ path }) => path));
    files = files.filter(({ path }) => !badPaths.has(path));
    if (files.length === 0) {
      throw new UserError(`${folder}: none of its images can be used; expected one at least. ${listBad(bad)}`);
    }
    const leftOut = bad.length > 0 ? [`${seen} and were left out: ${listBad(bad).trim()}`] : [];
    warnings = [...listing.warnings, ...leftOut, ...remarkWarnings(remarks)];
  }
  const checked = () => {
    checking ??= check();
    return checking;
  };

  if (options.skipBad === true || listing.badFiles.length > 0) await checked();
  return {
    name: folder,
    count: files.length,
    classNames,
    fingerprint: createHash('sha256')
      .update(JSON.stringify({ folder: listing.folder, files, classNames, decoder }))
      .digest('hex'),
    get warnings() {
      return warnings;
    },
    async *batches(size) {
      await checked();
      yield* inBatches(labelled(folder, listing.folder, files), size);
    },
  };
}

/** Decodes all files and keeps none: what is wrong with some, and what is to be said of how many. */
async function examine(
  root: string,
  files: readonly ImageFile[],
  onChecked: FolderImagesOptions['onChecked'],
): Promise<{ badFiles: BadFile[]; remarks: Map<PixelRemark, number> }> {
  const badFiles: BadFile[] = [];
  const remarks = new Map<PixelRemark, number>();
  let done = 0;
  for await (const [{ path }, decoded] of decodedInOrder(root, files)) {
    if (typeof decoded === 'string') badFiles.push({ path, reason: decoded });
    else if (decoded.remark !== undefined) remarks.set(decoded.remark, (remarks.get(decoded.remark) ?? 0) + 1);
    onChecked?.(++done, files.length);
  }
  return { badFiles, remarks };
}

async function* labelled(folder: string, root: string, files: readonly ImageFile[]): AsyncGenerator<LabelledImage> {
  for await (const [{ path, label }, decoded] of decodedInOrder(root, files)) {
    if (typeof decoded === 'string') {
      throw new UserError(
        `${folder}: ${path} changed while the images were read, and cannot be used any more: ${decoded}. Expected files that ` +
          'stay as they are. Start again when nothing writes to the folder.',
      );
    }
    yield { ...decoded, label };
  }
}

const mostAhead = 16;
const mostBytesAhead = 2 ** 28;

/** Every file with what it decodes to, or the reason why it cannot; some are decoded ahead, fewer where they are large. */
async function* decodedInOrder(
  root: string,
  files: readonly ImageFile[],
): AsyncGenerator<[ImageFile, DecodedPixels | string]> {
  const ahead: Promise<[ImageFile, DecodedPixels | string]>[] = [];
  let wanted = 1;
  for (let next = 0; next < files.length || ahead.length > 0; ) {
    for (const file of files.slice(next, next + wanted - ahead.length)) {
      ahead.push(
        readFile(join(root, file.path))
          .then(decodePixels)
          .catch(reasonOf)
          .then((decoded) => [file, decoded]),
      );
      next++;
    }
    const [file, decoded] = (await ahead.shift()) ?? [];
    if (file === undefined || decoded === undefined) return;
    yield [file, decoded];
    const imageBytes = typeof decoded === 'string' ? 1 : decoded.pixels.length;
    wanted = Math.max(1, Math.min(mostAhead, Math.floor(mostBytesAhead / imageBytes)));
  }
}

const remarkTexts: Readonly<Record<PixelRemark, (count: number) => string>> = {
  grey16: (count) =>
    `Of grey images of 16 bits, the upper 8 were taken: ${count}. Programs that use Pillow see all above 255 as white.`,
  'transparent-gif': (count) =>
    `Transparent pixels of GIF files are black: ${count} files. Programs that use Pillow see a colour of the palette there.`,
};

function remarkWarnings(remarks: ReadonlyMap<PixelRemark, number>): string[] {
  return pixelRemarks.flatMap((remark) => {
    const count = remarks.get(remark);
    return count === undefined ? [] : [remarkTexts[remark](count)];
  });
}
