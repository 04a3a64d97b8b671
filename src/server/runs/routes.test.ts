import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appendSteps, toyRun, until } from '../../../test/server/toy-run.ts';
import { lockRun, openEventLog } from '../../store/index.ts';
import { createApp, type StudioApp } from '../app.ts';
import { runRoutes } from './routes.ts';
import { Runs } from './runs.ts';

const parent = mkdtempSync(join(tmpdir(), 'sagan-run-routes-'));
after(() => rmSync(parent, { recursive: true }));

async function openApp(
  context: TestContext,
  prepare: (folder: string) => void,
): Promise<{ app: StudioApp; runs: Runs }> {
  const folder = mkdtempSync(join(parent, 'runs-'));
  prepare(folder);
  const cli = fileURLToPath(new URL('../../../test/server/fake-cli.ts', import.meta.url));
  const runs = await Runs.open({ folder, cli });
  context.after(() => runs.close());
  return { app: createApp({ routes: [runRoutes(runs)], assets: new Map() }), runs };
}

async function ask(app: StudioApp, path: string, method = 'GET', body?: unknown): Promise<[number, unknown]> {
  const response = await app.request(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const text = await response.text();
  return [
    response.status,
    response.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text) : text,
  ];
}

interface Told {
  readonly type: string;
  readonly id: number | undefined;
  readonly data: { readonly seq?: number; readonly type?: string; readonly state?: string; readonly step?: number };
}

/** Follows a stream until `isEnough`, and lets it go. */
async function follow(
  app: StudioApp,
  path: string,
  isEnough: (told: readonly Told[]) => boolean,
  headers = {},
): Promise<Told[]> {
  const response = await app.request(path, { headers });
  assert.equal(response.status, 200);
  const reader = response.body?.getReader();
  assert.ok(reader !== undefined);
  const told: Told[] = [];
  for (let text = ''; !isEnough(told); ) {
    const { value, done } = await reader.read();
    assert.ok(!done, 'the stream has ended');
    const blocks = (text + Buffer.from(value).toString()).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const { id, event, data = '' } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
      if (event !== undefined)
        told.push({ type: event, id: id === undefined ? undefined : Number(id), data: JSON.parse(data) });
    }
  }
  await reader.cancel();
  return told;
}

const events = (told: readonly Told[]) => told.filter(({ type }) => type === 'event');
const hasTold = (seq: number) => (told: readonly Told[]) => events(told).at(-1)?.id === seq;

test('each address answers as it should, and refuses in words', async (context) => {
  const { app, runs } = await openApp(context, (folder) => {
    const { samplesPath } = toyRun(join(folder, 'one'), { steps: 3, ending: 'stopped' });
    mkdirSync(samplesPath);
    writeFileSync(join(samplesPath, 'step-000001.png'), 'png');
  });
  const summary = runs.find('one').summary;
  const { reason: _, ...json } = JSON.parse(JSON.stringify({ ...summary, reason: null }));
  assert.deepEqual(await ask(app, '/api/runs'), [200, [json]]);
  const [status, detail] = await ask(app, '/api/runs/one');
  assert.deepEqual([status, detail], [200, JSON.parse(JSON.stringify(runs.detail('one')))]);
  const lossD = { step: [2, 3], mean: [2.1, 3.1], min: [2.1, 3.1], max: [2.1, 3.1] };
  assert.deepEqual(await ask(app, '/api/runs/one/series?names=lossD,x&from=2'), [200, { series: { lossD }, seq: 5 }]);
  const [, whole] = await ask(app, '/api/runs/one/series?to=1');
  assert.deepEqual(whole, JSON.parse(JSON.stringify(runs.find('one').log.history.series(undefined, 0, 1))));
  const problems: readonly (readonly [
    path: string,
    status: number,
    problem: RegExp,
    method?: string,
    body?: unknown,
  ])[] = [
    ['/api/runs/two', 404, /no run "two"/],
    ['/api/runs/..%2Fone', 404, /no run "..\/one"/],
    ['/api/runs/two/series', 404, /no run/],
    ['/api/runs/two/stream', 404, /no run/],
    ['/api/runs/one/series?from=x', 400, /from is "x"; expected a whole number/],
    ['/api/runs/one/stream?after=-1', 400, /after is "-1"/],
    ['/api/runs/one/samples/..%2F..%2Fconfig.json', 400, /expected a whole number/],
    ['/api/runs/one/samples/2', 404, /no sheet of step 2/],
    ['/api/runs/one/output', 404, /not started from the studio/],
    ['/api/runs/one/control', 409, /Resume it first/, 'POST', { do: 'pause' }],
    ['/api/runs/one/control', 400, /Nothing that can be asked/, 'POST', { do: 'dance' }],
    ['/api/runs/one/resume', 400, /steps/, 'POST', { steps: 0 }],
    ['/api/runs/one', 400, /confirm its name/, 'DELETE', { confirm: 'two' }],
    ['/api/runs', 400, /settings/, 'POST', { run: 'two', preset: 'toy' }],
    ['/api/runs', 400, /cannot be called "\.\.\/two"/, 'POST', { run: '../two', preset: 'toy', settings: [] }],
    ['/api/runs', 422, /no such recipe/, 'POST', { run: 'two', preset: 'broken', settings: [] }],
  ];
  for (const [path, status, problem, method, body] of problems) {
    const [seen, answer] = await ask(app, path, method, body);
    assert.equal(seen, status, path);
    assert.ok(typeof answer === 'object' && answer !== null && 'problem' in answer, path);
    assert.match(String(answer.problem), problem);
  }
});

