import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { RunEvent } from '../../../../src/server/api.ts';
import { connectionProblem } from '../../stream.ts';
import { RunFeed } from './run-feed.ts';

/** A browser's connection to a stream, as far as it is used. */
class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  readonly address: string;
  isClosed = false;

  constructor(address: string) {
    super();
    this.address = address;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  tell(name: string, value: object): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(value) }));
  }
}

const step = (seq: number): RunEvent => ({ seq, type: 'step', step: seq - 1, lossD: seq });
const started: RunEvent = { seq: 1, type: 'started', step: 0 };

/** What the server has, and what it was asked. */
let log: RunEvent[];
let asked: string[];
let holdSeries: Promise<void> | undefined;
let pending: object[];
let refusal: number | undefined;

beforeEach(() => {
  log = [started, step(2)];
  [asked, pending, holdSeries, refusal, FakeSource.opened] = [[], [], undefined, undefined, []];
  mock.timers.enable({ apis: ['setTimeout'] });
  Object.assign(globalThis, {
    document: { hidden: false, addEventListener() {}, removeEventListener() {} },
    EventSource: FakeSource,
    fetch: async (address: string) => {
      asked.push(address);
      if (refusal !== undefined) return Response.json({ problem: 'it is refused' }, { status: refusal });
      if (!address.endsWith('/series')) return Response.json({ state: 'training', samples: [], control: { pending } });
      const steps = log.filter(({ type }) => type === 'step');
      const [at, values] = [steps.map((event) => event.step), steps.map(({ lossD }) => lossD)];
      const series = { lossD: { step: at, mean: values, min: values, max: values } };
      const answer = { series, seq: log.length };
      await holdSeries;
      return Response.json(answer);
    },
  });
});
afterEach(() => mock.timers.reset());

/** Lets all that can go on do so; no time passes. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}

async function begin(heard: RunEvent[] = []) {
  const feed = new RunFeed('a run', (event) => heard.push(event));
  await settle();
  const [source] = FakeSource.opened;
  assert.ok(source);
  return { feed, source, steps: () => feed.series.value?.of('lossD').step };
}

test('the stream goes on from what was fetched, and curves are drawn a few times a second', async () => {
  const { feed, source, steps } = await begin();
  assert.equal(source.address, '/api/runs/a%20run/stream?after=2');
  for (let seq = 2; seq <= 50; seq++) source.tell('event', step(seq));
  assert.deepEqual(
    steps(),
    Array.from({ length: 49 }, (_, index) => index + 1),
  );
  assert.equal(feed.version.value, 0);
  mock.timers.tick(1000);
  assert.equal(feed.version.value, 1);
  assert.equal(asked.length, 2, 'steps alone are no reason to ask');
  feed.close();
  assert.ok(source.isClosed);
});

test('a connection that broke is made again from the last event on', async () => {
  const { feed, source } = await begin();
  source.tell('event', step(3));
  source.dispatchEvent(new Event('error'));
  mock.timers.tick(5000);
  assert.deepEqual(
    FakeSource.opened.map(({ address }) => address.split('=')[1]),
    ['2', '3'],
  );
  feed.close();
});

test('what was missed is fetched, and what comes meanwhile is not lost', async () => {
  const { feed, source, steps } = await begin();
  log = [started, ...[2, 3, 4, 5].map(step)];
  let release = () => {};
  holdSeries = new Promise((resolve) => {
    release = resolve;
  });
  source.tell('event', step(5));
  await settle();
  source.tell('event', step(6));
  source.tell('event', step(7));
  release();
  await settle();
  assert.deepEqual(steps(), [1, 2, 3, 4, 5, 6]);
  assert.equal(asked.filter((address) => address.endsWith('/series')).length, 2);
  feed.close();
});

test('news are told once, and the detail is asked for once for all of a burst', async () => {
  const heard: RunEvent[] = [];
  const { feed, source } = await begin(heard);
  source.tell('event', started);
  for (const seq of [3, 4, 5]) source.tell('event', { seq, type: 'checkpoint', step: seq });
  assert.deepEqual(
    heard.map(({ seq }) => seq),
    [3, 4, 5],
  );
  asked = [];
  pending = [{ do: 'pause' }];
  mock.timers.tick(500);
  await settle();
  assert.deepEqual(asked, ['/api/runs/a%20run']);
  assert.deepEqual(feed.detail.value?.control?.pending, pending);
  pending = [];
  mock.timers.tick(1500);
  await settle();
  assert.deepEqual(feed.detail.value?.control?.pending, [], 'what is pending is asked after until it is done');
  feed.close();
});

test('a summary takes the place of all that the one before said', async () => {
  const { feed, source } = await begin();
  source.tell('summary', { state: 'training', step: 3, secondsLeft: 60 });
  assert.equal(feed.detail.value?.secondsLeft, 60);
  source.tell('summary', { state: 'paused', step: 4 });
  const { state, step: at, secondsLeft, samples } = feed.detail.value ?? {};
  assert.deepEqual(
    { state, at, secondsLeft, samples },
    { state: 'paused', at: 4, secondsLeft: undefined, samples: [] },
  );
  feed.close();
});

test('a run that cannot be read says why, and can be asked for again', async () => {
  Object.assign(globalThis, { fetch: async () => Response.json({ problem: 'it is gone' }, { status: 404 }) });
  const feed = new RunFeed('a run', () => {});
  await settle();
  assert.equal(feed.problem.value, 'it is gone');
  assert.deepEqual(FakeSource.opened, []);
  feed.close();
});

test('a run that is deleted while its page is open is said to be so, and asked for no more', async () => {
  const { feed, source } = await begin();
  source.dispatchEvent(new Event('open'));
  refusal = 404;
  source.dispatchEvent(new Event('error'));
  await settle();
  assert.equal(feed.problem.value, undefined, 'a line that breaks is no news of the run');
  mock.timers.tick(2000);
  FakeSource.opened[1]?.dispatchEvent(new Event('error'));
  await settle();
  assert.equal(feed.problem.value, 'The run has been deleted.');
  assert.equal(asked.at(-1), '/api/runs/a%20run/stream?after=2');
  mock.timers.tick(60_000);
  await settle();
  assert.equal(FakeSource.opened.length, 2);
  assert.equal(connectionProblem.value, undefined);
  refusal = undefined;
  await feed.begin();
  assert.deepEqual([feed.problem.value, FakeSource.opened.length], [undefined, 3]);
  feed.close();
});

test('where too many pages are open it is said so, until there is room', async () => {
  const { feed, source } = await begin();
  refusal = 429;
  source.dispatchEvent(new Event('error'));
  await settle();
  assert.match(connectionProblem.value ?? '', /Too many pages .* close some for live updates/);
  assert.equal(feed.problem.value, undefined);
  mock.timers.tick(2000);
  const [, again] = FakeSource.opened;
  again?.dispatchEvent(new Event('open'));
  assert.equal(connectionProblem.value, undefined);
  feed.close();
});

test('a page that is left before it is known why its stream is refused says nothing', async () => {
  const { feed, source } = await begin();
  refusal = 429;
  source.dispatchEvent(new Event('error'));
  feed.close();
  await settle();
  assert.equal(connectionProblem.value, undefined);
});
