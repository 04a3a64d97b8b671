import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/random.ts';
import { type Axis, type AxisOptions, type AxisProducts, axisProducts, type Matrix } from './axis-products.ts';

const entry = ({ columns, data }: Matrix, row: number, column: number) => data[row * columns + column] ?? Number.NaN;

/** matrix · vector, every product and sum rounded by `round`. */
function times(matrix: Matrix, vector: readonly number[], round = (x: number) => x): number[] {
  assert.equal(matrix.columns, vector.length);
  return Array.from({ length: matrix.rows }, (_, row) =>
    vector.reduce((sum, x, column) => round(sum + round(entry(matrix, row, column) * x)), 0),
  );
}

/** y[o] = Σ w[tap]·x[o·stride + tap − before] */
function direct({ outputs, stride, before }: Axis, x: readonly number[], w: readonly number[]): number[] {
  return Array.from({ length: outputs }, (_, o) =>
    w.reduce((sum, weight, tap) => sum + weight * (x[o * stride + tap - before] ?? 0), 0),
  );
}

/** A · ((G·w) ⊙ (B·x)), block by block. */
function byProducts({ input, kernel, output, ...sizes }: AxisProducts, x: readonly number[], w: readonly number[]) {
  const { products, blocks, tilesABlock } = sizes;
  const [ofInput, ofKernel] = [times(input, x), times(kernel, w)];
  const multiplied = ofInput.map(
    (value, i) => value * (ofKernel[Math.floor(i / tilesABlock) % products] ?? Number.NaN),
  );
  const size = products * tilesABlock;
  return Array.from({ length: blocks }, (_, b) => times(output, multiplied.slice(b * size, (b + 1) * size))).flat();
}

/** How far off the entries of the matrices, which are rounded to float32, may bring the result. */
function roundingOf(algorithm: AxisProducts, x: readonly number[], w: readonly number[]): number[] {
  const absolute = (matrix: Matrix) => ({ ...matrix, data: matrix.data.map(Math.abs) });
  const { input, kernel, output, ...sizes } = algorithm;
  const magnitudes = { ...sizes, input: absolute(input), kernel: absolute(kernel), output: absolute(output) };
  // Three matrices, each entry off by 2⁻²⁴ of itself; and the float64 sums.
  return byProducts(magnitudes, x.map(Math.abs), w.map(Math.abs)).map((magnitude) => 3.01 * 2 ** -24 * magnitude);
}

function assertConvolves(axis: Axis, options: AxisOptions, x: readonly number[], w: readonly number[]): void {
  const algorithm = axisProducts(axis, options);
  assert.ok(algorithm !== undefined, 'there is an algorithm');
  const [seen, expected, rounding] = [byProducts(algorithm, x, w), direct(axis, x, w), roundingOf(algorithm, x, w)];
  assert.equal(seen.length, axis.outputs);
  for (const [o, wanted] of expected.entries()) {
    const value = seen[o] ?? Number.NaN;
    assert.ok(
      Math.abs(value - wanted) <= (rounding[o] ?? 0),
      `output ${o} of ${JSON.stringify(axis)} is ${value}, not ${wanted}`,
    );
  }
}

/** An axis with as many outputs as its padded inputs have room for. */
function axisOf(inputs: number, taps: number, stride = 1, before = 0, after = 0): Axis {
  const outputs = Math.floor((inputs + before + after - taps) / stride) + 1;
  return { inputs, outputs, taps, stride, before };
}

const numbersOf = (name: string, count: number) => [...new Random(7, name).normal(count)];

const axes: Readonly<Record<string, Axis>> = {
  'three taps that keep the size': axisOf(16, 3, 1, 1, 1),
  'one tap': axisOf(8, 1),
  'two taps, padded in front alone': axisOf(8, 2, 1, 1),
  'two taps, padded behind alone': axisOf(8, 2, 1, 0, 1),
  'outputs that are no multiple of a tile': axisOf(7, 3, 1, 1, 1),
  'fewer outputs than a tile': axisOf(4, 3),
  'a single output of a single input': axisOf(1, 3, 1, 1, 1),
  'a stride, as of a convolution that halves': axisOf(32, 4, 2, 1, 1),
  'a stride and odd extents': axisOf(17, 3, 2, 1, 1),
  'a stride and five taps': axisOf(16, 5, 2, 2, 2),
  'a stride past inputs that nobody reads': axisOf(13, 1, 3),
  'more padding than taps': axisOf(4, 2, 1, 3, 3),
};

