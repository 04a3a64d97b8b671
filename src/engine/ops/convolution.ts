/**
 * Convolutions over any number of spatial axes, as three ops that are each other's derivatives:
 *
 *     y  = conv(x, w)               x [N,I,…]  w [O,I/groups,…]  y [N,O,…]
 *     x' = convTranspose(y, w)      the adjoint of conv in x
 *     w' = kernelGradient(x, y)     the adjoint of conv in w
 *
 * All three are the same trilinear form Σ x·w·y with one factor left out, so derivatives of any order stay among them.
 * Convolution is the field's: a correlation, the kernel is not flipped.
 */

import { GraphError } from '../../base/errors.ts';
import { apply, defineOp, type Op, refusal, type Tensor } from '../ir/tensor.ts';
import type { Shape } from '../ir/tensor-data.ts';
import { lowerConv, lowerConvTranspose } from './convolution-lowering.ts';
import { kernelGradientScratch, lowerKernelGradient } from './kernel-gradient-lowering.ts';

/** One entry a spatial axis. `before` and `after` are zero padding. */
export interface Window extends Record<string, number | readonly number[]> {
  readonly strides: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
}

/** A window, and the spatial extents of the factor that the op computes. */
export interface AdjointWindow extends Window {
  readonly spatial: readonly number[];
}

export interface ConvOptions {
  /** Steps between outputs; a number serves every spatial axis. Default 1. */
  readonly stride?: number | readonly number[];
  /** Zeros around the input: a number for every side, or pairs [before, after] a spatial axis. Default 0. */
  readonly padding?: number | readonly (number | readonly [number, number])[];
  /** Steps between kernel taps. Default 1. */
  readonly dilation?: number | readonly number[];
  /** Channel groups that do not see each other. Default 1. */
  readonly groups?: number;
}

export function toWindow(options: ConvOptions, spatialRank: number): Window {
  const each = (value: number | readonly number[]) =>
    typeof value === 'number' ? Array.from({ length: spatialRank }, () => value) : value;
  const { padding = 0 } = options;
  const pads = typeof padding === 'number' ? each(padding) : padding;
  return {
    strides: each(options.stride ?? 1),
    before: pads.map((pad) => (typeof pad === 'number' ? pad : pad[0])),
    after: pads.map((pad) => (typeof pad === 'number' ? pad : pad[1])),
    dilations: each(options.dilation ?? 1),
    groups: options.groups ?? 1,
  };
}

/** Spatial extents that a window leaves of `spatial`. */
export function convolvedExtents(spatial: Shape, kernel: Shape, window: Window): number[] {
  return spatial.map((n, axis) => {
    const span = (window.dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    const room = n + (window.before[axis] ?? 0) + (window.after[axis] ?? 0) - span;
    return Math.floor(room / (window.strides[axis] ?? 1)) + 1;
  });
}

/** Throws GraphError unless every list of the window has an entry an axis, and a sensible one. */
export function checkWindow(window: Window, spatialRank: number): void {
  const { strides, before, after, dilations, groups } = window;
  const bad = [strides, before, after, dilations].some((list) => list.length !== spatialRank);
  const positive = [...strides, ...dilations, groups].every((n) => Number.isInteger(n) && n >= 1);
  if (bad || !positive || [...before, ...after].some((n) => !Number.isInteger(n) || n < 0)) {
    throw new GraphError(
      `window does not fit ${spatialRank} spatial axes: strides [${strides}], padding [${before}] and [${after}], ` +
        `dilations [${dilations}], groups ${groups}`,
    );
  }
}

/** The types of x, w and y must agree; throws GraphError with the channel numbers or extents that do not. */
function checkFactors(x: Shape, w: Shape, y: Shape, window: Window): void {
  checkWindow(window, x.length - 2);
  const [n, channels = 0, ...spatial] = x;
  const [outputs = 0, perGroup = 0, ...kernel] = w;
  if (channels !== perGroup * window.groups) {
    throw new GraphError(
      `input has ${channels} channels, weight expects ${perGroup * window.groups}` +
        (window.groups === 1 ? '' : ` (${perGroup} in each of ${window.groups} groups)`),
    );
  }
  if (outputs % window.groups !== 0)
    throw new GraphError(`${outputs} output channels do not split into ${window.groups} groups`);
  const expected = [n, outputs, ...convolvedExtents(spatial, kernel, window)];
  if (expected.some((extent) => extent === undefined || extent < 1)) {
    throw new GraphError(`the kernel [${kernel}] is larger than the padded input [${spatial}]`);
  }
  if (expected.length !== y.length || expected.some((extent, i) => extent !== y[i])) {
    throw new GraphError(`a result of shape [${expected}] was expected where [${y}] was given`);
  }
}

function pair([a, b]: readonly Tensor[]): [Tensor, Tensor] {
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32' || a.rank < 3 || a.rank !== b.rank) {
    throw new GraphError('expects two float32 tensors of the same rank, 3 or more');
  }
  return [a, b];
}

