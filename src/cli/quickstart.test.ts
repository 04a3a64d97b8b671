import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = mkdtempSync(join(tmpdir(), 'sagan-'));
after(() => rmSync(folder, { recursive: true }));
const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const loader = import.meta.resolve('tsx');

/** Runs the command line in `folder`, with Ctrl-C as soon as its output holds `stopAt`. */
async function sagan(args: readonly string[], stopAt?: string) {
  const child = spawn(process.execPath, ['--import', loader, main, ...args], { cwd: folder });
  let stdout = '';
  let stderr = '';
  let isStopped = false;
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
  });
  child.stdout.on('data', (bytes) => {
    stdout += bytes;
    if (stopAt === undefined || isStopped || !stdout.includes(stopAt)) return;
    isStopped = true;
    child.kill('SIGINT');
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

test('Ctrl-C leaves a quickstart that goes on, and --json prints its result alone', async () => {
  const first = await sagan(['quickstart', '--threads', '1'], 'first sample sheet');
  assert.equal(first.code, 130, first.stderr);
  assert.match(first.stdout, /The same command goes on from there, then scores and draws\.\n$/);
  assert.doesNotMatch(first.stdout, /classAccuracy/);

  const { code, stdout, stderr } = await sagan(['quickstart', '--threads', '1', '--steps', '6', '--json']);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /runs\/quickstart holds a quickstart that was interrupted; going on with it/);
  assert.match(stderr, /class accuracy \d+\.\d %.*1,000 samples/);
  assert.match(stderr, /note: The studio of runs: http:\/\/127\.0\.0\.1:\d+\/\?token=\S+ \(until this is done\)/);
  assert.match(stdout, /^\{[^\n]*\}\n$/);
  const result: Record<string, unknown> = JSON.parse(stdout);
  assert.deepEqual(Object.keys(result), ['classAccuracy', 'seconds', 'steps', 'run']);
  assert.deepEqual([result.steps, result.run], [6, 'runs/quickstart']);
  assert.ok(typeof result.classAccuracy === 'number' && result.classAccuracy >= 0 && result.classAccuracy <= 1);
  for (const name of ['sheet.png', 'attention.png', 'curves.png']) {
    assert.match(stderr, new RegExp(`runs/quickstart/${name} `));
    assert.ok(existsSync(join(folder, 'runs', 'quickstart', name)));
  }
});

test("a run's attention and curves are drawn where they are wanted", async () => {
  const attention = await sagan([
    'attention',
    'runs/quickstart',
    '--class',
    '8',
    '--count',
    '1',
    '--out',
    'a.png',
    '--json',
  ]);
  assert.equal(attention.code, 0, attention.stderr);
  const { out, blocks, images } = JSON.parse(attention.stdout);
  assert.deepEqual(
    [out, blocks[0].name, images.length, images[0].className, blocks[0].maximumEntropyBits],
    ['a.png', 'attention16', 1, '8', 6],
  );
  assert.equal((await sharp(join(folder, 'a.png')).metadata()).format, 'png');

  const curves = await sagan(['curves', 'runs/quickstart', '--out', 'c.png']);
  assert.deepEqual([curves.code, curves.stdout], [0, 'curves of runs/quickstart: c.png\n']);
  assert.equal((await sharp(join(folder, 'c.png')).metadata()).width, 1720);

  const missing = await sagan(['attention', 'runs/nowhere', '--out', 'a.png']);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /runs\/nowhere: not a run folder/);
});
