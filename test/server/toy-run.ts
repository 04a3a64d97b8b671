/** Runs of nothing, for tests of what reads them, and a way to wait for what happens to them. */

import { setTimeout as delay } from 'node:timers/promises';
import { createRun, type EventLog, type JsonObject, openEventLog, type Run } from '../../src/store/index.ts';

const optimizer = { learningRate: 0.001 };

/** A config with all that the studio looks at. */
export const toyConfig: JsonObject = {
  preset: 'toy-preset',
  model: { name: 'toy' },
  data: { source: 'toys' },
  steps: 100,
  generator: optimizer,
  discriminator: optimizer,
  evaluate: { keepBest: 'fid' },
};

/** What a step reports; each number tells the step. */
export function stepOf(step: number): JsonObject {
  return { step, imagesSeen: 8 * step, ms: 20, lossD: step + 0.1, lossG: step + 0.2, realLogits: 1, fakeLogits: -1 };
}

/** A run with the steps 1 … `steps` in its log, which ends with the reason `ending`, if there is one. */
export function toyRun(path: string, options: { steps?: number; ending?: string; config?: JsonObject } = {}): Run {
  const run = createRun(path, { ...toyConfig, ...options.config });
  const log = openEventLog(run.eventsPath);
  log.append('started', { step: 0, time: '2026-01-31T12:00:00.000Z' });
  appendSteps(log, 1, options.steps ?? 0);
  if (options.ending !== undefined) log.append('finished', { step: options.steps ?? 0, reason: options.ending });
  log.close();
  return run;
}

/** Appends the steps `first` … `last`. */
export function appendSteps(log: EventLog, first: number, last: number): void {
  for (let step = first; step <= last; step++) log.append('step', stepOf(step));
}

/** Waits for a condition. Throws after 20 s, naming what was waited for. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await delay(10);
  }
}
