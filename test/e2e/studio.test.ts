/** `sagan studio` as a person starts it, in a copy of the sources: its pages lie where a build would put them. */

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { cpSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildStudio } from '../../studio/build.ts';
import { scratch } from './command-line.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = join(scratch, 'sagan');

before(() => {
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

interface Started {
  readonly child: ChildProcess;
  /** The next line that it prints. */
  readonly line: () => Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
}

function studio(...args: readonly string[]): Started {
  const env = { ...process.env, NO_COLOR: '1' };
  const main = join(copy, 'src/cli/main.ts');
  const child = fork(main, ['studio', ...args], { cwd: scratch, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  assert.ok(child.stdout);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    line: async () => (await lines.next()).value ?? '',
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, errors }))),
  };
}

test('without pages it says how to build them', async () => {
  const { code, errors } = await studio().ended;
  assert.equal(code, 2);
  assert.match(errors, /error: \S+dist\/studio\/?: the studio's pages are not there, .* Run `npm run build`\./);
});

test('it prints an address that opens it, and ends with Ctrl-C', async () => {
  await buildStudio(join(copy, 'dist/studio'));
  const { child, line, ended } = studio('some-runs', '--port', '0');
  const [, origin = '', token = ''] =
    /^The studio of some-runs: (http:\/\/127\.0\.0\.1:\d+)\/\?token=([\w-]{43})$/.exec(await line()) ?? [];
  assert.match(await line(), /Ctrl-C ends the studio; runs that train go on/);
  const opened = await fetch(`${origin}/?token=${token}`, { redirect: 'manual' });
  const Cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await fetch(`${origin}/runs/some-run`, { headers: { Cookie } });
  assert.match(await page.text(), /<script type="module" src="\/main.js">/);
  assert.equal(
    (await fetch(`${origin}/main.js`, { headers: { Cookie } })).headers.get('content-type'),
    'text/javascript; charset=utf-8',
  );
  // A stream that is followed does not keep it.
  const stream = await fetch(`${origin}/api/stream`, { headers: { Cookie } });
  child.kill('SIGINT');
  const { code, errors } = await ended;
  assert.deepEqual([code, errors], [130, '']);
  await assert.rejects(stream.text());
});

test('a second one on the same port says so', async () => {
  const first = studio('--port', '0');
  const { port } = new URL((await first.line()).split(': ')[1] ?? '');
  const { code, errors } = await studio('--port', port).ended;
  assert.equal(code, 2);
  assert.match(errors, new RegExp(`error: another studio runs at http://127.0.0.1:${port}\\.`));
  first.child.kill('SIGTERM');
  assert.equal((await first.ended).code, 143);
});

test('for other machines it must be told twice, and warns', async () => {
  const refused = await studio('--port', '0', '--host', '0.0.0.0').ended;
  assert.equal(refused.code, 2);
  assert.match(refused.errors, /error: --host 0\.0\.0\.0 would let other machines reach .* --allow-remote/);
  const allowed = studio('--port', '0', '--host', '0.0.0.0', '--allow-remote');
  assert.match(await allowed.line(), /token=/);
  allowed.child.kill('SIGTERM');
  assert.match((await allowed.ended).errors, /Other machines can reach this studio/);
});
