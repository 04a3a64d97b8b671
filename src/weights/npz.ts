/** Arrays by name, as numpy.savez and numpy.savez_compressed write them: a zip archive of .npy files. */

import { writeFileAtomic } from '../store/atomic.ts';
import type { FileSystem } from '../store/file-system.ts';
import { openBytes, refuse } from './byte-source.ts';
import {
  checkDataBytes,
  decodeNpy,
  decodeNpyHeader,
  encodeNpy,
  mostHeaderBytes,
  type NpyArray,
  type NpyHeader,
} from './npy.ts';
import { readZip, type ZipKind } from './zip.ts';
import { readBeginning, readContents, streamContents } from './zip-contents.ts';
import { encodeZip } from './zip-writer.ts';

const numpyArchive: ZipKind = {
  mayDeflate: true,
  remedy: 'Save the arrays again, with numpy.savez or numpy.savez_compressed',
};

/** An array of an archive, read when it is asked for. */
export interface NpzArray {
  /** As errors call it: the file, and the array in it. */
  readonly place: string;
  /** CRC-32 of its bytes, as the archive tells it. */
  readonly checksum: number;
  /** Throws FormatError where it is no array of numbers, or not as large as it says. */
  header(): NpyHeader;
  /** All of it. Throws FormatError where it is damaged. */
  read(): NpyArray;
  /** The bytes of its numbers, part by part. Throws FormatError at the latest after the last one where it is damaged. */
  stream(): AsyncGenerator<Uint8Array>;
}

/**
 * The arrays of a `.npz` file, by name, in the order of the file.
 *
 * throws  FormatError where it is no archive of arrays; UserError if there is no such file
 */
export function openNpz(path: string, fileSystem?: FileSystem): ReadonlyMap<string, NpzArray> {
  const source = openBytes(path, fileSystem);
  const first = source.read(0, Math.min(source.sizeBytes, 4));
  if (first[0] !== 0x50 || first[1] !== 0x4b) {
    const seen = Buffer.from(first).toString('hex');
    refuse(path, `the file begins with ${seen}; expected a zip archive, which numpy.savez writes`, 0);
  }
  const arrays = new Map<string, NpzArray>();
  for (const [name, entry] of readZip(source, numpyArchive)) {
    if (!name.endsWith('.npy')) continue;
    const place = `${path}, ${name}`;
    const header = () => {
      const found = decodeNpyHeader(place, readBeginning(source, entry, mostHeaderBytes));
      checkDataBytes(place, found, entry.sizeBytes - found.dataStart);
      return found;
    };
    arrays.set(name.slice(0, -'.npy'.length), {
      place,
      checksum: entry.crc32,
      header,
      read() {
        header(); // Its size is checked before there is memory for it.
        return decodeNpy(place, readContents(source, entry));
      },
      async *stream() {
        let skip = header().dataStart;
        for await (const part of streamContents(source, entry)) {
          if (skip < part.length) yield part.subarray(skip);
          skip = Math.max(0, skip - part.length);
        }
      },
    });
  }
  if (arrays.size === 0)
    refuse(path, 'the archive holds no array; expected entries with names in .npy', 0, numpyArchive.remedy);
  return arrays;
}

/**
 * Writes arrays as numpy.savez does, which numpy.load reads; a file that was there is replaced as a whole.
 *
 * throws  UserError if the disk refuses, or where they take 4 GiB or more
 */
export function writeNpz(path: string, arrays: Readonly<Record<string, NpyArray>>, fileSystem?: FileSystem): void {
  const files = Object.entries(arrays).map(([name, array]) => ({ name: `${name}.npy`, contents: encodeNpy(array) }));
  writeFileAtomic(path, encodeZip(path, files), fileSystem);
}
