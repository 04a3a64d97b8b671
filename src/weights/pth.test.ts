/** The reader of .pth and .pt files against files that PyTorch wrote (`test/parity/make_files.py`), good, broken and malicious. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { archive, memory, pickle } from '../../test/parity/files-by-hand.ts';
import { FormatError, UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { PickleTuple, type PickleValue } from './pickle-value.ts';
import { readPth } from './pth.ts';
import { ScriptModule } from './script-module.ts';
import { TorchTensor } from './torch-tensor.ts';
import { readWeights } from './weight-file.ts';

const folder = fileURLToPath(new URL('../../test/parity/files/', import.meta.url));

const readBytes = (bytes: Uint8Array) => readPth('weights.pth', memory(bytes));
const read = (name: string) => readPth(`${folder}${name}`);
const bytesOf = (name: string) => new Uint8Array(readFileSync(`${folder}${name}`));

function entries(value: PickleValue | undefined): Map<unknown, PickleValue> {
  return value instanceof Map ? value : assert.fail('expected a dict');
}

function tensor(value: PickleValue | undefined): TorchTensor {
  return value instanceof TorchTensor ? value : assert.fail('expected a tensor');
}

/** Tensors as [type, shape, numbers]; the rest as it is. */
function shown(value: PickleValue | undefined): unknown {
  if (!(value instanceof TorchTensor)) return value;
  const { dtype, shape, data } = value.load();
  return [dtype, [...shape], [...data]];
}

function refused(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => readBytes(bytes),
    (error) => error instanceof FormatError && message.test(error.message) && error.message.startsWith('weights.pth'),
  );
}

const range = (length: number, from = 0, step = 1) => Array.from({ length }, (_, i) => from + step * i);

for (const container of ['zip', 'legacy']) {
  test(`${container}: the weights of a network, in their order`, () => {
    const state = entries(read(`network-${container}.pth`));
    assert.deepEqual(
      [...state].map(([name, value]) => [name, shown(value)]),
      [
        ['0.weight', ['float32', [3, 2, 3, 3], range(54)]],
        ['0.bias', ['float32', [3], [100, 101, 102]]],
        ['1.weight', ['float32', [3], [200, 201, 202]]],
        ['1.bias', ['float32', [3], [300, 301, 302]]],
        ['1.running_mean', ['float32', [3], [400, 401, 402]]],
        ['1.running_var', ['float32', [3], [500, 501, 502]]],
        ['1.num_batches_tracked', ['int32', [], [600]]],
      ],
    );
  });

  test(`${container}: views of a shared storage`, () => {
    const views = entries(read(`views-${container}.pth`));
    const matrix = (rows: number, columns: number, at: (row: number, column: number) => number) => [
      'float32',
      [rows, columns],
      Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns)),
    ];
    assert.deepEqual(Object.fromEntries([...views].map(([name, value]) => [name, shown(value)])), {
      transposed: matrix(6, 4, (row, column) => 6 * column + row),
      row: ['float32', [6], range(6, 6)],
      column: ['float32', [4], range(4, 2, 6)],
      every_other: matrix(2, 2, (row, column) => 6 * (1 + 2 * row) + 3 * column),
      overlapping: matrix(5, 3, (row, column) => 1 + 2 * row + column),
      scalar: ['float32', [], [7]],
      empty: ['float32', [0, 5], []],
    });
  });

  test(`${container}: every element type becomes one of ours`, () => {
    const types = entries(read(`types-${container}.pth`));
    for (const name of types.keys()) assert.equal(tensor(types.get(name)).typeName, name);
    const numbers = (name: string) => [...tensor(types.get(name)).load().data];
    assert.deepEqual(numbers('float32'), [Math.fround(0.1), -2.5, Number.POSITIVE_INFINITY]);
    assert.deepEqual(numbers('float64'), [Math.fround(0.1), -0, 3]);
    assert.deepEqual(numbers('float16'), [0.0999755859375, -65504, 2 ** -24, Number.NEGATIVE_INFINITY, 0]);
    assert.deepEqual(numbers('bfloat16'), [0.10009765625, -226 * 2 ** 120, 2 ** -133]);
    for (const name of ['float32', 'float64', 'float16', 'bfloat16']) {
      assert.equal(tensor(types.get(name)).load().dtype, 'float32');
    }
    assert.deepEqual(shown(types.get('int64')), ['int32', [3], [-(2 ** 31), 2 ** 31 - 1, 7]]);
    assert.deepEqual(shown(types.get('int32')), ['int32', [2], [-5, 6]]);
    assert.deepEqual(shown(types.get('int16')), ['int32', [2], [-(2 ** 15), 9]]);
    assert.deepEqual(shown(types.get('int8')), ['int32', [2], [-128, 127]]);
    assert.deepEqual(shown(types.get('uint8')), ['uint8', [2], [0, 255]]);
    assert.deepEqual(shown(types.get('bool')), ['bool', [2], [1, 0]]);
  });

  test(`${container}: what stands beside the weights of a training program`, () => {
    const state = entries(read(`training-${container}.pth`));
    assert.deepEqual(shown(entries(state.get('model_state_dict')).get('0.bias')), ['float32', [3], [100, 101, 102]]);
    const optimizer = entries(state.get('optimizer_state_dict'));
    const first = entries(entries(optimizer.get('state')).get(0));
    assert.deepEqual(tensor(first.get('exp_avg_sq')).shape, [3, 2, 3, 3]);
    assert.equal(state.get('global_step'), 100_000);
    assert.deepEqual(state.get('best'), new PickleTuple([-1.5, null, true, 2n ** 70n, Uint8Array.of(0, 255), 'naïve']));
    assert.deepEqual(state.get('shape'), new PickleTuple([2, 3]));
    assert.equal(state.get('device'), 'cpu');
    assert.deepEqual(shown(state.get('parameter')), ['float32', [2], [1, 1]]);
  });
}

