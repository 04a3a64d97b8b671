/** What images can be compared by on this machine, and how published weights come to it. */

import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../base/errors.ts';
import {
  classifierFile,
  classifierNames,
  fetchedWeightsFolder,
  findFeatureWeights,
  type PublishedWeights,
  readClassifier,
  weightsFolders,
} from '../metrics/index.ts';
import { obtain, reasonOf, sha256OfFile } from './download.ts';

export interface FetchFeaturesOptions {
  /** The file to write; default is in the cache, where evaluation finds it. */
  readonly out?: string | undefined;
  /** A file that holds the weights, or another address of them. */
  readonly from?: string | undefined;
  /** How much of the file has arrived. */
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

export interface FetchedFeatures {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly sha256: string;
  /** False where the file was there already, and whole. */
  readonly isNew: boolean;
}

/**
 * Brings published weights into a file, which appears whole or not at all. A download that broke off goes on where it
 * stopped. A file that is there already is checked, and left alone.
 *
 * Throws a UserError where the weights cannot be had or are not those that were published, where the disk refuses, or where
 * anything else is in the file's place.
 */
export async function fetchFeatures(
  weights: PublishedWeights,
  options: FetchFeaturesOptions = {},
): Promise<FetchedFeatures> {
  const { name, fileName, sha256 } = weights;
  const { from, onProgress } = options;
  const file = resolve(options.out ?? join(fetchedWeightsFolder(), fileName));
  if (existsSync(file)) {
    await checkPresent(weights, file);
    return { name, file, sha256, isNew: false };
  }
  const part = `${file}.part`;
  const command = `sagan features fetch ${name}`;
  const source = await obtain(weights, { from, part, noun: 'file of weights', command, onProgress });
  try {
    mkdirSync(dirname(file), { recursive: true });
    if (source !== part) copyFileSync(source, part);
    renameSync(part, file);
  } catch (error) {
    throw new UserError(
      `${file}: cannot be written (${reasonOf(error)}); expected a place for ${weights.sizeBytes} bytes. ` +
        'Free some space there, or choose another place with --out.',
    );
  }
  return { name, file, sha256, isNew: true };
}

/** Throws a UserError unless `file` holds the weights that were once fetched, byte for byte. */
async function checkPresent({ name, sha256 }: PublishedWeights, file: string): Promise<void> {
  const seen = await sha256OfFile(file).catch((error: unknown) => reasonOf(error));
  if (seen === sha256) return;
  throw new UserError(
    `${file}: there is something here already (${/^[0-9a-f]{64}$/.test(seen) ? `with the SHA-256 ${seen}` : seen}); ` +
      `expected nothing, or ${name} with the SHA-256 ${sha256}. Remove it or choose another place with --out, and fetch again.`,
  );
}

/** Something that `sagan evaluate --features` takes, or that a score needs besides. */
export interface AvailableFeatures {
  readonly name: string;
  readonly what: string;
  /** The files that it needs; undefined for one that is not on this machine. */
  readonly files: Readonly<Record<string, string | undefined>>;
  /** Of a classifier that comes with Sagan: the share of its dataset's test images that it names rightly. */
  readonly testAccuracy?: number;
}

export interface FeaturesReport {
  readonly features: readonly AvailableFeatures[];
  /** Where published weights were looked for, in this order. */
  readonly lookedIn: readonly string[];
}

/** What features there are, and which of their weights are on this machine; `folders` is where they are looked for. */
export function listFeatures(folders: readonly string[] = weightsFolders()): FeaturesReport {
  const files = (...networks: readonly PublishedWeights['network'][]) =>
    Object.fromEntries(networks.map((network) => [network, findFeatureWeights(network, folders)]));
  const embedded = classifierNames.map((name): AvailableFeatures => {
    const file = classifierFile(name);
    const { metadata } = readClassifier(file);
    const testAccuracy = Number(metadata.get('testAccuracy'));
    return { name, what: `a classifier of ${name} that comes with Sagan`, files: { [name]: file }, testAccuracy };
  });
  return {
    features: [
      { name: 'inception', what: 'the network of FID, trained on ImageNet in 2015', files: files('inception') },
      ...embedded,
      { name: 'FILE.onnx', what: 'a model of your own, from images to features', files: {} },
      { name: 'lpips', what: 'distances as people see them, for path lengths', files: files('vgg16', 'lpips') },
    ],
    lookedIn: folders,
  };
}
