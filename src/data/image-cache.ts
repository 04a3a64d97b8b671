/**
 * Decoded images on disk: `<stem>.images`, all pixels as uint8 [N, C, H, W], and `<stem>.json`, what they are.
 *
 * Reading verifies one SHA-256 over both, so a cache that was cut short or damaged is no cache, and nothing needs fsync.
 */

import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../base/errors.ts';
import type { PixelSource } from './dataset.ts';
import { ownFile, pixelsIn } from './pixel-file.ts';
import { reasonOf } from './report.ts';

const manifestSchema = z.object({
  folder: z.string(),
  resolution: z.number(),
  channels: z.union([z.literal(1), z.literal(3)]),
  background: z.string(),
  filter: z.string(),
  classNames: z.array(z.string()),
  /** In the order of the pixels. */
  files: z.array(
    z.object({
      path: z.string(),
      sizeBytes: z.number(),
      modifiedMs: z.number(),
      label: z.number(),
      width: z.number(),
      height: z.number(),
      kind: z.string(),
      isGrey: z.boolean(),
    }),
  ),
  badFiles: z.array(z.object({ path: z.string(), reason: z.string() })),
});

const cacheSchema = z.object({ sha256: z.string(), manifest: manifestSchema });

export type Manifest = z.infer<typeof manifestSchema>;

export interface ImageCache {
  readonly manifest: Manifest;
  readonly pixels: PixelSource;
}

export interface ImageCacheWriter {
  append(image: Uint8Array): void;
  /** Makes the cache visible under its name and opens it. */
  finish(manifest: Manifest): ImageCache;
  discard(): void;
}

const READ_BYTES = 2 ** 20;
const DAY_MS = 24 * 60 * 60 * 1000;

/** `sagan/datasets` below XDG_CACHE_HOME or, where that is not set, below the cache folder of the operating system. */
export function defaultCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(systemCacheFolder(environment), 'sagan', 'datasets');
}

function systemCacheFolder({ XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }: NodeJS.ProcessEnv): string {
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  if (process.platform === 'win32' && local !== undefined) return local;
  return join(homedir(), '.cache');
}

/** Opens a cache, or returns undefined where there is none or its bytes are not those that were written. */
export function openImageCache(stem: string): ImageCache | undefined {
  let fd: number | undefined;
  try {
    const text: unknown = JSON.parse(readFileSync(`${stem}.json`, 'utf8'));
    const { sha256, manifest } = cacheSchema.parse(text);
    fd = openSync(`${stem}.images`, 'r');
    const hash = createHash('sha256');
    const buffer = new Uint8Array(READ_BYTES);
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
    if (hash.update(canonical(manifest)).digest('hex') === sha256) {
      return openedCache(fd, stem, manifest);
    }
  } catch {
    // Whatever is wrong with a cache, the images themselves are still there to make another.
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

/** Starts a cache that replaces those of `replaces`, the start of their names. Throws a UserError where it cannot be written. */
export function createImageCache(stem: string, replaces: string): ImageCacheWriter {
  const temporary = `${stem}.${process.pid}-${randomUUID()}.tmp`;
  const hash = createHash('sha256');
  const fd = orExplain(stem, () => {
    mkdirSync(dirname(stem), { recursive: true });
    return openSync(temporary, 'wx+');
  });
  const discard = () => {
    closeSync(fd);
    rmSync(temporary, { force: true });
    rmSync(`${temporary}.json`, { force: true });
  };
  return {
    append(image) {
      hash.update(image);
      orExplain(stem, () => writeFully(fd, image));
    },
    finish(manifest) {
      const sha256 = hash.update(canonical(manifest)).digest('hex');
      orExplain(stem, () => {
        writeFileSync(`${temporary}.json`, JSON.stringify({ sha256, manifest }));
        renameSync(temporary, `${stem}.images`);
        renameSync(`${temporary}.json`, `${stem}.json`);
      });
      removeOthers(stem, replaces);
      return openedCache(fd, stem, manifest);
    },
    discard,
  };
}

/** The same text for the same manifest: the schema decides the order of the keys. */
function canonical(manifest: Manifest): string {
  return JSON.stringify(manifestSchema.parse(manifest));
}

function writeFully(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
}

function orExplain<T>(stem: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new UserError(
      `${dirname(stem)}: the decoded images cannot be written (${reasonOf(error)}); expected a folder to write to, ` +
        'with room for them. Free space there, or choose another cache folder.',
    );
  }
}

/** Removes caches of earlier states of the same folder, and what a build that was killed left behind. */
function removeOthers(stem: string, replaces: string): void {
  const folder = dirname(stem);
  const kept = [`${basename(stem)}.images`, `${basename(stem)}.json`];
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(replaces) || kept.includes(name)) continue;
    const file = join(folder, name);
    const ageMs = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    const isBeingBuilt = name.includes('.tmp') && ageMs < DAY_MS;
    if (!isBeingBuilt) rmSync(file, { force: true });
  }
}

function openedCache(fd: number, stem: string, manifest: Manifest): ImageCache {
  const { channels, resolution } = manifest;
  return { manifest, pixels: pixelsIn({ file: ownFile(fd, `${stem}.images`), channels, resolution }) };
}
