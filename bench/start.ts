/** How long a newcomer waits: from the command to the first finished step of the quickstart's preset. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median } from './server.ts';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

export async function benchStart(name: string, rounds: number): Promise<Record<string, unknown>> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await once());
  return { name, command_to_first_step_ms: median(times), rounds };
}

async function once(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sagan-bench-'));
  const args = [
    'train',
    '--preset',
    'sagan-mnist-mini',
    '--data',
    'mnist',
    '--out',
    join(folder, 'run'),
    '--steps',
    '1',
    '--json',
  ];
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('"type":"step"')) return performance.now() - startedAt;
    }
    throw new Error('the run ended without a step.');
  } finally {
    if (child.exitCode === null) await new Promise((resolve) => child.on('exit', resolve));
    rmSync(folder, { recursive: true });
  }
}