for (const [name, axis] of Object.entries(axes)) {
  test(`products of an axis give the convolution: ${name}`, () => {
    const [x, w] = [numbersOf('x', axis.inputs), numbersOf('w', axis.taps)];
    for (const tilesABlock of [1, 2, 3, 4, Number.POSITIVE_INFINITY]) {
      for (const rotation of [0, 1, 5, 40]) assertConvolves(axis, { tilesABlock, rotation }, x, w);
    }
  });
}

test('products of any axis give the convolution', () => {
  const pads = fc.nat(4);
  const extents = fc.record({ inputs: fc.integer({ min: 1, max: 40 }), taps: fc.integer({ min: 1, max: 5 }) });
  const windows = fc.record({ stride: fc.integer({ min: 1, max: 3 }), before: pads, after: pads });
  const options = fc.record({ tilesABlock: fc.integer({ min: 1, max: 7 }), rotation: fc.nat(30) });
  fc.assert(
    fc.property(extents, windows, options, fc.nat(), ({ inputs, taps }, { stride, before, after }, chosen, seed) => {
      const axis = axisOf(inputs, taps, stride, before, after);
      fc.pre(axis.outputs >= 1 && axisProducts(axis) !== undefined);
      const random = new Random(seed, 'axis');
      assertConvolves(axis, chosen, [...random.normal(inputs)], [...random.normal(taps)]);
    }),
    { numRuns: 300 },
  );
});

test('a tile of four takes as many products as the theory says, a phase of k taps 4 + k − 1', () => {
  const productsOf = (taps: number, stride: number) => axisProducts(axisOf(64, taps, stride, taps, taps))?.products;
  const counts = [1, 2, 3, 4, 5].map((taps) => [1, 2, 3].map((stride) => productsOf(taps, stride)));
  assert.deepEqual(counts, [
    [4, 4, 4],
    [5, 8, 8],
    [6, 9, 12],
    [undefined, 10, 13],
    [undefined, 11, 14],
  ]);
});

test('there is no algorithm for more than three taps a phase, but where tiles are small', () => {
  assert.equal(axisProducts(axisOf(16, 7, 2, 3, 3)), undefined);
  assert.equal(axisProducts(axisOf(9, 6)), undefined);
  assert.equal(axisProducts(axisOf(8, 5))?.products, undefined);
  assert.equal(axisProducts(axisOf(6, 4))?.products, 6);
  assert.equal(axisProducts(axisOf(5, 5))?.products, 5);
});

test('blocks hold the fewest tiles that were asked for and that divide them, or all', () => {
  const blocksOf = (outputs: number, tilesABlock?: number) => {
    const algorithm = axisProducts(axisOf(outputs, 3, 1, 1, 1), tilesABlock === undefined ? {} : { tilesABlock });
    assert.ok(algorithm !== undefined);
    const { blocks, products, input, output } = algorithm;
    assert.deepEqual([input.rows, input.columns], [blocks * products * algorithm.tilesABlock, outputs]);
    assert.deepEqual([output.rows, output.columns], [outputs / blocks, products * algorithm.tilesABlock]);
    return [blocks, algorithm.tilesABlock];
  };
  assert.deepEqual(blocksOf(32), [4, 2]);
  assert.deepEqual(blocksOf(32, 1), [8, 1]);
  assert.deepEqual(blocksOf(32, 3), [2, 4]);
  assert.deepEqual(blocksOf(32, 5), [1, 8]);
  assert.deepEqual(blocksOf(32, Number.POSITIVE_INFINITY), [1, 8]);
  assert.deepEqual(blocksOf(28, 2), [1, 7], 'seven tiles have no divisor');
  assert.deepEqual(blocksOf(30, 2), [1, 8], 'the last tile is not full');
  assert.deepEqual(blocksOf(3, 2), [1, 1]);
});

