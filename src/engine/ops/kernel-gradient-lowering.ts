/**
 * The ONNX forms of a convolution's weight gradient, dW[o,i,tap] = Σ y[n,o,position] · x[n,i,position·stride + tap].
 *
 * None is fastest everywhere; the choice below was measured on the CPU provider (docs/performance.md).
 */

import type { Lowering } from '../ir/lowering.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import type { AdjointWindow } from './convolution.ts';
import { emitConv, isTurnable, turnedPadding, two } from './convolution-lowering.ts';
import { swapLastTwo } from './matmul.ts';

/** From this many positions an image on, a product an image keeps the cores busy and its factors in the cache. */
const positionsForBatches = 256;

export function lowerKernelGradient(lowering: Lowering, node: Tensor, window: AdjointWindow): string {
  const [x, y] = two(node.inputs);
  const positions = sizeOf(y.shape.slice(2));
  // The tap forms need FusedMatMul, which only the CPU provider has, and one group.
  if (lowering.device !== 'cpu' || window.groups > 1) return bySwappedConvolution(lowering, x, y, node.shape, window);
  const isUnitStride = window.strides.every((stride) => stride === 1);
  if (positions >= positionsForBatches) {
    const { before, after } = turnedPadding(window, window.spatial);
    if (isTurnable(window, before, after) && (y.shape[1] ?? 0) < (x.shape[1] ?? 0))
      return byTurnedTaps(lowering, x, y, window);
    return byTaps(lowering, x, y, window, imageProducts(lowering, x, y, 'x'));
  }
  return isUnitStride
    ? byTaps(lowering, x, y, window, rowProducts(lowering, x, y))
    : bySwappedConvolution(lowering, x, y, node.shape, window);
}

/**
 * Bytes that the form takes beside x, y and dW: both factors twice, padded and shifted or transposed, and a product a tap;
 * or the shifts of all taps by themselves and stacked.
 */
export function kernelGradientScratch(node: Tensor, window: AdjointWindow): number {
  const [x, y] = two(node.inputs);
  const [batch = 0, outputs = 0, ...positions] = y.shape;
  const rows = Math.min(x.shape[1] ?? 0, outputs) * sizeOf(window.spatial);
  const isStacked = sizeOf(positions) >= positionsForBatches && rows <= rowsToStack && window.groups === 1;
  return isStacked
    ? 2 * 4 * batch * rows * sizeOf(positions)
    : 4 * (2 * sizeOf(x.shape) + 2 * sizeOf(y.shape) + sizeOf(node.shape));
}

/** How the two factors are laid out for the products, and the products: the factor shifted by each tap → [taps, O, I]. */
interface TapProducts {
  arrange(padded: string): string;
  multiply(shifted: readonly string[]): string;
}

/** One of the two factors of the weight gradient; the other stays as it is, [N, C, …]. */
type ShiftedFactor = 'x' | 'y';

/** Up to this many rows the shifts of all taps are stacked for one product, which reads the other factor once. */
const rowsToStack = 128;

/** A product an image, summed over the batch: nothing is transposed. */
function imageProducts(lowering: Lowering, x: Tensor, y: Tensor, shifted: ShiftedFactor): TapProducts {
  const [fixed, moving] = shifted === 'x' ? [y, x] : [x, y];
  const [batch = 0, channels = 0] = moving.shape;
  const [, fixedChannels = 0] = fixed.shape;
  const positions = sizeOf(fixed.shape.slice(2));
  const rows = (name: string, count: number) =>
    lowering.emit('Reshape', [name, lowering.int64([batch, count, positions])]);
  const fixedRows = rows(lowering.name(fixed), fixedChannels);
  const product = (a: string, b: string) => {
    const perImage = lowering.emit('FusedMatMul', [a, b], { transB: 1 }, 'com.microsoft');
    return lowering.emit('ReduceSum', [perImage, lowering.int64([0])], { keepdims: 0 });
  };
  return {
    arrange: (padded) => padded,
    multiply(taps) {
      if (channels * taps.length > rowsToStack) {
        const perTap = taps.map((tap) =>
          shifted === 'x' ? product(fixedRows, rows(tap, channels)) : product(rows(tap, channels), fixedRows),
        );
        return stack(lowering, perTap, x, y);
      }
      const stacked = rows(
        taps.length === 1 ? (taps[0] ?? '') : lowering.emit('Concat', taps, { axis: 1 }),
        channels * taps.length,
      );
      const cube = lowering.emit('Reshape', [
        product(stacked, fixedRows),
        lowering.int64([taps.length, channels, fixedChannels]),
      ]);
      return shifted === 'y' ? cube : lowering.emit('Transpose', [cube], { perm: [0, 2, 1] });
    },
  };
}

