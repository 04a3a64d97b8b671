import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MadeFiles } from './made-files.ts';

const fileOf = (sizeBytes: number) => ({ name: 'a.png', type: 'image/png', bytes: new Uint8Array(sizeBytes) });

test('files are kept for their time', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const files = new MadeFiles({ keepMs: 1000, totalBytes: 100 });
  files.put('a', fileOf(10));
  t.mock.timers.tick(600);
  files.put('b', fileOf(10));
  t.mock.timers.tick(399);
  assert.notEqual(files.get('a'), undefined);
  t.mock.timers.tick(1);
  assert.equal(files.get('a'), undefined);
  assert.notEqual(files.get('b'), undefined);
  t.mock.timers.tick(600);
  assert.equal(files.get('b'), undefined);
});

test('where there are too many bytes the oldest files go, and never the newest', () => {
  const files = new MadeFiles({ keepMs: 60_000, totalBytes: 100 });
  for (const key of ['a', 'b', 'c']) files.put(key, fileOf(40));
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => files.get(key) !== undefined),
    [false, true, true],
  );
  files.put('d', fileOf(101));
  assert.deepEqual(
    ['b', 'c', 'd'].map((key) => files.get(key) !== undefined),
    [false, false, true],
  );
  files.clear();
  assert.equal(files.get('d'), undefined);
});
