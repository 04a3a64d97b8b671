/** Which form the three ops of a convolution take on maps [H,W,N,C], if any: by channels, or by products (convolution-forms.ts). */

import type { Tensor } from '../ir/tensor.ts';
import type { Shape } from '../ir/tensor-data.ts';
import type { Window } from '../ops/convolution.ts';
import { type Axis, axisProducts } from './axis-products.ts';
import type { PlaneProducts } from './bilinear-convolution.ts';
import { bilinear, type Form, pointwise, thinInput, thinOutput } from './convolution-forms.ts';
import type { LayoutRule } from './layouts.ts';

/** Up to this many channels a map is thin: gathering its patches costs less than transforming it. */
const thinChannels = 4;

/** With fewer rows a product spends its time on bringing in the kernel: then the tiles of all rows of a map are joined. */
const fewRows = 64;

/** With still fewer, the convolution stays as it is. */
const fewestRows = 16;

/** From this size on a transformed map or kernel is computed again in every part of the program rather than kept. */
const largeBytes = 2 ** 24;

/** The factors of a convolution by their standard shapes, whichever of them the op computes. */
interface Factors {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly window: Window;
}

/** `hasMap`: an operand lies positions first already. */
function formOf({ x, w, y, window }: Factors, hasMap: boolean, part: number): Form | undefined {
  const { strides, before, after, dilations, groups } = window;
  if (w.length !== 4 || groups !== 1 || dilations.some((dilation) => dilation !== 1)) return undefined;
  const [outputs = 0, inputs = 0, ...kernel] = w;
  if (kernel.every((k) => k === 1)) {
    const isPlain = strides.every((stride) => stride === 1) && [...before, ...after].every((n) => n === 0);
    return isPlain && hasMap ? pointwise : undefined;
  }
  if (inputs <= thinChannels && outputs > thinChannels) return thinInput(window, w, x);
  if (outputs <= thinChannels && inputs > thinChannels) return thinOutput(window, w, x);
  const axis = (i: 0 | 1): Axis => ({
    inputs: x[i + 2] ?? 0,
    outputs: y[i + 2] ?? 0,
    taps: kernel[i] ?? 0,
    stride: strides[i] ?? 1,
    before: before[i] ?? 0,
  });
  if (isWideAndThin(Math.max(...x.slice(2)), Math.min(inputs, outputs))) return undefined;
  const plane = planeOf(axis, x[0] ?? 0, Math.max(inputs, outputs), part);
  if (plane === undefined) return undefined;
  const products = plane.rows.input.rows * plane.columns.input.rows;
  const plain = (y[2] ?? 0) * (y[3] ?? 0) * (kernel[0] ?? 0) * (kernel[1] ?? 0);
  return products < plain ? bilinear(plane, plain / products) : undefined;
}

/**
 * True for large maps of few channels, whose transformations take longer than the multiplications that they save. Measured:
 * docs/performance.md.
 */
function isWideAndThin(extent: number, channels: number): boolean {
  return extent > 32 && channels < (3 / 4) * extent;
}

/** The algorithms of both axes, in blocks that suit the batch and the channels; undefined if there are none or too few rows. */
function planeOf(axis: (i: 0 | 1) => Axis, batch: number, channels: number, part: number): PlaneProducts | undefined {
  // With fewer images a block the weight's gradient would add up more blocks than the maps are large.
  const columnBlock = Math.max(2, Math.ceil((2 * channels) / batch));
  const plane = (rotation: number, areJoined: boolean): PlaneProducts | undefined => {
    const tilesABlock = (least: number) => (areJoined ? Number.POSITIVE_INFINITY : least);
    const rows = axisProducts(axis(0), { rotation, tilesABlock: tilesABlock(2) });
    const columns = axisProducts(axis(1), { rotation, tilesABlock: tilesABlock(columnBlock) });
    return rows && columns && { rows, columns, areJoined };
  };
  const first = plane(0, false);
  if (first === undefined) return undefined;
  const { rows, columns } = first;
  const tiles = rows.blocks * rows.tilesABlock * columns.blocks * columns.tilesABlock;
  if (tiles * batch < fewestRows) return undefined;
  // Maps that were transformed are twice as large as before, and kernels four times; the products that need them take
  // several times as long as another transformation. In another order, the parts of a program have nothing in common.
  const elements = Math.max(rows.input.rows * columns.input.rows * batch, rows.products * columns.products * channels);
  const rotation = 4 * elements * channels >= largeBytes ? part : 0;
  const areJoined = columns.tilesABlock * batch < fewRows && rows.blocks * rows.tilesABlock > 1;
  return rotation === 0 && !areJoined ? first : plane(rotation, areJoined);
}

const convRule: LayoutRule = (node, layouts) => {
  const [x, w] = node.inputs;
  if (x === undefined || w === undefined) return undefined;
  const factors = { x: x.shape, w: w.shape, y: node.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(x), layouts.part(node));
  return form && { ...form.conv(layouts, x, layouts.standard(w)), change: form.change };
};

const convTransposeRule: LayoutRule = (node, layouts) => {
  const [y, w] = node.inputs;
  if (y === undefined || w === undefined) return undefined;
  const factors = { x: node.shape, w: w.shape, y: y.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(y), layouts.part(node));
  return form && { ...form.convTranspose(layouts, y, layouts.standard(w)), change: form.change };
};

const kernelGradientRule: LayoutRule = (node, layouts) => {
  const [x, y] = node.inputs;
  if (x === undefined || y === undefined) return undefined;
  const factors = { x: x.shape, w: node.shape, y: y.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(x) || layouts.isPositionsFirst(y), layouts.part(node));
  return form && { tensor: form.kernelGradient(layouts, x, y), layout: 'standard', change: form.change };
};

function windowOf({ attributes }: Tensor): Window {
  const list = (name: string): readonly number[] => {
    const value = attributes[name];
    return Array.isArray(value) ? value : [];
  };
  return {
    strides: list('strides'),
    before: list('before'),
    after: list('after'),
    dilations: list('dilations'),
    groups: Number(attributes.groups),
  };
}

export const convolutionRules: readonly (readonly [string, LayoutRule])[] = [
  ['conv', convRule],
  ['convTranspose', convTransposeRule],
  ['kernelGradient', kernelGradientRule],
];
