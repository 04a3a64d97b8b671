/** Small images and a small network, by which evaluation can be followed by hand. */

import { Random } from '../../src/base/random.ts';
import type { FeatureExtractor, ImageBatch, ImageSet } from '../../src/metrics/index.ts';

export interface ToySetOptions {
  readonly count: number;
  readonly side?: number;
  readonly seed?: number;
  /** Added to every pixel. */
  readonly brightness?: number;
  readonly classNames?: readonly string[];
  readonly fingerprint?: string;
  /** Called whenever the set is read from its beginning. */
  readonly onRead?: () => void;
}

/** Images of random pixels of 0 … 199 and more; image n is of class n modulo the number of classes. */
export function toySet(options: ToySetOptions): ImageSet {
  const { count, side = 4, seed = 0, brightness = 0, classNames = [], fingerprint, onRead } = options;
  return {
    name: 'toys',
    count,
    classNames,
    fingerprint,
    warnings: [],
    async *batches(size) {
      onRead?.();
      for (let first = 0; first < count; first += size) yield toyBatch(first, Math.min(size, count - first));
    },
  };
  function toyBatch(first: number, made: number): ImageBatch {
    const images = Array.from({ length: made }, (_, i) => {
      const random = new Random(seed, 'toys', first + i);
      return Uint8Array.from({ length: 3 * side * side }, () => Math.floor(200 * random.uniform()) + brightness);
    });
    return {
      pixels: Uint8Array.from(images.flatMap((image) => [...image])),
      count: made,
      height: side,
      width: side,
      labels: Int32Array.from({ length: made }, (_, i) => (first + i) % Math.max(1, classNames.length)),
    };
  }
}

/**
 * Two features, the means of red and of green; three logits, which say class 0 to what is bright, and never class 2.
 * It takes images of 4×4 pixels in −1 … 1.
 */
export function toyExtractor(more: Partial<FeatureExtractor> = {}): FeatureExtractor {
  return {
    name: 'toy',
    description: 'means of red and green',
    weightsSha256: '0'.repeat(64),
    resolution: 4,
    normalization: 'symmetric',
    dimensions: 2,
    classes: 3,
    extract: async (images, count) => {
      const features = new Float32Array(2 * count);
      const logits = new Float32Array(3 * count);
      for (let n = 0; n < count; n++) {
        for (const channel of [0, 1]) {
          const plane = images.subarray((3 * n + channel) * 16, (3 * n + channel + 1) * 16);
          features[2 * n + channel] = plane.reduce((sum, value) => sum + value, 0) / 16;
        }
        logits.set([10 * (features[2 * n] ?? 0), 0, -100], 3 * n);
      }
      return { features, logits };
    },
    ...more,
  };
}
