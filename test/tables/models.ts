/** Every model, with small settings: what each invariant of models is tested on. A later model is one more row. */

import { Random } from '../../src/base/random.ts';
import type { Graph, TensorData } from '../../src/engine/index.ts';
import { sizeOf } from '../../src/engine/ir/tensor-data.ts';
import {
  type BoundModel,
  findModel,
  type ImageType,
  losses,
  type StepOptions,
  stepSchedule,
} from '../../src/gan/index.ts';
import { type AdamOptions, initialize, type Variable } from '../../src/nn/index.ts';

/** A model at a size. */
export interface ModelCase {
  readonly options: Readonly<Record<string, unknown>>;
  readonly images: ImageType;
}

/** How many trainable numbers the networks have according to `source`. */
export interface ParameterCount extends ModelCase {
  readonly source: string;
  readonly generator: number;
  readonly discriminator: number;
}

export interface ModelRow {
  /** The name in the registry. */
  readonly name: string;
  /** Small enough to run dozens of steps in a second or two. */
  readonly small: ModelCase;
  /** Sizes that must trace. */
  readonly shapes: readonly ModelCase[];
  readonly parameterCounts: readonly ParameterCount[];
  /** State layouts that are kept in `test/golden/<file>.json`. */
  readonly golden: readonly (ModelCase & { readonly file: string })[];
}

const rgb = (resolution: number, classes: number): ImageType => ({ resolution, channels: 3, classes });

/** The sides of the maps that both of SAGAN's networks have after a block. */
const saganSides = { 32: [8, 16], 64: [8, 16, 32], 128: [8, 16, 32, 64] } as const;

const saganShapes: ModelCase[] = ([32, 64, 128] as const).flatMap((resolution) =>
  [1, 3].flatMap((channels) =>
    [0, 5].flatMap((classes) =>
      [[], ...saganSides[resolution].map((side) => [side]), [...saganSides[resolution]]].map((attentionAt) => ({
        options: { generatorChannels: 8, discriminatorChannels: 8, attentionAt },
        images: { resolution, channels, classes },
      })),
    ),
  ),
);

const released = 'github.com/brain-research/self-attention-gan';
const mimicry = 'github.com/kwotsin/mimicry';

export const modelRows: readonly ModelRow[] = [
  {
    name: 'sagan',
    small: {
      options: { latentDim: 8, generatorChannels: 8, discriminatorChannels: 8, attentionAt: [16] },
      images: rgb(32, 3),
    },
    shapes: saganShapes,
    parameterCounts: [
      {
        source: released,
        options: { attentionAt: [32] },
        images: rgb(128, 1000),
        generator: 42_078_852,
        discriminator: 39_463_618,
      },
      {
        source: released,
        options: { attentionAt: [64] },
        images: rgb(128, 1000),
        generator: 42_017_412,
        discriminator: 39_448_258,
      },
      {
        source: released,
        options: { attentionAt: [] },
        images: rgb(128, 1000),
        generator: 41_996_931,
        discriminator: 39_443_137,
      },
      {
        source: mimicry,
        options: { attentionAt: [16] },
        images: rgb(32, 10),
        generator: 4_386_308,
        discriminator: 1_075_586,
      },
      {
        source: mimicry,
        options: { attentionAt: [] },
        images: rgb(32, 10),
        generator: 4_304_387,
        discriminator: 1_055_105,
      },
    ],
    golden: [
      { file: 'sagan-32', options: { attentionAt: [16] }, images: rgb(32, 10) },
      { file: 'sagan-128', options: {}, images: rgb(128, 1000) },
    ],
  },
];

export function bind(row: ModelRow, { options, images }: ModelCase): BoundModel {
  return findModel(row.name).bind(options, images);
}

/** A large epsilon makes updates smooth in the gradient, so that rounding is not blown up where a gradient is zero. */
export const smoothAdam: AdamOptions = { learningRate: 0.01, beta1: 0, beta2: 0.9, epsilon: 0.1 };

/** A step's options with a batch of 4, changed as told. */
export function stepOptions(model: BoundModel, changes: Partial<StepOptions> = {}): StepOptions {
  return {
    model,
    loss: losses.hinge,
    batch: 4,
    discriminatorSteps: 1,
    generatorOptimizer: smoothAdam,
    discriminatorOptimizer: smoothAdam,
    ema: { decay: 0.9, startStep: 0 },
    ...changes,
  };
}

/**
 * A state in which nothing is special: no gate closed, no bias zero, no average a copy, moments as in mid-course.
 * Every initial value is moved by N(0, 0.1²), variances upward.
 */
export function midCourse(variables: readonly Variable[], seed = 1): Record<string, TensorData> {
  const state: Record<string, TensorData> = {};
  for (const [name, { dtype, shape, data }] of initialize(variables, seed)) {
    const noise = new Random(seed, `mid-course ${name}`).normal(data.length);
    const isVariance = /\.(v|variance)$/.test(name);
    const moved = data.map((value, i) => value + 0.1 * (isVariance ? Math.abs(noise[i] ?? 0) : (noise[i] ?? 0)));
    state[name] = { dtype, shape, data: moved };
  }
  return state;
}

/** What the `step`-th step is fed beside the state: random images, labels and latents, and the schedule's scalars. */
export function stepFeeds({ inputs }: Graph, options: StepOptions, step: number): Record<string, TensorData> {
  const feeds: Record<string, TensorData> = {};
  const classes = Math.max(1, options.model.images.classes);
  for (const [name, { dtype, shape }] of inputs) {
    const random = new Random(1, name, step);
    const count = sizeOf(shape);
    if (dtype === 'int32') feeds[name] = { dtype, shape, data: random.integers(count, classes) };
    if (dtype === 'uint8') feeds[name] = { dtype, shape, data: Uint8Array.from(random.integers(count, 256)) };
    if (name.startsWith('z.')) feeds[name] = { dtype, shape, data: random.normal(count) };
  }
  for (const [name, value] of Object.entries(stepSchedule(options, step))) feeds[name] = scalarData(value);
  return feeds;
}

export function scalarData(value: number): TensorData {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
}
