/** What a preset or a run trains: its layers, their parameters, and what a step costs. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { suggest, UserError } from '../base/errors.ts';
import type { ModelEntry } from '../gan/index.ts';
import { costOfStep, describeNetworks, type NetworkDescription, type StepCost } from '../inspect/index.ts';
import { openRun } from '../store/index.ts';
import { type Config, findPreset, parseConfig, parseSavedConfig, presets } from '../train/index.ts';
import { type Images, modelOf, statedImages, stepOptionsOf } from './run-model.ts';

export interface Description {
  /** The preset or the run, as it was asked for. */
  readonly name: string;
  readonly model: string;
  /** The paper. */
  readonly source: string;
  readonly images: Images;
  readonly latentDim: number;
  /** Images in a batch. */
  readonly batch: number;
  readonly generator: NetworkDescription;
  readonly discriminator: NetworkDescription;
  readonly step: StepCost;
}

/**
 * Describes a preset by its name, or a run by its folder, without initialising a weight. `custom` is the run's model where
 * that is your own.
 *
 * Throws UserError if `name` is neither.
 */
export function describe(name: string, custom?: ModelEntry): Description {
  const config = configOf(name, custom);
  const model = modelOf(config, custom);
  // The loss costs next to nothing, so that a run with one of its own can be described without it.
  const options = stepOptionsOf({ ...config, loss: 'hinge' }, model);
  return {
    name,
    model: model.name,
    source: model.source,
    images: statedImages(config),
    latentDim: model.latentDim,
    batch: config.batch,
    ...describeNetworks(model, config.batch),
    step: costOfStep(options, config.passes),
  };
}

function configOf(name: string, custom: ModelEntry | undefined): Config {
  const names = presets.map((preset) => preset.name);
  if (names.includes(name)) {
    const { config } = findPreset(name);
    return parseConfig({ ...config, data: { source: 'unnamed', ...config.data } }, `preset ${name}`);
  }
  if (existsSync(name)) {
    const run = openRun(name);
    return parseSavedConfig(run.config, run.configPath, { model: custom });
  }
  throw new UserError(
    `describe ${name}: there is no preset of this name, and nothing at ${resolve(name)}; expected a preset or the folder ` +
      `of a run. ${suggest(name, names)}`,
  );
}
