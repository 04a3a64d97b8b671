/** Where the generator of a run attends: its attention maps, measured and drawn. */

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import type { Runtime, TensorData } from '../engine/index.ts';
import { attentionEntropy, attentionFigure, type Grid, type Query } from '../inspect/index.ts';
import { Generator, latents, toBytes } from '../sample/index.ts';
import { findClass } from './run-model.ts';
import type { TrainedRun } from './trained-run.ts';

/** A figure with more images is hard to read and slow to draw. */
const largestCount = 32;

export interface AttentionOptions {
  /** Name or number of the class to show; default: `count` classes, spread evenly over all. */
  readonly class?: string;
  /** Of the latents; default: the run's, which its sample sheets are drawn with. */
  readonly seed?: number;
  /** Images, one a row; default 4. */
  readonly count?: number;
}

export interface AttendedImage {
  /** Undefined for a generator without classes. */
  readonly className: string | undefined;
  readonly queries: readonly (Query & { readonly entropyBits: number })[];
}

export interface RunAttention {
  readonly png: Buffer;
  readonly step: number;
  /** Path of the block in the generator. */
  readonly block: string;
  /** The block's learned weight of attention: 0 when training began. */
  readonly gamma: number;
  readonly images: readonly AttendedImage[];
  /** Mean entropy of the attention of all queries of the images, in bits. */
  readonly meanEntropyBits: number;
  /** The entropy of looking everywhere alike. */
  readonly maximumEntropyBits: number;
}

interface Block {
  readonly name: string;
  readonly gamma: number;
  /** [N, L, Lk] */
  readonly maps: Float32Array;
  readonly queryGrid: Grid;
  readonly keyGrid: Grid;
}

/**
 * Generates images by the averaged generator of a run and draws where its attention looks; of several blocks the one with
 * the most positions.
 *
 * Throws UserError for a class the run does not have, a count that is none, or a generator without attention.
 */
export async function drawRunAttention(
  runtime: Runtime,
  { run, config, model, checkpoint }: TrainedRun,
  options: AttentionOptions = {},
): Promise<RunAttention> {
  const { count = 4, seed = config.seed } = options;
  if (!Number.isInteger(count) || count < 1 || count > largestCount) {
    throw new UserError(`attention: the count is ${count}; expected 1 to ${largestCount} images. Try --count 4.`);
  }
  const classNames = config.images?.classNames ?? [];
  const labels = labelsOf(run.path, classNames, count, options.class);
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: count, observe: true });
  const generated = await generator.generate(latents(seed, count, model), labels);
  const { maps, ...block } = findBlock(run.path, generated.observations);
  const figure = await attentionFigure({
    images: toBytes(generated.images),
    channels: model.images.channels,
    resolution: model.images.resolution,
    maps,
    queryGrid: block.queryGrid,
    keyGrid: block.keyGrid,
    gamma: block.gamma,
    blockName: block.name,
    title: `Where ${basename(run.path)} looks at step ${checkpoint.step}`,
  });
  const { bits } = attentionEntropy(maps, block.keyGrid[0] * block.keyGrid[1]);
  return {
    png: figure.png,
    step: checkpoint.step,
    block: block.name,
    gamma: block.gamma,
    images: figure.queries.map((queries, n) => ({
      className: classNames[labels[n] ?? 0],
      queries: queries.map((query, i) => ({ ...query, entropyBits: figure.entropyBits[n]?.[i] ?? 0 })),
    })),
    meanEntropyBits: bits.reduce((sum, entropy) => sum + entropy, 0) / bits.length,
    maximumEntropyBits: figure.maximumEntropyBits,
  };
}

/** int32 [count]: the class that was asked for, or classes spread over all. */
function labelsOf(path: string, classNames: readonly string[], count: number, wanted?: string): Int32Array {
  if (wanted === undefined) {
    return Int32Array.from({ length: count }, (_, n) => Math.floor((n * classNames.length) / count));
  }
  return new Int32Array(count).fill(findClass(path, classNames, wanted));
}

function findBlock(path: string, observations: ReadonlyMap<string, TensorData>): Block {
  const blocks = [...observations].flatMap(([name, map]) => {
    const block = name.endsWith('.map') ? name.slice(0, -'.map'.length) : undefined;
    const gamma = observations.get(`${block}.gamma`)?.data[0];
    if (block === undefined || gamma === undefined || !(map.data instanceof Float32Array)) return [];
    const [, queryCount = 0, keyCount = 0] = map.shape;
    const keyGrid = squareGrid(keyCount);
    return [
      { name: block.replace(/^ema\.G\./, ''), gamma, maps: map.data, queryGrid: squareGrid(queryCount), keyGrid },
    ];
  });
  const [first, ...others] = blocks;
  if (first === undefined) {
    throw new UserError(
      `${path}: the generator of this run has no attention block; expected one to look into. ` +
        'Train a model with one, for example by --preset sagan-mnist-mini.',
    );
  }
  return others.reduce((finest, block) => (block.queryGrid[0] > finest.queryGrid[0] ? block : finest), first);
}

/** Feature maps are as square as the images. */
function squareGrid(positions: number): Grid {
  const side = Math.sqrt(positions);
  return [side, side];
}
