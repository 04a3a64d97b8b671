import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { stateAt, temporaryFolder } from '../../test/fault/small-run.ts';
import { ComputeHost } from '../compute/host.ts';
import { createRun, saveCheckpoint } from '../store/index.ts';
import { parseConfig } from '../train/index.ts';
import { createApp, type StudioApp } from './app.ts';
import { computeRoutes } from './compute-routes.ts';

const entry = fileURLToPath(new URL('../../test/fault/compute-tasks.ts', import.meta.url));

function openStudio(t: TestContext, runs: Readonly<Record<string, string>>, options = {}) {
  const host = new ComputeHost(options);
  t.after(() => host.close());
  const folders = new Map(Object.entries(runs));
  const routes = [computeRoutes({ host, runsFolder: 'runs', folderOf: (run) => folders.get(run) })];
  return { host, app: createApp({ routes, assets: new Map() }) };
}

async function post(app: StudioApp, task: string, request: unknown, signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify(request);
  return app.request(`/api/compute/${task}`, { method: 'POST', body, ...(signal && { signal }) });
}

async function linesOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  assert.ok(text.endsWith('\n'));
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a task tells how far it is in lines, and its result or its problem in the last', async (t) => {
  const { app } = openStudio(t, {}, { entry });
  const response = await post(app, 'count', { times: 300 });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('Content-Type'), 'application/x-ndjson');
  const lines = await linesOf(response);
  assert.ok(lines.length > 1);
  assert.deepEqual(lines.at(-2), { progress: { done: 300, total: 300, what: 'numbers' } });
  assert.deepEqual(lines.at(-1), { result: 300 });
  const [problem] = await linesOf(await post(app, 'count', { times: 'many' }));
  assert.match(z.object({ problem: z.string() }).parse(problem).problem, /task count: times: .*expected number/);
});

test('while a task blocks or its process dies, others are answered at once', async (t) => {
  const { app } = openStudio(t, {}, { entry, silenceMs: 3000 });
  for (const task of ['block', 'abort']) {
    const lost = post(app, task, {}).then(linesOf);
    const start = performance.now();
    assert.equal((await app.request('/api/files/none')).status, 404);
    assert.equal((await app.request('/api/none')).status, 404);
    assert.ok(performance.now() - start < 1000);
    assert.match(JSON.stringify(await lost), /Try once more/);
    assert.deepEqual(await linesOf(await post(app, 'count', { times: 1 })), [
      { progress: { done: 1, total: 1, what: 'numbers' } },
      { result: 1 },
    ]);
  }
});

test('what a page no longer waits for is withdrawn', async (t) => {
  const { app } = openStudio(t, {}, { entry });
  for (const leave of [
    (page: AbortController) => page.abort(),
    (_: AbortController, response: Response) => response.body?.cancel(),
  ]) {
    const page = new AbortController();
    const endless = await post(app, 'count', { times: 1e9 }, page.signal);
    await leave(page, endless);
    assert.deepEqual((await linesOf(await post(app, 'echo', { text: 'next' }))).length, 1);
  }
});

test('a file is handed out under an address that cannot be guessed, as an attachment with a plain name', async (t) => {
  const { app, host } = openStudio(t, {}, { entry });
  const [line] = await linesOf(await post(app, 'file', { name: 'a "b"\r\n../c.png', sizeBytes: 5 }));
  const { result } = z.object({ result: z.object({ url: z.string(), sizeBytes: z.int() }) }).parse(line);
  assert.match(result.url, /^\/api\/files\/[0-9a-f]{32}$/);
  assert.equal(result.sizeBytes, 5);
  const response = await app.request(result.url);
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [7, 7, 7, 7, 7]);
  assert.equal(response.headers.get('Content-Type'), 'image/png');
  assert.equal(response.headers.get('Content-Disposition'), 'attachment; filename="a-b-..-c.png"');
  await host.close();
  assert.equal((await app.request(result.url)).status, 404);
});

test('runs are found by name wherever a request names them, and never by path', async (t) => {
  const folder = temporaryFolder(t);
  const { app } = openStudio(t, { mine: folder }, { entry });
  assert.match(JSON.stringify(await linesOf(await post(app, 'folder', { run: 'mine' }))), /not a run folder/);
  for (const run of ['../mine', folder, '__proto__', 'constructor']) {
    const [line] = await linesOf(await post(app, 'folder', { run }));
    assert.match(JSON.stringify(line), /there is none of this name/);
  }
  const nested = `${'['.repeat(400_000)}${']'.repeat(400_000)}`;
  const response = await app.request('/api/compute/echo', { method: 'POST', body: nested });
  assert.deepEqual(
    [response.status, await response.json()],
    [400, { problem: 'The request is nested deeper than 32 levels.' }],
  );
});

test('a real run is opened, and opened anew when it has moved on', async (t) => {
  const folder = join(temporaryFolder(t), 'run');
  const images = { resolution: 32, channels: 1, classes: 0, classNames: [] } as const;
  const config = parseConfig({ model: { name: 'sagan' }, data: { source: 'mnist' }, images }, 'the test');
  const run = createRun(folder, JSON.parse(JSON.stringify(config)));
  const { app, host } = openStudio(t, { tiny: folder });
  const ask = async (checkpoint: 'newest' | number) => {
    const lines = await linesOf(await post(app, 'model', { place: { run: 'tiny', checkpoint } }));
    const { result } = z.object({ result: z.object({ model: z.string(), step: z.int() }) }).parse(lines.at(-1));
    return [result.model, result.step];
  };
  assert.match(
    JSON.stringify(await linesOf(await post(app, 'model', { place: { run: 'tiny' } }))),
    /no checkpoint yet/,
  );
  saveCheckpoint(run, { step: 1, imagesSeen: 2, state: stateAt(1) });
  assert.deepEqual(await ask('newest'), ['sagan', 1]);
  saveCheckpoint(run, { step: 2, imagesSeen: 4, state: stateAt(2) });
  assert.deepEqual(await ask('newest'), ['sagan', 2]);
  assert.deepEqual(await ask(1), ['sagan', 1]);
  assert.notEqual(host.processId, undefined);
});

test('the studio tells its recipes with complete configs, and the form of a config', async (t) => {
  const { app, host } = openStudio(t, {});
  const schema = z.object({
    version: z.string(),
    runsFolder: z.literal('runs'),
    presets: z.array(z.object({ name: z.string(), summary: z.string(), config: z.looseObject({ batch: z.int() }) })),
    configSchema: z.object({ properties: z.looseObject({ batch: z.looseObject({}) }) }),
  });
  const { presets } = schema.parse(await (await app.request('/api/studio')).json());
  assert.ok(presets.some(({ name }) => name === 'sagan-mnist-mini'));
  await host.close();
  assert.equal((await app.request('/api/studio')).status, 200);
});
