/** What images can be scored by, from the command line, and fetching it as far as that goes without a network. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { jsonLines, sagan, scratch } from './command-line.ts';

test('features lists what there is; fetch refuses a file that is not what its name says, with both sums', async () => {
  const wrong = join(scratch, 'pt_inception-2015-12-05-6726825d.pth');
  writeFileSync(wrong, 'no weights');
  const out = join(scratch, 'fetched.pth');
  const [list, json, fetched, unknown, help] = await Promise.all([
    sagan('features'),
    sagan('features', '--json'),
    sagan('features', 'fetch', 'inception', '--from', wrong, '--out', out),
    sagan('features', 'fetch', 'incepton'),
    sagan('features', 'fetch', '--help'),
  ]);
  assert.match(list.stdout, /^inception: .*\n {2}not here: inception; fetch with: .*sagan features fetch inception\n/);
  assert.match(list.stdout, /\nmnist: .*\n {2}names 9\d\.\d % of the test images rightly\n/);
  assert.ok(list.stdout.includes(join(scratch, 'cache', 'sagan', 'features')), list.stdout);
  assert.ok(Array.isArray(jsonLines(json.stdout).at(-1)?.features));
  assert.equal(fetched.code, 2);
  assert.match(
    fetched.stderr,
    /has 10 bytes and the SHA-256 [0-9a-f]{64}; expected 95628359 bytes and 6726825d0af5f729[0-9a-f]{48}/,
  );
  assert.match(unknown.stderr, /Did you mean "inception"\?/);
  assert.ok(Math.max(...help.stdout.split('\n').map((line) => line.length)) <= 100, help.stdout);
  assert.match(help.stdout, /Example:\n {2}\$ sagan features fetch inception\n/);
});
