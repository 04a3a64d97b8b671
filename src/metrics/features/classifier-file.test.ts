import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UserError } from '../../base/errors.ts';
import type { State } from '../../engine/index.ts';
import { initialize } from '../../nn/index.ts';
import { encodeSafetensors } from '../../store/index.ts';
import { traceClassify } from './classifier.ts';
import { readClassifier, writeClassifier } from './classifier-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'x.safetensors');

const weights: State = initialize(traceClassify(4, 1, { channels: 1, resolution: 32 }).variables, 5);
const metadata = new Map([['dataset', 'blobs']]);
const whole = () => {
  writeClassifier(file, { weights, metadata });
  return readClassifier(file);
};

const refused = (message: RegExp) =>
  assert.throws(
    () => readClassifier(file),
    (error) =>
      error instanceof UserError &&
      error.message.includes(file) &&
      error.message.includes('reinstall Sagan') &&
      message.test(error.message),
  );

test('a classifier comes back as it was written', () => {
  assert.deepEqual(whole(), { weights, metadata, classes: 4 });
});

test('a damaged file is refused, wherever the damage', () => {
  whole();
  const original = readFileSync(file);
  const metadataAt = original.indexOf('blobs');
  const dataStart = 8 + Number(original.readBigUInt64LE());
  for (const position of [metadataAt, dataStart, dataStart + 12_345, original.length - 1]) {
    const damaged = Buffer.from(original);
    damaged[position] = (damaged[position] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    refused(/not what its checksum promises/);
  }
  writeFileSync(file, original.subarray(0, -4));
  refused(/offset|end|bytes/);
  writeFileSync(file, Buffer.concat(encodeSafetensors(weights, metadata)));
  refused(/not what its checksum promises/);
});

test('a file of another kind and a missing file are refused', () => {
  writeFileSync(file, 'not a classifier');
  refused(/header/);
  rmSync(file);
  refused(/ENOENT/);
});

test('weights of another network are refused', () => {
  const lacking = new Map(weights);
  lacking.delete('classifier.block2.conv.weight');
  writeClassifier(file, { weights: lacking, metadata });
  refused(/there is no tensor "classifier.block2.conv.weight"; expected float32\[32,16,3,3\]/);
  writeClassifier(file, { weights: new Map(), metadata });
  refused(/there is no tensor "classifier.logits.bias"; expected float32\[classes\]/);
  const misshapen = new Map(weights);
  misshapen.set('classifier.features.bias', { dtype: 'float32', shape: [3], data: new Float32Array(3) });
  writeClassifier(file, { weights: misshapen, metadata });
  refused(/"classifier.features.bias" is float32\[3\]; expected float32\[64\]/);
});
