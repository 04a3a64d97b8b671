import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { passes } from '../engine/index.ts';
import { lossNames, modelEntry, models } from '../gan/index.ts';
import { applySetting, configJsonSchema, configSchema, parseConfig } from './config.ts';
import { findPreset, presets } from './presets.ts';

const small = { model: { name: 'sagan' }, data: { source: 'mnist' } };

test('defaults are those of the paper: hinge, TTUR, no first moment', () => {
  const { loss, generator, discriminator, model } = parseConfig(small, 'test');
  assert.equal(loss, 'hinge');
  assert.deepEqual(generator, {
    method: 'adam',
    learningRate: 1e-4,
    beta1: 0,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
  });
  assert.deepEqual(discriminator, { ...generator, learningRate: 4e-4 });
  assert.deepEqual([model.latentDim, model.variant], [128, 'official']);
});

test('a parsed config parses to itself', () => {
  const parsed = parseConfig(small, 'test');
  assert.deepEqual(parseConfig(JSON.parse(JSON.stringify(parsed)), 'test'), parsed);
});

test('passes are all, none, or some by name', () => {
  const chosen = (passes: unknown) => parseConfig({ ...small, passes }, 'here').passes;
  assert.equal(chosen(undefined), 'all');
  assert.equal(chosen('none'), 'none');
  const names = passes.map(({ name }) => name);
  assert.deepEqual(chosen(names), names);
  const expected = `expected "all", "none", or a list of some of ${names.join(', ')}.`;
  assert.throws(() => chosen([...names, 'speedy']), {
    message: `here: passes.${names.length} is "speedy": ${expected}`,
  });
  assert.throws(() => chosen('speedy'), { message: `here: passes is "speedy": ${expected}` });
});

test('every preset is a valid config and is found by its name', () => {
  for (const preset of presets) {
    const { config } = findPreset(preset.name);
    assert.equal(parseConfig({ ...config, data: { source: 'x', ...config.data } }, preset.name).steps, config.steps);
  }
});

test('one message lists every problem with its place and a remedy', () => {
  const wrong = {
    ...small,
    model: { name: 'sagan', latentdim: 8 },
    loss: 'hinj',
    batch: 0,
    ema: { decai: 0.9 },
    generator: { learningRate: 'fast' },
  };
  assert.throws(() => parseConfig(wrong, 'here'), {
    name: 'UserError',
    message: [
      'here: 5 problems:',
      '  unknown key "model.latentdim". Did you mean "model.latentDim"?',
      `  loss is "hinj". Did you mean "hinge"? Known: ${lossNames.join(', ')}.`,
      '  batch is 0: Too small: expected number to be >0.',
      '  generator.learningRate is "fast": Invalid input: expected number, received string.',
      '  unknown key "ema.decai". Did you mean "ema.decay"?',
    ].join('\n'),
  });
  assert.throws(() => parseConfig({ ...small, model: { name: 'sagann' } }, 'here'), {
    message: `here: model.name is "sagann". Did you mean "sagan"? Known: ${models.map(({ name }) => name).join(', ')}.`,
  });
});

test('a model and a loss of the caller are known beside the others', () => {
  const entry = modelEntry({
    name: 'mine',
    source: 'a test',
    options: z.strictObject({ width: z.int().default(4) }),
    check: () => undefined,
    latentDim: () => 1,
    generator: (_scope, _options, _images, latents) => latents,
    discriminator: (_scope, _options, _images, x) => x,
  });
  const loss = { name: 'own', discriminator: () => never(), generator: () => never() };
  const config = { ...small, model: { name: 'mine' } };
  const parsed = parseConfig(config, 'test', { model: entry, loss });
  assert.deepEqual([parsed.model, parsed.loss], [{ name: 'mine', width: 4 }, 'own']);
  assert.throws(() => parseConfig(config, 'test'), /model\.name is "mine"\. Known: .*sagan/);
  assert.throws(() => parseConfig({ ...config, model: { name: 'mine', widht: 1 } }, 'test', { model: entry }), {
    message: 'test: unknown key "model.widht". Did you mean "model.width"?',
  });
});

function never(): never {
  throw new Error('a loss is not called to read a config');
}

test('a setting is JSON where it can be, and text else', () => {
  const settings = [
    'batch=8',
    'data.source=my photos',
    'model.attentionAt=[8,16]',
    'data.flip=true',
    'ema.decay = 0.5',
  ];
  assert.deepEqual(settings.reduce<unknown>(applySetting, { data: { resolution: 64 } }), {
    batch: 8,
    data: { resolution: 64, source: 'my photos', flip: true },
    model: { attentionAt: [8, 16] },
    ema: { decay: 0.5 },
  });
  for (const wrong of ['batch', '=8', '']) assert.throws(() => applySetting({}, wrong), /expected key=value/);
});

test('a setting leaves prototypes and the config it began from alone', () => {
  const before = { data: { source: 'a' } };
  const after = applySetting(applySetting(before, 'data.source=b'), '__proto__.polluted=1');
  assert.equal(before.data.source, 'a');
  assert.equal(Object.getPrototypeOf(after), Object.prototype);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
  assert.throws(() => parseConfig(applySetting(small, '__proto__.polluted=1'), 'here'), /unknown key "__proto__"/);
});

test('the JSON Schema has the fields of the config, and what a file may hold besides', () => {
  const { properties } = z.object({ properties: z.record(z.string(), z.unknown()) }).parse(configJsonSchema());
  assert.deepEqual(Object.keys(properties), ['$schema', 'formatVersion', ...Object.keys(configSchema.shape)]);
});
