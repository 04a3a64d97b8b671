import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../base/random.ts';
import { graph } from '../ir/graph.ts';
import { apply, type Tensor } from '../ir/tensor.ts';
import { sizeOf } from '../ir/tensor-data.ts';
import { convOp, convolvedExtents, convTransposeOp, kernelGradientOp, type Window } from '../ops/convolution.ts';
import { input, transpose } from '../ops/index.ts';
import { interpret, values } from '../reference/interpret.ts';
import { openRuntime } from '../runtime/node.ts';
import { axisProducts } from './axis-products.ts';
import {
  bilinearConv,
  bilinearConvTranspose,
  bilinearKernelGradient,
  type PlaneProducts,
} from './bilinear-convolution.ts';

interface Case {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly extents: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly before?: readonly [number, number];
  readonly after?: readonly [number, number];
}

const none = [0, 0] as const;

/** The three factors of a convolution as inputs of a program, [N,C,H,W]. */
function factorsOf({ batch, inputs, outputs, extents, kernel, strides = [1, 1], before = none, after = none }: Case) {
  const window: Window = { strides, before, after, dilations: [1, 1], groups: 1 };
  const spatial = convolvedExtents(extents, kernel, window);
  const x = input('x', 'float32', [batch, inputs, ...extents]);
  const w = input('w', 'float32', [outputs, inputs, ...kernel]);
  const y = input('y', 'float32', [batch, outputs, ...spatial]);
  return { x, w, y, window };
}

interface PlaneOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly rotation?: number;
  readonly areJoined?: boolean;
}

/** The algorithms of both axes, in blocks of at least so many tiles. */
function planeOf(
  { extents, kernel, strides = [1, 1], before = none, after = none }: Case,
  { rows = 1, columns = 1, rotation = 0, areJoined = false }: PlaneOptions,
): PlaneProducts | undefined {
  const [first, second] = ([0, 1] as const).map((i) => {
    const room = extents[i] + before[i] + after[i] - kernel[i];
    const outputs = Math.floor(room / strides[i]) + 1;
    const axis = { inputs: extents[i], outputs, taps: kernel[i], stride: strides[i], before: before[i] };
    return axisProducts(axis, {
      rotation,
      tilesABlock: areJoined ? Number.POSITIVE_INFINITY : ([rows, columns][i] ?? 1),
    });
  });
  return first && second && { rows: first, columns: second, areJoined };
}

const moved = (x: Tensor) => transpose(x, [2, 3, 0, 1]);
/** [H,W,N,C] → [N,C,H,W], which is the way there too. */
const back = moved;

/** The three ops by products, and as they are. */
function bothWays(it: Case, plane: PlaneProducts): readonly (readonly [string, Tensor, Tensor])[] {
  const { x, w, y, window } = factorsOf(it);
  const spatial = (of: Tensor) => ({ ...window, spatial: of.shape.slice(2) });
  return [
    ['conv', back(bilinearConv(plane, moved(x), w)), apply(convOp, [x, w], window)],
    ['convTranspose', back(bilinearConvTranspose(plane, moved(y), w)), apply(convTransposeOp, [y, w], spatial(x))],
    ['kernelGradient', bilinearKernelGradient(plane, moved(x), moved(y)), apply(kernelGradientOp, [x, y], spatial(w))],
  ];
}

function assertSameProducts(it: Case, options: PlaneOptions, seed = 3): void {
  const plane = planeOf(it, options);
  assert.ok(plane !== undefined, 'there is an algorithm');
  const { x, w, y } = factorsOf(it);
  const feeds = Object.fromEntries(
    Object.entries({ x, w, y }).map(([name, { shape }]) => [
      name,
      values(shape, new Random(seed, name).normal(sizeOf(shape))),
    ]),
  );
  const ways = bothWays(it, plane);
  const results = interpret(
    ways.flatMap(([, seen, expected]) => [seen, expected]),
    feeds,
  );
  for (const [i, [name, tensor, plain]] of ways.entries()) {
    assert.deepEqual(tensor.shape, plain.shape, name);
    const [seen, expected] = [results[2 * i]?.data ?? [], results[2 * i + 1]?.data ?? []];
    const largest = Math.max(1, ...expected.map(Math.abs));
    for (const [j, wanted] of expected.entries()) {
      const off = Math.abs((seen[j] ?? Number.NaN) - wanted);
      assert.ok(off <= roundingOfMatrices * largest, `${name} of ${JSON.stringify({ it, options })}: off by ${off}`);
    }
  }
}

/** All is computed in float64, but for the entries of six matrices, which are float32 and so off by up to 6e-8 each. */
const roundingOfMatrices = 1e-6;

