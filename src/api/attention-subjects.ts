/** Which images a look at attention is about: latents and classes, or an image of the dataset. */

import { UserError } from '../base/errors.ts';
import { type Dataset, openDataset } from '../data/index.ts';
import type { Runtime } from '../engine/index.ts';
import { latentDirections } from '../inspect/index.ts';
import {
  type ClassWeights,
  classWeights,
  formatClasses,
  type LatentPoint,
  latentOf,
  parseClasses,
} from '../sample/index.ts';
import type { AttentionSubject } from './attention-network.ts';
import { findClass } from './run-model.ts';
import type { TrainedRun } from './trained-run.ts';

/** A figure with more images is hard to read and slow to draw. */
const largestCount = 32;

export interface SubjectOptions {
  /** Name or number of the class to show, or several with weights: `3:0.5+7:0.5`; default: classes spread evenly over all. */
  readonly class?: string | undefined;
  /** Of the latents; default: the run's, which its sample sheets are drawn with. */
  readonly seed?: number | undefined;
  /** Latents of the seed, from its first; default 4. */
  readonly count?: number | undefined;
  /** Points of latent space, instead of those of a seed. */
  readonly points?: readonly LatentPoint[] | undefined;
  /** Number of an image of the whole dataset, held out ones among them, to show to the discriminator, instead of generated ones. */
  readonly image?: number | undefined;
}

export interface NamedSubject {
  readonly subject: AttentionSubject;
  /** Undefined without classes. */
  readonly className: string | undefined;
}

/** Throws UserError for a class, a point or an image that there is not, and a count that is none. */
export async function subjectsOf(
  runtime: Runtime,
  trained: TrainedRun,
  { image, count = 4, seed = trained.config.seed, points, class: wanted }: SubjectOptions,
): Promise<NamedSubject[]> {
  const { run, config } = trained;
  const classNames = config.images?.classNames ?? [];
  if (image !== undefined) return [datasetSubject((await openDataset(config.data.source, config.data)).dataset, image)];
  const shown: readonly LatentPoint[] = points ?? Array.from({ length: count }, (_, x) => ({ seed, x }));
  if (!Number.isInteger(count) || shown.length < 1 || shown.length > largestCount) {
    throw new UserError(
      `attention: the count is ${points?.length ?? count}; expected 1 to ${largestCount} images. Try --count 4.`,
    );
  }
  const find = (name: string) => findClass(run.path, classNames, name);
  const classesOf = (text: string) => (classNames.includes(text) ? find(text) : parseClasses(text, find));
  const classes = wanted === undefined ? undefined : classesOf(wanted);
  const directions = shown.some((point) => (point.directions ?? []).length > 0)
    ? (await latentDirections(runtime, trained.model, trained.checkpoint.state)).directions.map(({ vector }) => vector)
    : [];
  return shown.map((point, n) => {
    const spread = Math.floor((n * classNames.length) / shown.length);
    return generatedSubject(trained, point, classes ?? spread, directions);
  });
}

/** Throws UserError as `latentOf` and `classWeights` do. */
export function generatedSubject(
  { config, model }: TrainedRun,
  point: LatentPoint,
  classes: ClassWeights,
  directions: readonly Float32Array[],
): NamedSubject {
  const classNames = config.images?.classNames ?? [];
  const weights = classWeights(classes, classNames.length);
  const label = typeof classes === 'number' ? classes : weights;
  const mixed = typeof classes === 'number' || classNames.length === 0 ? undefined : formatClasses(classes);
  return {
    subject: { kind: 'generated', z: latentOf(point, model, directions), label },
    className: mixed ?? (typeof classes === 'number' ? classNames[classes] : undefined),
  };
}

/** Throws UserError for an image that the dataset has not. */
export function datasetSubject(dataset: Dataset, image: number): NamedSubject {
  if (!Number.isInteger(image) || image < 0 || image >= dataset.count) {
    throw new UserError(
      `attention: image ${image} is not in ${dataset.name}; expected a number from 0 to ${dataset.count - 1}.`,
    );
  }
  const label = dataset.label(image);
  return {
    subject: { kind: 'dataset', pixels: dataset.image(image), label },
    className: dataset.classNames[label],
  };
}
