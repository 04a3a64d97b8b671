/** What the reader of .pth files refuses, in files written by hand: pickles, archives and storages that contradict themselves. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archive, legacy, memory, pickle, tensorPickle, tuple, zipped } from '../../test/parity/files-by-hand.ts';
import { FormatError } from '../base/errors.ts';
import type { PickleValue } from './pickle-value.ts';
import { readPth } from './pth.ts';
import { TorchTensor } from './torch-tensor.ts';

const readBytes = (bytes: Uint8Array) => readPth('weights.pth', memory(bytes));

function refused(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => readBytes(bytes),
    (error) => error instanceof FormatError && message.test(error.message) && error.message.startsWith('weights.pth'),
  );
}

function shown(value: PickleValue): unknown {
  if (!(value instanceof TorchTensor)) return value;
  const { dtype, shape, data } = value.load();
  return [dtype, [...shape], [...data]];
}

const fourFloats = { 'archive/data/0': new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) };

test('a pickle written by hand reads as it should', () => {
  const data = tensorPickle(4, `K\x00${tuple(2, 2)}${tuple(2, 1)}`);
  for (const zip64 of [false, true]) {
    const value = readBytes(zipped(data, fourFloats, { zip64 }));
    assert.deepEqual(shown(value), ['float32', [2, 2], [1, 2, 3, 4]]);
  }
});

test('views that leave their storage, and storages that leave the file, are refused', () => {
  const view = (offset: number, shape: string, strides: string) =>
    zipped(tensorPickle(4, `K${String.fromCharCode(offset)}${shape}${strides}`), fourFloats);
  refused(view(1, tuple(2, 2), tuple(2, 1)), /its last element is number 4 of a storage of 4/);
  refused(view(0, tuple(2, 2), tuple(3, 1)), /its last element is number 4 of a storage of 4/);
  refused(view(0, tuple(100, 2), tuple(0, 0)), /200 elements in a storage of 4/);
  refused(view(0, tuple(2), tuple(2, 1)), /1 extents and 2 strides/);
  refused(view(0, '(J\xff\xff\xff\xfft', tuple(1)), /shape \[-1\]/);
  refused(view(0, '(G\x3f\xe0\x00\x00\x00\x00\x00\x00t', tuple(1)), /shape \[0\.5\]/);
  refused(zipped(tensorPickle(5, `K\x00${tuple(5)}${tuple(1)}`), fourFloats), /should have 20 bytes, but has 16/);
  refused(zipped(tensorPickle(4, `K\x00${tuple(4)}${tuple(1)}`)), /storage "0" is missing/);
  refused(zipped(tensorPickle(4, '', 'ComplexFloatStorage'), fourFloats), /names "torch\.ComplexFloatStorage"/);
});

test('a pickle that its own machine cannot follow is refused at the operation', () => {
  for (const [parts, message] of [
    [['.'], /ends with 0 values/],
    [['K\x01K\x02.'], /ends with 2 values and 0 open marks/],
    [['K\x01(.'], /ends with 1 values and 1 open marks/],
    [['R.'], /at REDUCE: there is no value left/],
    [['t.'], /at TUPLE: there is no mark/],
    [['h\x05.'], /at BINGET: nothing was kept under number 5/],
    [['q\x05.'], /at BINPUT: there is no value left/],
    [[']K\x01s.'], /at SETITEM/],
    [['}(K\x01u.'], /the last key has no value/],
    [['}]K\x01s.'], /a key is a list/],
    [['K\x01)R.'], /it calls the number 1/],
    [['ctorch\nfloat32\n)R.'], /it calls the name torch\.float32/],
    [['K\x01a.'], /there is no value left/],
    [['}K\x01a.'], /it adds to a dict; expected a list/],
    [['I1\n.'], /operation 0x49: it is none of those that torch\.save writes/],
    [['X\xff\xff\xff\x7fabc'], /2147483647 bytes are expected here/],
    [['\x8b\xff\xff\xff\x7f'], /the integer has 2147483647 bytes/],
    [['X\x01\x00\x00\x00\xff.'], /the text is not UTF-8/],
    [['\x95\xff\x00\x00\x00\x00\x00\x00\x00.'], /a frame of 255 bytes begins/],
    [['\x8d\xff\xff\xff\xff\xff\xff\xff\xff.'], /more than any file holds/],
    [['U\x03abcQ.'], /points to a string outside of the pickle/],
  ] as const) {
    refused(zipped(pickle(0x80, 2, ...parts)), message);
  }
  refused(zipped(pickle(0x80, 9, 'N.')), /protocol 9 is unknown/);
});

test('an archive that contradicts itself is refused', () => {
  const none = pickle(0x80, 2, 'N.');
  assert.equal(readBytes(zipped(none)), null);
  refused(zipped(none, {}, { method: 8 }), /"archive\/data\.pkl" is compressed/);
  refused(zipped(none, {}, { flags: 1 }), /"archive\/data\.pkl" is encrypted/);
  refused(archive([['other/file', none]]), /has no data\.pkl/);
  const twice = ['archive/data.pkl', none] as const;
  refused(archive([twice, twice]), /has two entries "archive\/data\.pkl"/);
  const overlapping = archive([twice, ['archive/byteorder', Buffer.from('little')]]);
  const second = overlapping.lastIndexOf(Buffer.of(0x50, 0x4b, 1, 2));
  overlapping.writeUInt32LE(0, second + 42);
  refused(overlapping, /overlaps the one before it/);
  refused(zipped(none, { 'archive/byteorder': Buffer.from('big') }), /the byte order is "big"; expected "little"/);
  const whole = Buffer.from(zipped(none));
  refused(whole.subarray(0, whole.length - 3), /without its end/);
  const end = whole.length - 22;
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(whole);
    copy.writeUInt32LE(value, at);
    return copy;
  };
  refused(changed(end + 16, whole.length), /does not lie before its end/);
  refused(changed(end + 8, 0xffff0001), /claims 65535 entries/);
  const central = whole.readUInt32LE(end + 16);
  refused(changed(central + 16, 1), /is damaged: its checksum/);
  refused(changed(central + 24, 4000), /is compressed/);
  refused(changed(central + 42, 7), /is said to begin at 7, where none begins/);
  refused(changed(central + 42, 0xffffffff), /zip64 field, which is missing/);
});

test('a legacy file that contradicts itself is refused', () => {
  assert.deepEqual(shown(readBytes(legacy('N', 4))), ['float32', [4], [1, 2, 3, 4]]);
  const unlisted = readBytes(legacy('N', 4, ''));
  assert.throws(() => shown(unlisted), /weights\.pth: storage "0" is missing from the file\. .* fetch it again\.$/);
  refused(legacy('N', 4, 'U\x011a'), /the list of storages holds a string, which no tensor uses/);
  refused(legacy('N', 3), /a storage of 3 elements follows, .*; expected 4 of 4 bytes/);
  refused(legacy(tuple(1, 0, 2), 4), /a storage is part of another one/);
});
