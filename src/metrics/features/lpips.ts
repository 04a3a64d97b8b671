/**
 * LPIPS, the learned perceptual image patch similarity: Zhang, Isola, Efros, Shechtman, Wang 2018, "The unreasonable
 * effectiveness of deep features as a perceptual metric", arXiv:1801.03924, eq. 1, version 0.1 with VGG16, as torch-fidelity
 * 0.4 computes it for the path length.
 *
 * The maps of five stages of VGG16 are brought to length 1 at each position; the squared differences of two images are
 * weighed by channel, averaged over positions and added up over stages.
 */

import { FormatError } from '../../base/errors.ts';
import {
  type Graph,
  graph,
  type Program,
  type Runtime,
  type Shape,
  type Tensor,
  type TensorData,
} from '../../engine/index.ts';
import { formatType } from '../../engine/ir/tensor-data.ts';
import {
  add,
  concat,
  constant,
  div,
  input,
  matmul,
  mean,
  mul,
  resizeBilinear,
  split,
  sqrt,
  square,
  sub,
  sum,
} from '../../engine/ops/index.ts';
import { hashWeights, readWeights } from '../../weights/index.ts';
import type { ImageDistance } from './image-distance.ts';
import { checkPublishedWeights } from './published-weights.ts';
import { vgg16Channels, vgg16Shapes, vgg16Stages } from './vgg16.ts';

/** Added to the length of a position's channels. */
const epsilon = 1e-10;
/** By colour, of pixels in −1 … 1, as LPIPS was trained: ImageNet's mean and deviation, rounded. */
const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

const weighing: ReadonlyMap<string, Shape> = new Map(vgg16Channels.map((c, stage) => [linear(stage), [1, c, 1, 1]]));

function linear(stage: number): string {
  return `lin${stage}.model.1.weight`;
}

export interface LpipsOptions {
  /** Height and width in pixels that images are brought to; undefined leaves them as they are. torch-fidelity's is 64. */
  readonly resolution: number | undefined;
  /** Pairs of images that are compared at a time; a matter of memory and speed only. Default 16. */
  readonly batch?: number;
}

export interface LpipsFiles {
  /** torchvision's VGG16, `.pth` or `.safetensors`. */
  readonly vgg16: string;
  /** The weights of channels, as LPIPS and torch-fidelity publish them. */
  readonly lpips: string;
}

/**
 * Opens LPIPS with its two files of weights.
 *
 * Throws FormatError where a file is damaged or is not what it should be; UserError where it cannot be read, or bears a
 * published name but has other bytes.
 */
export function openLpips(runtime: Runtime, files: LpipsFiles, options: LpipsOptions): ImageDistance {
  const { resolution, batch = 16 } = options;
  const sums = [files.vgg16, files.lpips].map((file) => {
    const seen = hashWeights(file);
    checkPublishedWeights(file, seen);
    return seen;
  });
  const weights = new Map([...readTensors(files.vgg16, vgg16Shapes), ...readTensors(files.lpips, weighing)]);
  const programs = new Map<number, Promise<Program>>();
  const programFor = (side: number): Promise<Program> => {
    const known = programs.get(side) ?? runtime.compile(traceLpips(weights, batch, side, resolution ?? side));
    programs.set(side, known);
    return known;
  };
  const size = resolution === undefined ? 'as it is' : `at ${resolution}×${resolution}`;
  return {
    name: '',
    description: `LPIPS 0.1 of VGG16, ${size}`,
    weightsSha256: sums.join('+'),
    async measure(a, b) {
      const program = await programFor(a.resolution);
      const imageSize = 3 * a.resolution ** 2;
      const shape = [batch, 3, a.resolution, a.resolution];
      const distances = new Float32Array(a.count);
      for (let start = 0; start < a.count; start += batch) {
        const piece = (pixels: Float32Array): TensorData => {
          const data = new Float32Array(batch * imageSize);
          data.set(pixels.subarray(start * imageSize, Math.min(start + batch, a.count) * imageSize));
          return { dtype: 'float32', shape, data };
        };
        const { distance } = await program.compute({ a: piece(a.pixels), b: piece(b.pixels) });
        distances.set(Float32Array.from(distance?.data ?? []).subarray(0, a.count - start), start);
      }
      return distances;
    },
  };
}

/** Inputs: a and b, float32[N,3,R,R] in 0 … 255. Output: distance float32[N]. */
export function traceLpips(
  weights: ReadonlyMap<string, TensorData>,
  batch: number,
  resolution: number,
  resized: number,
): Graph {
  const shape = [batch, 3, resolution, resolution];
  const both = concat([input('a', 'float32', shape), input('b', 'float32', shape)], 0); // [2N, 3, R, R]
  const images = resize(normalized(both), resized);
  const named = (name: string): Tensor => {
    const value = weights.get(name);
    if (value === undefined) throw new Error(`lpips: the weights lack "${name}".`);
    return constant(value);
  };
  const stages = vgg16Stages(images, named).map((maps, stage) => {
    const length = sqrt(sum(square(maps), [1], { keepDims: true }));
    const [a, b] = split(div(maps, add(length, epsilon)), 0, [batch, batch]);
    if (a === undefined || b === undefined) throw new Error('lpips: the maps of two batches were not split.');
    return mean(sum(mul(square(sub(a, b)), named(linear(stage))), [1]), [1, 2]); // [N]
  });
  return graph('lpips', [['distance', stages.reduce(add)]]);
}

function normalized(pixels: Tensor): Tensor {
  const byColour = (values: readonly number[]) =>
    constant({ dtype: 'float32', shape: [3, 1, 1], data: Float32Array.from(values) });
  const middle = byColour(shift.map((s) => ((1 + s) * 255) / 2));
  return mul(sub(pixels, middle), byColour(scale.map((s) => 2 / (s * 255))));
}

/** Larger images by averages of areas (adaptive average pooling, as PyTorch's `area`), smaller ones bilinearly. */
function resize(images: Tensor, target: number): Tensor {
  const side = images.shape[2] ?? 0;
  if (side === target) return images;
  if (side < target) return resizeBilinear(images, target, target);
  const data = new Float32Array(target * side);
  for (let i = 0; i < target; i++) {
    const [from, to] = [Math.floor((i * side) / target), Math.ceil(((i + 1) * side) / target)];
    data.fill(1 / (to - from), i * side + from, i * side + to);
  }
  const areas = constant({ dtype: 'float32', shape: [target, side], data });
  return matmul(matmul(areas, images), areas, { transposeB: true });
}

/** The tensors of some names and shapes. Throws FormatError that names one that the file has not so. */
function readTensors(file: string, shapes: ReadonlyMap<string, Shape>): Map<string, TensorData> {
  const [first = ''] = shapes.keys();
  const dictionary = readWeights(file).find(({ tensors }) => tensors.has(first));
  return new Map(
    [...shapes].map(([name, shape]) => {
      const found = dictionary?.tensors.get(name)?.load();
      const expected = formatType({ dtype: 'float32', shape });
      if (found !== undefined && formatType(found) === expected) return [name, found];
      const seen = found === undefined ? `there is no tensor "${name}"` : `tensor "${name}" is ${formatType(found)}`;
      throw new FormatError(file, `${seen}; expected ${expected}. Give the file of the network that is asked for.`);
    }),
  );
}
