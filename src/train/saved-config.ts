/** Configs that a run was saved with, perhaps by an earlier version. */

import type { ModelEntry } from '../gan/index.ts';
import { type Config, knownModels, type OwnParts, parseConfig } from './config.ts';

/**
 * The config of a run, as `parseConfig` reads it. Where a default of its model has changed since it was saved, it keeps what
 * it was trained with.
 */
export function parseSavedConfig(saved: unknown, where: string, own: OwnParts = {}): Config {
  return parseConfig(
    isRecord(saved) ? { ...saved, model: upgraded(saved.model, knownModels(own.model)) } : saved,
    where,
    own,
  );
}

function upgraded(model: unknown, known: readonly ModelEntry[]): unknown {
  if (!isRecord(model)) return model;
  const { name, ...options } = model;
  const entry = known.find((each) => each.name === name);
  return entry === undefined ? model : { name, ...entry.upgrade(options) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
