/** What a page that follows runs is told: all that happens, and of steps as many as an eye can follow. */

import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '../../store/index.ts';
import type { EventStream } from '../stream.ts';
import type { Runs } from './runs.ts';

/** A page is told of news at most this often … */
const runEveryMs = 500;
const allEveryMs = 1000;
/** … and of this many steps in one go: 20 a second. */
const mostSteps = 10;

/**
 * Sends what happens in a run after its event number `after`, by default from now on: as `event` each event in order, with its `seq`
 * as the id; of `step` events 20 a second at most, and always the last (`series` has them all); and as `summary` what the run
 * is doing, whenever that has changed. A log that is another one by now is told from its beginning. Ends with the run.
 */
export async function followRun(
  runs: Runs,
  name: string,
  after: number | undefined,
  stream: EventStream,
): Promise<void> {
  const { log } = runs.find(name);
  let { history } = log;
  // Whoever has heard more than there is has heard another log.
  let seq = after === undefined ? history.seq : after > history.seq ? 0 : after;
  let told = '';
  while (!stream.signal.aborted) {
    const changed = runs.changed(stream.signal);
    const run = runs.find(name);
    if (run.log.history !== history) [history, seq] = [run.log.history, 0];
    for (const piece of run.log.eventsAfter(seq)) {
      for (const event of thinned(piece)) await stream.send({ type: 'event', data: event, id: event.seq });
      seq = piece.at(-1)?.seq ?? seq;
    }
    const summary = JSON.stringify(run.summary);
    if (summary !== told) await stream.send({ type: 'summary', data: run.summary });
    told = summary;
    await changed;
    await pause(runEveryMs, stream.signal);
  }
}

/** Sends all runs as `runs`: at once, and at most once a second whenever one has changed. */
export async function followRuns(runs: Runs, stream: EventStream): Promise<void> {
  while (!stream.signal.aborted) {
    const changed = runs.changed(stream.signal);
    await stream.send({ type: 'runs', data: runs.list() });
    await changed;
    await pause(allEveryMs, stream.signal);
  }
}

/** The events, and of the steps among them a few, evenly spread, the last included. */
function thinned(events: readonly RunEvent[]): readonly RunEvent[] {
  const steps = events.filter(({ type }) => type === 'step');
  if (steps.length <= mostSteps) return events;
  const kept = new Set(
    Array.from({ length: mostSteps }, (_, n) => steps[Math.ceil(((n + 1) * steps.length) / mostSteps) - 1]),
  );
  return events.filter((event) => event.type !== 'step' || kept.has(event));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
