/**
 * Fifty clients at a studio for a minute while a run trains beside it: nothing fails, reads are quick, streams lose nothing.
 * `STUDIO_LOAD_SECONDS` makes it shorter.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../src/base/random.ts';
import { lockOwner, openRun, type RunEvent, readEvents } from '../../src/store/index.ts';
import { type RunningCommand, sagan, scratch, start, tinyTraining, writeIdxFolder } from '../e2e/command-line.ts';
import { ask, type Call, eventsOf, letIn, reads, writes, wrongCalls } from '../server/studio-client.ts';
import { type StudioProcess, startStudioProcess, until } from '../server/studio-process.ts';

const seconds = Number(process.env.STUDIO_LOAD_SECONDS ?? 60);
const clients = 50;
/** A client rests up to so long between two calls, half of it on average. */
const mostRestMs = 500;
/** A client's stream breaks off after so long at most, and is taken up again. */
const mostStreamMs = 10_000;
const mostReadMs = 100;

const runs = join(scratch, 'runs');
const live = join(runs, 'live');

/** Trains a run of ten steps, and one that goes on, which leaves the processor to those who wait for an answer. */
async function beginTraining(context: TestContext): Promise<RunningCommand> {
  const data = writeIdxFolder('digits');
  const ended = tinyTraining(data, join(runs, 'ended'), '--steps', '10', '--set', 'sampleEverySteps=5');
  assert.equal((await sagan(...ended)).code, 0);
  const training = start('src/cli/main.ts', tinyTraining(data, live, '--steps', '1000000'));
  context.after(() => training.kill('SIGKILL'));
  await until('its first steps', stepsTrained, (steps) => steps > 0);
  setPriority(lockOwner(openRun(live))?.pid ?? assert.fail('nobody trains it'), 10);
  return training;
}

const eventsInLog = () => readEvents(openRun(live).eventsPath).events;
const stepsTrained = () => (existsSync(live) ? eventsInLog().filter(({ type }) => type === 'step').length : 0);

/** What clients have seen. */
class Tally {
  readonly readMs: number[] = [];
  /** Calls that were not answered as they should be. */
  readonly unexpected: string[] = [];
  calls = 0;

  async call(studio: StudioProcess, cookie: string, call: Call): Promise<void> {
    const { status, text, ms } = await ask(studio.origin, cookie, call);
    this.calls++;
    const isWrong = wrongCalls.includes(call);
    if (reads.includes(call)) this.readMs.push(ms);
    if (isWrong ? status < 400 || status >= 500 : status !== 200 || text.includes('"problem":')) {
      this.unexpected.push(`${status} ${call.method ?? 'GET'} ${call.path} ${call.body ?? ''}: ${text.slice(0, 200)}`);
    }
  }
}

/** One call in four is wrong; few ask for work, as a person does. */
function anyCall(random: Random): Call {
  const kind = random.uniform();
  const calls = kind < 0.25 ? wrongCalls : kind < 0.26 ? writes : reads;
  return calls[random.below(calls.length)] ?? assert.fail('one of them');
}

/** Follows the run as a page does, from its beginning, until its end has been heard. */
async function follow(studio: StudioProcess, cookie: string, random: Random): Promise<readonly RunEvent[]> {
  const heard: RunEvent[] = [];
  while (heard.at(-1)?.type !== 'finished') {
    const broken = AbortSignal.timeout(1 + random.below(mostStreamMs));
    const seen = heard.at(-1)?.seq ?? 0;
    const headers = { Cookie: cookie, ...(seen > 0 && { 'Last-Event-ID': String(seen) }) };
    try {
      const response = await fetch(`${studio.origin}/api/runs/live/stream?after=0`, { headers, signal: broken });
      assert.equal(response.status, 200);
      assert.ok(response.body);
      for await (const { type, data, id } of eventsOf(response.body)) {
        if (type !== 'event') continue;
        const event: RunEvent = JSON.parse(data);
        assert.equal(id, String(event.seq));
        heard.push(event);
        if (event.type === 'finished') break;
      }
    } catch (error) {
      if (!broken.aborted) throw error;
    }
  }
  return heard;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

test(`${clients} clients for ${seconds} s: no error, quick reads, whole streams`, async (context) => {
  const training = await beginTraining(context);
  const studio = await startStudioProcess(runs);
  const cookies = await Promise.all(Array.from({ length: clients }, () => letIn(studio.address)));
  // The first answer of some is made once and kept.
  for (const call of reads) await ask(studio.origin, cookies[0] ?? '', call);
  const stepsBefore = stepsTrained();
  const tally = new Tally();
  const lateness = monitorEventLoopDelay({ resolution: 10 });
  lateness.enable();
  const untilMs = Date.now() + 1000 * seconds;
  const streams = cookies.map((cookie, index) => follow(studio, cookie, new Random(1, 'streams', index)));
  await Promise.all(
    cookies.map(async (cookie, index) => {
      const random = new Random(1, 'calls', index);
      while (Date.now() < untilMs) {
        await delay(mostRestMs * random.uniform());
        await tally.call(studio, cookie, anyCall(random));
      }
    }),
  );
  lateness.disable();
  training.kill('SIGTERM');
  const { code, stderr } = await training.finished;
  assert.equal(code, 143, stderr);
  const heard = await Promise.all(streams);

  const sorted = tally.readMs.toSorted((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(sorted, share).toFixed(1));
  const events = eventsInLog();
  const steps = stepsTrained() - stepsBefore;
  // Where the machine has others to serve, the clients are late themselves: by 10 ms where it has not.
  const ownMs = lateness.percentile(99) / 1e6 - 10;
  const limitMs = mostReadMs * Math.max(1, ownMs / 20);
  const figures =
    `${tally.calls} calls; of ${sorted.length} reads p50 ${p50}, p95 ${p95}, p99 ${p99} ms; ` +
    `${steps} steps trained; the clients themselves were late by p99 ${ownMs.toFixed(1)} ms`;
  context.diagnostic(figures);

  assert.deepEqual(tally.unexpected, []);
  assert.ok(steps > 0, 'it has trained meanwhile');
  // Of steps a page is told as many as an eye can follow; of everything else, all.
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  const wanted = events.filter(({ type }) => type !== 'step').map(({ seq }) => seq);
  for (const [index, told] of heard.entries()) {
    assert.deepEqual(
      told.filter(({ type }) => type !== 'step').map(({ seq }) => seq),
      wanted,
      `client ${index}`,
    );
    for (const [place, event] of told.entries()) {
      assert.ok(event.seq > (told[place - 1]?.seq ?? 0), `client ${index}: ${event.seq} comes in its order`);
      assert.deepEqual(event, bySeq.get(event.seq));
    }
  }
  assert.ok(percentile(sorted, 0.99) < limitMs, figures);
});
