import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type TarEntry, tarArchive } from '../../test/tar-archive.ts';
import { FormatError } from '../base/errors.ts';
import { readTar } from './tar.ts';

const namesAndTexts = (bytes: Uint8Array) =>
  readTar(bytes, 'x.tar').map((file) => [file.name, Buffer.from(file.bytes).toString()]);

test('files come in order with their bytes; folders and attributes are passed over', () => {
  const entries: readonly TarEntry[] = [
    { name: 'pax_global_header', kind: 'g', content: '52 comment=0' },
    { name: 'a/', kind: '5' },
    { name: 'a/one', content: 'x'.repeat(512) },
    { name: 'a/two', content: 'y'.repeat(513) },
    { name: 'a/empty' },
    { name: 'a/old', kind: '\0', content: 'z' },
  ];
  assert.deepEqual(namesAndTexts(tarArchive(entries)), [
    ['a/one', 'x'.repeat(512)],
    ['a/two', 'y'.repeat(513)],
    ['a/empty', ''],
    ['a/old', 'z'],
  ]);
});

test('the prefix of a long name counts where the magic is that of the standard', () => {
  const long: TarEntry = { name: 'long', content: 'hi', overwrite: { at: 345, text: 'folder' } };
  assert.deepEqual(namesAndTexts(tarArchive([long])), [['folder/long', 'hi']]);
  const gnu: TarEntry = { name: 'long', content: 'hi', overwrite: { at: 257, text: `ustar  \0${'\0'.repeat(80)}123` } };
  assert.deepEqual(namesAndTexts(tarArchive([gnu])), [['long', 'hi']]);
});

test('what could do harm or is damaged is refused', () => {
  const good = { name: 'a/b', content: 'hello' };
  for (const [entry, message] of [
    [{ name: '../escape' }, /an entry is named "\.\.\/escape"; expected a path that stays below/],
    [{ name: 'a/../../escape' }, /stays below/],
    [{ name: 'a/../..', kind: '5' }, /stays below/],
    [{ name: '/etc/passwd' }, /stays below/],
    [{ name: 'C:/escape' }, /stays below/],
    [{ name: 'a\\..\\escape' }, /stays below/],
    [{ name: '' }, /an entry is named ""/],
    [{ name: 'link', kind: '2' }, /"link" is of kind "2", a link/],
    [{ name: 'link', kind: '1' }, /"link" is of kind "1"/],
    [good, /"a\/b" is there twice/],
    [{ name: 'c', overwrite: { at: 124, text: '-' } }, /"-0000000000" for a number; expected octal digits/],
    [{ name: 'c', overwrite: { at: 124, text: '7' } }, /"c" has \d+ bytes left; expected 7516192768/],
  ] as const) {
    assert.throws(
      () => readTar(tarArchive([good, entry]), 'x.tar'),
      (error) =>
        error instanceof FormatError &&
        error.offset !== undefined &&
        error.offset >= 1024 &&
        message.test(error.message),
      String(message),
    );
  }
});

test('a header that is not as it was written is refused', () => {
  const archive = tarArchive([{ name: 'a', content: 'x' }]);
  archive[0] = 'b'.charCodeAt(0);
  assert.throws(() => readTar(archive, 'x.tar'), /byte 148: a header's bytes sum to (\d+); expected (?!\1)\d+/);
});

test('an archive that is cut short is refused, wherever it ends', () => {
  const whole = tarArchive([{ name: 'a', content: 'x'.repeat(600) }]);
  for (const length of [0, 511, 1536, 2000]) {
    assert.throws(
      () => readTar(whole.subarray(0, length), 'x.tar'),
      /ends without its mark of the end/,
      `${length} bytes`,
    );
  }
  for (const length of [512, 1000, 1111]) {
    const left = new RegExp(`"a" has ${length - 512} bytes left; expected 600`);
    assert.throws(() => readTar(whole.subarray(0, length), 'x.tar'), left);
  }
  assert.equal(readTar(whole.subarray(0, 2048), 'x.tar').length, 1);
});

test('any bytes are read or refused, and nothing else', () => {
  const whole = tarArchive([
    { name: 'a', content: 'x' },
    { name: 'b/c', content: 'y'.repeat(700) },
  ]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        readTar(bytes, 'x.tar');
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    { numRuns: 200 },
  );
});
