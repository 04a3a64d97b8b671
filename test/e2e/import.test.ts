/** `sagan import` as a person runs it: what it tells, and what can be done with the run. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jsonLines, sagan, scratch } from './command-line.ts';

const weights = (file: string) => `test/parity/mimicry-sagan-32/${file}`;
const settings = [
  'model.variant=mimicry',
  'model.latentDim=16',
  'model.generatorChannels=8',
  'model.discriminatorChannels=8',
  'model.attentionAt=[16]',
  'model.discriminatorAttentionAt=[8]',
  'images.classes=3',
].flatMap((setting) => ['--set', setting]);
const tiny = ['--as', 'sagan-images-32', ...settings];

test('published weights become a run, which can be sampled and seen to attend', async () => {
  const out = join(scratch, 'imported');
  const { code, stdout, stderr } = await sagan('import', weights('G.pth'), ...tiny, '--out', out, '--seed', '5');
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split('\n').slice(0, -1), [
    `read         generator of mimicry: ${weights('G.pth')}: model_state_dict, 85 tensors`,
    'initialised  averaged generator: a copy of the generator',
    'initialised  discriminator: afresh, from seed 5',
    'initialised  optimiser state: zeros, as at step 0',
  ]);
  assert.match(stdout, /^imported .*; samples: .*sagan sample .*; to go on training, import with --data DATASET\n$/m);
  for (const command of ['sample', 'attend']) {
    const picture = join(scratch, `${command}.png`);
    const drawn = await sagan(command, out, '--out', picture, '--threads', '1');
    assert.equal(drawn.code, 0, drawn.stderr);
    assert.ok(existsSync(picture));
  }
});

test('as JSON, an object a line', async () => {
  const out = join(scratch, 'imported-json');
  const files = [weights('D.pth'), weights('G.pth')];
  const { code, stdout } = await sagan('import', ...files, ...tiny, '--out', out, '--json');
  assert.equal(code, 0);
  const events = jsonLines(stdout);
  assert.deepEqual(
    events.map(({ type, network, what }) => [type, network ?? what]),
    [
      ['read', 'discriminator'],
      ['read', 'generator'],
      ['initialised', 'averaged generator'],
      ['initialised', 'optimiser state'],
      ['imported', undefined],
    ],
  );
  assert.equal(events.at(-1)?.checkpoint, join(out, 'checkpoints', 'step-000000'));
});

test('what cannot be imported exits with 2, in words, and leaves nothing behind', async () => {
  const out = join(scratch, 'none');
  const evil = await sagan('import', 'test/parity/files/evil-reduce.pth', ...tiny, '--out', out);
  assert.equal(evil.code, 2);
  assert.match(evil.stderr, /^error: .*evil-reduce\.pth, byte \d+: .* it names "posix\.system"/m);
  const other = await sagan('import', weights('G.pth'), '--as', 'sagan-images-32', '--out', out);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /has another architecture than the one of preset sagan-images-32:\n/);
  assert.match(
    other.stderr,
    /\n {2}of another shape: l1\.bias \[512\] for G\.linear\.bias \[4096\], .* and \d+ more\n/,
  );
  assert.equal(existsSync(out), false);
});
