/** Reaches for the lock of 25 runs below argv[2], one every 30 ms from the moment told on stdin, and holds what it wins. */

import { once } from 'node:events';
import { join } from 'node:path';
import { UserError } from '../../src/base/errors.ts';
import { lockRun, openRun } from '../../src/store/index.ts';

process.stdout.write('ready\n');
const [start] = await once(process.stdin, 'data');
const won: number[] = [];
for (let i = 0; i < 25; i++) {
  while (Date.now() < Number(String(start)) + 30 * i);
  try {
    lockRun(openRun(join(process.argv[2] ?? '', `run-${i}`)));
    won.push(i);
  } catch (error) {
    if (!(error instanceof UserError && /is training this run/.test(error.message))) throw error;
  }
}
process.stdout.write(`${won.join(' ')}\n`);
process.stdin.resume();
