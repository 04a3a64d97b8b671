import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openInception } from './inception-extractor.ts';

const folder = mkdtempSync(join(tmpdir(), 'sagan-inception-'));
after(() => rmSync(folder, { recursive: true }));

test('a file that bears the name of published weights and has other bytes is refused with both sums', async () => {
  for (const [name, expected] of [
    ['pt_inception-2015-12-05-6726825d.pth', '6726825d0af5f729'],
    ['weights-inception-2015-12-05-6726825d.pth', '6726825d0af5f729'],
    ['inception-2015-12-05.pt', 'f58cb9b6ec323ed6'],
  ] as const) {
    const file = join(folder, name);
    writeFileSync(file, 'a web page');
    const seen = '9755bb7a8313615c';
    await assert.rejects(openInception(file), {
      name: 'UserError',
      message: new RegExp(`SHA-256 of this file is ${seen}[0-9a-f]{48}; expected ${expected}[0-9a-f]{48}`),
    });
  }
});

test('a file that is missing is named', async () => {
  const file = join(folder, 'missing.pth');
  await assert.rejects(openInception(file), {
    name: 'UserError',
    message: new RegExp(`${file}: there is no such file`),
  });
});
