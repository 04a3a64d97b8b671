/** One run of an ablation, trained in a process of its own that `ablate-runs.ts` starts. */

import { UserError } from '../base/errors.ts';
import { jobSchema, type News, stopMessage } from './ablate-job.ts';
import { train } from './train-run.ts';

const newsEveryMs = 500;

async function work(argument: string): Promise<void> {
  const stop = new AbortController();
  process.on('message', (message) => message === stopMessage && stop.abort());
  // Whoever started the process is gone: what is trained is saved all the same.
  process.on('disconnect', () => stop.abort());
  // Ctrl-C reaches all processes of a terminal; the one that started this says what becomes of it.
  process.on('SIGINT', () => {});
  const tell = (news: News) => process.connected && process.send?.(news);
  try {
    let toldAt = 0;
    for await (const event of train({ ...jobSchema.parse(JSON.parse(argument)), signal: stop.signal })) {
      if (event.type === 'finished') tell({ type: 'finished', step: event.step, reason: event.reason });
      if (event.type !== 'step' || performance.now() < toldAt + newsEveryMs) continue;
      toldAt = performance.now();
      tell({ type: 'step', step: event.step });
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    tell({ type: 'failed', message: error.message });
  }
  if (process.connected) process.disconnect();
}

await work(process.argv[2] ?? '');
