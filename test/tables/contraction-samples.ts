/** Samples of matrix products, softmax, convolutions, pooling and resizing. */

import type { Shape, Tensor } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import * as ops from '../../src/engine/ops/index.ts';
import { type Sample, type SampleTable, sample } from './sample.ts';

const product = (a: Shape, b: Shape, transposeA = false, transposeB = false): Sample =>
  sample(`[${a}]${transposeA ? 'ᵀ' : ''} · [${b}]${transposeB ? 'ᵀ' : ''}`, { a: { shape: a }, b: { shape: b } }, (x) =>
    ops.matmul(x.a, x.b, { transposeA, transposeB }),
  );

const along = (f: (x: Tensor, axis?: number) => Tensor): Sample[] => [
  ...(
    [
      [[4], 0],
      [[2, 3], -1],
      [[3, 2], 0],
      [[2, 3, 2], 1],
      [[2, 2, 2, 3], -2],
    ] as const
  ).map(([shape, axis]) => sample(`axis ${axis} of [${shape}]`, { x: { shape } }, ({ x }) => f(x, axis))),
  sample('the last axis', { x: { shape: [2, 4] } }, ({ x }) => f(x)),
  sample('far out', { x: { shape: [2, 3], values: [-90, 10, 90, 1000, 1001, 999] } }, ({ x }) => f(x)),
];

type Convolution = (x: Tensor, weight: Tensor, options?: ops.ConvTransposeOptions) => Tensor;

/** Convolves x and weight in the way `options` says. */
const convolved =
  (f: Convolution) =>
  (name: string, x: Shape, weight: Shape, options?: ops.ConvTransposeOptions): Sample =>
    sample(name, { x: { shape: x, range: wide(x) }, weight: { shape: weight } }, (v) => f(v.x, v.weight, options));

/** Room for as many distinct numbers as the shape has elements; −2 … 2 for a few. */
function wide(shape: Shape): readonly [number, number] {
  const half = Math.max(2, Math.ceil(sizeOf(shape) / 128));
  return [-half, half];
}

const [line, plane, volume, transposed] = [ops.conv, ops.conv2d, ops.conv3d, ops.convTranspose2d].map(convolved);

function convolutions(of: ReturnType<typeof convolved> | undefined, list: Parameters<ReturnType<typeof convolved>>[]) {
  return of === undefined ? [] : list.map((one) => of(...one));
}

const resampled = (f: (x: Tensor, weight: Tensor) => Tensor): Sample[] =>
  (
    [
      ['1x1', [2, 3, 2, 4], [2, 3, 1, 1]],
      ['3x3', [1, 2, 4, 4], [3, 2, 3, 3]],
      ['3x3, two images', [2, 2, 2, 6], [2, 2, 3, 3]],
      ['3x3 on 2x2', [1, 1, 2, 2], [1, 1, 3, 3]],
      ['5x5', [1, 2, 4, 2], [1, 2, 5, 5]],
    ] as const
  ).map(([name, x, weight]) => sample(name, { x: { shape: x }, weight: { shape: weight } }, (v) => f(v.x, v.weight)));

