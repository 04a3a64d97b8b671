import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configJsonSchema, presets } from '../../../../src/train/index.ts';
import { formOf, type Setting, type SettingGroup, searchForm, sizeOf, titleOf } from './schema-form.ts';

const schema = {
  type: 'object',
  properties: {
    formatVersion: { const: 1 },
    model: {
      description: 'The networks.',
      oneOf: [
        {
          type: 'object',
          properties: { name: { const: 'small' }, depth: { type: 'integer', exclusiveMinimum: 0, default: 2 } },
        },
        {
          type: 'object',
          properties: { name: { const: 'big' }, width: { type: 'number', minimum: 0, exclusiveMaximum: 1 } },
        },
      ],
    },
    data: { type: 'object', properties: { source: { type: 'string' }, flip: { type: 'boolean', default: false } } },
    channels: { anyOf: [{ const: 1 }, { const: 3 }] },
    loss: { enum: ['hinge', 'wasserstein'], default: 'hinge', description: 'What is minimised.' },
    penalties: { type: 'array', default: [] },
    decay: {
      type: 'object',
      properties: { fromStep: { type: 'integer', minimum: 0, maximum: 9007199254740991, default: 0 } },
    },
    ema: { type: 'object', default: {}, properties: { decay: { type: 'number', default: 0.999 } } },
  },
};

function settingsOf(group: SettingGroup): readonly Setting[] {
  return [...group.settings, ...group.groups.flatMap(settingsOf)];
}

function setting(config: object, path: string): Setting | undefined {
  return settingsOf(formOf(schema, config)).find((one) => one.path === path);
}

test("the form has the settings of the preset's model, and none that stand elsewhere", () => {
  const paths = settingsOf(formOf(schema, { model: { name: 'big' } })).map(({ path }) => path);
  assert.deepEqual(paths, ['channels', 'loss', 'penalties', 'model.width', 'data.flip', 'decay.fromStep', 'ema.decay']);
});

test('controls fit what may be entered', () => {
  const small = { model: { name: 'small' } };
  assert.deepEqual(setting(small, 'model.depth')?.entry, { kind: 'number', isInteger: true, min: 1, max: undefined });
  assert.deepEqual(setting({ model: { name: 'big' } }, 'model.width')?.entry, {
    kind: 'number',
    isInteger: false,
    min: 0,
    max: 1,
  });
  assert.deepEqual(setting(small, 'channels')?.entry, { kind: 'choice', choices: [1, 3] });
  assert.deepEqual(setting(small, 'loss')?.entry, { kind: 'choice', choices: ['hinge', 'wasserstein'] });
  assert.deepEqual(setting(small, 'data.flip')?.entry, { kind: 'switch' });
  assert.deepEqual(setting(small, 'penalties')?.entry, { kind: 'json' });
  assert.deepEqual(setting(small, 'decay.fromStep')?.entry, {
    kind: 'number',
    isInteger: true,
    min: 0,
    max: undefined,
  });
});

test("a setting begins as the preset's, then as the schema's default, unless its part is not there", () => {
  assert.equal(setting({ ema: { decay: 0.5 } }, 'ema.decay')?.initial, 0.5);
  assert.equal(setting({}, 'ema.decay')?.initial, 0.999);
  assert.equal(setting({}, 'decay.fromStep')?.initial, undefined);
  assert.equal(setting({ decay: {} }, 'decay.fromStep')?.initial, 0);
});

test('a search looks at paths, their words and descriptions', () => {
  const form = formOf(schema, { model: { name: 'small' } });
  const found = (search: string) => settingsOf(searchForm(form, search)).map(({ path }) => path);
  assert.deepEqual(found('minimised'), ['loss']);
  assert.deepEqual(found('from step'), ['decay.fromStep']);
  assert.deepEqual(found('nothing like it'), []);
  assert.equal(searchForm(form, 'loss').groups.length, 0);
  assert.equal(sizeOf(searchForm(form, '  ')), sizeOf(form));
});

test('names read as words', () => {
  assert.equal(titleOf('checkpointEverySteps'), 'Checkpoint every steps');
  assert.equal(titleOf('beta1'), 'Beta1');
});

test('every preset of Sagan makes a form whose settings are all described and begin within their bounds', () => {
  for (const preset of presets) {
    const settings = settingsOf(formOf(configJsonSchema(), preset.config));
    assert.ok(settings.length > 50, preset.name);
    for (const { path, entry, initial } of settings) {
      const where = `${preset.name} ${path}`;
      if (entry.kind === 'number' && initial !== undefined)
        assert.ok(Number(initial) >= (entry.min ?? -Infinity) && Number(initial) <= (entry.max ?? Infinity), where);
      if (entry.kind === 'choice' && initial !== undefined) assert.ok(entry.choices.includes(initial), where);
    }
  }
});
