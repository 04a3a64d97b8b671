/**
 * The ONNX forms of the three convolution ops. Which form is fastest was measured on the CPU provider:
 * an input gradient at stride 1 is quicker as Conv with the kernel turned round than as ConvTranspose, and a weight
 * gradient as one matrix product a kernel tap than as Conv with batch and channels swapped (docs/benchmarks.md).
 */

import { GraphError } from '../../base/errors.ts';
import type { Lowering, OnnxAttribute } from '../ir/lowering.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Shape, sizeOf } from '../ir/tensor-data.ts';
import type { AdjointWindow, Window } from './convolution.ts';
import { swapLastTwo } from './matmul.ts';

function two([a, b]: readonly Tensor[]): [Tensor, Tensor] {
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

export function lowerConv(lowering: Lowering, node: Tensor, window: Window): string {
  const [x, w] = two(node.inputs);
  return emitConv(lowering, lowering.name(x), lowering.name(w), w.shape, window);
}

/** Conv with a weight of the given shape. The WebGPU provider convolves volumes in one group only: there, group by group. */
function emitConv(lowering: Lowering, x: string, w: string, weightShape: Shape, window: Window): string {
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
  const spans = kernel.map((k, axis) => (window.dilations[axis] ?? 1) * (k - 1));
  // Padding of the turned convolution; it exists if the forward one padded less than its kernel spans.
  const before = spans.map((span, axis) => span - (window.before[axis] ?? 0));
  const after = spans.map((span, axis) => span - (window.after[axis] ?? 0));
  if (window.groups === 1 && window.strides.every((s) => s === 1) && [...before, ...after].every((n) => n >= 0)) {
    const turned = { ...window, before, after };
    return lowering.emit('Conv', [lowering.name(y), turnKernel(lowering, w, 1)], onnxWindow(turned, kernel));
  }
  const outputPadding = window.spatial.map((n, axis) => {
    const grown = ((y.shape[axis + 2] ?? 0) - 1) * (window.strides[axis] ?? 1) + (spans[axis] ?? 0) + 1;
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

export function lowerKernelGradient(lowering: Lowering, node: Tensor, window: AdjointWindow): string {
  const [x, y] = two(node.inputs);
  const plain = window.groups === 1 && window.strides.every((s) => s === 1);
  return plain && lowering.device === 'cpu'
    ? kernelGradientByTaps(lowering, x, y, window)
    : kernelGradientBySwap(lowering, x, y, node.shape, window);
}

/** dW[:, :, tap] = Y·X(shifted by tap)ᵀ over batch and positions: a matrix product a tap, stride 1, one group. */
function kernelGradientByTaps(lowering: Lowering, x: Tensor, y: Tensor, window: AdjointWindow): string {
  const channelsFirst = [1, 0, ...window.spatial.map((_, i) => i + 2)];
  const outputs = y.shape[1] ?? 0;
  const inputs = x.shape[1] ?? 0;
  const positions = sizeOf(y.shape) / outputs;
  const rowsOf = (name: string, rows: number) => lowering.emit('Reshape', [name, lowering.int64([rows, positions])]);
  const yRows = rowsOf(lowering.emit('Transpose', [lowering.name(y)], { perm: channelsFirst }), outputs);
  const pads = [0, 0, ...window.before, 0, 0, ...window.after];
  const padded = pads.every((n) => n === 0)
    ? lowering.name(x)
    : lowering.emit('Pad', [lowering.name(x), lowering.int64(pads)]);
  const xChannels = lowering.emit('Transpose', [padded], { perm: channelsFirst });
  const axes = lowering.int64(window.spatial.map((_, i) => i + 2));
  const products = tapsOf(window.spatial).map((tap) => {
    const starts = tap.map((t, axis) => t * (window.dilations[axis] ?? 1));
    const ends = starts.map((start, axis) => start + (y.shape[axis + 2] ?? 0));
    const whole = sizeOf(window.spatial) === 1;
    const shifted = whole
      ? xChannels
      : lowering.emit('Slice', [xChannels, lowering.int64(starts), lowering.int64(ends), axes]);
    return lowering.emit('FusedMatMul', [yRows, rowsOf(shifted, inputs)], { transA: 0, transB: 1 }, 'com.microsoft');
  });
  if (products.length === 1) {
    return lowering.emit('Reshape', [products[0] ?? '', lowering.int64([outputs, inputs, ...window.spatial])]);
  }
  const stacked = lowering.emit('Concat', products, { axis: 0 }); // [taps·O, I]
  const cube = lowering.emit('Reshape', [stacked, lowering.int64([products.length, outputs, inputs])]);
  const tapsLast = lowering.emit('Transpose', [cube], { perm: [1, 2, 0] });
  return lowering.emit('Reshape', [tapsLast, lowering.int64([outputs, inputs, ...window.spatial])]);
}

/** Every kernel position, the last axis fastest. */
function tapsOf(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (taps, extent) => taps.flatMap((tap) => Array.from({ length: extent }, (_, i) => [...tap, i])),
    [[]],
  );
}

/**
 * dW as a convolution of x by y with batch and channels swapped, strides and dilations exchanged.
 * Groups become groups of the swapped convolution: x [N, G·I, …] → [I, G·N, …], y [N, G·O, …] → [G·O, N, …].
 */
function kernelGradientBySwap(
  lowering: Lowering,
  x: Tensor,
  y: Tensor,
  shape: readonly number[],
  window: AdjointWindow,
): string {
  const { groups } = window;
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const perGroup = channels / groups;
  const tail = spatial.map((_, i) => i + 3);
  const grouped = lowering.emit('Reshape', [lowering.name(x), lowering.int64([batch, groups, perGroup, ...spatial])]);
  const swapped = lowering.emit('Transpose', [grouped], { perm: [2, 1, 0, ...tail] });
  const xSwapped = lowering.emit('Reshape', [swapped, lowering.int64([perGroup, groups * batch, ...spatial])]);
  const ySwapped = lowering.emit('Transpose', [lowering.name(y)], { perm: [1, 0, ...spatial.map((_, i) => i + 2)] });
  const [, outputs = 0, ...positions] = y.shape;
  const exchanged = { ...window, strides: window.dilations, dilations: window.strides };
  const full = emitConv(lowering, xSwapped, ySwapped, [outputs, batch, ...positions], exchanged);
  // Rows that the forward stride never reached make the result longer than the kernel.
  const axes = window.spatial.map((_, i) => i + 2);
  const cut = lowering.emit('Slice', [
    full,
    lowering.int64(axes.map(() => 0)),
    lowering.int64(window.spatial),
    lowering.int64(axes),
  ]);
  const turned = lowering.emit('Transpose', [cut], { perm: swapFirstTwo(shape.length) });
  return turned;
}

function swapFirstTwo(rank: number): number[] {
  return swapLastTwo(rank)
    .reverse()
    .map((axis) => rank - 1 - axis);
}