const convolutionSamples: SampleTable = {
  conv: convolutions(line, [
    ['a line', [2, 2, 6], [3, 2, 3]],
    ['a line, stride 2, dilation 2', [1, 2, 9], [2, 2, 3], { stride: 2, dilation: 2, padding: 1 }],
    ['a line, depthwise', [2, 3, 5], [6, 1, 2], { groups: 3 }],
    ['a line, uneven pads', [1, 2, 4], [2, 2, 3], { padding: [[2, 1]] }],
    ['an image', [1, 2, 4, 3], [2, 2, 3, 2], { padding: 1 }],
    ['a volume', [1, 2, 2, 3, 3], [2, 2, 2, 2, 2], { stride: [1, 2, 1] }],
  ]),
  conv2d: convolutions(plane, [
    ['3x3', [2, 2, 4, 5], [3, 2, 3, 3], { padding: 1 }],
    ['1x1', [2, 3, 2, 3], [4, 3, 1, 1]],
    ['1x1, stride 2', [1, 2, 4, 5], [2, 2, 1, 1], { stride: 2 }],
    ['1x1, padded more than it spans', [1, 2, 2, 3], [2, 2, 1, 1], { padding: 1 }],
    ['4x4, stride 2', [1, 2, 6, 6], [2, 2, 4, 4], { stride: 2, padding: 1 }],
    ['3x3, stride 2, leaving a remainder', [1, 2, 6, 8], [2, 2, 3, 3], { stride: 2 }],
    ['2x3, stride 3 and 1', [1, 2, 7, 4], [2, 2, 2, 3], { stride: [3, 1], padding: [1, 0] }],
    ['3x3, dilation 2', [1, 2, 6, 5], [2, 2, 3, 3], { dilation: 2, padding: 2 }],
    ['2x2, dilation 1 and 3, stride 2', [1, 2, 5, 8], [2, 2, 2, 2], { dilation: [1, 3], stride: 2, padding: 1 }],
    ['two groups', [2, 4, 3, 4], [4, 2, 2, 3], { groups: 2, padding: 1 }],
    ['depthwise, stride 2', [2, 3, 5, 5], [6, 1, 3, 3], { groups: 3, stride: 2, padding: 1 }],
    [
      'uneven pads',
      [1, 2, 4, 4],
      [2, 2, 3, 3],
      {
        padding: [
          [0, 2],
          [1, 0],
        ],
      },
    ],
    ['uneven pads, stride 2', [1, 2, 5, 4], [2, 2, 3, 2], { stride: 2, padding: [[2, 0], 1] }],
    ['a kernel as large as its input', [3, 2, 4, 4], [2, 2, 4, 4]],
    ['one pixel', [2, 3, 1, 1], [2, 3, 1, 1]],
    // From 256 positions on the weight gradient takes another form.
    ['many positions', [2, 2, 16, 16], [2, 2, 3, 3], { padding: 1 }],
    ['many positions, 1x1', [2, 2, 16, 16], [3, 2, 1, 1]],
    ['many positions, to fewer channels', [2, 3, 16, 16], [1, 3, 3, 3], { padding: 1 }],
    [
      'many positions, to fewer channels, uneven pads',
      [1, 3, 18, 17],
      [2, 3, 2, 3],
      {
        padding: [
          [0, 1],
          [2, 0],
        ],
        dilation: [1, 1],
      },
    ],
    [
      'many positions, to fewer channels, dilation 2',
      [1, 2, 18, 18],
      [1, 2, 3, 2],
      { padding: [[3, 1], 0], dilation: 2 },
    ],
    ['many positions, to fewer channels, more padding than kernel', [1, 2, 16, 16], [1, 2, 1, 1], { padding: 1 }],
    ['many positions, stride 2', [1, 1, 33, 32], [2, 1, 3, 4], { stride: 2, padding: 1 }],
    ['many positions, stride 2, dilation 3', [1, 1, 37, 37], [1, 1, 2, 3], { stride: 2, dilation: [3, 1] }],
    ['many positions, 1x1, stride 2', [1, 2, 31, 32], [2, 2, 1, 1], { stride: 2 }],
  ]),
  conv3d: convolutions(volume, [
    ['2x2x2', [1, 2, 3, 3, 2], [2, 2, 2, 2, 2]],
    ['3x3x3, padded', [1, 1, 2, 3, 3], [2, 1, 3, 3, 3], { padding: 1 }],
    ['1x2x2, stride 1, 2, 2, groups', [2, 2, 2, 4, 4], [4, 1, 1, 2, 2], { stride: [1, 2, 2], groups: 2 }],
    ['2x1x2, dilation 1, 1, 2', [1, 2, 3, 2, 4], [2, 2, 2, 1, 2], { dilation: [1, 1, 2] }],
    ['1x1x1', [2, 2, 2, 2, 2], [3, 2, 1, 1, 1]],
  ]),
  upsampledConv2d: resampled(ops.upsampledConv2d),
  pooledConv2d: resampled(ops.pooledConv2d),
  convTranspose2d: convolutions(transposed, [
    ['3x3', [1, 2, 3, 4], [2, 3, 3, 3]],
    ['4x4, stride 2', [1, 2, 3, 3], [2, 2, 4, 4], { stride: 2, padding: 1 }],
    ['3x3, stride 2, one more row', [1, 2, 3, 2], [2, 2, 3, 3], { stride: 2, padding: 1, outputPadding: 1 }],
    ['two groups', [1, 4, 3, 3], [4, 1, 3, 3], { stride: 2, padding: 1, groups: 2 }],
    ['two groups, stride 1', [2, 4, 3, 3], [4, 2, 2, 2], { groups: 2 }],
    ['dilation 2', [1, 2, 3, 4], [2, 2, 3, 3], { dilation: 2, padding: 1 }],
    [
      'uneven pads',
      [1, 2, 3, 3],
      [2, 2, 3, 3],
      {
        stride: 2,
        padding: [
          [0, 1],
          [2, 0],
        ],
      },
    ],
    ['1x1, from a latent to 4x4', [2, 3, 1, 1], [3, 2, 4, 4]],
    ['all at once', [1, 4, 3, 2], [4, 1, 3, 3], { stride: 2, padding: 2, dilation: 2, groups: 2, outputPadding: 1 }],
  ]),
};

