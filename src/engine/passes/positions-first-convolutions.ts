/** Which form the three ops of a convolution take on maps [H,W,N,C], if any: by channels, or by products (convolution-forms.ts). */

import type { Tensor } from '../ir/tensor.ts';
import type { Shape } from '../ir/tensor-data.ts';
import type { Window } from '../ops/convolution.ts';
import { type Axis, type AxisProducts, axisProducts } from './axis-products.ts';
import type { PlaneProducts } from './bilinear-convolution.ts';
import { bilinear, type Form, pointwise, thinInput, thinOutput } from './convolution-forms.ts';
import type { LayoutRule } from './layouts.ts';

/** Up to this many channels a map is thin: gathering its patches costs less than transforming it. */
const thinChannels = 4;

/** With fewer rows a matrix product spends its time on bringing in the kernel. */
const fewestRows = 32;

/** From this size on a transformed input is computed again rather than kept. */
const largeBytes = 2 ** 24;

/** The factors of a convolution by their standard shapes, whichever of them the op computes. */
interface Factors {
  readonly x: Shape;
  readonly w: Shape;
  readonly y: Shape;
  readonly window: Window;
}

/** `hasMap`: an operand lies positions first already. */
function formOf({ x, w, y, window }: Factors, hasMap: boolean, scope: string): Form | undefined {
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
  const columnBlock = Math.max(2, Math.ceil((2 * Math.max(inputs, outputs)) / (x[0] ?? 1)));
  const plane = (isReversed: boolean) => ({
    rows: axisProducts(axis(0), { isReversed }),
    columns: axisProducts(axis(1), { isReversed, tilesABlock: columnBlock }),
  });
  const forward = plane(false);
  const { rows, columns } = scope.startsWith('grad.') && isLarge(x, forward) ? plane(true) : forward;
  if (rows === undefined || columns === undefined || columns.tilesABlock * (x[0] ?? 0) < fewestRows) return undefined;
  const products = rows.input.rows * columns.input.rows;
  const plain = (y[2] ?? 0) * (y[3] ?? 0) * (kernel[0] ?? 0) * (kernel[1] ?? 0);
  return products < plain ? bilinear({ rows, columns }, plain / products) : undefined;
}

/**
 * True for transformed inputs that are better computed again on the way back than kept: they are twice as large as the map,
 * which is kept anyway, and the products that they are needed for take several times as long. With its products in another
 * order the way back shares nothing with the way forward.
 */
function isLarge(
  [batch = 0, channels = 0]: Shape,
  plane: { readonly [Axis in keyof PlaneProducts]: AxisProducts | undefined },
): boolean {
  return 4 * (plane.rows?.input.rows ?? 0) * (plane.columns?.input.rows ?? 0) * batch * channels >= largeBytes;
}

const convRule: LayoutRule = (node, layouts) => {
  const [x, w] = node.inputs;
  if (x === undefined || w === undefined) return undefined;
  const factors = { x: x.shape, w: w.shape, y: node.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(x), node.scope);
  return form && { ...form.conv(layouts, x, layouts.standard(w)), change: form.change };
};

const convTransposeRule: LayoutRule = (node, layouts) => {
  const [y, w] = node.inputs;
  if (y === undefined || w === undefined) return undefined;
  const factors = { x: node.shape, w: w.shape, y: y.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(y), node.scope);
  return form && { ...form.convTranspose(layouts, y, layouts.standard(w)), change: form.change };
};

const kernelGradientRule: LayoutRule = (node, layouts) => {
  const [x, y] = node.inputs;
  if (x === undefined || y === undefined) return undefined;
  const factors = { x: x.shape, w: node.shape, y: y.shape, window: windowOf(node) };
  const form = formOf(factors, layouts.isPositionsFirst(x) || layouts.isPositionsFirst(y), node.scope);
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