test('protocol 4 is read as well', () => {
  assert.deepEqual(shown(entries(read('protocol-4.pth')).get('1.bias')), ['float32', [3], [300, 301, 302]]);
});

test('a whole number that needs more than 32 bits is refused when it is asked for', () => {
  const state = entries(read('large-integer.pth'));
  assert.throws(() => tensor(state.get('value')).load(), /int64 holds other values than numbers of 32 bits/);
});

/** What each malicious file names. */
const named: Readonly<Record<string, RegExp>> = {
  'evil-reduce.pth': /at GLOBAL: it names "(posix|os)\.system"/,
  'evil-reduce-legacy.pth': /at GLOBAL: it names "(posix|os)\.system"/,
  'evil-object.pth': /it names "__main__\.Tool"/,
  'evil-stack-global.pth': /at STACK_GLOBAL: it names "posix\.system"/,
  'evil-inst.pth': /at INST: it names "os\.system"/,
  'evil-obj.pth': /it names "builtins\.eval"/,
  'evil-newobj.pth': /it names "subprocess\.Popen"/,
  'evil-ext.pth': /at EXT1: it names number 1 of a registry/,
  'evil-build.pth': /at BUILD: it gives the name torch\.Size the state of a dict/,
  'evil-getattr.pth': /it names "builtins\.getattr"/,
};

test('a pickle that names anything else than weights need is refused, with the name', () => {
  const files = readdirSync(folder).filter((file) => file.startsWith('evil-'));
  assert.deepEqual(files.sort(), Object.keys(named).sort());
  for (const [file, message] of Object.entries(named)) {
    assert.throws(
      () => read(file),
      (error) => error instanceof FormatError && error.file.endsWith(file) && message.test(error.message),
      file,
    );
  }
});

test('damage to the numbers of a tensor is noticed when they are read', () => {
  const bytes = bytesOf('network-zip.pth');
  const at = Buffer.from(bytes).indexOf(Buffer.from(new Float32Array([200, 201, 202]).buffer));
  bytes[at] = 1;
  const state = entries(readBytes(bytes));
  assert.deepEqual(shown(state.get('0.bias')), ['float32', [3], [100, 101, 102]]);
  assert.throws(() => tensor(state.get('1.weight')).load(), /"network-zip\/data\/2" is damaged/);
});

