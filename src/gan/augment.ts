/**
 * Differentiable augmentation: the same kinds of random change for what the discriminator sees of real and of fake images,
 * through which the generator's gradient passes. Source: Zhao, Liu, Lin, Zhu, Han 2020, arXiv:2006.10738, section 4.
 */

import type { Tensor } from '../engine/ir/tensor.ts';
import {
  add,
  and,
  cast,
  equal,
  greaterEqual,
  iota,
  less,
  matmul,
  mean,
  mul,
  reshape,
  sub,
  transpose,
} from '../engine/ops/index.ts';
import type { Draws } from './draws.ts';

/** A random change of images [N,C,H,W]; its random inputs are named below `name`. */
type Change = (images: Tensor, draws: Draws, name: string) => Tensor;

/** Brightness by ± 0.5, saturation by 0 … 2, contrast by 0.5 … 1.5, in this order, each drawn for each image. */
const color: Change = (images, draws, name) => {
  const [n = 0] = images.shape;
  const perImage = (what: string, low: number, high: number) =>
    reshape(draws.take(`${name}.${what}`, [n], { kind: 'uniform', low, high }), [n, 1, 1, 1]);
  const around = (x: Tensor, axes: number[], factor: Tensor) => {
    const centre = mean(x, axes, { keepDims: true });
    return add(mul(sub(x, centre), factor), centre);
  };
  const bright = add(images, perImage('brightness', -0.5, 0.5));
  const saturated = around(bright, [1], perImage('saturation', 0, 2));
  return around(saturated, [1, 2, 3], perImage('contrast', 0.5, 1.5));
};

/** A shift by up to an eighth of the side each way; what comes in is 0. */
const translation: Change = (images, draws, name) => {
  const [n = 0, channels = 0, height = 0, width = 0] = images.shape;
  const shift = (axis: string, side: number) => {
    const most = Math.round(side / 8);
    const drawn = draws.take(`${name}.${axis}`, [n, 1, 1], { kind: 'integers', below: 2 * most + 1 });
    return shiftMatrices(sub(cast(drawn, 'float32'), most), side);
  };
  const across = matmul(reshape(images, [n, channels * height, width]), shift('x', width), { transposeB: true });
  const turned = transpose(reshape(across, [n, channels, height, width]), [0, 1, 3, 2]);
  const along = matmul(reshape(turned, [n, channels * width, height]), shift('y', height), { transposeB: true });
  return transpose(reshape(along, [n, channels, width, height]), [0, 1, 3, 2]);
};

/** by float32[N,1,1] → [N, side, side] with a 1 in row r and column r − by: the matrices that move a row's pixels. */
function shiftMatrices(by: Tensor, side: number): Tensor {
  const positions = cast(iota(side), 'float32');
  const [rows, columns] = [reshape(positions, [1, side, 1]), reshape(positions, [1, 1, side])];
  return cast(equal(sub(rows, by), columns), 'float32');
}

/** A square of half the side at a random place, partly outside perhaps, becomes 0. */
const cutout: Change = (images, draws, name) => {
  const [n = 0, , height = 0, width = 0] = images.shape;
  const inside = (axis: string, side: number, shape: readonly number[]) => {
    const length = Math.round(side / 2);
    const below = side + 1 - (length % 2);
    const centre = reshape(draws.take(`${name}.${axis}`, [n], { kind: 'integers', below }), [n, 1, 1, 1]);
    const start = sub(cast(centre, 'float32'), Math.floor(length / 2));
    const positions = reshape(cast(iota(side), 'float32'), shape);
    return and(greaterEqual(positions, start), less(positions, add(start, length)));
  };
  const square = and(inside('y', height, [1, 1, height, 1]), inside('x', width, [1, 1, 1, width]));
  return mul(images, sub(1, cast(square, 'float32')));
};

const changes = { color, translation, cutout } as const satisfies Readonly<Record<string, Change>>;

export type Augmentation = keyof typeof changes;
export const augmentations: readonly [Augmentation, ...Augmentation[]] = ['color', 'translation', 'cutout'];

/** images float32[N,C,H,W] → the same shape, with the named changes in the order of `augmentations`. */
export function augment(images: Tensor, which: readonly Augmentation[], draws: Draws, name: string): Tensor {
  return augmentations
    .filter((augmentation) => which.includes(augmentation))
    .reduce((changed, augmentation) => changes[augmentation](changed, draws, `${name}.${augmentation}`), images);
}