const cases: Readonly<Record<string, Case>> = {
  '3×3, padded to keep the size': {
    batch: 2,
    inputs: 2,
    outputs: 3,
    extents: [8, 8],
    kernel: [3, 3],
    before: [1, 1],
    after: [1, 1],
  },
  'an odd size and a single image': {
    batch: 1,
    inputs: 3,
    outputs: 2,
    extents: [7, 5],
    kernel: [3, 3],
    before: [1, 1],
    after: [1, 1],
  },
  'no padding': { batch: 2, inputs: 1, outputs: 2, extents: [10, 6], kernel: [3, 3] },
  '4×4 at stride 2': {
    batch: 2,
    inputs: 2,
    outputs: 1,
    extents: [16, 8],
    kernel: [4, 4],
    strides: [2, 2],
    before: [1, 1],
    after: [1, 1],
  },
  '3×3 at stride 2 of an odd size': {
    batch: 1,
    inputs: 2,
    outputs: 2,
    extents: [9, 11],
    kernel: [3, 3],
    strides: [2, 2],
    before: [1, 1],
    after: [1, 1],
  },
  '5×5 at stride 2': {
    batch: 1,
    inputs: 2,
    outputs: 2,
    extents: [8, 8],
    kernel: [5, 5],
    strides: [2, 2],
    before: [2, 2],
    after: [2, 2],
  },
  'padding and kernel differ on each side': {
    batch: 2,
    inputs: 2,
    outputs: 2,
    extents: [9, 12],
    kernel: [2, 3],
    before: [1, 0],
    after: [0, 2],
  },
  'strides differ by axis': {
    batch: 1,
    inputs: 2,
    outputs: 2,
    extents: [8, 16],
    kernel: [3, 4],
    strides: [1, 2],
    before: [1, 1],
    after: [1, 2],
  },
  'one row of tiles': {
    batch: 2,
    inputs: 2,
    outputs: 2,
    extents: [3, 12],
    kernel: [3, 3],
    before: [1, 1],
    after: [1, 1],
  },
  'a kernel of a single row': {
    batch: 1,
    inputs: 2,
    outputs: 2,
    extents: [5, 8],
    kernel: [1, 3],
    before: [0, 1],
    after: [0, 1],
  },
  'axes so long that their matrices fall into bands': {
    batch: 1,
    inputs: 1,
    outputs: 2,
    extents: [6, 96],
    kernel: [3, 3],
    before: [1, 1],
    after: [1, 1],
  },
  'long axes at stride 2, with an edge': {
    batch: 1,
    inputs: 2,
    outputs: 1,
    extents: [131, 7],
    kernel: [4, 4],
    strides: [2, 2],
    before: [1, 1],
    after: [1, 1],
  },
};

const planes: Readonly<Record<string, PlaneOptions>> = {
  'in the smallest blocks': {},
  'in blocks of several tiles': { rows: 2, columns: 3 },
  'as one block': { rows: 99, columns: 99 },
  'in another order': { columns: 2, rotation: 4 },
  'with joined tiles': { areJoined: true },
  'with joined tiles in another order': { areJoined: true, rotation: 1 },
};

for (const [name, it] of Object.entries(cases)) {
  for (const [how, options] of Object.entries(planes)) {
    test(`a convolution and its adjoints are their products ${how}: ${name}`, () => assertSameProducts(it, options));
  }
}

test('so they are for any extents, windows and blocks', () => {
  const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
  const small = fc.integer({ min: 1, max: 2 });
  const channels = fc.record({ batch: small, inputs: small, outputs: small });
  const windows = fc.record({ strides: pair(1, 3), before: pair(0, 2), after: pair(0, 2) });
  const blocks = fc.record({ rows: small, columns: small, rotation: fc.nat(12), areJoined: fc.boolean() });
  fc.assert(
    fc.property(channels, pair(3, 12), pair(1, 5), windows, blocks, (sizes, extents, kernel, window, options) => {
      const it = { ...sizes, ...window, extents, kernel };
      fc.pre([0, 1].every((i) => (extents[i] ?? 0) >= (kernel[i] ?? 0)) && planeOf(it, options) !== undefined);
      assertSameProducts(it, options);
    }),
    { numRuns: 60 },
  );
});

for (const [how, options] of Object.entries({ 'in blocks': { rows: 2, columns: 2 }, joined: { areJoined: true } })) {
  test(`ONNX Runtime computes them to float32's digits, ${how}`, async () => {
    const extents = [16, 16] as const;
    const it: Case = { batch: 4, inputs: 32, outputs: 48, extents, kernel: [3, 3], before: [1, 1], after: [1, 1] };
    const plane = planeOf(it, options);
    assert.ok(plane !== undefined);
    assert.equal(plane.rows.blocks * plane.columns.blocks, options.areJoined === true ? 1 : 4);
    const program = graph(
      'three ops',
      bothWays(it, plane).flatMap(([name, seen, expected]) => [
        [name, seen],
        [`plain ${name}`, expected],
      ]),
    );
    const runtime = await openRuntime({ threads: 1, passes: 'none' });
    const feeds = Object.fromEntries(
      [...program.inputs].map(([name, { shape }]) => {
        const data = new Random(5, name).normal(sizeOf(shape));
        return [name, { dtype: 'float32', shape, data } as const];
      }),
    );
    const results = await (await runtime.compile(program)).compute(feeds);
    for (const name of ['conv', 'convTranspose', 'kernelGradient']) {
      const [seen, expected] = [results[name]?.data ?? [], results[`plain ${name}`]?.data ?? []];
      let [error, size] = [0, 0];
      for (const [i, wanted] of expected.entries()) {
        error += ((seen[i] ?? Number.NaN) - wanted) ** 2;
        size += wanted ** 2;
      }
      const relative = Math.sqrt(error / size);
      assert.ok(relative <= 1.5e-6, `${name}: off by ${relative}`);
    }
  });
}