test('files that are no weights say what they are', () => {
  refused(new Uint8Array(), /the file begins with ; expected/);
  refused(Buffer.from('<!DOCTYPE html><html>'), /the file is text: a web page/);
  refused(Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /the file is text: .*pointer/);
  refused(pickle(0x80, 2, 'K\x01.'), /without torch\.save's magic number/);
  refused(bytesOf('network-legacy.pth').subarray(0, 400), /bytes are (expected|wanted)/);
  const bigEndian = Buffer.from(bytesOf('network-legacy.pth'));
  bigEndian[bigEndian.indexOf('little_endian') + 15] = 0x89;
  refused(bigEndian, /the byte order is "big"/);
  assert.throws(() => readPth(`${folder}missing.pth`), { name: 'UserError', message: /there is no such file/ });
});

test('a module of TorchScript is its tensors, by the names of a state dict; its code is left alone', () => {
  const [dictionary, ...others] = readWeights(`${folder}script.pt`);
  assert.equal(others.length, 0);
  const numbers = [...(dictionary?.tensors ?? [])].map(([name, value]) => [name, [...value.load().data]]);
  assert.deepEqual(Object.fromEntries(numbers), {
    'conv.beta': range(3),
    'conv.weight': range(6),
    'tower.conv.beta': range(3, 100),
    'tower.conv.weight': range(6, 100),
  });
  assert.deepEqual(dictionary?.tensors.get('tower.conv.weight')?.shape, [3, 2]);
});

test('a module that holds itself is read once, and one that only looks like a module is refused', () => {
  const itself = 'c__torch__\nNet\n)\x81q\x00}X\x04\x00\x00\x00selfh\x00sb.';
  const module = readBytes(archive([['net/data.pkl', pickle(0x80, 2, itself)]]));
  assert.ok(module instanceof ScriptModule);
  assert.equal(module.tensors().size, 0);
  refused(archive([['net/data.pkl', pickle(0x80, 2, 'c__torch\nNet\n)\x81.')]]), /it names "__torch\.Net"/);
});

/** Touches everything that a file holds. */
function exhaust(value: PickleValue | undefined, depth = 0): void {
  if (value instanceof ScriptModule) for (const inner of value.tensors().values()) inner.load();
  if (value instanceof TorchTensor) value.load();
  if (depth > 8) return;
  if (value instanceof Map) for (const inner of value.values()) exhaust(inner, depth + 1);
  if (Array.isArray(value)) for (const inner of value) exhaust(inner, depth + 1);
}

test('a changed file is read or refused, in words and in time', () => {
  const random = new Random(7, 'mutations');
  const files = readdirSync(folder).map(bytesOf);
  let whole = 0;
  const trials = 3000;
  for (let trial = 0; trial < trials; trial++) {
    const original = files[random.below(files.length)] ?? new Uint8Array();
    const bytes = Buffer.from(original);
    for (let changes = 1 + random.below(4); changes > 0; changes--) {
      const at = random.below(bytes.length);
      const kind = random.below(4);
      if (kind === 0) bytes[at] = random.below(256);
      else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      else if (kind === 2) bytes.copy(bytes, at, random.below(bytes.length));
      else bytes.fill(random.below(2) * 255, at, Math.min(bytes.length, at + random.below(9)));
    }
    const cut = random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    // The checksums would refuse most of it: put right, they let the changes through to the pickle.
    try {
      exhaust(readBytes(trial % 2 === 0 ? cut : withTrueChecksum(cut)));
      whole++;
    } catch (error) {
      assert.ok(error instanceof UserError, `trial ${trial}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  assert.ok(whole > 100 && whole < trials - 100, `${whole} of ${trials} were read`);
});

/** Writes the checksum of the first entry's bytes as they now are into the directory. */
function withTrueChecksum(bytes: Buffer): Buffer {
  const central = bytes.indexOf(Buffer.of(0x50, 0x4b, 1, 2));
  if (central === -1 || central + 46 > bytes.length || bytes.readUInt32LE(0) !== 0x04034b50) return bytes;
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const data = bytes.subarray(start, start + bytes.readUInt32LE(central + 24));
  bytes.writeUInt32LE(crc32(data), central + 16);
  return bytes;
}
