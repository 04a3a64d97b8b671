/** What a run can be begun from, and the form of its config. */

import { z } from 'zod';
import { packageVersion } from '../../api/software.ts';
import { configJsonSchema, type Preset, parseConfig, presets } from '../../train/index.ts';
import { task } from '../task.ts';

export const recipesTask = task({
  request: z.strictObject({}),
  async run() {
    return {
      version: packageVersion(),
      presets: presets.map((preset) => ({
        name: preset.name,
        summary: preset.summary,
        config: completeConfig(preset),
      })),
      configSchema: configJsonSchema(),
    };
  },
});

/** With every default filled in. `data.source` is empty where the preset leaves it to the user. */
function completeConfig({ name, config }: Preset): object {
  return parseConfig({ ...config, preset: name, data: { source: '', ...config.data } }, `preset ${name}`);
}
