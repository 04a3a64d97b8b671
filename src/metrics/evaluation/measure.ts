/** What is to be known of a set of images before it can be scored: one pass over its pixels. */

import { createHash, type Hash } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import type { Runtime } from '../../engine/index.ts';
import type { FeatureExtractor } from '../features/extractor.ts';
import type { FeatureRows } from '../features/feature-rows.ts';
import type { ImageSet } from '../images/image-set.ts';
import { hashBatch } from '../images/pixel-hash.ts';
import { preprocess } from '../images/preprocess.ts';
import type { Preprocessing } from '../images/preprocessing.ts';
import { type Moments, MomentsAccumulator } from '../math/moments.ts';
import { keepRows } from './kept-rows.ts';

/** What a set is measured with. */
export interface Instrument {
  readonly runtime: Runtime;
  readonly extractor: FeatureExtractor;
  readonly preprocessing: Preprocessing;
}

/** What is wanted of a set: `moments` for FID, `rows` for what compares single images. */
export type Need = 'moments' | 'rows';

/** Features of some images of a set, as they pass. */
export interface FeatureBatch {
  /** Number of the first image in its set. */
  readonly first: number;
  readonly count: number;
  /** float32 [N,D] */
  readonly features: Float32Array;
  /** float32 [N,K], where the network classifies. */
  readonly logits: Float32Array | undefined;
  /** int32 [N] */
  readonly labels: Int32Array;
}

/** A set that was measured. */
export interface Measured {
  readonly name: string;
  readonly count: number;
  /** SHA-256 over the pixels as they were decoded, with their sizes. */
  readonly sha256: string;
  readonly warnings: readonly string[];
  readonly classNames: readonly string[];
  /** [N] */
  readonly labels: Int32Array;
  readonly moments: Moments | undefined;
  readonly rows: FeatureRows | undefined;
}

export interface MeasureOptions {
  readonly needs: ReadonlySet<Need>;
  /** Images that the network is given at a time. */
  readonly batch?: number;
  /** Where rows of features are kept; default: in memory, or in a temporary file where they would be many. */
  readonly keep?: typeof keepRows;
  /** Sees every batch of features, in order. */
  readonly see?: (batch: FeatureBatch) => void;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const defaultBatch = 32;

/**
 * Takes the features of all images of a set, and keeps of them what is needed. The memory that it takes does not grow with
 * the number of images: rows of features that would not fit lie in a temporary file, which `release` removes.
 *
 * Throws UserError as the images do, and where there are none.
 */
export async function measure(
  instrument: Instrument,
  images: ImageSet,
  options: MeasureOptions,
): Promise<Measured & { release(): void }> {
  const { runtime, extractor } = instrument;
  const { needs, batch = defaultBatch, keep = keepRows, see, onProgress } = options;
  const moments = needs.has('moments') ? new MomentsAccumulator(runtime, extractor.dimensions) : undefined;
  const kept = needs.has('rows') ? keep(images.count, extractor.dimensions) : undefined;
  const labels = new Int32Array(images.count);
  const hash = createHash('sha256');
  let done = 0;
  try {
    for await (const batchOfFeatures of extracted(extractor, preprocessed(images, instrument, batch, hash))) {
      await moments?.add(batchOfFeatures.features);
      kept?.append(batchOfFeatures.features);
      labels.set(batchOfFeatures.labels, batchOfFeatures.first);
      see?.(batchOfFeatures);
      done += batchOfFeatures.count;
      onProgress?.(done, images.count);
    }
    if (done < 2) throw new UserError(`${images.name}: ${done} images; expected two or more. Check what was given.`);
    const { name, classNames, warnings } = images;
    return {
      name,
      count: done,
      sha256: hash.digest('hex'),
      warnings,
      classNames,
      labels: labels.subarray(0, done),
      moments: await moments?.finish(),
      rows: kept?.finish(),
      release: () => kept?.release(),
    };
  } catch (error) {
    kept?.release();
    throw error;
  }
}

interface Prepared {
  /** float32 [N,3,R,R] */
  readonly pixels: Float32Array;
  readonly labels: Int32Array;
}

/**
 * Resizes and normalises images as they come, and hashes what they were. However small the batches that they come in, since
 * those of one size alone make a batch, the network gets `size` at a time.
 */
async function* preprocessed(
  images: ImageSet,
  { extractor: { resolution }, preprocessing }: Instrument,
  size: number,
  hash: Hash,
): AsyncGenerator<Prepared> {
  const imageSize = 3 * resolution * resolution;
  let pixels = new Float32Array(size * imageSize);
  let labels = new Int32Array(size);
  let filled = 0;
  for await (const batch of images.batches(size)) {
    hashBatch(hash, batch);
    const prepared = preprocess(batch, preprocessing, resolution);
    for (let taken = 0; taken < batch.count; ) {
      const end = Math.min(batch.count, taken + size - filled);
      pixels.set(prepared.subarray(taken * imageSize, end * imageSize), filled * imageSize);
      labels.set(batch.labels.subarray(taken, end), filled);
      filled += end - taken;
      taken = end;
      if (filled < size) continue;
      yield { pixels, labels };
      // The network may still be reading the last ones.
      [pixels, labels, filled] = [new Float32Array(size * imageSize), new Int32Array(size), 0];
    }
  }
  if (filled > 0) yield { pixels: pixels.subarray(0, filled * imageSize), labels: labels.subarray(0, filled) };
}

/** Takes features of a batch while the next one is made ready: decoding and resizing are no work of the network's threads. */
async function* extracted(
  extractor: FeatureExtractor,
  prepared: AsyncIterator<Prepared>,
): AsyncGenerator<FeatureBatch> {
  let first = 0;
  let next = prepared.next();
  for (;;) {
    const ready = await next;
    if (ready.done === true) return;
    const { pixels, labels } = ready.value;
    const count = labels.length;
    const features = extractor.extract(pixels, count);
    next = prepared.next();
    // Awaited later, where its error is thrown; here it must only not count as unhandled.
    next.catch(() => undefined);
    yield { first, count, labels, ...(await features) };
    first += count;
  }
}
