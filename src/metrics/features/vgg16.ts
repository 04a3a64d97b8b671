/**
 * The convolutions of VGG16: Simonyan, Zisserman 2015, "Very deep convolutional networks for large-scale image recognition",
 * arXiv:1409.1556, configuration D, with torchvision's names of its layers.
 */

import type { Shape, Tensor } from '../../engine/index.ts';
import { add, conv2d, maxPool, relu, reshape } from '../../engine/ops/index.ts';

interface Layer {
  /** As in torchvision's file, where ReLUs and poolings are counted too. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** The layers of each stage; between stages, height and width are halved. */
const stages: readonly (readonly Layer[])[] = numbered([
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
]);

function numbered(channels: readonly (readonly number[])[]): Layer[][] {
  let [index, inputs] = [0, 3];
  return channels.map((stage) => {
    const layers = stage.map((outputs) => {
      const layer = { name: `features.${index}`, inputs, outputs };
      index += 2;
      inputs = outputs;
      return layer;
    });
    index++;
    return layers;
  });
}

/** Channels of the maps that each stage ends with. */
export const vgg16Channels: readonly number[] = stages.map((layers) => layers.at(-1)?.outputs ?? 0);

/** The shapes of all weights and biases, by their names in torchvision's file. */
export const vgg16Shapes: ReadonlyMap<string, Shape> = new Map(
  stages.flat().flatMap(({ name, inputs, outputs }): [string, Shape][] => [
    [`${name}.weight`, [outputs, inputs, 3, 3]],
    [`${name}.bias`, [outputs]],
  ]),
);

/** images float32 [N,3,H,W], normalised as `imagenet` → the maps [N,C,H/2^s,W/2^s] that the five stages end with, after ReLU. */
export function vgg16Stages(images: Tensor, weights: (name: string) => Tensor): Tensor[] {
  const ends: Tensor[] = [];
  let x = images;
  for (const [stage, layers] of stages.entries()) {
    if (stage > 0) x = maxPool(x, 2);
    for (const { name, outputs } of layers) {
      const bias = reshape(weights(`${name}.bias`), [outputs, 1, 1]);
      x = relu(add(conv2d(x, weights(`${name}.weight`), { padding: 1 }), bias));
    }
    ends.push(x);
  }
  return ends;
}
