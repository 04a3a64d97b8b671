import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FormatError, UserError } from '../../base/errors.ts';
import { type FileSystem, nodeFileSystem } from '../../store/file-system.ts';
import { encodeSafetensors, readSafetensors } from '../../store/index.ts';
import { createFeatureFile, openFeatureFile } from './feature-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'features-'));
after(() => rmSync(folder, { recursive: true }));

const rows = Float32Array.from({ length: 35 }, (_, i) => i / 3 - 4);
const metadata = new Map([
  ['network', 'inception "é"'],
  ['images', 'abc'],
]);

function write(name: string): string {
  const path = join(folder, name);
  const writer = createFeatureFile(path, 5, metadata);
  writer.append(rows.subarray(0, 15));
  writer.append(rows.subarray(15));
  writer.finish();
  return path;
}

test('rows come back as they were written, from wherever they are asked for', () => {
  const file = openFeatureFile(write('deep/in/rows'));
  assert.deepEqual([file.count, file.dimensions, [...file.metadata]], [7, 5, [...metadata]]);
  for (const [first, count] of [
    [0, 7],
    [2, 3],
    [6, 1],
  ] as const) {
    const target = new Float32Array(count * 5);
    file.read(first, target);
    assert.deepEqual(target, rows.slice(first * 5, (first + count) * 5));
  }
  file.close();
});

test('it is a safetensors file', () => {
  const { state } = readSafetensors(write('safetensors'));
  assert.deepEqual(state.get('features'), { dtype: 'float32', shape: [7, 5], data: rows });
});

test('a file of no rows is one too', () => {
  const path = join(folder, 'empty');
  createFeatureFile(path, 5).finish();
  assert.equal(openFeatureFile(path).count, 0);
});

test('nothing is there before it is finished, and nothing stays of one given up', () => {
  const path = join(folder, 'apart', 'rows');
  const writer = createFeatureFile(path, 5);
  writer.append(rows);
  assert.equal(existsSync(path), false);
  writer.discard();
  assert.deepEqual(readdirSync(join(folder, 'apart')), []);
});

test('any changed byte that matters is found', () => {
  const path = write('changed');
  const bytes = readFileSync(path);
  const headerEnd = bytes.indexOf('}}') + 2;
  for (let at = 0; at < bytes.length; at++) {
    if (at === headerEnd) at = bytes.length - rows.byteLength; // Between them is padding.
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(path, changed);
    assert.throws(() => openFeatureFile(path), UserError, `byte ${at}`);
  }
});

test('a file that was cut short or has grown is refused', () => {
  for (const length of [0, 7, 100, 200, -1]) {
    const path = write('cut');
    truncateSync(path, length < 0 ? readFileSync(path).length + length : length);
    assert.throws(() => openFeatureFile(path), FormatError);
  }
  const path = write('grown');
  appendFileSync(path, 'x');
  assert.throws(() => openFeatureFile(path), FormatError);
});

test('damage is told with both sums', () => {
  const path = write('damaged');
  const bytes = readFileSync(path);
  bytes.writeFloatLE(7, bytes.length - 4);
  writeFileSync(path, bytes);
  assert.throws(
    () => openFeatureFile(path),
    /SHA-256 is [0-9a-f]{64}, its header says [0-9a-f]{64}; expected the same/,
  );
});

test('another kind of file is refused', () => {
  const path = join(folder, 'other');
  const tensor = { dtype: 'float32', shape: [2], data: new Float32Array(2) } as const;
  writeFileSync(path, Buffer.concat(encodeSafetensors(new Map([['G.weight', tensor]]))));
  assert.throws(() => openFeatureFile(path), /holds other tensors; expected one, "features"/);
  assert.throws(() => openFeatureFile(join(folder, 'missing')), UserError);
});

test('a file that shrinks while it is read says so', () => {
  const path = write('shrinking');
  const file = openFeatureFile(path);
  truncateSync(path, readFileSync(path).length - 30);
  file.read(0, new Float32Array(5));
  assert.throws(() => file.read(5, new Float32Array(10)), /row 5 .* cut short while in use/);
  file.close();
});

test('whole rows are asked for, and a full disk is explained', () => {
  const writer = createFeatureFile(join(folder, 'whole'), 5);
  assert.throws(() => writer.append(new Float32Array(7)), RangeError);
  writer.discard();
  const full: FileSystem = {
    ...nodeFileSystem,
    write() {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    },
  };
  const failing = createFeatureFile(join(folder, 'full'), 5, new Map(), full);
  assert.throws(() => failing.append(rows), /the disk is full/);
  failing.discard();
  assert.ok(!readdirSync(folder).some((name) => name.startsWith('full')));
});
