/** From a config to the model that it describes. */

import { UserError } from '../base/errors.ts';
import type { Dataset } from '../data/index.ts';
import { type BoundModel, findModel, type ImageType, losses, type ModelEntry, type StepOptions } from '../gan/index.ts';
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

export function stepOptionsOf(config: Config, model: BoundModel): StepOptions {
  return {
    model,
    loss: losses[config.loss],
    batch: config.batch,
    discriminatorSteps: config.discriminatorSteps,
    generatorOptimizer: config.generator,
    discriminatorOptimizer: config.discriminator,
    ema: config.ema,
  };
}
