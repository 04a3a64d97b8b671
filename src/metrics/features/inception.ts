/**
 * The Inception network of the Fréchet Inception distance: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2015, "Rethinking the
 * Inception architecture for computer vision", arXiv:1512.00567, as TensorFlow published it on 2015-12-05.
 *
 * It differs from the Inception v3 of torchvision in what this file's reader would otherwise take for mistakes:
 *
 * - 1008 classes, of which the first is the background;
 * - averages over 3×3 windows leave the padding out (corners are averages of 4, edges of 6);
 * - the last block takes the maximum of each window where the others take the average;
 * - the epsilon of batch normalisation is 1e-3 (`inception-weights.ts`, where it is folded into the convolutions).
 *
 * The names of the layers are torchvision's, which most weight files have.
 */

import type { Shape, Tensor } from '../../engine/index.ts';
import { add, averagePool, concat, conv2d, input, matmul, maxPool, relu, reshape } from '../../engine/ops/index.ts';

/** Height and width of the images that the network takes, in pixels. */
export const inceptionResolution = 299;
export const inceptionClasses = 1008;

/** Where features can be taken: after the first and the second pooling, before the last two grids, and at the end. */
export const inceptionTaps = [64, 192, 768, 2048] as const;
export type InceptionTap = (typeof inceptionTaps)[number];

/** A layer's numbers, batch normalisation folded into them: weight [O,I,kH,kW] or [O,I], bias [O]. */
export interface InceptionLayer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Hands out the layer of a name, whose weight has the given shape. */
export type InceptionLayers = (name: string, weightShape: Shape) => InceptionLayer;

/** images float32 [N,3,299,299], normalised → features [N,D] at a tap: averages over all positions. */
export function inceptionFeatures(images: Tensor, layers: InceptionLayers, tap: InceptionTap): Tensor {
  const conv = convolutions(layers);
  const block = (name: string) => convolutions((layer, shape) => layers(`${name}.${layer}`, shape));
  let x = conv('Conv2d_1a_3x3', images, 32, [3, 3], { stride: 2 }); // [N, 32, 149, 149]
  x = conv('Conv2d_2a_3x3', x, 32, [3, 3]); // [N, 32, 147, 147]
  x = conv('Conv2d_2b_3x3', x, 64, [3, 3], same);
  x = halved(x); // [N, 64, 73, 73]
  if (tap === 64) return averageOfPositions(x);
  x = conv('Conv2d_3b_1x1', x, 80, [1, 1]);
  x = conv('Conv2d_4a_3x3', x, 192, [3, 3]); // [N, 192, 71, 71]
  x = halved(x); // [N, 192, 35, 35]
  if (tap === 192) return averageOfPositions(x);
  x = blockA(block('Mixed_5b'), x, 32); // [N, 256, 35, 35]
  x = blockA(block('Mixed_5c'), x, 64); // [N, 288, 35, 35]
  x = blockA(block('Mixed_5d'), x, 64);
  x = blockB(block('Mixed_6a'), x); // [N, 768, 17, 17]
  x = blockC(block('Mixed_6b'), x, 128);
  x = blockC(block('Mixed_6c'), x, 160);
  x = blockC(block('Mixed_6d'), x, 160);
  x = blockC(block('Mixed_6e'), x, 192);
  if (tap === 768) return averageOfPositions(x);
  x = blockD(block('Mixed_7a'), x); // [N, 1280, 8, 8]
  x = blockE(block('Mixed_7b'), x, averages); // [N, 2048, 8, 8]
  x = blockE(block('Mixed_7c'), x, maxima);
  return averageOfPositions(x);
}

/** features [N,2048] → logits [N,1008]. TensorFlow's Inception score leaves the bias out. */
export function inceptionLogits(features: Tensor, layers: InceptionLayers, { bias }: { bias: boolean }): Tensor {
  const layer = layers('fc', [inceptionClasses, 2048]);
  const logits = matmul(features, layer.weight, { transposeB: true });
  return bias ? add(logits, layer.bias) : logits;
}

/** The shape of each layer's weight, by its name, in the order in which the network uses them. */
export function inceptionLayerShapes(): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>();
  const note: InceptionLayers = (name, shape) => {
    shapes.set(name, shape);
    const variable = (kind: string, extents: Shape) => input(`${name}.${kind}`, 'float32', extents);
    return { weight: variable('weight', shape), bias: variable('bias', shape.slice(0, 1)) };
  };
  const images = input('images', 'float32', [1, 3, inceptionResolution, inceptionResolution]);
  inceptionLogits(inceptionFeatures(images, note, 2048), note, { bias: true });
  return shapes;
}

/** A convolution, with batch normalisation folded into it, and ReLU. */
export type Convolution = (
  name: string,
  x: Tensor,
  channels: number,
  kernel: readonly [number, number],
  options?: { readonly stride?: number; readonly isSame?: true },
) => Tensor;

