import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attentionBlockNames } from '../../../../src/api/attention-network.ts';
import { modelOf } from '../../../../src/api/run-model.ts';
import { parseConfig, presets } from '../../../../src/train/index.ts';
import { attendingPresets } from './attending-presets.ts';

test('the presets that are named attend', () => {
  const configs = presets.map(({ name, config }) => ({
    name,
    config: parseConfig({ ...config, data: { source: '', ...config.data } }, name),
  }));
  const named = attendingPresets(configs);
  assert.ok(named.includes('sagan-mnist-mini') && named.includes('biggan-mnist-mini'));
  for (const { name, config } of configs.filter((preset) => named.includes(preset.name))) {
    const classNames = config.data.conditional ? [...'0123456789'] : [];
    const images = { resolution: config.data.resolution, channels: 3, classes: classNames.length, classNames } as const;
    const { G } = attentionBlockNames(modelOf({ ...config, images }));
    assert.ok(G.length > 0, name);
  }
});
