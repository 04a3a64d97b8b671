import type { PresetSummary } from '../../../../src/server/api.ts';

/** Models with attention blocks, unless their settings take them out. */
const attending: ReadonlySet<unknown> = new Set(['sagan', 'sagan-heykeetae', 'biggan', 'biggan-deep', 'csawgan']);

/** Names of the presets whose networks attend. */
export function attendingPresets(presets: readonly Pick<PresetSummary, 'name' | 'config'>[]): readonly string[] {
  return presets.filter(({ config }) => 'model' in config && attends(config.model)).map(({ name }) => name);
}

function attends(model: unknown): boolean {
  if (typeof model !== 'object' || model === null || !('name' in model) || !attending.has(model.name)) return false;
  return !('attentionAt' in model && Array.isArray(model.attentionAt) && model.attentionAt.length === 0);
}
