import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { intercept, systemError } from '../../test/fault/faulty-file-system.ts';
import { temporaryFolder } from '../../test/fault/small-run.ts';
import { UserError } from '../base/errors.ts';
import { commitFolder, writeFileAtomic } from './atomic.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';

/** A disk that refuses one kind of call with a code. */
function refusing(name: keyof FileSystem, code: string): FileSystem {
  return intercept(nodeFileSystem, (call) => {
    if (call.name === name) throw systemError(code);
    return call.perform();
  });
}

test('a file is written whole, in parts too, into folders that are made for it', (t) => {
  const path = join(temporaryFolder(t), 'a', 'b', 'sheet.png');
  writeFileAtomic(path, Buffer.from('old'));
  assert.equal(readFileSync(path, 'utf8'), 'old');
  writeFileAtomic(path, [Buffer.from('ne'), Buffer.alloc(0), Buffer.from('w')]);
  assert.equal(readFileSync(path, 'utf8'), 'new');
  assert.deepEqual(readdirSync(join(path, '..')), ['sheet.png']);
});

for (const [code, words] of [
  ['ENOSPC', /the disk is full \(ENOSPC\); 3 bytes are needed.* is intact\. Free some space/],
  ['EDQUOT', /your share of the disk is used up \(EDQUOT\); 3 bytes/],
  ['EACCES', /permission is denied \(EACCES\).* is intact\. Give yourself the right/],
  ['EPERM', /the system does not permit it \(EPERM\)/],
  ['EROFS', /the disk is mounted read-only \(EROFS\).*Choose a folder on a disk that can be written/],
  ['EIO', /input\/output error \(EIO\).*Check the disk/],
  ['ENOENT', /it is not there any more \(ENOENT\)/],
] as const) {
  test(`${code} is put into words, and the old file stays`, (t) => {
    const path = join(temporaryFolder(t), 'x.json');
    writeFileSync(path, 'old');
    for (const call of ['open', 'write', 'fsync', 'close', 'rename'] as const) {
      assert.throws(
        () => writeFileAtomic(path, Buffer.from('new'), refusing(call, code)),
        (error) =>
          error instanceof UserError &&
          error.message.startsWith(`${path}: cannot write it: `) &&
          words.test(error.message),
      );
      assert.equal(readFileSync(path, 'utf8'), 'old');
      assert.deepEqual(readdirSync(join(path, '..')), ['x.json']);
    }
  });
}

test('an error that is not the disk’s passes as it is, and leaves nothing behind', (t) => {
  const folder = temporaryFolder(t);
  const fill = (temporary: string) => {
    mkdirSync(join(temporary, 'inner'));
    throw new TypeError('not the disk');
  };
  assert.throws(() => commitFolder(join(folder, 'x'), fill), TypeError);
  assert.throws(() => writeFileAtomic(join(folder, 'x'), Buffer.of(1), refusing('write', 'EWEIRD')), /^Error: EWEIRD/);
  assert.deepEqual(readdirSync(folder), []);
});

test('a folder appears with all in it, and never takes the place of a full one', (t) => {
  const target = join(temporaryFolder(t), 'x');
  const fill = (text: string) => (temporary: string) => {
    assert.match(temporary, new RegExp(`/\\.tmp-x-${process.pid}-[0-9a-f]{8}$`));
    mkdirSync(join(temporary, 'inner'));
    writeFileSync(join(temporary, 'inner', 'file'), text);
  };
  commitFolder(target, fill('first'));
  assert.throws(() => commitFolder(target, fill('second')), /ENOTEMPTY|EEXIST/);
  assert.equal(readFileSync(join(target, 'inner', 'file'), 'utf8'), 'first');
  assert.deepEqual(readdirSync(join(target, '..')), ['x']);
});

test('the name of a folder that is made on the way is synced', (t) => {
  const folder = temporaryFolder(t);
  const synced: string[] = [];
  const fileSystem = intercept(nodeFileSystem, ({ name, path = '', perform }) => {
    if (name === 'fsyncFolder') synced.push(path);
    return perform();
  });
  writeFileAtomic(join(folder, 'a', 'b', 'x'), Buffer.of(1), fileSystem);
  assert.deepEqual(synced, [folder, join(folder, 'a'), join(folder, 'a', 'b')]);
});

test('every file of a folder is synced before the rename, however deep it lies', (t) => {
  const target = join(temporaryFolder(t), 'x');
  const calls: string[] = [];
  const fileSystem = intercept(nodeFileSystem, ({ name, path = '', perform }) => {
    if (/sync|rename/.test(name)) calls.push(`${name} ${path.replace(/.*\/\.tmp-[^/]*/, 'temporary')}`);
    return perform();
  });
  const fill = (temporary: string) => {
    mkdirSync(join(temporary, 'inner'));
    writeFileSync(join(temporary, 'inner', 'file'), '');
  };
  commitFolder(target, fill, { fileSystem });
  assert.deepEqual(calls, [
    'fsync temporary/inner/file',
    'fsyncFolder temporary/inner',
    'fsyncFolder temporary',
    `rename ${target}`,
    `fsyncFolder ${join(target, '..')}`,
  ]);
});
