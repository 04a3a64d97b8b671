/** The meaning of convolutions and pooling: sums over every (position, tap) pair that meets inside the input. */

import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import { at, coordinates, type Meaning, numbers, type Operand, tabulate } from './tabulate.ts';

/** The input coordinate under a kernel tap at an output position, or undefined in the padding. */
function under(
  node: Tensor,
  position: readonly number[],
  tap: readonly number[],
  spatial: Shape,
): number[] | undefined {
  const [strides, dilations, before] = [numbers(node, 'strides'), numbers(node, 'dilations'), numbers(node, 'before')];
  const source = position.map(
    (p, axis) => p * (strides[axis] ?? 1) + (tap[axis] ?? 0) * (dilations[axis] ?? 1) - (before[axis] ?? 0),
  );
  return source.every((c, axis) => c >= 0 && c < (spatial[axis] ?? 0)) ? source : undefined;
}

/**
 * Calls `visit` with the flat indices of every product x·w·y of the trilinear form Σ x·w·y that a convolution is;
 * conv, convTranspose and kernelGradient each sum these over all but one factor.
 */
function eachProduct(
  node: Tensor,
  x: Shape,
  w: Shape,
  y: Shape,
  visit: (ix: number, iw: number, iy: number) => void,
): void {
  const groups = Number(node.attributes.groups);
  const [, channels = 0, ...spatial] = x;
  const [outputs = 0, perGroup = 0, ...kernel] = w;
  const [inside, positions, taps] = [sizeOf(spatial), coordinates(y.slice(2)), coordinates(kernel)];
  // Which taps meet the input is the same for all images and channels.
  const meetings = positions.flatMap((position, p) =>
    taps.flatMap((tap, t): [number, number, number][] => {
      const source = under(node, position, tap, spatial);
      return source === undefined ? [] : [[source.reduce((sum, c, axis) => sum * (spatial[axis] ?? 1) + c, 0), t, p]];
    }),
  );
  for (let n = 0; n < (x[0] ?? 0); n++) {
    for (let o = 0; o < outputs; o++) {
      const group = Math.floor(o / (outputs / groups));
      for (let i = 0; i < perGroup; i++) {
        const channel = group * (channels / groups) + i;
        const [map, window] = [(n * channels + channel) * inside, (o * perGroup + i) * taps.length];
        const result = (n * outputs + o) * positions.length;
        for (const [source, tap, position] of meetings) visit(map + source, window + tap, result + position);
      }
    }
  }
}

type Factor = 'x' | 'w' | 'y';

/** Sums the products over all but the factor `result`; the two operands are the factors `first` and `second`. */
function trilinear(first: Factor, second: Factor, result: Factor): Meaning {
  return (node, [a, b]) => {
    const out = new Float64Array(sizeOf(node.shape));
    if (a === undefined || b === undefined) return out;
    const shapes = { [first]: a.shape, [second]: b.shape, [result]: node.shape };
    eachProduct(node, shapes.x ?? [], shapes.w ?? [], shapes.y ?? [], (x, w, y) => {
      const index = { x, w, y };
      out[index[result]] = (out[index[result]] ?? 0) + (a.data[index[first]] ?? 0) * (b.data[index[second]] ?? 0);
    });
    return out;
  };
}

function pooling(combine: (inside: number[], taps: number, node: Tensor) => number): Meaning {
  return (node, [x]) => {
    const taps = coordinates(numbers(node, 'kernel'));
    return tabulate(node.shape, ([n = 0, c = 0, ...position]) =>
      combine(inWindow(node, x, [n, c], position, taps), taps.length, node),
    );
  };
}

function inWindow(
  node: Tensor,
  x: Operand | undefined,
  lead: number[],
  position: number[],
  taps: number[][],
): number[] {
  return taps.flatMap((tap) => {
    const source = under(node, position, tap, x?.shape.slice(2) ?? []);
    return source === undefined ? [] : [at(x, [...lead, ...source])];
  });
}

const upsample: Meaning = (node, [x]) => {
  const scale = numbers(node, 'scale');
  return tabulate(node.shape, (where) =>
    at(
      x,
      where.map((c, axis) => (axis < 2 ? c : Math.floor(c / (scale[axis - 2] ?? 1)))),
    ),
  );
};

export const convolutionMeanings: Readonly<Record<string, Meaning>> = {
  conv: trilinear('x', 'w', 'y'),
  convTranspose: trilinear('y', 'w', 'x'),
  kernelGradient: trilinear('x', 'y', 'w'),
  averagePool: pooling(
    (inside, taps, node) =>
      inside.reduce((a, b) => a + b, 0) / (node.attributes.countPadding === 1 ? taps : inside.length),
  ),
  maxPool: pooling((inside) => Math.max(...inside)),
  upsample,
};
