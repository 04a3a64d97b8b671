/** Presets: complete recipes by name, `<model>-<dataset>[-<resolution>][-<what is special>][-mini]`. */

import { suggest, UserError } from '../base/errors.ts';
import { bigganPresets } from './presets/biggan.ts';
import { dcganPresets } from './presets/dcgan.ts';
import { miniPresets } from './presets/mini.ts';
import type { Preset } from './presets/preset.ts';
import { saganPresets } from './presets/sagan.ts';
import { snganPresets } from './presets/sngan.ts';
import { wganGpPresets } from './presets/wgan-gp.ts';

export type { Preset } from './presets/preset.ts';

export const presets: readonly Preset[] = [
  ...miniPresets,
  ...saganPresets,
  ...bigganPresets,
  ...snganPresets,
  ...wganGpPresets,
  ...dcganPresets,
];

/** Throws UserError that names the nearest preset if there is none of that name. */
export function findPreset(name: string): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const names = presets.map((preset) => preset.name);
  throw new UserError(`preset "${name}" does not exist. ${suggest(name, names)}`);
}
