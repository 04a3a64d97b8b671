import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { bitsOf, config, stateAt, temporaryFolder } from '../../test/fault/small-run.ts';
import { UserError } from '../base/errors.ts';
import { sha256 } from './canonical-json.ts';
import {
  configHash,
  listCheckpoints,
  loadCheckpoint,
  loadNewestCheckpoint,
  returnBefore,
  saveCheckpoint,
} from './checkpoint.ts';
import { createRun, type Run } from './run-folder.ts';

const save = (run: Run, step: number, more: { keep?: number; keepBefore?: readonly number[]; length?: number } = {}) =>
  saveCheckpoint(run, { step, imagesSeen: step * 64, state: stateAt(step, more.length), keep: 2, ...more });
const namesOf = (run: Run) => listCheckpoints(run).map((folder) => basename(folder));

function damage(folder: string): void {
  writeFileSync(join(folder, 'state.safetensors'), 'x', { flag: 'a' });
}

test('a checkpoint gives back what was saved, and says what it was saved from', (t) => {
  const run = createRun(temporaryFolder(t), config);
  const folder = save(run, 100);
  assert.equal(folder, join(run.checkpointsPath, 'step-000100'));
  const checkpoint = loadCheckpoint(folder);
  assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(100)));
  const { step, imagesSeen, configSha256 } = checkpoint;
  assert.deepEqual([step, imagesSeen, configSha256], [100, 6400, configHash({ seed: 7, model: 'tiny' })]);
  assert.notEqual(configSha256, configHash({ ...config, seed: 8 }));
});

test('the manifest ends with the sha256 of the lines before it', (t) => {
  const folder = save(createRun(temporaryFolder(t), config), 100);
  const lines = readFileSync(join(folder, 'manifest.json'), 'utf8').split('\n');
  const own = sha256(`${lines.slice(0, -3).join('\n')}\n`);
  assert.equal(lines.at(-3), `  "sha256": "${own}"`);
  const manifest = JSON.parse(lines.join('\n'));
  const state = readFileSync(join(folder, 'state.safetensors'));
  assert.deepEqual(manifest.files, { 'state.safetensors': { sizeBytes: state.length, sha256: sha256(state) } });
});

test('the newest checkpoint is the one with the highest step, above a million too', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [999_999, 1_000_000, 20_000]) save(run, step, { keep: 5 });
  assert.deepEqual(namesOf(run), ['step-1000000', 'step-999999', 'step-020000']);
  assert.equal(loadNewestCheckpoint(run).checkpoint.step, 1_000_000);
});

test('as many verified checkpoints as asked for are kept, two at least', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [1, 2, 3, 4]) save(run, step, { keep: 3 });
  assert.deepEqual(namesOf(run), ['step-000004', 'step-000003', 'step-000002']);
  saveCheckpoint(run, { step: 5, imagesSeen: 0, state: stateAt(5) });
  assert.deepEqual(namesOf(run), ['step-000005', 'step-000004']);
  for (const keep of [1, 0, 2.5, Number.NaN]) {
    assert.throws(() => save(run, 6, { keep }), new RegExp(`keep is ${keep}; expected 2 or more`));
  }
});

test('the last whole checkpoint from before each step that is asked for is left, beside the newest', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [1, 2]) save(run, step);
  damage(save(run, 3, { keepBefore: [3] }));
  for (const step of [4, 5, 6]) save(run, step, { keepBefore: [4, 0] });
  assert.deepEqual(namesOf(run), ['step-000006', 'step-000005', 'step-000003', 'step-000002']);
  for (const step of [7, 8]) save(run, step, { keepBefore: [6, 3, step] });
  assert.deepEqual(namesOf(run), ['step-000008', 'step-000007', 'step-000005', 'step-000002']);
  save(run, 9, { keepBefore: [9] });
  assert.deepEqual(namesOf(run), ['step-000009', 'step-000008']);
});

test('a run returns to the newest whole checkpoint before a step, which then is its newest', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [1, 2, 3, 4, 5]) {
    const folder = save(run, step, { keep: 9 });
    if (step === 3) damage(folder);
  }
  const checkpoint = returnBefore(run, 4);
  assert.deepEqual(bitsOf(checkpoint?.state ?? new Map()), bitsOf(stateAt(2)));
  assert.deepEqual(namesOf(run), ['step-000002', 'step-000001']);
  assert.equal(returnBefore(run, 1), undefined);
  assert.deepEqual(namesOf(run), []);
});