type Pool = (x: Tensor, kernel: number | readonly number[], options?: ops.PoolOptions) => Tensor;

const pooled = (f: Pool): Sample[] =>
  (
    [
      ['2x2', [2, 2, 4, 4], 2, {}],
      ['2x2, leaving a remainder', [1, 2, 5, 4], 2, {}],
      ['3x3, stride 2, padded', [1, 2, 5, 6], 3, { stride: 2, padding: 1 }],
      ['3x3, stride 1, padded', [1, 2, 3, 4], 3, { stride: 1, padding: 1 }],
      [
        '2x3, uneven pads',
        [1, 2, 4, 5],
        [2, 3],
        {
          stride: [1, 2],
          padding: [
            [1, 0],
            [0, 2],
          ],
        },
      ],
      ['1x2', [2, 1, 3, 4], [1, 2], {}],
      ['a line', [2, 2, 7], 3, { stride: 2 }],
      ['a volume', [1, 2, 2, 4, 2], 2, {}],
      ['a volume, overlapping', [1, 1, 3, 3, 3], 2, { stride: 1 }],
    ] as const
  ).map(([name, shape, kernel, options]) => sample(name, { x: { shape } }, ({ x }) => f(x, kernel, options)));

const resized = (from: Shape, height: number, width: number, options: ops.BilinearOptions = {}): Sample =>
  sample(`[${from}] to ${height}x${width}, ${options.coordinates ?? 'by default'}`, { x: { shape: from } }, ({ x }) =>
    ops.resizeBilinear(x, height, width, options),
  );

const poolSamples: SampleTable = {
  averagePool: [
    ...pooled(ops.averagePool),
    ...pooled((x, kernel, options) => ops.averagePool(x, kernel, { ...options, countPadding: false }))
      .slice(2, 5)
      .map((one) => ({ ...one, name: `${one.name}, not counting the pad` })),
  ],
  maxPool: [
    ...pooled(ops.maxPool),
    ...[
      ['a tie', {}],
      ['a tie of overlapping windows', { stride: 1 }],
    ].map(([name, options]) =>
      sample(
        String(name),
        { x: { shape: [1, 1, 4, 2], values: [1, 1, 0, 1, 3, 3, 3, 3] } },
        ({ x }) => ops.maxPool(x, 2, typeof options === 'object' ? options : {}),
        { smooth: false },
      ),
    ),
  ],
  upsample: [
    sample('twice', { x: { shape: [1, 2, 2, 3] } }, ({ x }) => ops.upsample(x)),
    sample('2 by 3', { x: { shape: [2, 1, 2, 2] } }, ({ x }) => ops.upsample(x, [2, 3])),
    sample('one axis', { x: { shape: [1, 2, 3, 2] } }, ({ x }) => ops.upsample(x, [1, 2])),
    sample('a line', { x: { shape: [2, 2, 3] } }, ({ x }) => ops.upsample(x, 3)),
    sample('a volume', { x: { shape: [1, 1, 2, 2, 3] } }, ({ x }) => ops.upsample(x, [1, 2, 2])),
    sample('once', { x: { shape: [1, 1, 2, 2] } }, ({ x }) => ops.upsample(x, 1)),
  ],
  resizeBilinear: [
    resized([1, 2, 2, 3], 4, 6),
    resized([1, 2, 4, 5], 2, 3),
    resized([2, 1, 3, 3], 5, 2, { coordinates: 'alignCorners' }),
    resized([1, 1, 4, 4], 1, 7, { coordinates: 'alignCorners' }),
    resized([1, 2, 3, 4], 6, 4, { coordinates: 'asymmetric' }),
    resized([1, 1, 5, 3], 3, 4, { coordinates: 'asymmetric' }),
  ],
};

export const contractionSamples: SampleTable = {
  matmul: [
    product([2, 3], [3, 4]),
    product([3, 2], [3, 4], true),
    product([2, 3], [4, 3], false, true),
    product([3, 2], [4, 3], true, true),
    product([2, 2, 3], [2, 3, 2]),
    product([2, 1, 2, 3], [3, 2, 3], false, true),
    product([3, 2], [2, 3, 4], true),
    product([2, 3, 2], [4, 3], true, true),
    product([1, 1], [1, 1]),
    product([2, 1, 3, 2], [1, 2, 4, 3], true, true),
  ],
  softmax: along(ops.softmax),
  logSoftmax: along(ops.logSoftmax),
  logSumExp: along(ops.logSumExp),
  ...convolutionSamples,
  ...poolSamples,
};
