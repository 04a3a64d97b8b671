/** Pixels in an open file, read where they lie: a data set may be larger than memory, and what is in use the system keeps. */

import { closeSync, fstatSync, readSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import type { PixelSource } from './dataset.ts';

/** Open for all threads of the process, as long as the thread that opened it refers to this object. */
export interface OpenFile {
  readonly fd: number;
  readonly path: string;
}

/** Images in a file, uint8 [N, C, H, W]: plain data, which can be sent to another thread. */
export interface PixelFile {
  readonly file: OpenFile;
  readonly channels: 1 | 3;
  /** Height and width in pixels. */
  readonly resolution: number;
  /** Which of the images in the file these are; all, in their order, where left out. */
  readonly indices?: Uint32Array | undefined;
}

const openFiles = new FinalizationRegistry<number>((fd) => closeSync(fd));

/** Leaves the closing of a file to the garbage collector. */
export function ownFile(fd: number, path: string): OpenFile {
  const file = { fd, path };
  openFiles.register(file, fd);
  return file;
}

/** The images of a file as a source of pixels. Reading throws UserError where the file has become too short. */
export function pixelsIn(pixelFile: PixelFile): PixelSource {
  const { file, channels, resolution, indices } = pixelFile;
  const imageSize = channels * resolution ** 2;
  return {
    channels,
    pixelFile,
    read(index, target) {
      const place = indices?.[index] ?? index;
      const read = readSync(file.fd, target, 0, target.length, place * imageSize);
      if (read === target.length) return;
      throw new UserError(
        `${file.path}: image ${place} cannot be read: the file has ${fstatSync(file.fd).size} bytes. ` +
          'It was cut short while in use. Start again: it will be rebuilt.',
      );
    },
  };
}
