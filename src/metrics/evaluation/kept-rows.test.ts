import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keepInFile, keepRows } from './kept-rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-kept-'));
after(() => rmSync(folder, { recursive: true }));

const temporaryFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('sagan-features-'));

test('rows are the same from memory and from a file, and the file is gone when they are released', () => {
  const before = temporaryFolders();
  const [inMemory, inFile] = [keepRows(5, 3, 60), keepRows(5, 3, 59)];
  assert.equal(temporaryFolders().length, before.length + 1, 'of 60 bytes, more than 59 lie in a file');
  for (const kept of [inMemory, inFile]) {
    kept.append(Float32Array.from({ length: 6 }, (_, i) => i));
    kept.append(Float32Array.from({ length: 9 }, (_, i) => 6 + i));
    const rows = kept.finish();
    assert.deepEqual([rows.count, rows.dimensions], [5, 3]);
    const some = new Float32Array(6);
    rows.read(2, some);
    assert.deepEqual([...some], [6, 7, 8, 9, 10, 11]);
    kept.release();
  }
  assert.deepEqual(temporaryFolders(), before);
});

test('a set that turns out smaller than it said has as many rows as came', () => {
  const kept = keepRows(5, 2);
  kept.append(Float32Array.of(1, 2, 3, 4));
  assert.equal(kept.finish().count, 2);
});

test('a file that is kept stays when it is released, and is not there if it never was finished', () => {
  const [path, never] = [join(folder, 'rows.features'), join(folder, 'never.features')];
  const kept = keepInFile(path, 1);
  kept.append(Float32Array.of(1, 2));
  kept.finish();
  kept.release();
  assert.ok(existsSync(path));
  keepInFile(never, 1).release();
  assert.deepEqual(readdirSync(folder), ['rows.features']);
});
