/** How far two images are from each other, as a network sees them. */

import { preprocess } from '../images/preprocess.ts';
import type { Preprocessing } from '../images/preprocessing.ts';
import type { FeatureExtractor } from './extractor.ts';

/** Square images that need not be rounded to bytes. */
export interface UnroundedImages {
  /** RGB planes, float32 [N,3,R,R] in 0 … 255; of a grey image three equal ones. */
  readonly pixels: Float32Array;
  readonly count: number;
  /** Height and width in pixels. */
  readonly resolution: number;
}

export interface ImageDistance {
  /** What scores by it are named for: '' for LPIPS, else as the extractor. */
  readonly name: string;
  /** As passports say it. */
  readonly description: string;
  /** SHA-256 of the file of weights, in hexadecimal digits; of several, with `+` between. */
  readonly weightsSha256: string;
  /** Distances [N] of each image of `a` to the same of `b`; both have the same count and resolution. */
  measure(a: UnroundedImages, b: UnroundedImages): Promise<Float32Array>;
}

/** The squared Euclidean distance of features, Σ (f(a) − f(b))². */
export function featureDistance(extractor: FeatureExtractor, preprocessing: Preprocessing): ImageDistance {
  const { dimensions, resolution } = extractor;
  const featuresOf = async ({ pixels, count, resolution: side }: UnroundedImages) => {
    const prepared = preprocess({ pixels, count, height: side, width: side }, preprocessing, resolution);
    return (await extractor.extract(prepared, count)).features;
  };
  return {
    name: extractor.name,
    description: `squared distance of features of ${extractor.description}`,
    weightsSha256: extractor.weightsSha256,
    async measure(a, b) {
      const [ofA, ofB] = [await featuresOf(a), await featuresOf(b)];
      return Float32Array.from({ length: a.count }, (_, n) => {
        let sum = 0;
        for (let i = n * dimensions; i < (n + 1) * dimensions; i++) sum += ((ofA[i] ?? 0) - (ofB[i] ?? 0)) ** 2;
        return sum;
      });
    },
  };
}
