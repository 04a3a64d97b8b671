/**
 * Statistics and features of images as other programs keep them, in .npz files.
 *
 *     pytorch-fid   mu [D], sigma [D,D]
 *     clean-fid     the same; beside it, for the kernel distance, feats [N,D] in a file of its own
 */

import type { FileSystem } from '../store/file-system.ts';
import { refuse } from './byte-source.ts';
import type { NpyArray } from './npy.ts';
import { type NpzArray, openNpz, writeNpz } from './npz.ts';

/** Of the features of a set of images. */
export interface FeatureStatistics {
  /** Mean, [D] */
  readonly mu: Float64Array;
  /** Covariance, [D,D] */
  readonly sigma: Float64Array;
}

/** Single features, float32 [N,D]. */
export interface StoredFeatures {
  readonly features: Float32Array;
  readonly count: number;
  readonly dimensions: number;
}

/** How far σᵢⱼ and σⱼᵢ may lie apart, as a share of the largest variance: float32's accuracy over long sums. */
const asymmetry = 1e-4;

/**
 * Reads `mu` and `sigma`, of float64 or float32.
 *
 * throws  FormatError where one is missing, their shapes do not fit each other, a number is not finite, a variance is
 *         negative, or sigma is not symmetric; UserError if there is no such file
 */
export function readStatistics(path: string, fileSystem?: FileSystem): FeatureStatistics {
  const arrays = openNpz(path, fileSystem);
  const muArray = named(path, arrays, 'mu');
  const sigmaArray = named(path, arrays, 'sigma');
  const { shape } = muArray.header();
  const [dimensions = 0] = shape;
  if (shape.length !== 1 || dimensions === 0) {
    refuse(muArray.place, `its shape is (${shape.join(', ')}); expected one axis, (D,)`, undefined, fidStatistics);
  }
  const sigmaShape = sigmaArray.header().shape;
  if (sigmaShape.length !== 2 || sigmaShape.some((extent) => extent !== dimensions)) {
    const expected = `(${dimensions}, ${dimensions}), as mu has ${dimensions} numbers`;
    refuse(sigmaArray.place, `its shape is (${sigmaShape.join(', ')}); expected ${expected}`, undefined, fidStatistics);
  }
  const mu = Float64Array.from(floats(muArray));
  const sigma = Float64Array.from(floats(sigmaArray));
  checkCovariance(sigmaArray.place, sigma, dimensions);
  return { mu, sigma };
}

/** Writes statistics as pytorch-fid and clean-fid keep them. Throws UserError if the disk refuses. */
export function writeStatistics(path: string, { mu, sigma }: FeatureStatistics, fileSystem?: FileSystem): void {
  const arrays: Record<string, NpyArray> = {
    mu: { type: 'float64', shape: [mu.length], data: mu },
    sigma: { type: 'float64', shape: [mu.length, mu.length], data: sigma },
  };
  writeNpz(path, arrays, fileSystem);
}

/**
 * Reads `feats`, of float32 or float64, as clean-fid keeps it for the kernel distance.
 *
 * throws  FormatError where it is missing, has no two axes, or holds a number that is not finite; UserError if there is no
 *         such file
 */
export function readStoredFeatures(path: string, fileSystem?: FileSystem): StoredFeatures {
  const array = named(path, openNpz(path, fileSystem), 'feats');
  const { shape } = array.header();
  const [count = 0, dimensions = 0] = shape;
  if (shape.length !== 2 || count * dimensions === 0) {
    refuse(array.place, `its shape is (${shape.join(', ')}); expected two axes, (N, D)`, undefined, fidStatistics);
  }
  return { features: Float32Array.from(floats(array)), count, dimensions };
}

/** Writes features as clean-fid keeps them. Throws UserError if the disk refuses, or where they take 4 GiB or more. */
export function writeStoredFeatures(path: string, stored: StoredFeatures, fileSystem?: FileSystem): void {
  const { features, count, dimensions } = stored;
  writeNpz(path, { feats: { type: 'float32', shape: [count, dimensions], data: features } }, fileSystem);
}

export interface CleanFidStatisticsName {
  readonly dataset: string;
  readonly mode: 'clean' | 'legacy_pytorch' | 'legacy_tensorflow';
  readonly split: string;
  /** In pixels; undefined for a set of one's own. */
  readonly resolution: number | undefined;
  /** For features, which the kernel distance needs. */
  readonly isForKid?: boolean;
}

/** The name by which clean-fid finds a file of statistics: `cifar10_clean_train_32.npz`. */
export function cleanFidFileName(name: CleanFidStatisticsName): string {
  const { dataset, mode, split, resolution = 'na', isForKid = false } = name;
  return `${dataset}_${mode}_${split}_${resolution}${isForKid ? '_kid' : ''}.npz`.toLowerCase();
}

const fidStatistics = "Give a file that pytorch-fid's --save-stats, clean-fid or this program wrote";

function named(path: string, arrays: ReadonlyMap<string, NpzArray>, name: string): NpzArray {
  const array = arrays.get(name);
  if (array !== undefined) return array;
  const seen = `the file holds ${[...arrays.keys()].slice(0, 8).join(', ')}`;
  const kind = arrays.has('feats')
    ? ': single features, for the kernel distance'
    : arrays.has('mu') && arrays.has('sigma')
      ? ': mean and covariance, for the Fréchet distance'
      : '';
  refuse(path, `${seen}${kind}; expected ${name}`, undefined, fidStatistics);
}

function floats(array: NpzArray): Float64Array | Float32Array {
  const { data, type } = array.read();
  if (!(data instanceof Float64Array || data instanceof Float32Array) || type === 'int64') {
    refuse(array.place, `its numbers are ${type}; expected float64 or float32`, undefined, fidStatistics);
  }
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong !== -1) {
    refuse(array.place, `number ${wrong} is ${data[wrong]}; expected finite ones`, undefined, fidStatistics);
  }
  return data;
}

function checkCovariance(place: string, sigma: Float64Array, dimensions: number): void {
  let largest = 0;
  for (let i = 0; i < dimensions; i++) {
    const variance = sigma[i * dimensions + i] ?? 0;
    if (variance < 0) refuse(place, `variance ${i} is ${variance}; expected 0 or more`, undefined, fidStatistics);
    largest = Math.max(largest, variance);
  }
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j < i; j++) {
      const below = sigma[i * dimensions + j] ?? 0;
      const above = sigma[j * dimensions + i] ?? 0;
      if (Math.abs(below - above) <= asymmetry * largest) continue;
      const seen = `[${i}, ${j}] is ${below} and [${j}, ${i}] is ${above}`;
      refuse(place, `${seen}; expected a covariance, which is symmetric`, undefined, fidStatistics);
    }
  }
}
