import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { archive, memory } from '../../test/parity/files-by-hand.ts';
import { FormatError, UserError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { encodeNpy } from './npy.ts';
import { openNpz, writeNpz } from './npz.ts';
import {
  cleanFidFileName,
  type FeatureStatistics,
  readStatistics,
  readStoredFeatures,
  writeStatistics,
  writeStoredFeatures,
} from './statistics-file.ts';

const folder = await mkdtemp(join(tmpdir(), 'sagan-statistics-'));
after(() => rm(folder, { recursive: true }));

const { cases } = z
  .object({ cases: z.array(z.object({ name: z.string(), file: z.base64(), values: z.array(z.number()).optional() })) })
  .parse(JSON.parse(readFileSync(new URL('../../test/reference/numpy-files.json', import.meta.url), 'utf8')));

function recorded(name: string) {
  const found = cases.find((entry) => entry.name === name);
  assert.ok(found !== undefined, name);
  return { bytes: Buffer.from(found.file, 'base64'), values: found.values ?? [] };
}

const read = (bytes: Uint8Array) => readStatistics('s.npz', memory(bytes));

function refused(perform: () => unknown, message: RegExp): void {
  assert.throws(perform, (error) => error instanceof FormatError && message.test(error.message));
}

/** A file of statistics with something wrong. */
function written(change: (statistics: FeatureStatistics) => void): string {
  const { mu, sigma } = read(recorded('statistics.npz').bytes);
  const path = join(folder, 'wrong.npz');
  change({ mu, sigma });
  writeStatistics(path, { mu, sigma });
  return path;
}

/** What `feats` gives part by part, joined. */
async function streamed(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of openNpz('f.npz', memory(bytes)).get('feats')?.stream() ?? []) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

for (const name of ['statistics.npz', 'statistics-compressed.npz', 'statistics-plain.npz']) {
  test(`reads statistics that numpy wrote: ${name}`, () => {
    const { bytes, values } = recorded(name);
    const { mu, sigma } = read(bytes);
    assert.deepEqual([...sigma], values);
    const features = recorded('features.npz').values;
    const means = [0, 1, 2, 3, 4].map((d) => features.filter((_, i) => i % 5 === d).reduce((a, b) => a + b) / 9);
    assert.equal(mu.length, 5);
    for (const [d, mean] of means.entries()) assert.ok(Math.abs((mu[d] ?? 0) - mean) < 1e-7);
  });
}

test('writes the bytes that zipfile and numpy.save write', () => {
  const { bytes } = recorded('statistics-plain.npz');
  const path = join(folder, 'plain.npz');
  writeStatistics(path, read(bytes));
  assert.deepEqual(readFileSync(path), bytes);
});

test('single features come back as they were, and are not taken for statistics', () => {
  const { bytes, values } = recorded('features.npz');
  const stored = readStoredFeatures('f.npz', memory(bytes));
  assert.deepEqual({ ...stored, features: [...stored.features] }, { features: values, count: 9, dimensions: 5 });
  const path = join(folder, 'features.npz');
  writeStoredFeatures(path, stored);
  assert.deepEqual(readStoredFeatures(path), stored);
  refused(() => readStatistics(path), /holds feats: single features, for the kernel distance; expected mu\. Give/);
  refused(
    () => readStoredFeatures('s.npz', memory(recorded('statistics.npz').bytes)),
    /holds mu, sigma: mean and covariance, for the Fréchet distance; expected feats/,
  );
});

test('statistics in float32 are read', () => {
  const path = join(folder, 'float32.npz');
  const data = Float32Array.of(1, 0.5, 0.5, 2);
  writeNpz(path, {
    mu: { type: 'float32', shape: [2], data: data.subarray(0, 2) },
    sigma: { type: 'float32', shape: [2, 2], data },
  });
  assert.deepEqual(readStatistics(path), { mu: Float64Array.of(1, 0.5), sigma: Float64Array.from(data) });
});

test('statistics that cannot be are refused', () => {
  const wrong = (change: Parameters<typeof written>[0], message: RegExp) =>
    refused(() => readStatistics(written(change)), message);
  wrong(({ sigma }) => void sigma.fill(9, 1, 2), /sigma\.npy: \[1, 0\] is .* and \[0, 1\] is 9; expected a covariance/);
  wrong(({ sigma }) => void sigma.fill(-1, 6, 7), /variance 1 is -1; expected 0 or more/);
  wrong(({ sigma }) => void sigma.fill(Number.NaN, 7, 8), /sigma\.npy: number 7 is NaN; expected finite ones/);
  wrong(({ mu }) => void mu.fill(Number.POSITIVE_INFINITY, 4), /mu\.npy: number 4 is Infinity/);
  const path = join(folder, 'shapes.npz');
  const shaped = (mu: number[], sigma: number[], type: 'float64' | 'int32' = 'float64') => {
    const zeros = (shape: number[]) => ({ type, shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) });
    writeNpz(path, { mu: zeros(mu), sigma: zeros(sigma) });
    return () => readStatistics(path);
  };
  refused(shaped([2, 2], [2, 2]), /mu\.npy: its shape is \(2, 2\); expected one axis, \(D,\)/);
  refused(shaped([0], [0, 0]), /mu\.npy: its shape is \(0\)/);
  refused(shaped([2], [2, 3]), /sigma\.npy: its shape is \(2, 3\); expected \(2, 2\), as mu has 2 numbers/);
  refused(shaped([2], [4]), /sigma\.npy: its shape is \(4\)/);
  refused(shaped([2], [2, 2], 'int32'), /its numbers are int32; expected float64 or float32/);
});