test('a rotation numbers the products anew, and is none after as many as there are', () => {
  const axis = axisOf(16, 3, 1, 1, 1);
  const rotated = (rotation: number) => axisProducts(axis, { rotation });
  assert.deepEqual(rotated(6), rotated(0));
  for (const rotation of [1, 2, 3, 4, 5]) {
    for (const matrix of ['input', 'kernel', 'output'] as const) {
      assert.notDeepEqual(rotated(rotation)?.[matrix].data, rotated(0)?.[matrix].data);
      assert.deepEqual(rotated(rotation)?.[matrix].data.toSorted(), rotated(0)?.[matrix].data.toSorted());
    }
  }
});

type Plane = readonly (readonly number[])[];

/** matrix · plane · matrixᵀ in float32 */
function onBothAxes(matrix: Matrix, plane: Plane): Plane {
  const [first = []] = plane;
  const turned = first.map((_, column) => plane.map((row) => row[column] ?? Number.NaN));
  const once = turned.map((row) => times(matrix, row, Math.fround)); // planeᵀ · matrixᵀ
  return Array.from({ length: matrix.rows }, (_, i) =>
    times(
      matrix,
      once.map((row) => row[i] ?? Number.NaN),
      Math.fround,
    ),
  );
}

/** Sums of `channels` planes, each number rounded to float32. */
function addPlanes(sum: Plane, plane: Plane): Plane {
  return sum.map((row, i) => row.map((value, j) => Math.fround(value + (plane[i]?.[j] ?? Number.NaN))));
}

for (const { taps, stride, most } of [
  { taps: 3, stride: 1, most: 8e-7 },
  { taps: 4, stride: 2, most: 8e-7 },
  { taps: 5, stride: 2, most: 1e-6 },
]) {
  test(`in float32 a tile of ${taps}×${taps} taps and 64 channels is off by ${most} at most, as a root mean square`, () => {
    const axis = { inputs: 3 * stride + taps, outputs: 4, taps, stride, before: 0 };
    const algorithm = axisProducts(axis);
    assert.ok(algorithm !== undefined);
    const random = new Random(11, `${taps} taps`);
    const drawn = (side: number): Plane => Array.from({ length: side }, () => [...random.normal(side)]);
    const zeros = (side: number): Plane => Array.from({ length: side }, () => new Array<number>(side).fill(0));
    const exactly = (x: Plane, w: Plane): Plane =>
      Array.from({ length: 4 }, (_, i) =>
        w
          .map((row, tap) => direct(axis, x[i * stride + tap] ?? [], row))
          .reduce((sum, row) => sum.map((value, j) => value + (row[j] ?? Number.NaN))),
      );
    let [error, size] = [0, 0];
    for (let trial = 0; trial < 20; trial++) {
      let sums = zeros(algorithm.products);
      let expected = zeros(4);
      for (let channel = 0; channel < 64; channel++) {
        const [x, w] = [drawn(axis.inputs), drawn(taps)];
        const [v, u] = [onBothAxes(algorithm.input, x), onBothAxes(algorithm.kernel, w)];
        sums = addPlanes(
          sums,
          v.map((row, i) => row.map((value, j) => Math.fround(value * (u[i]?.[j] ?? Number.NaN)))),
        );
        const share = exactly(x, w);
        expected = expected.map((row, i) => row.map((value, j) => value + (share[i]?.[j] ?? Number.NaN)));
      }
      const seen = onBothAxes(algorithm.output, sums).flat();
      for (const [i, wanted] of expected.flat().entries()) {
        error += ((seen[i] ?? Number.NaN) - wanted) ** 2;
        size += wanted ** 2;
      }
    }
    const relative = Math.sqrt(error / size);
    assert.ok(relative <= most && relative > 1e-7, `${relative}`);
  });
}
