import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commandOf, nameProblem, problemsByPath, suggestName } from './new-run.ts';
import { changesBelow, readValue, settingOf, withSetting, writtenValue } from './settings-list.ts';

test('only differences are in the list', () => {
  const changed = withSetting(withSetting([], 'ema.decay', 0.5, 0.999), 'loss', 'wasserstein', 'hinge');
  assert.deepEqual(changed, ['ema.decay=0.5', 'loss=wasserstein']);
  assert.deepEqual(withSetting(changed, 'ema.decay', 0.999, 0.999), ['loss=wasserstein']);
  assert.deepEqual(withSetting(changed, 'loss', undefined, 'hinge'), ['ema.decay=0.5']);
  assert.deepEqual(withSetting(['model.attentionAt=[8]'], 'model.attentionAt', [16], [16]), []);
});

test('a setting is found by its whole path', () => {
  const settings = ['ema.decay=0.5', 'generator.decay.fromStep=7'];
  assert.equal(settingOf(settings, 'ema.decay'), 0.5);
  assert.equal(settingOf(settings, 'decay'), undefined);
  assert.equal(settingOf(settings, 'generator.decay'), undefined);
  assert.equal(changesBelow(settings, 'generator'), 1);
});

test('every value is read again as it was written', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // JSON knows no -0.
      const json: unknown = JSON.parse(JSON.stringify(value));
      assert.deepEqual(readValue(writtenValue(json)), json);
    }),
  );
  assert.deepEqual(['hinge', 'true', '7'].map(writtenValue), ['hinge', '"true"', '"7"']);
});

test('a suggested name is not taken', () => {
  assert.equal(suggestName('sagan', new Set()), 'sagan');
  assert.equal(suggestName('sagan', new Set(['sagan', 'sagan-2'])), 'sagan-3');
});

test('a name must be one of a folder, and free', () => {
  const taken = new Set(['there']);
  assert.equal(nameProblem('first.run_2', taken), undefined);
  assert.match(nameProblem('there', taken) ?? '', /is there already/);
  assert.equal(nameProblem('x'.repeat(80), taken), undefined);
  for (const name of ['', 'a b', '../up', '-x', '.hidden', 'a/b', 'x'.repeat(81)])
    assert.match(nameProblem(name, taken) ?? '', /Expected/, name);
});

test('the command says the same as the form', () => {
  const run = {
    run: 'mine',
    preset: 'sagan-images-64',
    data: 'my photos',
    settings: ['batch=8', 'model.attentionAt=[8,16]'],
  };
  assert.equal(
    commandOf(run, '/home/you/runs/'),
    "sagan train --preset sagan-images-64 --data 'my photos' --out /home/you/runs/mine --set batch=8 --set 'model.attentionAt=[8,16]'",
  );
  assert.doesNotMatch(commandOf({ ...run, data: undefined }, 'runs'), /--data/);
});

test('a refusal is laid at the settings that it names first in a line, and only at whole paths', () => {
  const lines = [
    'preset x: 3 settings are wrong.',
    '  generator.learningRate: expected a number above 0',
    '  batch: 7 images cannot be cut into the pieces of accumulation.',
    '  expected more of ema.decay.',
  ];
  const paths = [
    'accumulation',
    'batch',
    'generatorBatch',
    'learningRate',
    'generator.learningRate',
    'ema',
    'ema.decay',
  ];
  assert.deepEqual(Object.fromEntries(problemsByPath(lines.join('\n'), paths)), {
    'generator.learningRate': lines[1]?.trim(),
    batch: lines[2]?.trim(),
    'ema.decay': lines[3]?.trim(),
  });
});

test('a refusal may leave out what a setting belongs to, unless two have the name', () => {
  const paths = [
    'model.attentionAt',
    'model.discriminatorAttentionAt',
    'generator.learningRate',
    'discriminator.learningRate',
  ];
  assert.deepEqual(
    [...problemsByPath('sagan: attentionAt names a 7×7 feature map', paths).keys()],
    ['model.attentionAt'],
  );
  assert.equal(problemsByPath('learningRate: too large', paths).size, 0);
});
