/**
 * A small convolutional classifier of 32×32 grey images: what the class accuracy of generated samples is judged by.
 *
 * Three convolutions with batch normalisation and one hidden layer, some 90,000 parameters. Larger than LeNet-5
 * (LeCun, Bottou, Bengio, Haffner 1998), of its kind; the architecture is Sagan's own, so its scores are too.
 */

import { UserError } from '../../base/errors.ts';
import { type Graph, graph, type Tensor } from '../../engine/index.ts';
import { averagePool, input, maxPool, mean, relu, reshape, resizeBilinear, softmax } from '../../engine/ops/index.ts';
import { fromPixels } from '../../gan/index.ts';
import {
  batchNorm,
  type ConvLayerOptions,
  conv2d,
  linear,
  type Scope,
  type Variable,
  Variables,
} from '../../nn/index.ts';

/** Height and width of the images that the network takes, in pixels. */
export const classifierResolution = 32;

const largestResized = 2 * classifierResolution;

/** How the bytes of images are laid out. */
export interface ImageFormat {
  readonly channels: 1 | 3;
  /** Height and width in pixels. */
  readonly resolution: number;
}

/** images float32[N,1,32,32] in −1 … 1 → logits [N,K] and the features [N,64] that they are a linear function of. */
export function classifier(scope: Scope, images: Tensor, classes: number): { logits: Tensor; features: Tensor } {
  const block = (name: string, x: Tensor, channels: number, options: ConvLayerOptions = {}) =>
    scope.at(name, (block) => {
      const y = block.at('conv', (layer) => conv2d(layer, x, channels, { ...options, bias: false }));
      return relu(block.at('norm', (layer) => batchNorm(layer, y)));
    });
  const edges = block('block1', images, 16, { kernel: 5, stride: 2 }); // [N, 16, 16, 16]
  const strokes = maxPool(block('block2', edges, 32), 2); // [N, 32, 8, 8]
  const parts = maxPool(block('block3', strokes, 64), 2); // [N, 64, 4, 4]
  const flat = reshape(parts, [images.shape[0] ?? 0, 1024]);
  const features = relu(scope.at('features', (layer) => linear(layer, flat, 64)));
  return { logits: scope.at('logits', (layer) => linear(layer, features, classes)), features };
}

/**
 * The classifier as a program that judges. Inputs: images uint8[N,C,H,W] and the classifier's variables. Output:
 * probabilities float32[N,K]. Uses running statistics, so an image is judged without regard to its neighbours.
 *
 * Colour is averaged to grey. Images of up to 64 pixels are resized bilinearly to 32, larger multiples of 32 are averaged
 * down to it. Throws UserError for the rest, where bilinear resizing would skip pixels.
 */
export function traceClassify(
  classes: number,
  batch: number,
  { channels, resolution }: ImageFormat,
): { graph: Graph; variables: Variable[] } {
  const variables = new Variables();
  const pixels = fromPixels(input('images', 'uint8', [batch, channels, resolution, resolution]));
  const grey = channels === 1 ? pixels : mean(pixels, [1], { keepDims: true }); // [N, 1, H, W]
  const scope = variables.scope('classifier', { training: false });
  const { logits } = classifier(scope, toClassifierResolution(grey, resolution), classes);
  return { graph: graph('classify', [['probabilities', softmax(logits)]]), variables: variables.all };
}

function toClassifierResolution(images: Tensor, resolution: number): Tensor {
  if (resolution <= largestResized) return resizeBilinear(images, classifierResolution, classifierResolution);
  if (resolution % classifierResolution === 0) return averagePool(images, resolution / classifierResolution);
  throw new UserError(
    `classify: the images have ${resolution}×${resolution} pixels; expected at most ${largestResized}×${largestResized} ` +
      `or a multiple of ${classifierResolution}. Resize them first.`,
  );
}
