import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { FormatError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { State, TensorData } from '../engine/ir/tensor-data.ts';
import { writeFileAtomic } from './atomic.ts';
import { decodeSafetensors, encodeSafetensors, readSafetensors } from './safetensors.ts';

const oneTensor = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';

/** A file with the given header, padded, and as many zero bytes of data. */
function fileOf(header: string | Uint8Array, dataBytes = 8): Buffer {
  const text = Buffer.from(header);
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ');
  text.copy(padded);
  return withLength(BigInt(padded.length), Buffer.concat([padded, Buffer.alloc(dataBytes)]));
}

function withLength(length: bigint, rest: Uint8Array): Buffer {
  const first = Buffer.alloc(8);
  first.writeBigUInt64LE(length);
  return Buffer.concat([first, rest]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`;
const pair = (first: string, second: string) =>
  `{"a":{"dtype":"U8","shape":[4],"data_offsets":${first}},"b":{"dtype":"U8","shape":[4],"data_offsets":${second}}}`;

/** Every defect a file can have: its name, the file, the message. */
const defects: readonly (readonly [string, Buffer, RegExp])[] = [
  ['empty file', Buffer.alloc(0), /byte 0: the file has 0 bytes; expected at least 8/],
  ['shorter than the length', Buffer.alloc(7), /byte 0: the file has 7 bytes/],
  [
    'header above 100 MB',
    withLength(100_000_008n, Buffer.alloc(8)),
    /claims 100000008 bytes; expected at most 100000000/,
  ],
  ['header length of 64 bits', withLength(2n ** 64n - 1n, Buffer.alloc(8)), /claims 18446744073709551615 bytes/],
  ['header past the end', withLength(16n, Buffer.alloc(8)), /claims 16 bytes, past the end of a file of 16 bytes/],
  ['misaligned header', withLength(3n, Buffer.from('{} ')), /claims 3 bytes; expected a multiple of 8/],
  ['not UTF-8', fileOf(Buffer.from([0x7b, 0x22, 0xc3, 0x28])), /byte 10: the header is not UTF-8 text/],
  [
    'UTF-8 of half a surrogate',
    fileOf(Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80])),
    /byte 10: the header is not UTF-8/,
  ],
  ['empty header', fileOf(''), /byte 8: the header is the end; expected an object/],
  ['not an object', fileOf('[1]'), /byte 8: the header is "\[1\] +"; expected an object/],
  ['not JSON', fileOf('{a:1}'), /byte 9: a key is "a:1} +"; expected a string/],
  ['object without an end', fileOf(`{${oneTensor}`), /byte 64: saw the end; expected "}"/],
  ['key without a value', fileOf('{"a"}'), /byte 12: saw "}.*"; expected ":"/],
  ['string without an end', fileOf('{"a'), /byte 9: a key is a string without an end/],
  ['escape without an end', fileOf('{"abcde\\'), /byte 9: a key is a string without an end/],
  ['forbidden escape', fileOf('{"\\x":1}'), /byte 9: a key is a string with an escape/],
  ['control character', fileOf('{"\n":1}'), /byte 9: a key is a string with an escape or a control character/],
  ['half a surrogate pair', fileOf('{"\\ud800":1}'), /byte 9: a key holds half a surrogate pair/],
  ['text after the end', fileOf('{} {}', 0), /byte 11: "{} +" follows the end/],
  ['nested too deep', fileOf(`{"a":{"x":${'['.repeat(80)}`), /byte 80: values nest deeper than 64 levels/],
  ['not a JSON value', fileOf('{"a":{"x":yes}}'), /byte 18: "yes}} +" is no JSON value/],
  ['number with leading zero', fileOf('{"a":{"x":01}}'), /byte 18: a value is "01}} +"; expected a number/],
  ['endless number', fileOf(`{"a":{"x":${'1'.repeat(65)}}}`), /byte 18: a value is .* at most 64 characters/],
  ['duplicate tensor', fileOf(`{${oneTensor},${oneTensor}}`), /byte 62: the key "a" occurs twice/],
  ['duplicate key in escapes', fileOf('{"__metadata__":{"b":"","\\u0062":""}}'), /byte 32: the key "b" occurs twice/],
  ['duplicate field', fileOf('{"a":{"dtype":"U8","dtype":"U8"}}'), /byte 27: the key "dtype" occurs twice/],
  ['__proto__', fileOf('{"__proto__":{}}'), /byte 9: the key "__proto__" is not a name/],
  ['metadata of numbers', fileOf('{"__metadata__":{"b":1}}'), /byte 29: "b" of __metadata__ is .*; expected a string/],
  ['metadata is a list', fileOf('{"__metadata__":[]}'), /byte 24: __metadata__ is .*; expected an object/],
  ['tensor is a number', fileOf('{"a":1}'), /byte 13: tensor "a" is .*; expected an object/],
  ['no dtype', fileOf('{"a":{"shape":[2],"data_offsets":[0,8]}}'), /byte 9: tensor "a" has no dtype/],
  ['no shape', fileOf('{"a":{"dtype":"F32","data_offsets":[0,8]}}'), /byte 9: tensor "a" has no shape/],
  ['no offsets', fileOf('{"a":{"dtype":"F32","shape":[2]}}'), /byte 9: tensor "a" has no data_offsets/],
  ['one offset', fileOf(entry('F32', '[2]', '[0]')), /tensor "a" has 1 data_offsets; expected two/],
  ['three offsets', fileOf(entry('F32', '[2]', '[0,8,8]')), /tensor "a" has 3 data_offsets; expected two/],
  ['dtype is a number', fileOf('{"a":{"dtype":1}}'), /byte 22: the dtype of "a" is .*; expected a string/],
  ['unknown dtype', fileOf(entry('F23', '[2]', '[0,8]')), /byte 22: .* unknown dtype "F23".*F32, F64, I32, U8, BOOL/],
  ...['F16', 'BF16', 'I64'].map(
    (code) =>
      [
        `dtype ${code}`,
        fileOf(entry(code, '[1]', '[0,8]')),
        new RegExp(`byte 22: tensor "a" has dtype ${code}; Sagan reads`),
      ] as const,
  ),
  ['shape is a number', fileOf(entry('F32', '2', '[0,8]')), /byte 36: the shape of "a" is .*; expected an array/],
  ['negative extent', fileOf(entry('F32', '[-2]', '[0,8]')), /byte 37: an entry of the shape of "a" is -2; expected a/],
  ['fractional extent', fileOf(entry('F32', '[2.5]', '[0,8]')), /an entry of the shape of "a" is 2.5; expected a/],
  ['extent with exponent', fileOf(entry('F32', '[2e0]', '[0,8]')), /an entry of the shape of "a" is 2e0; expected a/],
  ['minus zero', fileOf(entry('F32', '[-0]', '[0,8]')), /an entry of the shape of "a" is -0; expected a whole number/],
  [
    'unsafe extent',
    fileOf(entry('F32', '[9007199254740992]', '[0,8]')),
    /is 9007199254740992; expected a whole number/,
  ],
  ['too many extents', fileOf(entry('U8', `[${Array(65).fill(1)}]`, '[0,1]')), /shape of "a" has more than 64 entries/],
  ['overflowing shape', fileOf(entry('U8', '[94906266,94906267]', '[0,8]')), /more bytes than can be counted/],
  ['shape does not fill', fileOf(entry('F32', '[3]', '[0,8]')), /byte 9: .*float32\[3\] and takes 12 bytes, but has 8/],
  ['unsafe offset', fileOf(entry('F32', '[2]', '[0,9007199254740992]')), /of data_offsets of "a" is 9007199254740992/],
  [
    'reversed offsets',
    fileOf(entry('F32', '[2]', '[8,0]')),
    /byte 9: tensor "a" lies at 8 … 0; expected the end after/,
  ],
  ['does not start at 0', fileOf(pair('[4,8]', '[8,12]'), 12), /"a" lies at 4 … 8; expected the first tensor at 0/],
  ['hole', fileOf(pair('[0,4]', '[8,12]'), 12), /"b" lies at 8 … 12, which leaves a hole after 4/],
  ['overlap', fileOf(pair('[0,4]', '[2,6]'), 6), /"b" lies at 2 … 6 and overlaps the tensor that ends at 4/],
  ['data cut short', fileOf(`{${oneTensor}}`, 7), /cut short: the tensors take 8 bytes, the file holds 7/],
  ['trailing bytes', fileOf(`{${oneTensor}}`, 9), /bytes follow the last tensor: .* take 8 bytes, the file holds 9/],
];

for (const [name, bytes, message] of defects) {
  test(`a file is refused: ${name}`, () => {
    assert.throws(
      () => decodeSafetensors(bytes, 'x.safetensors'),
      (error) => error instanceof FormatError && error.offset !== undefined && message.test(error.message),
      String(message),
    );
  });
}

test('files that others may write are read: unknown fields, free order, spaces, no metadata', () => {
  const header = `{ "b" : {"shape":[],"data_offsets":[4,5],"dtype":"BOOL","more":[null,{"x":-1.5e3},"y",true]}\n,
    "a":{"dtype":"I32","data_offsets":[0,4],"shape":[1]} , "none":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]}}`;
  const { state, metadata } = decodeSafetensors(fileOf(header, 5), 'x');
  assert.deepEqual([...state.keys()], ['a', 'none', 'b']);
  assert.deepEqual(state.get('b'), { dtype: 'bool', shape: [], data: new Uint8Array(1) });
  assert.deepEqual(state.get('none'), { dtype: 'float32', shape: [3, 0], data: new Float32Array(0) });
  assert.equal(metadata.size, 0);
});

test('a file is laid out as the format says', () => {
  const state: State = new Map([['a', { dtype: 'int32', shape: [1], data: Int32Array.of(258) }]]);
  const bytes = Buffer.concat(encodeSafetensors(state, new Map([['made by', 'Sagan']])));
  const header = '{"__metadata__":{"made by":"Sagan"},"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}       ';
  assert.equal(bytes.readBigUInt64LE(), 96n);
  assert.equal(bytes.subarray(8, 104).toString(), header);
  assert.deepEqual([...bytes.subarray(104)], [2, 1, 0, 0]);
});

const arrays = {
  float32: (bytes: Uint8Array) => new Float32Array(Uint8Array.from([...bytes, ...bytes, ...bytes, ...bytes]).buffer),
  float64: (bytes: Uint8Array) =>
    new Float64Array(
      Uint8Array.from(
        Array(8)
          .fill([...bytes])
          .flat(),
      ).buffer,
    ),
  int32: (bytes: Uint8Array) => new Int32Array(Uint8Array.from([...bytes, ...bytes, ...bytes, ...bytes]).buffer),
  uint8: (bytes: Uint8Array) => bytes,
  bool: (bytes: Uint8Array) => bytes.map((byte) => byte & 1),
};
const anyTensor: fc.Arbitrary<TensorData> = fc
  .record({
    dtype: fc.constantFrom('float32', 'float64', 'int32', 'uint8', 'bool'),
    bytes: fc.uint8Array({ maxLength: 12 }),
    isMatrix: fc.boolean(),
  })
  .map(({ dtype, bytes, isMatrix }) => ({
    dtype,
    shape: isMatrix ? [1, bytes.length] : [bytes.length],
    data: arrays[dtype](bytes),
  }));
const anyName = fc
  .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '0', '10', '9', 'constructor', '"\\', 'é😀'))
  .filter((name) => name !== '__proto__' && name !== '__metadata__');

/** Names, types and bytes in order: what "equal in every bit" means. */
const bitsOf = (state: State) =>
  [...state].map(([name, { dtype, shape, data }]) => [
    name,
    dtype,
    shape,
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
  ]);

test('any state comes back bit for bit, in its order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyName, anyTensor)),
      fc.array(fc.tuple(anyName, fc.string({ unit: 'binary' }))),
      (entries, metadata) => {
        const state = new Map(entries);
        const read = decodeSafetensors(Buffer.concat(encodeSafetensors(state, new Map(metadata))), 'x');
        assert.deepEqual(bitsOf(read.state), bitsOf(state));
        assert.deepEqual(read.metadata, new Map(metadata));
      },
    ),
    { numRuns: 300 },
  );
});

test('NaN payloads and −0 keep their bits through a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
  const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800001, 0x80000000, 0x00000001, 0x7f800000);
  const state: State = new Map([
    ['odd', { dtype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['x', { dtype: 'float32', shape: [2, 3], data: new Float32Array(bits.buffer) }],
  ]);
  writeFileAtomic(join(folder, 'x.safetensors'), encodeSafetensors(state));
  assert.deepEqual(bitsOf(readSafetensors(join(folder, 'x.safetensors')).state), bitsOf(state));
  rmSync(folder, { recursive: true });
});

test('the data are handed on without a copy', () => {
  const data = new Float32Array(8);
  const [, part] = encodeSafetensors(new Map([['x', { dtype: 'float32', shape: [2], data: data.subarray(2, 4) }]]));
  assert.equal(part?.buffer, data.buffer);
  assert.deepEqual([part?.byteOffset, part?.byteLength], [8, 8]);
});

test('what could not be read back is not written', () => {
  const write = (name: string, shape: number[], length: number) =>
    encodeSafetensors(new Map([[name, { dtype: 'float32', shape, data: new Float32Array(length) }]]));
  assert.throws(() => write('a', [2, 3], 5), /a is float32\[2,3\], but its array holds 20 bytes/);
  assert.throws(() => write('a', [-1, -1], 1), RangeError);
  for (const name of ['__metadata__', '__proto__', '\ud800']) {
    assert.throws(() => write(name, [1], 1), /cannot be used as a name/);
    assert.throws(() => encodeSafetensors(new Map(), new Map([[name, '']])), /cannot be used as a name/);
  }
  assert.throws(() => encodeSafetensors(new Map(), new Map([['a', 'x'.repeat(1e8)]])), /expected at most 100000000/);
});

test('2 000 mutated files are read or refused with a FormatError, and nothing else', () => {
  const state: State = new Map([
    ['G.weight', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['step', { dtype: 'int32', shape: [], data: Int32Array.of(7) }],
    ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ]);
  const original = Buffer.concat(encodeSafetensors(state, new Map([['by', 'Sagan']])));
  const headerEnd = 8 + Number(original.readBigUInt64LE());
  const marks = Buffer.from('{}[]":,0192-.eE\\u \n\0\xff', 'latin1');
  let refused = 0;
  for (let i = 0; i < 2000; i++) {
    const random = new Random(11, 'mutation', i);
    let bytes = Buffer.from(original);
    for (let edits = 1 + random.below(3); edits > 0; edits--) {
      const at = random.below(Math.min(headerEnd, bytes.length));
      const mark = marks[random.below(marks.length)] ?? 0;
      const kind = random.below(4);
      if (kind === 0) bytes[at] = mark;
      else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(mark), bytes.subarray(at)]);
      else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(20))]);
      if (bytes.length === 0) break;
    }
    try {
      decodeSafetensors(bytes, 'mutated');
    } catch (error) {
      assert.ok(error instanceof FormatError, `mutation ${i}: ${String(error)}`);
      refused++;
    }
  }
  assert.ok(refused > 1500, `only ${refused} of 2000 were refused`);
});
