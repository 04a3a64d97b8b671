/** What images are compared with: other images, measured once and remembered, or statistics that another program computed. */

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { FormatError, UserError } from '../../base/errors.ts';
import { defaultCacheFolder } from '../../data/index.ts';
import { sha256, writeFileAtomic } from '../../store/index.ts';
import { explainRefusals } from '../../store/storage-error.ts';
import { openNpz, readStatistics, readStoredFeatures, writeStatistics } from '../../weights/index.ts';
import type { FeatureExtractor } from '../features/extractor.ts';
import { openFeatureFile } from '../features/feature-file.ts';
import { memoryRows } from '../features/feature-rows.ts';
import type { ImageSet } from '../images/image-set.ts';
import { type ImageSetOptions, openImageSet } from '../images/open-image-set.ts';
import { type Moments, momentsOf } from '../math/moments.ts';
import { keepInFile } from './kept-rows.ts';
import { type Instrument, type Measured, type MeasureOptions, measure, type Need } from './measure.ts';

/** Images, or the path of an `.npz` file with `mu` and `sigma`, or of one with single features, `feats`, as clean-fid keeps. */
export type Reference = { readonly images: ImageSet } | { readonly statistics: string } | { readonly features: string };

/** Opens what a person names as a reference: statistics or features where a file holds them, else images, as `openImageSet`. */
export async function openReference(name: string, options: ImageSetOptions): Promise<Reference> {
  if (/\.npz$/i.test(name)) {
    const arrays = openNpz(name);
    if (arrays.has('mu') && arrays.has('sigma')) return { statistics: name };
    if (arrays.has('feats')) return { features: name };
  }
  return { images: await openImageSet(name, options) };
}

export interface ReferenceOptions extends Pick<MeasureOptions, 'onProgress'> {
  readonly needs: ReadonlySet<Need>;
  /** Where measurements are kept from one evaluation to the next; undefined for nowhere. */
  readonly cacheFolder: string | undefined;
}

/** `sagan/statistics` in the user's cache. */
export function defaultStatisticsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(dirname(defaultCacheFolder(environment)), 'statistics');
}

export type MeasuredReference = Measured & { release(): void };

/**
 * Measures a reference, or takes from the cache what was measured before of the same files with the same network.
 *
 * Throws UserError where it cannot be read, or is of another dimension than the network's features.
 */
export async function measureReference(
  instrument: Instrument,
  reference: Reference,
  options: ReferenceOptions,
): Promise<MeasuredReference> {
  if ('statistics' in reference) return fromStatistics(instrument, reference.statistics);
  if ('features' in reference) return fromFeatures(instrument, reference.features, options.needs);
  const { images } = reference;
  const { needs, cacheFolder, onProgress } = options;
  if (cacheFolder === undefined || images.fingerprint === undefined) {
    return measure(instrument, images, { needs, onProgress });
  }
  const place = placeOf(cacheFolder, instrument, images.fingerprint);
  const known = recall(place, images, needs);
  if (known !== undefined) return known;
  explainRefusals({ verb: 'write', path: cacheFolder }, () => mkdirSync(cacheFolder, { recursive: true }));
  const keep = (_: number, dimensions: number) => keepInFile(place.rows, dimensions);
  const measured = await measure(instrument, images, { needs, onProgress, keep });
  remember(place, measured);
  return measured;
}

interface CachePlace {
  readonly record: string;
  readonly moments: string;
  readonly rows: string;
}

/** Raised where what is measured of the same files changes. */
const cacheVersion = 1;

function placeOf(folder: string, { extractor, preprocessing }: Instrument, fingerprint: string): CachePlace {
  const { weightsSha256, description, resolution } = extractor;
  const what = [cacheVersion, fingerprint, weightsSha256, description, resolution, preprocessing];
  const stem = join(folder, sha256(Buffer.from(JSON.stringify(what))).slice(0, 24));
  return { record: `${stem}.json`, moments: `${stem}.npz`, rows: `${stem}.features` };
}

const recordSchema = z.strictObject({
  count: z.number(),
  sha256: z.string(),
  warnings: z.array(z.string()),
  labels: z.array(z.number()),
});
type CacheRecord = z.infer<typeof recordSchema>;

/** What was measured of the images, where there is a record of it that can be read. */
function readRecord({ record }: CachePlace): CacheRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(record, 'utf8')));
  } catch {
    // Whatever is wrong with it, the images themselves are still there to be measured again.
    return undefined;
  }
}

/** What the cache holds, where that is all that is needed and undamaged. */
function recall(place: CachePlace, images: ImageSet, needs: ReadonlySet<Need>): MeasuredReference | undefined {
  const record = readRecord(place);
  if (record === undefined || [...needs].some((need) => !existsSync(place[need]))) return undefined;
  const { name, classNames } = images;
  try {
    const moments = needs.has('moments') ? momentsFrom(place.moments, record.count) : undefined;
    const rows = needs.has('rows') ? openFeatureFile(place.rows) : undefined;
    const labels = Int32Array.from(record.labels);
    return { ...record, name, classNames, moments, rows, labels, release: () => rows?.close() };
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Notes what was measured, beside what was measured of the same pixels for other needs. */
function remember(place: CachePlace, { moments, rows, count, sha256, warnings, labels }: Measured): void {
  if (readRecord(place)?.sha256 !== sha256) {
    rmSync(place.record, { force: true });
    if (moments === undefined) rmSync(place.moments, { force: true });
    if (rows === undefined) rmSync(place.rows, { force: true });
  }
  if (moments !== undefined) writeStatistics(place.moments, { mu: moments.mean, sigma: moments.covariance });
  const record: CacheRecord = { count, sha256, warnings: [...warnings], labels: [...labels] };
  writeFileAtomic(place.record, Buffer.from(JSON.stringify(record)));
}

function momentsFrom(path: string, count: number): Moments {
  const { mu, sigma } = readStatistics(path);
  return { count, mean: mu, covariance: sigma, ddof: 1 };
}

function fromStatistics({ extractor }: Instrument, path: string): MeasuredReference {
  const moments = momentsFrom(path, 0);
  checkDimensions(path, moments.mean.length, extractor);
  return { ...ofFile(path, 0, 'nor how many images they are of'), moments, rows: undefined };
}

async function fromFeatures(
  { extractor, runtime }: Instrument,
  path: string,
  needs: ReadonlySet<Need>,
): Promise<MeasuredReference> {
  const { features, count, dimensions } = readStoredFeatures(path);
  checkDimensions(path, dimensions, extractor);
  const rows = memoryRows(features, dimensions);
  const moments = needs.has('moments') ? await momentsOf(runtime, rows) : undefined;
  return { ...ofFile(path, count, 'of which images they are'), moments, rows };
}

function checkDimensions(path: string, seen: number, { dimensions, description }: FeatureExtractor): void {
  if (seen === dimensions) return;
  throw new FormatError(
    path,
    `its numbers have ${seen} dimensions; expected ${dimensions}, those of ${description}. Choose the --features that they ` +
      'were computed with',
  );
}

/** What is known of images whose features another program computed. */
function ofFile(path: string, count: number, unknown: string): Omit<MeasuredReference, 'moments' | 'rows'> {
  return {
    name: path,
    count,
    sha256: sha256(readFileSync(path)),
    warnings: [
      `${path}: such a file does not say how its images were resized, ${unknown}: whether it fits the protocol is for you to ` +
        'know.',
    ],
    classNames: [],
    labels: new Int32Array(0),
    release: () => undefined,
  };
}
