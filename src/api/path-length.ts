/** Perceptual path length of a run's generator, and the distance that its images are compared by. */

import type { Runtime } from '../engine/index.ts';
import {
  type FeatureExtractor,
  featureDistance,
  type ImageDistance,
  type MetricSetup,
  openLpips,
  type PplDefinition,
  type Protocol,
  perceptualPathLength,
  preprocessingOf,
  requireFeatureWeights,
} from '../metrics/index.ts';
import type { GeneratedImages } from './generated-images.ts';

/**
 * Measures path lengths as `protocol` says with LPIPS, beside Inception; with other networks by the distance of their
 * features, unrounded: nothing published has to be met there, and rounding makes most steps vanish.
 */
export function pathLengthOf(
  runtime: Runtime,
  { generator, set }: GeneratedImages,
  extractor: FeatureExtractor,
  protocol: Protocol,
): MetricSetup['pathLength'] {
  const { channels, resolution, classes } = generator.model.images;
  return (definition, onProgress) => {
    const isPublished = extractor.name === '';
    const distance = isPublished
      ? openPublished(runtime, definition)
      : featureDistance(extractor, preprocessingOf(protocol, extractor));
    return perceptualPathLength(
      { ...definition, quantized: isPublished && definition.quantized },
      {
        generate: async (z, labels) => (await generator.generate(z, labels)).images,
        format: { channels: channels === 1 ? 1 : 3, resolution },
        space: generator.model,
        classes,
        distance,
        count: set.count,
        onProgress,
      },
    ).then((length) => ({ ...length, distance }));
  };
}

/** Throws UserError where the distance that belongs to a network is not on this machine, before images are made for it. */
export function requirePathLength({ name }: FeatureExtractor): void {
  if (name === '') for (const network of ['vgg16', 'lpips'] as const) requireFeatureWeights(network);
}

function openPublished(runtime: Runtime, { resolution }: PplDefinition): ImageDistance {
  const files = { vgg16: requireFeatureWeights('vgg16'), lpips: requireFeatureWeights('lpips') };
  return openLpips(runtime, files, { resolution });
}
