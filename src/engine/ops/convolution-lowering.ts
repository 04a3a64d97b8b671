/**
 * The ONNX forms of convolutions and their input gradients. Which form is fastest was measured on the CPU provider: at
 * stride 1 an input gradient is quicker as Conv with the kernel turned round than as ConvTranspose (docs/performance.md).
 */

import { GraphError } from '../../base/errors.ts';
import type { Lowering, OnnxAttribute } from '../ir/lowering.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import type { AdjointWindow, Window } from './convolution.ts';

export function two([a, b]: readonly Tensor[]): [Tensor, Tensor] {
  if (a === undefined || b === undefined) throw new GraphError('a convolution lost an input.');
  return [a, b];
}

function onnxWindow(window: Window, kernel: readonly number[]): Record<string, OnnxAttribute> {
  return {
    kernel_shape: kernel,
    strides: window.strides,
    pads: [...window.before, ...window.after],
    dilations: window.dilations,
    group: window.groups,
  };
}

/**
 * Up to this many channels a result is thin: each of Conv's products would have only as many rows, where ConvTranspose
 * has a row a channel and kernel tap.
 */
const thinChannels = 4;

export function lowerConv(lowering: Lowering, node: Tensor, window: Window): string {
  const [x, w] = two(node.inputs);
  const [outputs = 0, , ...kernel] = w.shape;
  const { before, after } = turnedPadding(window, kernel);
  if (lowering.device === 'cpu' && outputs <= thinChannels && isTurnable(window, before, after) && sizeOf(kernel) > 1) {
    const turned = { ...window, before, after };
    return lowering.emit('ConvTranspose', [lowering.name(x), turnKernel(lowering, w, 1)], onnxWindow(turned, kernel));
  }
  return emitConv(lowering, lowering.name(x), lowering.name(w), w.shape, window);
}

/** Conv with a weight of the given shape. The WebGPU provider convolves volumes in one group only: there, group by group. */
export function emitConv(lowering: Lowering, x: string, w: string, weightShape: Shape, window: Window): string {
  const [outputs = 0, perGroup = 0, ...kernel] = weightShape;
  const { groups } = window;
  if (lowering.device !== 'webgpu' || groups === 1 || kernel.length < 3) {
    return lowering.emit('Conv', [x, w], onnxWindow(window, kernel));
  }
  const part = (name: string, axis: number, size: number, group: number) =>
    lowering.emit('Slice', [
      name,
      lowering.int64([group * size]),
      lowering.int64([(group + 1) * size]),
      lowering.int64([axis]),
    ]);
  const parts = Array.from({ length: groups }, (_, group) =>
    lowering.emit(
      'Conv',
      [part(x, 1, perGroup, group), part(w, 0, outputs / groups, group)],
      onnxWindow({ ...window, groups: 1 }, kernel),
    ),
  );
  return lowering.emit('Concat', parts, { axis: 1 });
}

export function lowerConvTranspose(lowering: Lowering, node: Tensor, window: AdjointWindow): string {
  const [y, w] = two(node.inputs);
  const kernel = w.shape.slice(2);
  const { before, after } = turnedPadding(window, kernel);
  const isThin = lowering.device === 'cpu' && (w.shape[1] ?? 0) <= thinChannels;
  if (!isThin && isTurnable(window, before, after)) {
    const turned = { ...window, before, after };
    return lowering.emit('Conv', [lowering.name(y), turnKernel(lowering, w, 1)], onnxWindow(turned, kernel));
  }
  const outputPadding = window.spatial.map((n, axis) => {
    const span = (window.dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1);
    const grown = ((y.shape[axis + 2] ?? 0) - 1) * (window.strides[axis] ?? 1) + span + 1;
    return n + (window.before[axis] ?? 0) + (window.after[axis] ?? 0) - grown;
  });
  // The WebGPU provider has no transposed convolution of volumes, and gets those in groups wrong.
  if (lowering.device === 'webgpu' && (kernel.length > 2 || window.groups > 1)) {
    return convolveSpread(lowering, y, w, {
      ...window,
      before,
      after: after.map((n, i) => n + (outputPadding[i] ?? 0)),
    });
  }
  return lowering.emit('ConvTranspose', [lowering.name(y), lowering.name(w)], {
    ...onnxWindow(window, kernel),
    output_padding: outputPadding,
  });
}

