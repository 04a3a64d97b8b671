import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { config, temporaryFolder } from '../../test/fault/small-run.ts';
import { FormatError, UserError } from '../base/errors.ts';
import { canonicalJson } from './canonical-json.ts';
import { createRun, openRun } from './run-folder.ts';

test('a run is opened as it was created', (t) => {
  const path = join(temporaryFolder(t), 'runs', 'first');
  const run = createRun(path, { ...config, optimiser: { beta1: 0, names: ['é', null, true] } });
  assert.deepEqual(openRun(path), run);
  assert.equal(JSON.parse(readFileSync(run.configPath, 'utf8')).formatVersion, 1);
  assert.deepEqual(
    [run.configPath, run.eventsPath, run.samplesPath, run.checkpointsPath],
    ['config.json', 'events.jsonl', 'samples', 'checkpoints'].map((name) => join(path, name)),
  );
});

test('a run is created in an empty folder, and in no other', (t) => {
  const path = temporaryFolder(t);
  createRun(path, config);
  assert.throws(
    () => createRun(path, { model: 'other' }),
    (error) => error instanceof UserError && /not empty \(it holds config.json\).*--resume.*--out/.test(error.message),
  );
  assert.deepEqual(openRun(path).config, config);
  const file = join(path, 'config.json');
  assert.throws(() => createRun(file, config), UserError);
  assert.throws(() => createRun(join(file, 'below'), config), /a part of the path is a file/);
  assert.throws(() => createRun(join(path, 'other'), { formatVersion: 3 }), RangeError);
});

test('a folder without a run, and a run of another version, are refused in words', (t) => {
  const path = temporaryFolder(t);
  assert.throws(() => openRun(path), /: not a run folder: there is no config.json in it. Pass the folder/);
  assert.throws(() => openRun(join(path, 'nowhere')), /nowhere: not a run folder/);
  for (const [text, seen] of [
    ['{"formatVersion":2}', '2'],
    ['{"formatVersion":"1"}', '"1"'],
    ['{}', 'missing'],
  ] as const) {
    writeFileSync(join(path, 'config.json'), text);
    assert.throws(
      () => openRun(path),
      new RegExp(`another version of Sagan: its formatVersion is ${seen}, this one reads 1`),
    );
  }
  for (const [text, message] of [
    [
      '{"formatVersion":1',
      /config.json: not JSON \(.*\); expected the config .* Put a copy of it back, or delete the run\.$/,
    ],
    ['[1]', /config.json: not a JSON object; expected the config/],
    ['null', /config.json: not a JSON object; expected the config/],
  ] as const) {
    writeFileSync(join(path, 'config.json'), text);
    assert.throws(
      () => openRun(path),
      (error) => error instanceof FormatError && message.test(error.message),
    );
  }
  mkdirSync(join(path, 'other', 'config.json'), { recursive: true });
  assert.throws(() => openRun(join(path, 'other')), /config.json: cannot read it: it is a folder/);
});

test('opening a run writes nothing', (t) => {
  const path = temporaryFolder(t);
  createRun(path, config);
  openRun(path);
  assert.deepEqual(readdirSync(path), ['config.json']);
});

test('canonical JSON does not depend on the order of keys, and spells no NaN', () => {
  const text = canonicalJson({ b: [1, { d: null, c: 'é"' }], a: -0.5, 10: true, 9: {} });
  assert.equal(text, '{"10":true,"9":{},"a":-0.5,"b":[1,{"c":"é\\"","d":null}]}');
  assert.throws(() => canonicalJson([Number.NaN]), RangeError);
});
