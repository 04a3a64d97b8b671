import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newConfig } from '../../../../src/api/train-config.ts';
import { configRows, searchedRows, trainCommand } from './config-rows.ts';

test('settings by their keys, found by any words', () => {
  const rows = configRows({ batch: 8, generator: { learningRate: 1e-4, betas: [0, 0.9] }, none: {} });
  assert.deepEqual(rows, [
    { key: 'batch', value: '8' },
    { key: 'generator.learningRate', value: '0.0001' },
    { key: 'generator.betas', value: '[0,0.9]' },
    { key: 'none', value: '{}' },
  ]);
  assert.deepEqual(
    searchedRows(rows, 'RATE gen').map(({ key }) => key),
    ['generator.learningRate'],
  );
  assert.deepEqual(
    searchedRows(rows, '0.9').map(({ key }) => key),
    ['generator.betas'],
  );
  assert.equal(searchedRows(rows, ' ').length, 4);
});

/** What the command line makes of a command, by its own functions. */
function configOf(command: string): object {
  const words = [...command.matchAll(/'((?:[^']|'\\'')*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
  const option = (name: string) => words.flatMap((word, index) => (word === name ? [words[index + 1] ?? ''] : []));
  const number = (name: string) => option(name).map(Number)[0];
  return newConfig({
    preset: option('--preset')[0],
    data: option('--data')[0],
    steps: number('--steps'),
    seed: number('--seed'),
    batch: number('--batch'),
    settings: option('--set'),
  });
}

test('the command trains the same again', () => {
  const config = newConfig({
    preset: 'sagan-mnist-mini',
    data: 'mnist',
    batch: 8,
    settings: ['data.background=#00ff00', 'model.attentionAt=[8]', 'watch.action=stop', 'penalties=[{"name":"r1"}]'],
  });
  const saved = { formatVersion: 1, ...config };
  const usual = newConfig({ preset: 'sagan-mnist-mini', data: 'mnist' });
  const command = trainCommand(saved, usual, 'runs/it again');
  assert.ok(command.length < 250, command);
  assert.ok(command.endsWith("--out 'runs/it again'"));
  assert.deepEqual(configOf(command), config);
  const { preset, images, ...settings } = config;
  assert.ok(preset !== undefined && images !== undefined);
  assert.deepEqual(configOf(trainCommand(saved, undefined, 'again')), settings, 'where the preset is not known');
});
