import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../base/errors.ts';
import { findModel } from '../gan/index.ts';
import { applySetting } from '../train/index.ts';
import { type ArmOptions, readArms } from './ablate-arms.ts';

const read = (options: ArmOptions) => readArms(findModel('sagan'), options);

test('a grid is all combinations, the first key slowest; the first of all is the baseline', () => {
  const arms = read({ grid: ['attentionAt=none,16', 'generator.learningRate=1e-4,4e-4'] });
  assert.deepEqual(
    arms.map(({ name }) => name),
    [
      'attentionAt-none_generator.learningRate-1e-4',
      'attentionAt-none_generator.learningRate-4e-4',
      'attentionAt-16_generator.learningRate-1e-4',
      'attentionAt-16_generator.learningRate-4e-4',
    ],
  );
  assert.deepEqual(arms[2]?.settings, ['model.attentionAt=[16]', 'generator.learningRate=1e-4']);
});

test('single arms stand after the grid, under their own names if they have any', () => {
  const arms = read({ grid: ['spectralNorm=none'], arms: ['control: attentionAt=none residualAt=8', 'batch=16'] });
  assert.deepEqual(
    arms.map(({ name, settings }) => [name, ...settings]),
    [
      ['spectralNorm-none', 'model.spectralNorm=none'],
      ['control', 'model.attentionAt=[]', 'model.residualAt=[8]'],
      ['batch-16', 'batch=16'],
    ],
  );
});

test('where a setting holds a list, none is the empty one and a value alone one of it', () => {
  const [, ...arms] = read({ grid: ['batch=8'], arms: ['augment=none', 'augment=translation', 'attentionAt=[8,16]'] });
  assert.deepEqual(
    arms.map(({ settings }) => settings.reduce<unknown>(applySetting, {})),
    [{ augment: [] }, { augment: ['translation'] }, { model: { attentionAt: [8, 16] } }],
  );
});

test('lists in a grid keep their commas', () => {
  assert.deepEqual(
    read({ grid: ['attentionAt=none,[8,16],16'] }).map(({ name, settings }) => [name, ...settings]),
    [
      ['attentionAt-none', 'model.attentionAt=[]'],
      ['attentionAt-_8_16', 'model.attentionAt=[8,16]'],
      ['attentionAt-16', 'model.attentionAt=[16]'],
    ],
  );
});

test('what is no arm is refused, and the nearest key is named', () => {
  for (const [options, message] of [
    [
      { grid: ['atentionAt=none,16'] },
      /--grid: atentionAt is no setting of a run of sagan.*Did you mean "attentionAt"\?/,
    ],
    [{ arms: ['generator.learningrate=1'] }, /generator\.learningrate .*Did you mean "learningRate"\?/],
    [{ arms: ['bach=4'] }, /Did you mean "batch"\?/],
    [{ arms: ['generator.learningRate.deep=4'] }, /learningRate\.deep is no setting/],
    [{ grid: ['attentionAt'] }, /--grid attentionAt: expected key=value/],
    [{ grid: ['attentionAt=16'] }, /there is one arm, attentionAt-16; expected two or more/],
    [{}, /no arm is named/],
    [{ grid: ['attentionAt=16,16'] }, /attentionAt-16 and attentionAt-16 are named alike/],
    [{ arms: ['a: batch=4 attentionAt=16', 'b: attentionAt=16 batch=4'] }, /arms a and b are the same/],
  ] as const) {
    assert.throws(
      () => read(options),
      (error) => error instanceof UserError && message.test(error.message),
      `${JSON.stringify(options)} ${message}`,
    );
  }
});
