/** From a config to the model that it describes. */

import { suggest, UserError } from '../base/errors.ts';
import type { Dataset } from '../data/index.ts';
import {
  type BoundModel,
  findModel,
  type GanLoss,
  type ImageType,
  losses,
  lossNames,
  type ModelEntry,
  penalties,
  type StepOptions,
  tellsClassesApart,
} from '../gan/index.ts';
import type { Config } from '../train/index.ts';

export type Images = NonNullable<Config['images']>;

/** What the images of a dataset are to a model. */
export function imagesOf(dataset: Dataset, config: Config): Images {
  const classNames = config.data.conditional ? [...dataset.classNames] : [];
  return { resolution: dataset.resolution, channels: dataset.channels, classes: classNames.length, classNames };
}

/** The image type that a config states. Throws UserError if it states none, as before its dataset has been opened. */
export function statedImages({ images }: Config): ImageType & Images {
  if (images === undefined) throw new UserError('the config has no "images": open its dataset first.');
  return images;
}

/** Binds the model of a config, or `custom` with the config's options, to the config's images. */
export function modelOf(config: Config, custom?: ModelEntry): BoundModel {
  const { name, ...options } = config.model;
  return (custom ?? findModel(name)).bind(options, statedImages(config));
}

/**
 * What a training step of a config is; `custom` stands in for the loss that the config names.
 *
 * Throws UserError where parts of the config do not fit each other.
 */
export function stepOptionsOf(config: Config, model: BoundModel, custom?: GanLoss): StepOptions {
  checkClassifier(config, model);
  return {
    model,
    loss: smoothed(custom ?? findLoss(config.loss), config.realTarget),
    batch: config.batch,
    generatorBatch: config.generatorBatch,
    accumulation: config.accumulation,
    discriminatorSteps: config.discriminatorSteps,
    generatorOptimizer: config.generator,
    discriminatorOptimizer: config.discriminator,
    ema: config.ema,
    penalties: config.penalties.map(({ name, weight }) => ({ penalty: penalties[name], weight })),
    auxiliaryClassifier: config.auxiliaryClassifier,
    augment: config.augment,
    dequantize: config.data.dequantize,
    orthogonalRegularization: config.orthogonalRegularization,
  };
}

/** Throws UserError where a discriminator tells classes apart and nobody asks it to, or the other way round. */
function checkClassifier({ auxiliaryClassifier }: Config, model: BoundModel): void {
  const canTell = tellsClassesApart(model);
  if (canTell && auxiliaryClassifier === undefined) {
    throw new UserError(
      `${model.name}: its discriminator tells the ${model.images.classes} classes apart, but auxiliaryClassifier is not set, so ` +
        'that nothing would teach it to and labels would do nothing. Pass --set auxiliaryClassifier.generatorWeight=0.1, ' +
        'or leave the labels aside with --set data.conditional=false.',
    );
  }
  if (!canTell && auxiliaryClassifier !== undefined && model.images.classes > 0) {
    throw new UserError(
      `${model.name}: auxiliaryClassifier is set, but this discriminator tells no classes apart. Leave it out.`,
    );
  }
}

function smoothed(loss: GanLoss, target: number): GanLoss {
  if (target === 1) return loss;
  if (loss.smoothed !== undefined) return loss.smoothed(target);
  throw new UserError(
    `realTarget is ${target}, but the loss ${loss.name} has no target for real images. Set realTarget to 1, or choose ` +
      `${lossNames.filter((name) => 'smoothed' in losses[name]).join(', ')}.`,
  );
}

function findLoss(name: string): GanLoss {
  const found = lossNames.find((known) => known === name);
  if (found === undefined) throw new UserError(`loss "${name}" does not exist. ${suggest(name, lossNames)}`);
  return losses[found];
}

/**
 * The number of a class from its name or number. `path` is the run's, for the message.
 *
 * Throws UserError that lists the classes if there is none of that name.
 */
export function findClass(path: string, classNames: readonly string[], wanted: string): number {
  const named = classNames.indexOf(wanted);
  const label = named === -1 && /^\d+$/.test(wanted) ? Number(wanted) : named;
  if (label >= 0 && label < classNames.length) return label;
  const known = classNames.length === 0 ? 'It was trained without classes.' : suggest(wanted, classNames);
  throw new UserError(`${path}: the run has no class "${wanted}"; expected the name or number of one. ${known}`);
}