/** The padding with which a convolution at stride 1 is the transposed one by the turned kernel, and the other way round. */
export function turnedPadding(window: Window, kernel: Shape): { before: number[]; after: number[] } {
  const spans = kernel.map((k, axis) => (k - 1) * (window.dilations[axis] ?? 1));
  return {
    before: spans.map((span, axis) => span - (window.before[axis] ?? 0)),
    after: spans.map((span, axis) => span - (window.after[axis] ?? 0)),
  };
}

/** True at stride 1 without groups, if the padding of the turned form (above) exists. */
export function isTurnable({ groups, strides }: Window, before: readonly number[], after: readonly number[]): boolean {
  return groups === 1 && strides.every((stride) => stride === 1) && [...before, ...after].every((n) => n >= 0);
}

/** A transposed convolution by its definition: zeros between the elements of y, then a convolution at stride 1. */
function convolveSpread(lowering: Lowering, y: Tensor, w: Tensor, window: Window): string {
  const { strides, before, after, groups } = window;
  const spreadShape = [...y.shape];
  let spread = lowering.name(y);
  for (const [i, stride] of strides.entries()) {
    if (stride === 1) continue;
    const rows = sizeOf(spreadShape.slice(0, i + 3));
    const rowLength = sizeOf(spreadShape.slice(i + 3));
    spreadShape[i + 2] = (spreadShape[i + 2] ?? 0) * stride;
    const table = lowering.emit('Reshape', [spread, lowering.int64([rows, rowLength])]);
    const spaced = lowering.emit('Pad', [table, lowering.int64([0, 0, 0, (stride - 1) * rowLength])]);
    spread = lowering.emit('Reshape', [spaced, lowering.int64(spreadShape)]);
  }
  // The zeros behind the last element count as padding already; negative padding crops.
  const behind = after.map((n, i) => n - ((strides[i] ?? 1) - 1));
  const framed = lowering.emit('Pad', [spread, lowering.int64([0, 0, ...before, 0, 0, ...behind])]);
  const [outputs = 0, inputs = 0, ...kernel] = w.shape;
  const none = kernel.map(() => 0);
  const turnedShape = [inputs * groups, outputs / groups, ...kernel];
  const plain = { ...window, strides: kernel.map(() => 1), before: none, after: none };
  return emitConv(lowering, framed, turnKernel(lowering, w, groups), turnedShape, plain);
}

/** w [G·O,I,…] → [G·I,O,…] with every spatial axis reversed, group by group. */
function turnKernel(lowering: Lowering, w: Tensor, groups: number): string {
  const [allOutputs = 0, inputs = 0, ...kernel] = w.shape;
  const outputs = allOutputs / groups;
  const taps = sizeOf(kernel);
  if (taps === 1 && groups === 1)
    return lowering.emit('Transpose', [lowering.name(w)], { perm: [1, 0, ...kernel.map((_, i) => i + 2)] });
  // Reversing every spatial axis reverses their flat index. With the taps in front, Gather moves whole [I,O] blocks.
  const flat = lowering.emit('Reshape', [lowering.name(w), lowering.int64([groups, outputs, inputs, taps])]);
  const tapsFirst = lowering.emit('Transpose', [flat], { perm: [3, 0, 2, 1] });
  const order = {
    dtype: 'int32',
    shape: [taps],
    data: Int32Array.from({ length: taps }, (_, i) => taps - 1 - i),
  } as const;
  const reversed = lowering.emit('Gather', [tapsFirst, lowering.constant(order)], { axis: 0 });
  const tapsLast = lowering.emit('Transpose', [reversed], { perm: [1, 2, 3, 0] });
  return lowering.emit('Reshape', [tapsLast, lowering.int64([groups * inputs, outputs, ...kernel])]);
}
