import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';
import { parseSavedConfig } from './saved-config.ts';

const data = { source: 'mnist' };
const old = { model: { name: 'sagan', latentDim: 64, attentionAt: [16] }, data };
const ofOld = { batchNormDecay: 0.9, lastBatchNormDecay: 0.9, spectralNormGradient: 'constant' };

test('a SAGAN that was saved before there were variants keeps what it was trained with', () => {
  const { model } = parseSavedConfig(old, 'run');
  assert.deepEqual(model, { ...parseConfig(old, 'run').model, ...ofOld });
  assert.equal(parseConfig(old, 'run').model.batchNormDecay, undefined);
});

test('what this version saves is read as it is, and so is another model', () => {
  for (const config of [old, { model: { name: 'dcgan' }, data }]) {
    const saved = parseConfig(config, 'run');
    assert.deepEqual(parseSavedConfig(JSON.parse(JSON.stringify(saved)), 'run'), saved);
  }
});

test('what is no config is refused as any other', () => {
  for (const wrong of [undefined, 'text', { ...old, model: 3 }, { ...old, model: { name: 'nope' } }]) {
    assert.throws(() => parseSavedConfig(wrong, 'run'), /run: /);
  }
});
