/**
 * What is measured of both networks between steps, as tensor programs that move nothing: the slope of the discriminator,
 * how far samples lie apart, the gates of attention, and what the singular values of the weights are found with.
 *
 * Source: Brock, Donahue, Simonyan 2019, arXiv:1809.11096, section 4 and appendix F, where collapse is told by the top
 * three singular values of each weight.
 */

import { type Graph, graph } from '../engine/ir/graph.ts';
import type { Tensor } from '../engine/ir/tensor.ts';
import { sizeOf } from '../engine/ir/tensor-data.ts';
import { add, input, matmul, max, mean, mul, reshape, square, sub, sum } from '../engine/ops/index.ts';
import { asMatrix, type Variable, Variables } from '../nn/index.ts';
import { type Draw, Draws } from './draws.ts';
import type { BoundModel } from './model.ts';
import { drawFakes, fromPixels } from './objective.ts';
import { gradientNorms } from './penalty.ts';

export interface AnalysisPrograms {
  /**
   * Inputs: images uint8[N,C,H,W], labels int32[N], `draws`, the state. Outputs: `gradNorm.real` and `gradNorm.fake` [], means
   * of ‖∇ₓD(x)‖₂; `distances.real` and `distances.fake` [N,N], mean squared differences of pixels in −1 … 1; and what the
   * networks make observable as scalars: gates `<path>.gamma` and estimates of spectral norm, `<path>.sigma`.
   *
   * Both networks run as in training, with the statistics of this batch. The generator is the trained one, not its average,
   * which collapses later.
   */
  readonly networks: Graph;
  /** z and labels of the fakes. */
  readonly draws: { readonly z: Draw; readonly labels: Draw };
  /**
   * One step of the Arnoldi iteration on every weight W at once. Inputs: the weights, and for each `<weight>.probes`
   * float32[block, side]. Outputs: `<weight>` float32[block, side], its probes times WWᵀ or WᵀW, whichever is smaller.
   */
  readonly gramians: Graph;
  readonly weights: readonly WeightMatrix[];
}

/** A weight that is a linear map. */
export interface WeightMatrix {
  readonly name: string;
  /** The smaller side of its matrix. */
  readonly side: number;
}

/** Traces the programs, for N `images` and `block` probes a weight. */
export function traceAnalysis(model: BoundModel, images: number, block: number): AnalysisPrograms {
  const variables = new Variables();
  const draws = new Draws();
  const { resolution, channels } = model.images;
  const pixels = input('images', 'uint8', [images, channels, resolution, resolution]);
  const labels = input('labels', 'int32', [images]);
  const fakes = drawFakes(draws, model, 'analysis', images);
  const [z, fakeLabels] = draws.all;
  if (z === undefined || fakeLabels === undefined) throw new RangeError('traceAnalysis: fakes have no latents.');
  const still = { training: true, updates: false };
  const real = fromPixels(pixels);
  const fake = model.generator(variables.scope('G', still), fakes.z, fakes.labels);
  const slope = (x: Tensor, of: Tensor) =>
    mean(gradientNorms((each) => model.discriminator(variables.scope('D', still), each, of).logits, x));
  const outputs: [string, Tensor][] = [
    ['gradNorm.real', slope(real, labels)],
    ['gradNorm.fake', slope(fake, fakes.labels)],
    ['distances.real', squaredDistances(real)],
    ['distances.fake', squaredDistances(fake)],
    ...[...variables.observations].filter(([name]) => /\.(gamma|sigma)$/.test(name)),
  ];
  const weights = variables.all.filter(isMatrix);
  return {
    networks: graph('analysis', outputs),
    draws: { z, labels: fakeLabels },
    gramians: traceGramians(weights, block),
    weights: weights.map((weight) => ({ name: weight.name, side: sideOf(weight) })),
  };
}

/** Kernels and matrices of layers; tables that batch norm looks gains and biases up in are no maps. */
function isMatrix({ name, shape, trainable }: Variable): boolean {
  return trainable && shape.length >= 2 && name.endsWith('.weight');
}

const rowsOf = ({ shape, rowAxis = 0 }: Variable) => shape[rowAxis] ?? 0;

function sideOf(weight: Variable): number {
  const rows = rowsOf(weight);
  return Math.min(rows, sizeOf(weight.shape) / rows);
}

function traceGramians(weights: readonly Variable[], block: number): Graph {
  const outputs = weights.map((weight): [string, Tensor] => {
    const matrix = asMatrix(input(weight.name, 'float32', weight.shape), weight.rowAxis); // [rows, rest]
    const side = sideOf(weight);
    const probes = input(`${weight.name}.probes`, 'float32', [block, side]);
    const isWide = rowsOf(weight) === side;
    const through = matmul(probes, matrix, { transposeB: !isWide });
    return [weight.name, matmul(through, matrix, { transposeB: isWide })];
  });
  return graph('gramians', outputs);
}

/** x float32[N,C,H,W] → [N,N]: of each pair the mean over pixels of the squared difference. */
function squaredDistances(x: Tensor): Tensor {
  const [n = 0, ...image] = x.shape;
  const flat = reshape(x, [n, -1]);
  // Around their mean, images that are nearly alike keep the digits in which they differ.
  const centred = sub(flat, mean(flat, [0], { keepDims: true }));
  const norms = sum(square(centred), [1]); // [N]
  const products = matmul(centred, centred, { transposeB: true }); // [N,N]
  const distances = sub(add(reshape(norms, [n, 1]), reshape(norms, [1, n])), mul(products, 2));
  return mul(max(distances, 0), 1 / sizeOf(image));
}