test('what the trainer carries beside the state comes back, and may be absent', (t) => {
  const run = createRun(temporaryFolder(t), config);
  const training = { branch: 2, watch: { numbers: { lossD: 0.1 + 0.2 } } };
  const folder = saveCheckpoint(run, { step: 5, imagesSeen: 0, state: stateAt(5), training });
  assert.deepEqual(loadCheckpoint(folder).training, training);
  assert.equal(loadCheckpoint(save(run, 6)).training, undefined);
});

test('a damaged checkpoint does not count among those that are kept', (t) => {
  const run = createRun(temporaryFolder(t), config);
  save(run, 1);
  damage(save(run, 2));
  save(run, 3);
  assert.deepEqual(namesOf(run), ['step-000003', 'step-000002', 'step-000001']);
  save(run, 4);
  assert.deepEqual(namesOf(run), ['step-000004', 'step-000003']);
});

test('a step that is saved again counts as newer than its first self, and replaces nothing before it is whole', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const length of [4, 5, 6, 7]) save(run, 100, { length });
  assert.deepEqual(namesOf(run), ['step-000100-4', 'step-000100-3']);
  const { checkpoint } = loadNewestCheckpoint(run);
  assert.deepEqual(bitsOf(checkpoint.state), bitsOf(stateAt(100, 7)));
  damage(checkpoint.folder);
  assert.deepEqual(bitsOf(loadNewestCheckpoint(run).checkpoint.state), bitsOf(stateAt(100, 6)));
});

test('a save at a lower step than others removes only what is older than itself', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [1, 2, 8, 9, 3]) save(run, step, { keep: step === 3 ? 2 : 9 });
  assert.deepEqual(namesOf(run), ['step-000009', 'step-000008', 'step-000003', 'step-000002']);
});

test('a checkpoint of a newer format is refused in words', (t) => {
  const folder = save(createRun(temporaryFolder(t), config), 100);
  const path = join(folder, 'manifest.json');
  const rewrite = (from: string, to: string) => {
    const body = readFileSync(path, 'utf8').split('\n').slice(0, -3).join('\n').replace(from, to);
    writeFileSync(path, `${body}\n  "sha256": "${sha256(`${body}\n`)}"\n}\n`);
  };
  rewrite('"formatVersion": 1', '"formatVersion": 2');
  assert.throws(
    () => loadCheckpoint(folder),
    /manifest.json: a newer version of Sagan wrote .*format 2.*; update Sagan/,
  );
  rewrite('"formatVersion": 2', '"formatVersion": 1');
  rewrite('"step": 100', '"step": -1');
  assert.throws(() => loadCheckpoint(folder), /manifest.json: not a manifest: .*step/s);
});

test('a run without a checkpoint says so', (t) => {
  const run = createRun(temporaryFolder(t), config);
  assert.deepEqual(listCheckpoints(run), []);
  assert.throws(() => loadNewestCheckpoint(run), /checkpoints: there is no checkpoint yet; expected one to go on from/);
});

test('what reads back differently from what was written is reported, and nothing older is removed', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [1, 2]) save(run, step);
  const forgetful: Run = {
    ...run,
    fileSystem: {
      ...run.fileSystem,
      write: (file, bytes, at) =>
        run.fileSystem.write(
          file,
          bytes.map((x) => x & 127),
          at,
        ),
    },
  };
  assert.throws(
    () => save(forgetful, 3),
    (error) => error instanceof UserError && /reads back damaged/.test(error.message),
  );
  assert.deepEqual(namesOf(run), ['step-000003', 'step-000002', 'step-000001']);
  assert.equal(loadNewestCheckpoint(run).checkpoint.step, 2);
});

test('a step that is no count is refused before anything is written', (t) => {
  const run = createRun(temporaryFolder(t), config);
  for (const step of [-1, 0.5, Number.NaN]) assert.throws(() => save(run, step), /step is (-1|0.5|NaN); expected/);
  assert.deepEqual(listCheckpoints(run), []);
});
