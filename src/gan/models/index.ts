/** The models, by name. A name in a file is a key into this list and nothing else. */

import { suggest, UserError } from '../../base/errors.ts';
import { type BoundModel, bindModel, type GanModel, type ImageType } from '../model.ts';
import { biggan } from './biggan.ts';
import { bigganDeep } from './biggan-deep.ts';
import { csawgan } from './csawgan.ts';
import { dcgan } from './dcgan.ts';
import { sagan } from './sagan.ts';
import { saganHeykeetae } from './sagan-heykeetae.ts';
import { sngan } from './sngan.ts';
import { wganGp } from './wgan-gp.ts';

/** A model whose options are bound when they have been parsed: the type of the options stays inside. */
export interface ModelEntry {
  readonly name: string;
  readonly source: string;
  readonly options: GanModel['options'];
  /** What an earlier version saved, as this one reads it. */
  upgrade(saved: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  bind(options: unknown, images: ImageType): BoundModel;
}

/** Wraps a model so that it can stand in a list with others, or be passed to `train`. */
export function modelEntry<Options>(model: GanModel<Options>): ModelEntry {
  return {
    name: model.name,
    source: model.source,
    options: model.options,
    upgrade: (saved) => model.upgrade?.(saved) ?? saved,
    bind: (options, images) => bindModel(model, model.options.parse(options), images),
  };
}

export const models: readonly ModelEntry[] = [
  modelEntry(sagan),
  modelEntry(dcgan),
  modelEntry(csawgan),
  modelEntry(biggan),
  modelEntry(bigganDeep),
  modelEntry(saganHeykeetae),
  modelEntry(sngan),
  modelEntry(wganGp),
];

/** Throws UserError that lists the models if there is none of that name. */
export function findModel(name: string): ModelEntry {
  const names = models.map((model) => model.name);
  const found = models.find((model) => model.name === name);
  if (found === undefined) throw new UserError(`model "${name}" does not exist. ${suggest(name, names)}`);
  return found;
}
