/**
 * The classifiers that come with Sagan as networks whose features images are compared by. What is scored by them is named
 * for them, as `fid-mnist` is: their 64 features are not Inception's.
 */

import { type Graph, graph, type Runtime } from '../../engine/index.ts';
import { input, mean } from '../../engine/ops/index.ts';
import { Variables } from '../../nn/index.ts';
import { hashWeights } from '../../weights/index.ts';
import { classifierFile } from './class-accuracy.ts';
import { classifier, classifierResolution } from './classifier.ts';
import { readClassifier } from './classifier-file.ts';
import { extractInBatches } from './extract-in-batches.ts';
import type { FeatureExtractor } from './extractor.ts';

const batch = 64;
const dimensions = 64;

/**
 * Opens a classifier that comes with Sagan as an extractor of [N,64] features, which its logits are a linear function of.
 * It takes images of 32×32 pixels that were normalised as `symmetric`; colour is averaged to grey.
 *
 * Throws UserError for another name, or where its file is damaged.
 */
export function openClassifierExtractor(runtime: Runtime, name: string): FeatureExtractor {
  const file = classifierFile(name);
  const trained = readClassifier(file);
  const { classes } = trained;
  const weights = Object.fromEntries(trained.weights);
  const program = traceFeatures(classes);
  const sizes = { resolution: classifierResolution, dimensions, classes };
  return {
    name,
    description: `Sagan's classifier of ${name}, the ${dimensions} features before its logits`,
    weightsSha256: hashWeights(file),
    normalization: 'symmetric',
    ...sizes,
    extract: (images, count) =>
      extractInBatches(images, count, batch, sizes, async (data) => {
        const shape = [batch, 3, classifierResolution, classifierResolution];
        return (await runtime.compile(program)).compute({ ...weights, images: { dtype: 'float32', shape, data } });
      }),
  };
}

/** Inputs: images float32[64,3,32,32] in −1 … 1 and the classifier's variables. */
function traceFeatures(classes: number): Graph {
  const images = input('images', 'float32', [batch, 3, classifierResolution, classifierResolution]);
  const grey = mean(images, [1], { keepDims: true }); // [N, 1, 32, 32]
  const scope = new Variables().scope('classifier', { training: false });
  const { features, logits } = classifier(scope, grey, classes);
  return graph('classifierFeatures', [
    ['features', features],
    ['logits', logits],
  ]);
}