export const convOp: Op<Window> = defineOp<Window>({
  name: 'conv',
  infer: (inputs, window) => {
    const [x, w] = pair(inputs);
    const shape = [x.shape[0] ?? 0, w.shape[0] ?? 0, ...convolvedExtents(x.shape.slice(2), w.shape.slice(2), window)];
    checkFactors(x.shape, w.shape, shape, window);
    return { dtype: 'float32', shape };
  },
  derivative: ({ inputs, cotangent: g, attributes: window, needs }) => {
    const [x, w] = pair(inputs);
    return [
      needs[0] ? apply(convTransposeOp, [g, w], { ...window, spatial: x.shape.slice(2) }) : undefined,
      needs[1] ? apply(kernelGradientOp, [x, g], { ...window, spatial: w.shape.slice(2) }) : undefined,
    ];
  },
  lower: lowerConv,
});

export const convTransposeOp: Op<AdjointWindow> = defineOp<AdjointWindow>({
  name: 'convTranspose',
  infer: (inputs, window) => {
    const [y, w] = pair(inputs);
    const shape = [y.shape[0] ?? 0, (w.shape[1] ?? 0) * window.groups, ...window.spatial];
    checkFactors(shape, w.shape, y.shape, window);
    return { dtype: 'float32', shape };
  },
  derivative: ({ inputs, cotangent: g, attributes: { spatial: _, ...window }, needs }) => {
    const [y, w] = pair(inputs);
    return [
      needs[0] ? apply(convOp, [g, w], windowOf(window)) : undefined,
      needs[1] ? apply(kernelGradientOp, [g, y], { ...windowOf(window), spatial: w.shape.slice(2) }) : undefined,
    ];
  },
  lower: lowerConvTranspose,
});

export const kernelGradientOp: Op<AdjointWindow> = defineOp<AdjointWindow>({
  name: 'kernelGradient',
  infer: (inputs, window) => {
    const [x, y] = pair(inputs);
    const shape = [y.shape[1] ?? 0, (x.shape[1] ?? 0) / window.groups, ...window.spatial];
    checkFactors(x.shape, shape, y.shape, window);
    return { dtype: 'float32', shape };
  },
  derivative: ({ inputs, cotangent: g, attributes: { spatial: _, ...window }, needs }) => {
    const [x, y] = pair(inputs);
    return [
      needs[0] ? apply(convTransposeOp, [y, g], { ...windowOf(window), spatial: x.shape.slice(2) }) : undefined,
      needs[1] ? apply(convOp, [x, g], windowOf(window)) : undefined,
    ];
  },
  lower: lowerKernelGradient,
  scratchBytes: kernelGradientScratch,
});

function windowOf({ strides, before, after, dilations, groups }: Omit<AdjointWindow, 'spatial'>): Window {
  return { strides, before, after, dilations, groups } as Window;
}

/** x [N,I,…] and weight [O, I/groups, …] of any spatial rank to [N,O,…]. */
export function conv(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return apply(convOp, [x, weight], toWindow(options, x.rank - 2));
}

function ofRank(x: Tensor, rank: number, name: string): Tensor {
  if (x.rank !== rank) throw refusal(name, `expects an input of rank ${rank}`, [x]);
  return x;
}

/** x [N,I,H,W], weight [O, I/groups, kH, kW] → [N,O,H',W'] */
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return conv(ofRank(x, 4, 'conv2d'), weight, options);
}

/** x [N,I,D,H,W], weight [O, I/groups, kD, kH, kW] → [N,O,D',H',W'] */
export function conv3d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return conv(ofRank(x, 5, 'conv3d'), weight, options);
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Extra rows and columns at the end of the result, fewer than the stride. Default 0. */
  readonly outputPadding?: number;
}

/**
 * The adjoint of `conv2d`: x [N,I,H,W], weight [I, O/groups, kH, kW] → [N, O, H', W'] with
 * H' = (H − 1)·stride − padding + dilation·(kH − 1) + 1 + outputPadding.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTransposeOptions = {}): Tensor {
  const window = toWindow(options, ofRank(x, 4, 'convTranspose2d').rank - 2);
  const spatial = x.shape.slice(2).map((n, axis) => {
    const span = (window.dilations[axis] ?? 1) * ((weight.shape[axis + 2] ?? 1) - 1) + 1;
    const pads = (window.before[axis] ?? 0) + (window.after[axis] ?? 0);
    return (n - 1) * (window.strides[axis] ?? 1) - pads + span + (options.outputPadding ?? 0);
  });
  return apply(convTransposeOp, [x, weight], { ...window, spatial });
}
