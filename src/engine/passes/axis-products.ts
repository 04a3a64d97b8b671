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

/** The matrices of one axis, row by row; product p of tile t is number p·tiles + t. */
export interface AxisProducts {
  /** Products a tile. */
  readonly products: number;
  readonly tiles: number;
  /** B [products·tiles, inputs] */
  readonly input: Matrix;
  /** G [products, taps] */
  readonly kernel: Matrix;
  /** A [outputs, products·tiles] */
  readonly output: Matrix;
}

export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

/** Outputs a tile. More save more products and lose more digits: at 4 the error is five times that of the plain sum. */
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

/**
 * The algorithm of an axis, or undefined where none is at hand: kernels of more than three taps a phase. `isReversed`
 * numbers the products from the other end, which makes it another program with the same results.
 */
export function axisProducts(axis: Axis, isReversed = false): AxisProducts | undefined {
  const { inputs, outputs, taps, stride, before } = axis;
  const tile = Math.min(outputsATile, outputs);
  const tiles = Math.ceil(outputs / tile);
  const phases = Array.from({ length: stride }, (_, phase) => Math.ceil((taps - phase) / stride));
  const algorithms = phases.map((phaseTaps) => toomCook(tile, phaseTaps));
  const products = phases.reduce((total, phaseTaps) => total + (phaseTaps > 0 ? tile + phaseTaps - 1 : 0), 0);
  const input = zeros(products * tiles, inputs);
  const kernel = zeros(products, taps);
  const output = zeros(outputs, products * tiles);
  let product = isReversed ? products - 1 : 0;
  for (const [phase, algorithm] of algorithms.entries()) {
    if (algorithm === undefined) return undefined;
    for (const { ofInput, ofKernel, toOutput } of algorithm) {
      for (const [j, value] of ofKernel.entries()) set(kernel, product, phase + stride * j, value);
      for (let t = 0; t < tiles; t++) {
        const row = product * tiles + t;
        for (const [j, value] of ofInput.entries()) set(input, row, stride * (t * tile + j) + phase - before, value);
        for (const [j, value] of toOutput.entries()) set(output, t * tile + j, row, value);
      }
      product += isReversed ? -1 : 1;
    }
  }
  return { products, tiles, input, kernel, output };
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
  return roots.reduce<number[]>(
    (polynomial, root) => [...polynomial, 0].map((_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0)),
    [1],
  );
}

function zeros(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float32Array(rows * columns) };
}

/** Leaves out what falls beside the matrix: padding and outputs beyond the edge are zero. */
function set({ rows, columns, data }: Matrix, row: number, column: number, value: number): void {
  if (row >= 0 && row < rows && column >= 0 && column < columns) data[row * columns + column] = value;
}