test('a sheet is sent once, and again only when it is another', async (context) => {
  const { app, runs } = await openApp(context, (folder) => {
    const { samplesPath } = toyRun(join(folder, 'one'), { steps: 3, ending: 'stopped' });
    mkdirSync(samplesPath);
    writeFileSync(join(samplesPath, 'step-000001.png'), 'png');
  });
  const address = '/api/runs/one/samples/1';
  const first = await app.request(address);
  assert.deepEqual([first.status, first.headers.get('content-type'), await first.text()], [200, 'image/png', 'png']);
  const headers = { 'If-None-Match': first.headers.get('etag') ?? '' };
  const again = await app.request(address, { headers });
  assert.deepEqual([again.status, await again.text()], [304, '']);
  writeFileSync(join(runs.folder, 'one', 'samples', 'step-000001.png'), 'new');
  assert.equal((await app.request(address, { headers })).status, 200);
});

test('a run is begun, stopped, resumed and deleted by requests', async (context) => {
  const { app, runs } = await openApp(context, () => undefined);
  const state = () => runs.find('one').summary.state;
  const [begun] = await ask(app, '/api/runs', 'POST', { run: 'one', preset: 'toy', settings: ['a=1'] });
  assert.equal(begun, 200);
  await until('it trains', () => state() === 'training');
  assert.equal((await ask(app, '/api/runs/one/control', 'POST', { do: 'stop' }))[0], 200);
  await until('it has stopped', () => state() === 'stopped');
  assert.equal((await ask(app, '/api/runs/one/resume', 'POST', { steps: 2 }))[0], 200);
  await until('it is finished', () => state() === 'finished');
  assert.match(String((await ask(app, '/api/runs/one/output'))[1]), /step 2\n$/);
  assert.deepEqual(await ask(app, '/api/runs/one', 'DELETE', { confirm: 'one' }), [200, {}]);
  assert.deepEqual(await ask(app, '/api/runs'), [200, []]);
});

test('whoever follows a run hears of all that happens, in order, and of the last step', {
  timeout: 30_000,
}, async (context) => {
  const { app, runs } = await openApp(context, (folder) => toyRun(join(folder, 'one'), { steps: 3000 }));
  const run = runs.find('one').opened();
  const lock = lockRun(run);
  const log = openEventLog(run.eventsPath);
  context.after(() => lock.release());
  const heard = follow(app, '/api/runs/one/stream?after=1', hasTold(3304));
  await until('it is known that it goes on', () => runs.find('one').isLive);
  appendSteps(log, 3001, 3200);
  for (let step = 3200; step < 3300; step++) log.append('finding', { step });
  appendSteps(log, 3301, 3303);
  log.close();
  const told = await heard;
  const seqs = events(told).map(({ id }) => id ?? 0);
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].sort((a, b) => a - b),
  );
  assert.ok(events(told).every(({ id, data }) => id === data.seq));
  const ofType = (type: string) => events(told).filter(({ data }) => data.type === type);
  assert.equal(ofType('finding').length, 100, 'none but steps is left out');
  const steps = ofType('step').length;
  assert.ok(steps > 3 && steps < 120, `${steps} steps are a few of 3,203`);
  assert.equal(ofType('step').at(-1)?.data.step, 3303, 'the last is told');
  assert.equal(told.find(({ type }) => type === 'summary')?.data.step, 3000);
});

test('a page that comes back hears what it has missed, and nothing twice', { timeout: 30_000 }, async (context) => {
  const { app, runs } = await openApp(context, (folder) => toyRun(join(folder, 'one'), { steps: 3 }));
  const log = openEventLog(runs.find('one').opened().eventsPath);
  for (let step = 1; step <= 5; step++) log.append('checkpoint', { step });
  log.close();
  await until('all is read', () => runs.find('one').log.history.seq === 9);
  const headers = { 'Last-Event-ID': '6' };
  const told = await follow(
    app,
    '/api/runs/one/stream?after=2',
    (all) => all.some(({ type }) => type === 'summary'),
    headers,
  );
  assert.deepEqual(
    told.map(({ type, id }) => id ?? type),
    [7, 8, 9, 'summary'],
  );
  const fresh = await follow(app, '/api/runs/one/stream', (all) => all.length > 0);
  assert.deepEqual(
    fresh.map(({ type }) => type),
    ['summary'],
  );
});

test('a log that is another one by now is told from its beginning', { timeout: 30_000 }, async (context) => {
  const { app, runs } = await openApp(context, (folder) => toyRun(join(folder, 'one'), { steps: 3 }));
  const { eventsPath } = runs.find('one').opened();
  const heard = follow(app, '/api/runs/one/stream', hasTold(2));
  rmSync(eventsPath);
  const log = openEventLog(eventsPath);
  log.append('started', { step: 0 });
  log.append('checkpoint', { step: 0 });
  log.close();
  assert.deepEqual(
    events(await heard).map(({ data }) => data.type),
    ['started', 'checkpoint'],
  );
  const further = await follow(app, '/api/runs/one/stream?after=9', hasTold(2));
  assert.deepEqual(
    events(further).map(({ id }) => id),
    [1, 2],
    'whoever comes back has heard more than there is',
  );
});

test('all runs are told of at once, and when one has come', { timeout: 30_000 }, async (context) => {
  const { app, runs } = await openApp(context, () => undefined);
  const heard = follow(app, '/api/stream', (told) => told.length === 2);
  toyRun(join(runs.folder, 'one'));
  assert.deepEqual(
    (await heard).map(({ type, data }) => [type, Array.isArray(data) && data.length]),
    [
      ['runs', 0],
      ['runs', 1],
    ],
  );
});
