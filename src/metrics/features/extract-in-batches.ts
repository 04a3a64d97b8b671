/** Any number of images through a network that takes a fixed number at a time. */

import { GraphError } from '../../base/errors.ts';
import type { TensorData } from '../../engine/index.ts';
import type { FeatureExtractor, Features } from './extractor.ts';

type Sizes = Pick<FeatureExtractor, 'resolution' | 'dimensions' | 'classes'>;

/**
 * Features of images float32 [N,3,R,R]. `extract` is given `batch` images each time and returns `features` [batch,D] and, where there are
 * classes, `logits` [batch,K]; the last piece is filled up with zeros, and what comes of these is left out. Throws GraphError
 * where the images are not `count`.
 */
export async function extractInBatches(
  images: Float32Array,
  count: number,
  batch: number,
  { resolution, dimensions, classes }: Sizes,
  extract: (images: Float32Array) => Promise<Readonly<Record<string, TensorData>>>,
): Promise<Features> {
  const imageSize = 3 * resolution * resolution;
  if (count < 1 || images.length !== count * imageSize) {
    throw new GraphError(
      `extract: ${images.length} numbers for ${count} images; expected ${imageSize} an image, [3,${resolution},${resolution}], ` +
        'and an image at least. Resize them to the resolution of the extractor.',
    );
  }
  const features = new Float32Array(count * dimensions);
  const logits = classes === 0 ? undefined : new Float32Array(count * classes);
  for (let start = 0; start < count; start += batch) {
    const rows = Math.min(batch, count - start);
    const given = images.subarray(start * imageSize, (start + rows) * imageSize);
    const piece = rows === batch ? given : new Float32Array(batch * imageSize);
    if (rows < batch) piece.set(given);
    const outputs = await extract(piece);
    features.set(floats(outputs, 'features').subarray(0, rows * dimensions), start * dimensions);
    logits?.set(floats(outputs, 'logits').subarray(0, rows * classes), start * classes);
  }
  return { features, logits };
}

function floats(outputs: Readonly<Record<string, TensorData>>, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new GraphError(`extract: the network returned no ${name} in float32.`);
}