test('small differences across the diagonal are those of sums in another order', () => {
  const path = written(({ sigma }) => {
    sigma[1] = (sigma[1] ?? 0) + 1e-6;
  });
  assert.equal(readStatistics(path).sigma.length, 25);
});

test('a damaged or cut file is refused, whether stored or deflated', () => {
  for (const name of ['statistics.npz', 'statistics-compressed.npz']) {
    const { bytes } = recorded(name);
    refused(() => read(bytes.subarray(0, bytes.length - 30)), /zip archive without its end|directory/);
    // After the local header of the second entry, sigma.
    const start = bytes.lastIndexOf('PK\x03\x04', undefined, 'latin1') + 30 + 'sigma.npy'.length + 20;
    for (const offset of [0, 20, 60, 120]) {
      const damaged = Buffer.from(bytes);
      damaged[start + offset] = 255 - (damaged[start + offset] ?? 0);
      refused(() => read(damaged), /sigma\.npy/);
    }
  }
  refused(
    () => read(Buffer.from('not a zip')),
    /the file begins with 6e6f7420; expected a zip archive, which numpy\.savez/,
  );
  assert.throws(() => readStatistics(join(folder, 'none.npz')), UserError);
});

test('a deflated entry that lies about its size or checksum is refused', async () => {
  const { bytes } = recorded('features.npz');
  const central = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  const changed = (offset: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, central + offset);
    return copy;
  };
  const size = bytes.readUInt32LE(central + 24);
  const packed = bytes.readUInt32LE(central + 20);
  const features = (copy: Buffer) => readStoredFeatures('f.npz', memory(copy));
  refused(() => features(changed(24, packed * 1032 + 1)), /claims \d+ bytes in \d+ deflated ones/);
  refused(() => features(changed(24, size + 4)), /takes 180 bytes, but 184 follow/);
  refused(() => features(changed(24, size - 4)), /"feats\.npy" is damaged: it goes on; expected 304 bytes/);
  refused(() => features(changed(16, 1)), /"feats\.npy" is damaged: its checksum is \d+, expected 1/);
  refused(() => features(changed(10, 12)), /compressed by method 12; expected stored or deflated bytes/);
  // The whole entry is read by `read` and in parts by `stream`: both see what is wrong.
  for (const [copy, message] of [
    [changed(16, 1), /its checksum is/],
    [changed(20, packed - 8), /cannot be inflated|cut short/],
  ] as const) {
    await assert.rejects(streamed(copy), (error) => error instanceof FormatError && message.test(error.message));
  }
});

test('a deflated entry that holds less or more than it says is refused', async () => {
  // Noise does not deflate, so that the end lies beyond what is read to see the header.
  const data = new Random(1, 'noise').normal(2000);
  const contents = Buffer.from(encodeNpy({ type: 'float32', shape: [50, 40], data }));
  for (const [held, message] of [
    [contents.subarray(0, -4), /"feats\.npy" is damaged: it ends after 8124 bytes; expected 8128 bytes/],
    [Buffer.concat([contents, Buffer.alloc(4)]), /"feats\.npy" is damaged: it goes on; expected 8128 bytes/],
  ] as const) {
    const bytes = archive([['feats.npy', deflateRawSync(held)]], { method: 8 });
    const central = bytes.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    bytes.writeUInt32LE(crc32(contents), central + 16);
    bytes.writeUInt32LE(contents.length, central + 24);
    refused(() => readStoredFeatures('f.npz', memory(bytes)), message);
    await assert.rejects(streamed(bytes), message);
  }
});

test('an array is streamed without its header', async () => {
  const { bytes, values } = recorded('features.npz');
  const joined = await streamed(bytes);
  assert.deepEqual([...new Float32Array(joined.buffer)], values);
  assert.equal(crc32(joined), crc32(new Uint8Array(Float32Array.from(values).buffer)));
});

test('an archive without arrays is refused', () => {
  const { bytes } = recorded('features.npz');
  const renamed = Buffer.from(bytes.toString('latin1').replaceAll('feats.npy', 'feats.txt'), 'latin1');
  refused(() => openNpz('f.npz', memory(renamed)), /the archive holds no array/);
});

test('files of statistics are named as clean-fid looks for them', () => {
  assert.equal(
    cleanFidFileName({ dataset: 'CIFAR10', mode: 'clean', split: 'train', resolution: 32 }),
    'cifar10_clean_train_32.npz',
  );
  assert.equal(
    cleanFidFileName({
      dataset: 'own',
      mode: 'legacy_pytorch',
      split: 'custom',
      resolution: undefined,
      isForKid: true,
    }),
    'own_legacy_pytorch_custom_na_kid.npz',
  );
});