/** Padding that leaves height and width as they are. */
const same = { isSame: true } as const;

export function convolutions(layers: InceptionLayers): Convolution {
  return (name, x, channels, kernel, { stride = 1, isSame = false } = {}) => {
    const { weight, bias } = layers(name, [channels, x.shape[1] ?? 0, ...kernel]);
    const padding = isSame ? kernel.map((taps) => (taps - 1) / 2) : 0;
    return relu(add(conv2d(x, weight, { stride, padding }), reshape(bias, [channels, 1, 1])));
  };
}

/** The paper's figure 5. */
export function blockA(conv: Convolution, x: Tensor, pooled: number): Tensor {
  const five = conv('branch5x5_1', x, 48, [1, 1]);
  const three = conv('branch3x3dbl_1', x, 64, [1, 1]);
  return concat(
    [
      conv('branch1x1', x, 64, [1, 1]),
      conv('branch5x5_2', five, 64, [5, 5], same),
      conv('branch3x3dbl_3', conv('branch3x3dbl_2', three, 96, [3, 3], same), 96, [3, 3], same),
      conv('branch_pool', averages(x), pooled, [1, 1]),
    ],
    1,
  );
}

/** To half the height and width, as in the paper's figure 10. */
function blockB(conv: Convolution, x: Tensor): Tensor {
  const three = conv('branch3x3dbl_1', x, 64, [1, 1]);
  return concat(
    [
      conv('branch3x3', x, 384, [3, 3], { stride: 2 }),
      conv('branch3x3dbl_3', conv('branch3x3dbl_2', three, 96, [3, 3], same), 96, [3, 3], { stride: 2 }),
      halved(x),
    ],
    1,
  );
}

/** The paper's figure 6, n = 7; `c` channels inside. */
export function blockC(conv: Convolution, x: Tensor, c: number): Tensor {
  let seven = conv('branch7x7_1', x, c, [1, 1]);
  seven = conv('branch7x7_2', seven, c, [1, 7], same);
  seven = conv('branch7x7_3', seven, 192, [7, 1], same);
  let twice = conv('branch7x7dbl_1', x, c, [1, 1]);
  twice = conv('branch7x7dbl_2', twice, c, [7, 1], same);
  twice = conv('branch7x7dbl_3', twice, c, [1, 7], same);
  twice = conv('branch7x7dbl_4', twice, c, [7, 1], same);
  twice = conv('branch7x7dbl_5', twice, 192, [1, 7], same);
  const pooled = conv('branch_pool', averages(x), 192, [1, 1]);
  return concat([conv('branch1x1', x, 192, [1, 1]), seven, twice, pooled], 1);
}

/** To half the height and width, at the second place. */
function blockD(conv: Convolution, x: Tensor): Tensor {
  const three = conv('branch3x3_1', x, 192, [1, 1]);
  let seven = conv('branch7x7x3_1', x, 192, [1, 1]);
  seven = conv('branch7x7x3_2', seven, 192, [1, 7], same);
  seven = conv('branch7x7x3_3', seven, 192, [7, 1], same);
  return concat(
    [
      conv('branch3x3_2', three, 320, [3, 3], { stride: 2 }),
      conv('branch7x7x3_4', seven, 192, [3, 3], { stride: 2 }),
      halved(x),
    ],
    1,
  );
}

/** The paper's figure 7, with averages or maxima in its last branch. */
export function blockE(conv: Convolution, x: Tensor, pool: (x: Tensor) => Tensor): Tensor {
  const three = conv('branch3x3_1', x, 384, [1, 1]);
  const twice = conv('branch3x3dbl_2', conv('branch3x3dbl_1', x, 448, [1, 1]), 384, [3, 3], same);
  return concat(
    [
      conv('branch1x1', x, 320, [1, 1]),
      conv('branch3x3_2a', three, 384, [1, 3], same),
      conv('branch3x3_2b', three, 384, [3, 1], same),
      conv('branch3x3dbl_3a', twice, 384, [1, 3], same),
      conv('branch3x3dbl_3b', twice, 384, [3, 1], same),
      conv('branch_pool', pool(x), 192, [1, 1]),
    ],
    1,
  );
}

function halved(x: Tensor): Tensor {
  return maxPool(x, 3, { stride: 2 });
}

export function maxima(x: Tensor): Tensor {
  return maxPool(x, 3, { stride: 1, padding: 1 });
}

export function averages(x: Tensor): Tensor {
  return averagePool(x, 3, { stride: 1, padding: 1, countPadding: false });
}

function averageOfPositions(x: Tensor): Tensor {
  const [n = 0, channels = 0, ...spatial] = x.shape;
  return reshape(averagePool(x, spatial), [n, channels]);
}
