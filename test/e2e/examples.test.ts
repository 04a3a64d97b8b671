/** The examples run as they stand, and stay short. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch, start } from './command-line.ts';

const run = join(scratch, 'mnist');

/** Arguments and output of each, in an order in which the later find what the earlier made. */
const examples: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'gradients.ts',
    [],
    /slope 0\.4200 1\.0000 0\.7864 0\.0707\npenalty 0\.4500\ncurvature 0\.1343 0\.0000 -0\.2858 -0\.0048\n$/,
  ],
  ['train-mnist.ts', [run, '1'], /step 1: lossD -?\d+\.\d+, lossG -?\d+\.\d+\nsamples: \S+step-000001\.png\n$/],
  [
    'sample-run.ts',
    [run, join(scratch, 'sheet.png')],
    /20 images of step 1\nmean brightness of the first image: \d+\.\d of 255\n$/,
  ],
  ['own-dataset.ts', [join(scratch, 'shapes'), '2'], /2 steps on 64 shapes\n$/],
  [
    'own-features.ts',
    [],
    /^fid-regions of 256 levels: -?0\.000\nfid-regions of 4 levels: 0\.\d{3}\nfid-regions of 2 levels: 0\.\d{3}\n$/,
  ],
  ['own-model.ts', [join(scratch, 'own-model'), '2'], /2 steps of a model of my own\n$/],
];

for (const [file, args, output] of examples) {
  test(file, async () => {
    const { code, stdout, stderr } = await start(join('examples', file), args).finished;
    assert.equal(code, 0, stderr);
    assert.match(stdout, output);
  });
}

test('every example is run here, imports from the package, and has fewer than 40 lines', () => {
  const folder = new URL('../../examples/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  assert.deepEqual(files.sort(), examples.map(([file]) => file).sort());
  for (const file of files) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    assert.ok(text.split('\n').length <= 40, file);
    assert.match(text, /from 'sagan(\/engine)?'/);
    assert.doesNotMatch(text, /from '\./);
  }
});
