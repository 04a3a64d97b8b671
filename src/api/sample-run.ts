/** Samples of a run: images by its averaged generator, on one sheet. */

import { basename } from 'node:path';
import { UserError } from '../base/errors.ts';
import { type NodeDevice, openRuntime } from '../engine/index.ts';
import type { ModelEntry } from '../gan/index.ts';
import { board, Generator, latents, sampleSheet, toBytes } from '../sample/index.ts';
import { findClass, statedImages } from './run-model.ts';
import { openTrainedRun } from './trained-run.ts';

const defaultColumns = 10;
const defaultCount = 100;
/** More rows than this make a sheet that is hard to look at; `count` asks for them. */
const mostRowsUnasked = 20;

export interface SampleOptions {
  /** Images to draw; default: a row a class (at most 20), or 100. */
  readonly count?: number | undefined;
  /** Name or number of the one class to draw; default: all, a row each, so that a column shows one latent in each class. */
  readonly class?: string | undefined;
  /** Of the latents; default 0. The same seed gives the same bytes. */
  readonly seed?: number | undefined;
  /** Images in a row; default 10. */
  readonly columns?: number | undefined;
  readonly device?: NodeDevice | undefined;
  readonly threads?: number | undefined;
  /** The run's model, where it is your own. */
  readonly model?: ModelEntry | undefined;
}

export interface Samples {
  /** The sheet. */
  readonly png: Buffer;
  /** uint8 [N,C,H,W], row by row of the sheet. */
  readonly images: Uint8Array;
  /** int32 [N]; all 0 without classes. */
  readonly labels: Int32Array;
  /** Folder of the checkpoint that was used, and its step. */
  readonly checkpoint: string;
  readonly step: number;
  /** Newer checkpoints that could not be used, and why. */
  readonly refused: readonly { readonly folder: string; readonly reason: string }[];
}

/**
 * Draws images with the averaged generator of a run's newest good checkpoint.
 *
 * Throws UserError where the folder holds no trained run, or the run has no such class.
 */
export async function sample(path: string, options: SampleOptions = {}): Promise<Samples> {
  const { run, config, model, checkpoint, refused } = openTrainedRun(path, options.model);
  const { classNames, channels, resolution } = statedImages(config);
  const { seed = 0, columns = defaultColumns, device, threads } = options;
  const label = options.class === undefined ? undefined : findClass(run.path, classNames, options.class);
  const byClass = label === undefined && classNames.length > 0;
  const rows = byClass ? Math.min(classNames.length, mostRowsUnasked) : Math.ceil(defaultCount / columns);
  const count = options.count ?? (byClass ? rows * columns : defaultCount);
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(columns) || columns < 1) {
    throw new UserError(`sample: count is ${count} and columns ${columns}; expected whole numbers of 1 or more.`);
  }
  const numClasses = byClass ? classNames.length : 0;
  const cells = board(seed, { rows: Math.ceil(count / columns), columns, numClasses, latentDim: model.latentDim });
  const z = byClass ? cells.z.subarray(0, count * model.latentDim) : latents(seed, count, model.latentDim);
  const labels = byClass ? cells.labels.subarray(0, count) : new Int32Array(count).fill(label ?? 0);
  const runtime = await openRuntime({ ...(device && { device }), ...(threads && { threads }) });
  const generator = await Generator.open(runtime, model, checkpoint.state, { batch: Math.min(count, 50) });
  const images = toBytes((await generator.generate(z, labels)).images);
  const nameOf = (row: number) => classNames[labels[row * columns] ?? 0] ?? '';
  const png = await sampleSheet({
    images,
    channels,
    resolution,
    columns,
    ...(byClass ? { rowLabels: Array.from({ length: Math.ceil(count / columns) }, (_, row) => nameOf(row)) } : {}),
    caption: `${basename(run.path)}, step ${checkpoint.step}, seed ${seed}${label === undefined ? '' : `, class ${classNames[label]}`}`,
  });
  return { png, images, labels, checkpoint: checkpoint.folder, step: checkpoint.step, refused };
}
