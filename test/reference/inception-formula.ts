/** Weights and images of the Inception network, by the formulas that `make_inception.py` uses too. */

import { crc32 } from 'node:zlib';
import { constant, type Shape, type TensorData } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import {
  type InceptionLayer,
  inceptionLayerShapes,
  inceptionResolution,
} from '../../src/metrics/features/inception.ts';
import { type Naming, type Role, tensorNames } from '../../src/metrics/features/inception-names.ts';
import { foldBatchNorm } from '../../src/metrics/features/inception-weights.ts';

const intervals: Readonly<Record<Exclude<Role, 'weight'>, readonly [number, number]>> = {
  gain: [0.5, 1.5],
  offset: [-0.2, 0.3],
  mean: [-0.3, 0.3],
  variance: [0.2, 1.8],
};

/** What a layer's weights vary within, so that activations neither vanish nor explode. */
function weightInterval(shape: Shape): readonly [number, number] {
  const bound = Math.sqrt(6 / sizeOf(shape.slice(1)));
  return [-bound, bound];
}

/** A tensor of a layer; each number mixes the layer, what the tensor is, and the position. */
export function formulaTensor(layer: string, role: Role, weightShape: Shape): TensorData {
  const shape = role === 'weight' ? weightShape : weightShape.slice(0, 1);
  const [low, high] = role === 'weight' ? weightInterval(shape) : intervals[role];
  const salt = crc32(`${layer}.${role}`);
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    let h = Math.imul(i, 0x9e3779b1) ^ salt;
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
    return low + (high - low) * (((h ^ (h >>> 15)) >>> 0) / 2 ** 32);
  });
  return { dtype: 'float32', shape, data };
}

/** The network's layers with these weights, batch normalisation folded; `gains` false for a file that keeps none. */
export function formulaLayer(layer: string, shape: Shape, { gains = true } = {}): InceptionLayer {
  const numbers = (role: Role) => formulaTensor(layer, role, shape).data;
  const statistic = (role: Role, isKept = true) => (layer === 'fc' || !isKept ? undefined : numbers(role));
  const { weight, bias } = foldBatchNorm({
    weight: numbers('weight'),
    gain: statistic('gain', gains),
    offset: numbers('offset'),
    mean: statistic('mean'),
    variance: statistic('variance'),
  });
  return {
    weight: constant({ dtype: 'float32', shape, data: weight }),
    bias: constant({ dtype: 'float32', shape: shape.slice(0, 1), data: bias }),
  };
}

/** All tensors of a file of weights, by the names of `naming`. */
export function formulaState(naming: Naming): Map<string, TensorData> {
  return new Map(
    [...inceptionLayerShapes()].flatMap(([layer, shape]) =>
      [...tensorNames(naming, layer)].map(([role, name]) => [name, formulaTensor(layer, role, shape)] as const),
    ),
  );
}

/** float32 [N,3,299,299] in −1 … 1: interwoven ramps, other ones in each image. */
export function formulaImages(count: number): Float32Array<ArrayBuffer> {
  const side = inceptionResolution;
  return Float32Array.from({ length: count * 3 * side * side }, (_, i) => {
    const column = i % side;
    const row = Math.floor(i / side) % side;
    const channel = Math.floor(i / side ** 2) % 3;
    const image = Math.floor(i / (3 * side ** 2));
    const pixel = (column * (3 + image) + row * (5 + 2 * image) + Math.floor((column * row) / 17) * channel) % 256;
    return (pixel - 128) / 128;
  });
}
