/**
 * One axis of a convolution as fewer products than taps: the bilinear algorithms of Toom and Cook, which signal processing
 * calls Winograd's (Winograd 1980; Lavin, Gray 2015, arXiv:1509.09308).
 *
 *     y = A · ((G·w) ⊙ (B·x))
 *
 * Each tile of m outputs takes m + k − 1 products instead of m·k. With a stride the taps fall into as many phases, each a
 * convolution of its own. Padding, and outputs beyond the edge, are rows and columns that the matrices leave at zero.
 */

/** The extents of one axis: output o reads inputs o·stride + tap − before. */
export interface Axis {
  readonly inputs: number;
  readonly outputs: number;
  readonly taps: number;
  readonly stride: number;
  readonly before: number;
}

/**
 * The matrices of one axis. Tiles stand in blocks, so that A is block-diagonal: product p of tile t of block b is number
 * (b·products + p)·tilesABlock + t.
 */
export interface AxisProducts {
  /** Products a tile. */
  readonly products: number;
  readonly blocks: number;
  readonly tilesABlock: number;
  /** B [blocks·products·tilesABlock, inputs] */
  readonly input: Matrix;
  /** G [products, taps] */
  readonly kernel: Matrix;
  /** The blocks of A, which are all alike: [outputs / blocks, products·tilesABlock] */
  readonly output: Matrix;
}

/** Row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** Outputs a tile. More save more products and lose more digits: at 4 the error is twice that of a plain running sum. */
const outputsATile = 4;

/**
 * Where the polynomials are evaluated, beside infinity, by their number. Found by trial among small fractions: with these
 * float32 loses least (relative error 8e-7 for kernels of three taps and 64 channels; 0, ±1, ±2 give 2e-6).
 */
const points: readonly (readonly number[])[] = [
  [],
  [0],
  [0, 1],
  [0, 1, -1],
  [0, 3 / 4, -3 / 4, -2],
  [0, 2 / 3, -2 / 3, 3 / 2, -3 / 2],
];

export interface AxisOptions {
  /** Tiles that a block holds at least, if there are as many. Small blocks are multiplied sooner. Default 2. */
  readonly tilesABlock?: number;
  /** Numbers the products from another one on, which makes it another program with the same results. Default 0. */
  readonly rotation?: number;
}

/** The algorithm of an axis, or undefined where none is at hand: kernels of more than three taps a phase. */
export function axisProducts(axis: Axis, options: AxisOptions = {}): AxisProducts | undefined {
  const { inputs, outputs, taps, stride, before } = axis;
  const tile = Math.min(outputsATile, outputs);
  const tiles = Math.ceil(outputs / tile);
  const phases = Array.from({ length: stride }, (_, phase) => toomCook(tile, Math.ceil((taps - phase) / stride)));
  const algorithm = phases.flatMap((products, phase) => products?.map((product) => ({ ...product, phase })) ?? []);
  if (phases.includes(undefined)) return undefined;
  const products = algorithm.length;
  const tilesABlock = outputs === tile * tiles ? divisor(tiles, options.tilesABlock ?? 2) : tiles;
  const blocks = tiles / tilesABlock;
  const input = zeros(blocks * products * tilesABlock, inputs);
  const kernel = zeros(products, taps);
  const output = zeros(outputs / blocks, products * tilesABlock);
  for (const [i, { phase, ofInput, ofKernel, toOutput }] of algorithm.entries()) {
    const product = (i + (options.rotation ?? 0)) % products;
    for (const [j, value] of ofKernel.entries()) set(kernel, product, phase + stride * j, value);
    for (let t = 0; t < tiles; t++) {
      const [block, place] = [Math.floor(t / tilesABlock), t % tilesABlock];
      const row = (block * products + product) * tilesABlock + place;
      for (const [j, value] of ofInput.entries()) set(input, row, stride * (t * tile + j) + phase - before, value);
      if (block > 0) continue;
      for (const [j, value] of toOutput.entries()) set(output, t * tile + j, product * tilesABlock + place, value);
    }
  }
  return { products, blocks, tilesABlock, input, kernel, output };
}

/** The smallest divisor of `count` that is `least` or more; `count` itself if that is fewer. */
function divisor(count: number, least: number): number {
  for (let candidate = least; candidate < count; candidate++) if (count % candidate === 0) return candidate;
  return count;
}

/** One product: a weighted sum of the tile's inputs times one of the kernel's taps, and its share in each output. */
interface Product {
  readonly ofInput: readonly number[];
  readonly ofKernel: readonly number[];
  readonly toOutput: readonly number[];
}

/**
 * Toom and Cook's multiplication of polynomials of `outputs` and `taps` coefficients, transposed: the product is known by
 * its values at outputs + taps − 2 points and infinity. No products for no taps; undefined if points are lacking.
 */
function toomCook(outputs: number, taps: number): readonly Product[] | undefined {
  if (taps <= 0) return [];
  const finite = points[outputs + taps - 2];
  if (finite === undefined) return undefined;
  const powers = (x: number, count: number) => Array.from({ length: count }, (_, i) => x ** i);
  const last = (count: number) => Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : 0));
  const atPoints = finite.map((x) => {
    const others = finite.filter((other) => other !== x);
    const scale = others.reduce((product, other) => product * (x - other), 1);
    // Lagrange's polynomial of the point.
    const ofInput = [...fromRoots(others).map((coefficient) => coefficient / scale), 0];
    return { ofInput, ofKernel: powers(x, taps), toOutput: powers(x, outputs) };
  });
  return [...atPoints, { ofInput: fromRoots(finite), ofKernel: last(taps), toOutput: last(outputs) }];
}

/** Coefficients of ∏ (x − root), the constant first. */
function fromRoots(roots: readonly number[]): number[] {
  const timesFactor = (polynomial: readonly number[], root: number) =>
    Array.from({ length: polynomial.length + 1 }, (_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0));
  return roots.reduce(timesFactor, [1]);
}

function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** Leaves out what falls beside the matrix: padding and outputs beyond the edge are zero. */
function set({ rows, columns, data }: Matrix, row: number, column: number, value: number): void {
  if (row >= 0 && row < rows && column >= 0 && column < columns) data[row * columns + column] = value;
}
