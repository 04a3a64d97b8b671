/** Fetches a published dataset: downloads its archive, checks it, and unpacks it where the dataset is looked for. */

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FormatError, UserError } from '../base/errors.ts';
import { type DatasetArchive, fetchedFolder, readTar, type TarFile } from '../data/index.ts';
import { commitFolder, sha256 } from '../store/index.ts';
import { obtain, reasonOf } from './download.ts';

export interface FetchOptions {
  /** Folder for the dataset's files; default `fetchedFolder`, where the dataset is looked for by its name alone. */
  readonly out?: string | undefined;
  /** A file that holds the archive, or another address of it. */
  readonly from?: string | undefined;
  /** How much of the archive has arrived. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface FetchedDataset {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** False where the folder was there already, and whole. */
  readonly isNew: boolean;
}

/** As the command sha256sum writes it, and can check it. */
const sumsFile = 'SHA256SUMS';
const LARGEST_UNPACKED_BYTES = 2 ** 28;

/**
 * Brings the files of an archive into a folder, which appears whole or not at all. A download that broke off goes on
 * where it stopped. A folder that is there already is checked, and left alone.
 *
 * Throws a UserError where the archive cannot be had or is not the one that was published, where the disk refuses, or
 * where the folder holds anything else.
 */
export async function fetchDataset(archive: DatasetArchive, options: FetchOptions = {}): Promise<FetchedDataset> {
  const { out, from = archive.url, onProgress } = options;
  const { name } = archive;
  const folder = resolve(out ?? fetchedFolder(name));
  if (!isFree(folder)) {
    checkFetched(archive, folder);
    return { name, folder, isNew: false };
  }
  const part = `${folder}.tar.gz.part`;
  const command = `sagan data fetch ${name}`;
  const file = await obtain(archive, { from, part, noun: 'archive', command, onProgress });
  unpack(archive, readFileSync(file), from, folder);
  if (file === part) rmSync(part);
  return { name, folder, isNew: true };
}

/** Whether there is nothing at `folder`, or an empty folder. */
function isFree(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found === undefined || (found.isDirectory() && readdirSync(folder).length === 0);
}

/** Throws a UserError unless the folder holds what was once fetched, byte for byte. */
function checkFetched({ name, files }: DatasetArchive, folder: string): void {
  try {
    const sums = new Set(readFileSync(join(folder, sumsFile), 'utf8').split('\n'));
    const damaged = files.find((file) => !sums.has(sumLine(file, readFileSync(join(folder, file)))));
    if (damaged === undefined) return;
    throw new Error(`${damaged} is not what it was`);
  } catch (error) {
    throw new UserError(
      `${folder}: there is something here already (${reasonOf(error)}); expected nothing, or ${name} as it was fetched. ` +
        'Remove the folder or choose another with --out, and fetch again.',
    );
  }
}

function sumLine(file: string, bytes: Uint8Array): string {
  return `${sha256(bytes)}  ${file}`;
}

function unpack(archive: DatasetArchive, bytes: Buffer, from: string, folder: string): void {
  const files = readTar(gunzip(bytes, from), from);
  const wanted = archive.files.map((name) => ({ name, bytes: findFile(files, `${archive.folder}/${name}`, from) }));
  const sizeBytes = wanted.reduce((sum, file) => sum + file.bytes.length, 0);
  commitFolder(
    folder,
    (temporary) => {
      for (const file of wanted) writeFileSync(join(temporary, file.name), file.bytes);
      const sums = wanted.map((file) => `${sumLine(file.name, file.bytes)}\n`);
      writeFileSync(join(temporary, sumsFile), sums.join(''));
    },
    { sizeBytes },
  );
}

function gunzip(bytes: Buffer, from: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST_UNPACKED_BYTES });
  } catch (error) {
    throw new FormatError(from, `cannot be unpacked (${reasonOf(error)}); expected gzip data. Choose another archive.`);
  }
}

function findFile(files: readonly TarFile[], name: string, from: string): Uint8Array {
  const found = files.find((file) => file.name === name);
  if (found !== undefined) return found.bytes;
  throw new FormatError(from, `there is no "${name}" in the archive; expected it there. Choose another archive.`);
}
