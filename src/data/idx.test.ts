import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FormatError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { parseIdx, readIdx, readLabelledImages } from './idx.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-idx-'));
after(() => rmSync(folder, { recursive: true }));

function idx(shape: readonly number[], data: readonly number[], magic = [0, 0, 8, shape.length]): Buffer {
  const extents = Buffer.alloc(4 * shape.length);
  for (const [axis, extent] of shape.entries()) extents.writeUInt32BE(extent, 4 * axis);
  return Buffer.concat([Buffer.from(magic), extents, Buffer.from(data)]);
}

function write(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const images = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);

test('reads an array, plain and gzipped', () => {
  for (const file of [write('images', images), write('images.gz', gzipSync(images))]) {
    const { shape, data } = readIdx(file, 3);
    assert.deepEqual(shape, [2, 1, 3]);
    assert.deepEqual([...data], [1, 2, 3, 4, 5, 6]);
  }
});

const defects: readonly [string, Uint8Array, number, RegExp][] = [
  ['empty', Buffer.alloc(0), 0, /ends inside its magic number; expected at least 16 bytes/],
  ['wrong magic', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 0, /starts with 0x8950; expected 0x0000/],
  ['wrong element type', idx([2, 1, 3], [], [0, 0, 13, 3]), 2, /element type is 0x0d; expected 0x08/],
  ['wrong rank', idx([6], [1, 2, 3, 4, 5, 6]), 3, /1 axes; expected 3/],
  ['cut in the header', images.subarray(0, 10), 10, /ends inside its header; expected 16 bytes/],
  ['no image', idx([2, 0, 3], []), 8, /shape is \[2,0,3\]; expected at least 1/],
  ['cut in the data', images.subarray(0, 20), 20, /cut short: 4 bytes of data; expected 6/],
  ['trailing bytes', Buffer.concat([images, Buffer.from([7])]), 22, /bytes trail behind the data: 7 .* expected 6/],
  ['extents beyond any file', idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], [1]), 17, /cut short/],
];

for (const [name, bytes, offset, message] of defects) {
  test(`refuses a file: ${name}`, () => {
    assert.throws(
      () => parseIdx(bytes, 'x-ubyte', 3),
      (error) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, message);
        assert.equal(error.offset, offset);
        return true;
      },
    );
  });
}

test('refuses gzip data that are damaged, cut or followed by other bytes', () => {
  const packed = gzipSync(images);
  assert.throws(() => readIdx(write('a.gz', images), 3), /cannot be unpacked .* expected gzip data/);
  assert.throws(() => readIdx(write('b.gz', packed.subarray(0, -9)), 3), FormatError);
  assert.throws(() => readIdx(write('c.gz', Buffer.concat([packed, Buffer.alloc(8)])), 3), /last four bytes deny/);
  assert.throws(() => readIdx(join(folder, 'absent'), 3), /absent: cannot be read \(ENOENT/);
});

test('refuses labels that are not as many as the images', () => {
  const imagesFile = write('images', images);
  const { count, height, width, labels } = readLabelledImages(imagesFile, write('labels', idx([2], [4, 9])));
  assert.deepEqual([count, height, width, ...labels], [2, 1, 3, 4, 9]);
  assert.throws(
    () => readLabelledImages(imagesFile, write('labels', idx([3], [4, 9, 0]))),
    (error) => error instanceof FormatError && error.offset === 4 && /3 labels; expected 2/.test(error.message),
  );
});

test('2,000 mutated files are read or refused with a FormatError', () => {
  const random = new Random(3, 'fuzz');
  const packed = gzipSync(images);
  const outcomes = { read: 0, refused: 0 };
  for (let trial = 0; trial < 2000; trial++) {
    const isPacked = trial % 4 === 0;
    const bytes = mutate(isPacked ? packed : images, random);
    try {
      const { shape, data } = isPacked ? readIdx(write('fuzz.gz', bytes), 3) : parseIdx(bytes, 'fuzz', 3);
      assert.equal(
        shape.reduce((product, extent) => product * extent, 1),
        data.length,
      );
      outcomes.read++;
    } catch (error) {
      assert.ok(error instanceof FormatError, String(error));
      outcomes.refused++;
    }
  }
  assert.ok(outcomes.read > 50 && outcomes.refused > 1000, JSON.stringify(outcomes));
});

/** One to three edits: a byte replaced, bytes cut from the end, a byte inserted. */
function mutate(bytes: Uint8Array, random: Random): Buffer {
  const mutated = [...bytes];
  for (let edit = random.below(3); edit >= 0; edit--) {
    const at = random.below(mutated.length + 1);
    const kind = random.below(4);
    if (kind < 2) mutated[at] = random.below(256);
    else if (kind === 2) mutated.length = at;
    else mutated.splice(at, 0, random.below(256));
  }
  return Buffer.from(mutated);
}