/** One product over all positions of the batch, with the channels in front. */
function rowProducts(lowering: Lowering, x: Tensor, y: Tensor): TapProducts {
  const channelsFirst = [1, 0, ...y.shape.slice(2).map((_, i) => i + 2)];
  const [, outputs = 0] = y.shape;
  const [, inputs = 0] = x.shape;
  const rows = (name: string, count: number) =>
    lowering.emit('Reshape', [name, lowering.int64([count, sizeOf(y.shape) / outputs])]);
  const yRows = rows(lowering.emit('Transpose', [lowering.name(y)], { perm: channelsFirst }), outputs);
  return {
    arrange: (padded) => lowering.emit('Transpose', [padded], { perm: channelsFirst }),
    multiply(taps) {
      const product = (tap: string) =>
        lowering.emit('FusedMatMul', [yRows, rows(tap, inputs)], { transB: 1 }, 'com.microsoft');
      return stack(lowering, taps.map(product), x, y);
    },
  };
}

/** Matrices [O, I], one a tap → [taps, O, I]. */
function stack(lowering: Lowering, perTap: readonly string[], x: Tensor, y: Tensor): string {
  const rows = perTap.length === 1 ? (perTap[0] ?? '') : lowering.emit('Concat', perTap, { axis: 0 });
  return lowering.emit('Reshape', [rows, lowering.int64([perTap.length, y.shape[1] ?? 0, x.shape[1] ?? 0])]);
}

/** A matrix product a kernel tap, on x shifted by the tap. */
function byTaps(lowering: Lowering, x: Tensor, y: Tensor, window: AdjointWindow, products: TapProducts): string {
  const phases = new Phases(lowering, products.arrange(padded(lowering, x, window.before, window.after)), window);
  const taps = tapsOf(window.spatial).map((tap) => phases.shifted(tap, y.shape.slice(2)));
  return tapsLast(lowering, products.multiply(taps), x, y, window);
}

/**
 * The same at stride 1 with y shifted the other way, for a y with fewer channels than x: a convolution to an image has
 * 3 channels to copy for every tap instead of hundreds.
 */
function byTurnedTaps(lowering: Lowering, x: Tensor, y: Tensor, window: AdjointWindow): string {
  const { before, after } = turnedPadding(window, window.spatial);
  const phases = new Phases(lowering, padded(lowering, y, before, after), { ...window, before, after });
  const taps = tapsOf(window.spatial).map((tap) => {
    const turned = tap.map((t, axis) => (window.spatial[axis] ?? 1) - 1 - t);
    return phases.shifted(turned, x.shape.slice(2));
  });
  return tapsLast(lowering, imageProducts(lowering, x, y, 'y').multiply(taps), x, y, window);
}

/** [taps, O, I] → [O, I, …kernel] */
function tapsLast(lowering: Lowering, cube: string, x: Tensor, y: Tensor, window: AdjointWindow): string {
  const turned = sizeOf(window.spatial) === 1 ? cube : lowering.emit('Transpose', [cube], { perm: [1, 2, 0] });
  return lowering.emit('Reshape', [turned, lowering.int64([y.shape[1] ?? 0, x.shape[1] ?? 0, ...window.spatial])]);
}

function padded(lowering: Lowering, x: Tensor, before: readonly number[], after: readonly number[]): string {
  const pads = [0, 0, ...before, 0, 0, ...after];
  return pads.some((n) => n > 0) ? lowering.emit('Pad', [lowering.name(x), lowering.int64(pads)]) : lowering.name(x);
}

/**
 * The padded input cut by the stride into phases, each once, so that what a tap sees is a gapless slice of one of them:
 * a strided slice for every tap would read all of the input every time.
 */
class Phases {
  private readonly lowering: Lowering;
  private readonly source: string;
  private readonly window: AdjointWindow;
  private readonly axes: number[];
  private readonly known = new Map<string, string>();

  constructor(lowering: Lowering, source: string, window: AdjointWindow) {
    this.lowering = lowering;
    this.source = source;
    this.window = window;
    this.axes = window.spatial.map((_, i) => i + 2);
  }

  /** The elements of x under `tap` at every position. */
  shifted(tap: readonly number[], positions: readonly number[]): string {
    const { strides, dilations, before, after, spatial } = this.window;
    const offsets = tap.map((t, axis) => t * (dilations[axis] ?? 1));
    const starts = offsets.map((offset, axis) => Math.floor(offset / (strides[axis] ?? 1)));
    const unpadded = [...before, ...after].every((n) => n === 0);
    if (sizeOf(spatial) === 1 && unpadded && strides.every((stride) => stride === 1)) return this.source;
    const ends = starts.map((start, axis) => start + (positions[axis] ?? 0));
    const phase = this.phase(offsets.map((offset, axis) => offset % (strides[axis] ?? 1)));
    return this.slice(phase, starts, ends);
  }

  private phase(remainders: readonly number[]): string {
    const { strides } = this.window;
    if (strides.every((stride) => stride === 1)) return this.source;
    const key = remainders.join();
    const found = this.known.get(key);
    if (found !== undefined) return found;
    // An end past the last element stands for the extent.
    const phase = this.slice(
      this.source,
      remainders,
      remainders.map(() => 2 ** 31 - 1),
      strides,
    );
    this.known.set(key, phase);
    return phase;
  }

  private slice(name: string, starts: readonly number[], ends: readonly number[], steps?: readonly number[]): string {
    const lists = [starts, ends, this.axes, ...(steps === undefined ? [] : [steps])];
    return this.lowering.emit('Slice', [name, ...lists.map((list) => this.lowering.int64(list))]);
  }
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
function bySwappedConvolution(
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
