/** The Inception network of FID as an extractor of features, read from a file of weights. */

import { type NodeDevice, openRuntime } from '../../engine/index.ts';
import { type Graph, graph } from '../../engine/ir/graph.ts';
import { input } from '../../engine/ops/index.ts';
import { hashWeights } from '../../weights/index.ts';
import { extractInBatches } from './extract-in-batches.ts';
import type { FeatureExtractor } from './extractor.ts';
import {
  type InceptionLayers,
  type InceptionTap,
  inceptionClasses,
  inceptionFeatures,
  inceptionLogits,
  inceptionResolution,
} from './inception.ts';
import { readInceptionWeights } from './inception-weights.ts';
import { checkPublishedWeights, publishedWeights } from './published-weights.ts';

export interface InceptionOptions {
  /** Where features are taken; default 2048. Only this one has logits too. */
  readonly tap?: InceptionTap;
  /** Whether logits include the last layer's bias, which TensorFlow's Inception score leaves out. Default false. */
  readonly logitBias?: boolean;
  /** Images at a time. Default 8: more are not quicker, and take 16 MiB each. */
  readonly batch?: number;
  /** Default: all that the process may use. */
  readonly threads?: number;
  /** Default `cpu`. */
  readonly device?: NodeDevice;
}

/**
 * Opens the Inception network of FID with the weights of a file: `.pth`, `.safetensors`, or NVIDIA's `.pt`.
 *
 * Throws FormatError where the file is damaged or holds another network; UserError where it cannot be read, or bears the
 * name of published weights without being them. Other files are taken for what they are, and the description says so.
 */
export async function openInception(file: string, options: InceptionOptions = {}): Promise<FeatureExtractor> {
  const { tap = 2048, logitBias = false, batch = 8, device = 'cpu', threads } = options;
  const weightsSha256 = hashWeights(file);
  checkPublishedWeights(file, weightsSha256);
  const isPublished = publishedWeights.some(({ sha256 }) => sha256 === weightsSha256);
  // Blocked layouts, which only this level has, double the speed where weights are constants; our passes would leave no
  // convolution to lay out.
  const runtime = await openRuntime({
    device,
    graphOptimizationLevel: 'all',
    passes: 'none',
    ...(threads === undefined ? {} : { threads }),
  });
  const program = await runtime.compile(traceInception(readInceptionWeights(file), { tap, logitBias, batch }));
  const sizes = { resolution: inceptionResolution, dimensions: tap, classes: tap === 2048 ? inceptionClasses : 0 };
  return {
    // A distance of other features than the last is not what FID stands for.
    name: tap === 2048 ? '' : `inception-${tap}`,
    description: [
      `Inception v3 of TensorFlow 2015-12-05${isPublished ? '' : ', weights of unknown origin'}`,
      `${tap} features`,
      ...(sizes.classes === 0 ? [] : [`logits with${logitBias ? '' : 'out'} bias`]),
    ].join(', '),
    weightsSha256,
    ...sizes,
    extract: (images, count) =>
      extractInBatches(images, count, batch, sizes, (data) => {
        const shape = [batch, 3, inceptionResolution, inceptionResolution];
        return program.compute({ images: { dtype: 'float32', shape, data } });
      }),
  };
}

/** Input: images float32 [N,3,299,299], normalised. Outputs: features [N,D] and, at the last tap, logits [N,1008]. */
export function traceInception(
  layers: InceptionLayers,
  { tap, logitBias, batch }: Required<Pick<InceptionOptions, 'tap' | 'logitBias' | 'batch'>>,
): Graph {
  const images = input('images', 'float32', [batch, 3, inceptionResolution, inceptionResolution]);
  const features = inceptionFeatures(images, layers, tap);
  return graph('inception', [
    ['features', features],
    ...(tap === 2048 ? [['logits', inceptionLogits(features, layers, { bias: logitBias })] as const] : []),
  ]);
}
