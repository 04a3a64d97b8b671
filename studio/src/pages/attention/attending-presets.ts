import type { PresetSummary } from '../../../../src/server/api.ts';

/** Names of the presets whose settings name resolutions to attend at; others may attend by their model's defaults. */
export function attendingPresets(presets: readonly Pick<PresetSummary, 'name' | 'config'>[]): readonly string[] {
  return presets.filter(({ config }) => 'model' in config && attends(config.model)).map(({ name }) => name);
}

function attends(model: unknown): boolean {
  if (typeof model !== 'object' || model === null || !('attentionAt' in model)) return false;
  return Array.isArray(model.attentionAt) && model.attentionAt.length > 0;
}
