/** Finds the images of a folder, their labels, and the files that cannot be among them, before any is opened. */

import { type Dirent, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { UserError } from '../base/errors.ts';
import { formatNames, type ImageFileFormat, imageFormats } from './image-formats.ts';
import { type BadFile, reasonOf } from './report.ts';

const splitNames = new Set(['train', 'test', 'val', 'valid', 'validation']);

export interface ImageFile {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly label: number;
}

export interface ImageListing {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** Sorted by code points. */
  readonly files: readonly ImageFile[];
  readonly classNames: readonly string[];
  readonly badFiles: readonly BadFile[];
  readonly warnings: readonly string[];
}

interface Found {
  readonly extensions: readonly string[];
  readonly files: Omit<ImageFile, 'label'>[];
  readonly badFiles: BadFile[];
  /** Files of other extensions. */
  readonly others: string[];
}

/**
 * Lists the image files of a folder by their names: a class per sub-folder, or all in the folder itself and no classes.
 * Names that start with a dot are passed over.
 *
 * Throws a UserError where the folder holds no image, or where its depth would give labels that mean nothing.
 */
export function listImages(folder: string, formats: readonly ImageFileFormat[] = imageFormats): ImageListing {
  const root = realpathSync(folder);
  const extensions = formats.flatMap((format) => format.extensions);
  const found: Found = { extensions, files: [], badFiles: [], others: [] };
  walk(root, '', found);
  const paths = found.files.map(({ path }) => path);
  if (paths.length + found.badFiles.length === 0) {
    const seen =
      found.others.length === 0 ? 'the folder is empty' : `there is no image among its files (${found.others[0]}, …)`;
    throw new UserError(
      `${folder}: ${seen}; expected ${extensions.join(', ')} files, in the folder or in a sub-folder a class. ` +
        'Check the path, or convert the images.',
    );
  }
  const classNames = findClasses(folder, paths);
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const files = found.files
    .map((file) => ({ ...file, label: labels.get(topFolder(file.path)) ?? 0 }))
    .toSorted((a, b) => compareCodePoints(a.path, b.path));
  return { folder: root, files, classNames, badFiles: found.badFiles, warnings: othersWarning(found.others, formats) };
}

function walk(root: string, folder: string, found: Found): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch (error) {
    found.badFiles.push({ path: folder === '' ? '.' : folder, reason: reasonOf(error) });
    return;
  }
  for (const entry of entries.toSorted((a, b) => compareCodePoints(a.name, b.name))) {
    if (entry.name.startsWith('.')) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(root, path, found);
    else addFile(root, path, entry.isSymbolicLink(), found);
  }
}

function addFile(root: string, path: string, isLink: boolean, found: Found): void {
  const isImage = found.extensions.includes(extname(path).toLowerCase());
  let stats: Stats;
  try {
    stats = statSync(join(root, path));
    if (isLink && (isImage || stats.isDirectory())) {
      const target = realpathSync(join(root, path));
      if (!target.startsWith(root + sep)) throw new UserError(`a symbolic link that leaves the folder, to ${target}`);
      if (stats.isDirectory()) throw new UserError('a symbolic link to a folder, which is not followed');
    }
  } catch (error) {
    found.badFiles.push({ path, reason: reasonOf(error) });
    return;
  }
  if (!isImage) found.others.push(path);
  else if (stats.isFile()) found.files.push({ path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs });
  else found.badFiles.push({ path, reason: 'not a regular file' });
}

function findClasses(folder: string, paths: readonly string[]): string[] {
  const tops = [...new Set(paths.map(topFolder))].toSorted(compareCodePoints);
  const [first] = tops;
  if (first === undefined || (first === '' && tops.length === 1)) return [];
  if (first === '') {
    const direct = paths.find((path) => topFolder(path) === '');
    throw new UserError(
      `${folder}: images (${direct}, …) lie beside folders of images (${tops[1]}, …); expected ` +
        'all in class folders or all in one folder. Move them into a class folder, or pass one of the folders.',
    );
  }
  if (tops.length === 1) {
    throw new UserError(
      `${folder}: all images lie in the one sub-folder ${first}, so all labels would be equal; ` +
        `expected a sub-folder a class. Pass ${join(folder, commonFolder(paths))} instead.`,
    );
  }
  if (tops.every((name) => splitNames.has(name.toLowerCase()))) {
    throw new UserError(
      `${folder}: the sub-folders ${tops.join(', ')} are splits, not classes. ` +
        `Expected a sub-folder a class. Pass one of them: ${join(folder, tops.includes('train') ? 'train' : first)}.`,
    );
  }
  return tops;
}

/** The sub-folder of the root that a path lies in, or ''. */
function topFolder(path: string): string {
  const end = path.indexOf('/');
  return end === -1 ? '' : path.slice(0, end);
}

/** The deepest folder that holds all paths. */
function commonFolder(paths: readonly string[]): string {
  let common = paths[0]?.split('/').slice(0, -1) ?? [];
  for (const path of paths) {
    const parts = path.split('/');
    const difference = common.findIndex((part, depth) => part !== parts[depth]);
    if (difference !== -1) common = common.slice(0, difference);
  }
  return common.join('/');
}

/** Order by Unicode code points, which no locale and no file system changes. */
function compareCodePoints(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
  }
  return a.length - b.length;
}

function othersWarning(others: readonly string[], formats: readonly ImageFileFormat[]): string[] {
  const [first] = others;
  if (first === undefined) return [];
  return [`Files that are not ${formatNames(formats)} were passed over: ${others.length} (${first}, …).`];
}
