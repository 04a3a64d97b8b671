/**
 * Runs the test files below the given folders with Node's own runner. Default: src, studio and test, without test/slow and
 * test/external, which the full tier adds.
 * Node 20 takes no glob patterns, and a shell's differ from system to system; hence these lines. What tests cache goes into a
 * folder of their own, so that nothing that a user has there can change what they see.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = process.argv.length > 2 ? process.argv.slice(2) : ['src', 'studio', 'test'];
const files = folders.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && !/^(external|slow)\b/.test(file))
    .map((file) => join(folder, file))
    .sort(),
);
const cache = mkdtempSync(join(tmpdir(), 'sagan-test-cache-'));
const run = spawnSync(
  process.execPath,
  ['--import', import.meta.resolve('tsx'), '--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  { stdio: 'inherit', env: { ...process.env, XDG_CACHE_HOME: cache } },
);
rmSync(cache, { recursive: true, force: true });
process.exitCode = run.status ?? 1;
