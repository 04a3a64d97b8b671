/** Samples of a run: images by its averaged generator, on one sheet. */

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type NodeDevice, openRuntime, type PassSelection } from '../engine/index.ts';
import { batchFor, board, Generator, type LatentNarrowing, sampleSheet, toBytes } from '../sample/index.ts';
import { findClass, statedImages } from './run-model.ts';
import { type OpenTrainedOptions, openTrainedRun } from './trained-run.ts';

const defaultColumns = 10;
const defaultCount = 100;
/** More rows than this make a sheet that is hard to look at; `count` asks for them. */
const mostRowsUnasked = 20;

export interface SampleOptions extends OpenTrainedOptions {
  /** Images to draw, of each truncation or scale; default: a row a class, or 100, but no more than 20 rows in all. */
  readonly count?: number | undefined;
  /** Name or number of the one class to draw; default: all, a row each, so that a column shows one latent in each class. */
  readonly class?: string | undefined;
  /** Of the latents; default 0. The same seed gives the same bytes. */
  readonly seed?: number | undefined;
  /** Images in a row; default 10. */
  readonly columns?: number | undefined;
  /**
   * Draws coordinates of the latents beyond ± this again: less variety, better images. Several are drawn in blocks, each
   * with the same latents but for what is drawn again. Not together with `scale`, nor for uniform latents.
   */
  readonly truncation?: number | readonly number[] | undefined;
  /** Multiplies the latents, as BigGAN-PyTorch does for its truncation curves; several are drawn in blocks. */
  readonly scale?: number | readonly number[] | undefined;
  /**
   * Takes batch norm's statistics anew, over this many batches of the size of training's and with latents that are
   * truncated or scaled alike. BigGAN-PyTorch takes 16. Default: the running statistics of training.
   */
  readonly standingStatistics?: number | undefined;
  readonly device?: NodeDevice | undefined;
  readonly threads?: number | undefined;
  /** Rewrites of the generator: `all`, `none`, or some by name; default: those of the run. */
  readonly passes?: PassSelection | undefined;
}

export interface Samples {
  /** The sheet. */
  readonly png: Buffer;
  /** uint8 [N,C,H,W], row by row of the sheet, block after block. */
  readonly images: Uint8Array;
  /** int32 [N]; all 0 without classes. */
  readonly labels: Int32Array;
  /** Folder of the checkpoint that was used, and its step. */
  readonly checkpoint: string;
  readonly step: number;
  /** Checkpoints that could not be used in its place, and why. */
  readonly refused: readonly { readonly folder: string; readonly reason: string }[];
}

/**
 * Draws images with the averaged generator of a run, by default that of its newest good checkpoint.
 *
 * Throws UserError where the folder holds no trained run, the run has no such class, or its latents or its generator
 * cannot be treated as asked.
 */
export async function sample(path: string, options: SampleOptions = {}): Promise<Samples> {
  const { run, config, model, checkpoint, refused } = openTrainedRun(path, options);
  const { classNames, channels, resolution } = statedImages(config);
  const {
    seed = 0,
    columns = defaultColumns,
    standingStatistics: accumulations,
    device,
    threads,
    passes = config.passes,
  } = options;
  const label = options.class === undefined ? undefined : findClass(run.path, classNames, options.class);
  const numClasses = label === undefined ? classNames.length : 0;
  const narrowings = [options.truncation]
    .flat()
    .flatMap((truncation) => [options.scale].flat().map((scale): LatentNarrowing => ({ truncation, scale })));
  if (narrowings.length === 0) {
    throw new UserError(
      'sample: an empty list of truncations or scales; expected one number or more. Leave it out for whole latents.',
    );
  }
  const mostRows = Math.max(1, Math.floor(mostRowsUnasked / narrowings.length));
  const count = options.count ?? Math.min(numClasses || Math.ceil(defaultCount / columns), mostRows) * columns;
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(columns) || columns < 1) {
    throw new UserError(`sample: count is ${count} and columns ${columns}; expected whole numbers of 1 or more.`);
  }
  const rows = Math.ceil(count / columns);
  // Batch norm has known batches of this size in training.
  const pieceSize = config.batch / config.accumulation;
  const runtime = await openRuntime({ ...(device && { device }), ...(threads && { threads }), passes });
  const images = new Uint8Array(narrowings.length * count * channels * resolution ** 2);
  const labels = new Int32Array(narrowings.length * count);
  for (const [block, narrowing] of narrowings.entries()) {
    const cells = board(seed, model, { rows, columns, numClasses, ...narrowing });
    const classes = cells.labels.subarray(0, count).map((ofRow) => label ?? ofRow);
    const generator = await Generator.open(runtime, model, checkpoint.state, {
      batch: batchFor(count),
      ...(accumulations !== undefined && {
        standingStatistics: { accumulations, batch: pieceSize, seed: config.seed, ...narrowing },
      }),
    });
    const made = toBytes((await generator.generate(cells.z.subarray(0, count * model.latentDim), classes)).images);
    images.set(made, block * made.length);
    labels.set(classes, block * count);
  }
  const classOfRow = Array.from({ length: rows }, (_, row) => classNames[labels[row * columns] ?? 0] ?? '');
  const words = narrowings.map(inWords);
  const facts = [
    `${basename(run.path)}, step ${checkpoint.step}, seed ${seed}`,
    label === undefined ? '' : `class ${classNames[label]}`,
    words.length === 1 ? words[0] : '',
    accumulations === undefined ? '' : `standing statistics of ${accumulations} × ${pieceSize} images`,
  ];
  const png = await sampleSheet({
    images,
    channels,
    resolution,
    columns,
    ...(words.length > 1 && { blockTitles: words }),
    ...(numClasses > 0 && { rowLabels: narrowings.flatMap(() => classOfRow) }),
    caption: facts.filter((fact) => fact !== '').join(', '),
  });
  return { png, images, labels, checkpoint: checkpoint.folder, step: checkpoint.step, refused };
}

function inWords({ truncation, scale }: LatentNarrowing): string {
  if (truncation !== undefined) return `truncation ${truncation}`;
  return scale === undefined ? '' : `scale ${scale}`;
}
