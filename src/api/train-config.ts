/** The config of a run, from all the places where a person can say what it should be. */

import { readFileSync } from 'node:fs';
import { UserError } from '../base/errors.ts';
import type { Dataset } from '../data/index.ts';
import type { PassSelection } from '../engine/index.ts';
import { checkPieces, type GanLoss, type ModelEntry } from '../gan/index.ts';
import type { Run } from '../store/index.ts';
import {
  applySetting,
  type Config,
  type ConfigInput,
  findPreset,
  parseConfig,
  parseSavedConfig,
} from '../train/index.ts';
import { modelOf, stepOptionsOf } from './run-model.ts';

export interface ConfigOptions {
  readonly preset?: string | undefined;
  /** Changes to the preset, or a whole config where there is none. */
  readonly config?: ConfigChanges | undefined;
  /** Further changes as text, `key.path=value`. */
  readonly settings?: readonly string[] | undefined;
  /** Name or path of the dataset, or the dataset itself. */
  readonly data?: string | Dataset | undefined;
  readonly steps?: number | undefined;
  readonly seed?: number | undefined;
  readonly batch?: number | undefined;
  /** Rewrites of the programs: `all`, `none`, or some by name. */
  readonly passes?: PassSelection | undefined;
  /** A model of your own, with `config.model` as its options. */
  readonly model?: ModelEntry | undefined;
  /** A loss of your own. */
  readonly loss?: GanLoss | undefined;
}

/** A config with any part left out. */
export type ConfigChanges = { readonly [K in keyof ConfigInput]?: Partial<ConfigInput[K]> | undefined };

/**
 * The preset, changed by config, settings and options, in this order.
 *
 * Throws UserError that lists everything that is wrong with the result.
 */
export function newConfig(options: ConfigOptions): Config {
  const { config = {}, settings = [], data, steps, seed, batch, passes, model, loss } = options;
  const preset = options.preset ?? config.preset;
  const own = { ...(model && { model: { name: model.name } }), ...(loss && { loss: loss.name }) };
  const base = preset === undefined ? own : { ...findPreset(preset).config, preset, ...own };
  const dataset = typeof data === 'object' ? data : undefined;
  const named = Object.entries({
    'data.source': typeof data === 'string' ? data : dataset?.name,
    'data.resolution': dataset?.resolution,
    'data.channels': dataset?.channels,
    steps,
    seed,
    batch,
    passes,
  })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const value = [...settings, ...named].reduce<unknown>(applySetting, mergeConfigs(base, config));
  requirePart(value, ['model', 'name'], 'no model is chosen. Pass --preset NAME ("sagan presets" lists them).');
  requirePart(
    value,
    ['data', 'source'],
    'no dataset is named. Pass --data mnist, --data cifar10, --data fashion-mnist:FOLDER, or --data FOLDER with images of your own.',
  );
  const parsed = parseConfig(value, preset === undefined ? 'config' : `preset ${preset}`, { model, loss });
  // What the model cannot have, or what does not fit together, is said before any image is decoded.
  const images = { ...parsed.data, channels: parsed.data.channels ?? 3, ...noClasses };
  checkPieces(stepOptionsOf(parsed, modelOf({ ...parsed, images }, model), loss));
  return parsed;
}

const noClasses = { classes: 0, classNames: [] };

function requirePart(config: unknown, path: readonly string[], problem: string): void {
  const part = path.reduce<unknown>(
    (inner, key) => (isPlain(inner) ? new Map(Object.entries(inner)).get(key) : undefined),
    config,
  );
  if (part === undefined) throw new UserError(`train: ${problem}`);
}

/**
 * Reads a config file. `$schema`, which editors want, and `formatVersion`, which a saved config has, are left out.
 *
 * Throws UserError if it cannot be read or is not a JSON object.
 */
export function readConfigFile(path: string): ConfigChanges {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: cannot be read as a config (${reason}); expected a file with a JSON object.`);
  }
  if (!isPlain(value)) throw new UserError(`${path}: expected a JSON object, such as {"batch": 32}.`);
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '$schema' && key !== 'formatVersion'));
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects are merged key by key, everything else is replaced. */
function mergeConfigs(base: object, changes: object): object {
  const merged = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    const old = merged.get(key);
    merged.set(key, isPlain(old) && isPlain(value) ? mergeConfigs(old, value) : value);
  }
  return Object.fromEntries(merged);
}

/**
 * The config of a run that goes on: its own, with `steps` changed if asked for.
 *
 * Throws UserError if anything else is to be changed: that would make it another run.
 */
export function resumedConfig(options: ConfigOptions, run: Run): Config {
  const { model, loss, settings = [], steps } = options;
  const config = parseSavedConfig(run.config, run.configPath, { model, loss });
  const changed = [
    ...settings.map((setting) => `--set ${setting}`),
    ...(['seed', 'batch', 'preset', 'passes'] as const)
      .filter((key) => options[key] !== undefined && String(options[key]) !== String(config[key]))
      .map((key) => `--${key} ${options[key]} (the run has ${config[key]})`),
    ...(options.config === undefined ? [] : ['--config']),
  ];
  if (changed.length > 0) {
    throw new UserError(
      `${run.path}: a resumed run keeps its config, but this was asked for: ${changed.join(', ')}. ` +
        'Leave it out, or begin a new run with --out.',
    );
  }
  return { ...config, steps: steps ?? config.steps };
}
